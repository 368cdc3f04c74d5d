"""Requests out, JSON in, every failure an error that explains itself.

The one place where a request is repeated.
"""

from __future__ import annotations

import hmac
import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

from kbsync.api.answers import CHECK_NETWORK, Answer, refusal, value_of
from kbsync.api.governor import Governor
from kbsync.api.retry import Failure, Fate, RetryPolicy
from kbsync.api.services import belongs_to
from kbsync.api.wire import Call, NoAnswerError, Wire
from kbsync.errors import AccessError, ApiError, InterruptedRunError, NotFoundError
from kbsync.model import Json

_log = logging.getLogger(__name__)


class _TryAgainError(Exception):
    """A failed try, with the error to raise should it be the last one."""

    def __init__(self, failure: Failure, error: AccessError | ApiError) -> None:
        super().__init__(failure.words)
        self.failure = failure
        self.error = error


class Transport:
    """The Storage API of one stack, through one token and one pool of connections.

    Or a service beside it, through no token. May be used from several threads; they share the rate
    at which the platform lets them ask. The token is in no message and no repr.
    """

    def __init__(
        self,
        stack: str,
        token: str,
        *,
        policy: RetryPolicy | None = None,
        on_wait: Callable[[str, float], None] = lambda why, seconds: None,
        root: str = "v2/storage/",
    ) -> None:
        """Take where to ask.

        Args:
            stack: A base URL.
            token: `""` sends none.
            policy: When to try again.
            on_wait: Hears why a request waits, and for how many seconds.
            root: Where every path starts, below *stack*.
        """
        self.stack = stack
        self.policy = policy or RetryPolicy()
        self._clock: tuple[datetime, float] | None = None
        self._token = token
        self._on_wait = on_wait
        self._reached = False
        self._stopped = threading.Event()
        self._governor, self._gate = Governor(), threading.Lock()
        self._wire = Wire(stack, token, root)

    def __repr__(self) -> str:
        return f"Transport({self.stack!r})"

    def close(self) -> None:
        self._wire.close()

    def beside(self, url: str) -> Transport:
        """Return the way to a service at *url*, which gets no token and waits as this does."""
        return self._another(url, "")

    def sibling(self, url: str) -> Transport:
        """Return the way to a service of the same stack, which gets the token and waits as this.

        Raises:
            ApiError: *url* is not of this stack.
        """
        if not belongs_to(url, self.stack):
            error = ApiError(
                f"{url} is not of the same stack as {self.stack}, so it is not shown the token",
                hint="That address is from the index of the stack: ask whoever runs it.",
            )
            error.may_have_happened = False
            raise error
        return self._another(url, self._token)

    def _another(self, url: str, token: str) -> Transport:
        other = Transport(url, token, policy=self.policy, on_wait=self._on_wait, root="")
        other._stopped = self._stopped
        return other

    def sign(self, text: str) -> str:
        """Return the HMAC-SHA256 of *text* in hexadecimal, keyed with the token."""
        data = text.encode("utf-8", "surrogatepass")
        return hmac.digest(self._token.encode(), data, "sha256").hex()

    @property
    def server_time(self) -> datetime | None:
        """What the platform's clock shows now, going by its newest answer; None before that."""
        if self._clock is None:
            return None
        said, heard = self._clock
        return said + timedelta(seconds=time.monotonic() - heard)

    def stop(self) -> None:
        """Let nobody wait any more: what would have to wait fails. For good."""
        self._stopped.set()

    def ask(self, call: Call) -> Json:
        """Return the answer to *call*, trying again as long as that is safe and the policy allows.

        Raises:
            AccessError: The token may not do this; nothing was written.
            ApiError: See `may_have_happened`.
            InterruptedRunError: `stop` was called and it would have to wait.
        """
        if "" in call.path:
            # It would be the list that the thing is in.
            raise NotFoundError(f"{call}: nothing has an empty name", status=404)
        attempt, waited_s = 0, 0.0
        while True:
            attempt += 1
            try:
                waited_s += self._take_turn(call, waited_s)
                return self._try(call)
            except _TryAgainError as failed:
                pause_s = self._pause(call, failed.failure, attempt, waited_s)
                if pause_s is None:
                    raise failed.error from None
                waited_s += pause_s
                self._wait(failed.failure.words, pause_s)

    def wait_again(self, why: str, attempt: int) -> bool:
        """Wait as after a lost answer, before try *attempt* + 1; False when that was the last one.

        Raises:
            InterruptedRunError: `stop` was called.
        """
        failure = Failure(fate=Fate.UNKNOWN, words=why)
        pause_s = self.policy.pause(failure, attempt, waited_s=0.0)
        if pause_s is not None:
            self._wait(why, pause_s)
        return pause_s is not None

    def _wait(self, why: str, seconds: float) -> None:
        self._on_wait(why, seconds)
        # Workers that failed together shall not come back together.
        if self._stopped.wait(seconds * random.uniform(1.0, 1.25)):
            raise InterruptedRunError()

    def _pause(self, call: Call, failure: Failure, attempt: int, waited_s: float) -> float | None:
        if failure.fate is Fate.UNKNOWN and not call.repeatable:
            return None
        if failure.fate is Fate.NOT_SENT and not self._reached and attempt >= _FIRST_CONTACTS:
            return None
        return self.policy.pause(failure, attempt, waited_s)

    def _try(self, call: Call) -> Json:
        started = time.monotonic()
        try:
            answer = self._wire.send(call)
        except NoAnswerError as error:
            raise self._unreachable(call, error) from None
        self._reached = True
        if answer.server_time:
            self._clock = answer.server_time, time.monotonic()
        _log.info("%s %d", call, answer.status)
        if answer.status >= 300:
            self._refuse(answer, started)
        with self._gate:
            self._governor.accepted(time.monotonic(), started)
        return value_of(answer, self.stack)

    def _refuse(self, answer: Answer, started: float) -> NoReturn:
        error, failure = refusal(answer, stack=self.stack, token=self._token)
        if answer.status == 429:
            pause_s = min(failure.retry_after_s or 0.0, self.policy.max_wait_s)
            with self._gate:
                self._governor.refused(time.monotonic(), started, pause_s)
        raise _TryAgainError(failure, error)

    def _take_turn(self, call: Call, waited_s: float) -> float:
        """Wait until one more request may start, and return for how many seconds that was.

        Raises:
            ApiError: It would be longer than a request may wait.
        """
        began = time.monotonic()
        while True:
            with self._gate:
                now = time.monotonic()
                pause_s = self._governor.turn(now)
            if pause_s <= 0:
                return now - began
            if waited_s + now - began + pause_s > max(self.policy.max_wait_s, _SHORT_TURN_S):
                error = ApiError(f"{call}: too many requests", hint="Try again in a minute.")
                error.may_have_happened = False
                raise error
            if self._stopped.wait(pause_s):
                raise InterruptedRunError

    def _unreachable(self, call: Call, none: NoAnswerError) -> _TryAgainError:
        error = ApiError(f"{call}: {none.words} ({self.stack})", hint=CHECK_NETWORK)
        error.may_have_happened = none.fate is Fate.UNKNOWN
        return _TryAgainError(Failure(fate=none.fate, words=none.words), error)


_SHORT_TURN_S = 2.0
"""To stand in line for so long is no waiting: other workers of this run are served meanwhile."""

_FIRST_CONTACTS = 3
"""How often a stack is called that never answered: most likely its name is wrong."""
