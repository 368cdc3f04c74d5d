"""HTTP: requests out, JSON in, every failure an error that explains itself.

The only home of requests, and the one place where a request is repeated.
"""

from __future__ import annotations

import hmac
import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import NoReturn
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from kbsync import __version__
from kbsync.api.answers import CHECK_NETWORK, Answer, refusal, value_of
from kbsync.api.governor import Governor
from kbsync.api.retry import Failure, Fate, RetryPolicy
from kbsync.errors import AccessError, ApiError, InterruptedRunError
from kbsync.model import Json
from kbsync.stack import is_loopback

_log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 120.0
"""Between two pieces of an answer."""
ANSWER_TIMEOUT_S = 600.0
"""For all of it."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request."""

    method: str
    path: tuple[str, ...]
    """Segments, not percent-encoded."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    changes_nothing: bool = False
    """Of what is no GET and only answers a question."""

    @property
    def route(self) -> str:
        return "/".join(quote(segment, safe="", errors="surrogatepass") for segment in self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.route or '/'}"

    @property
    def repeatable(self) -> bool:
        """Whether asking twice does no more than asking once.

        Only asking is: a write whose answer was lost is settled by a read, which is not for this
        module to make.
        """
        return self.method == "GET" or self.changes_nothing


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
        parallelism: int = 8,
        on_wait: Callable[[str, float], None] = lambda why, seconds: None,
        root: str = "v2/storage/",
    ) -> None:
        """Take where to ask.

        Args:
            stack: A base URL.
            token: `""` sends none.
            policy: When to try again.
            parallelism: How many threads ask at the same time.
            on_wait: Hears why a request waits, and for how many seconds.
            root: Where every path starts, below *stack*.
        """
        self.stack = stack
        self._root = root
        self.policy = policy or RetryPolicy()
        self._clock: tuple[datetime, float] | None = None
        self._token = token
        self._on_wait = on_wait
        self._reached = False
        self._stopped = threading.Event()
        self._governor, self._gate = Governor(), threading.Lock()
        self._parallelism = parallelism
        self._session = _session(stack, token, parallelism)

    def __repr__(self) -> str:
        return f"Transport({self.stack!r})"

    def close(self) -> None:
        self._session.close()

    def beside(self, url: str) -> Transport:
        """Return the way to a service at *url*, which gets no token and waits as this does."""
        other = Transport(
            url,
            "",
            policy=self.policy,
            parallelism=self._parallelism,
            on_wait=self._on_wait,
            root="",
        )
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
            with self._send(call) as response:
                answer = Answer(
                    request=str(call),
                    status=response.status_code,
                    headers=response.headers,
                    content=_read(response),
                )
        except (requests.RequestException, UnicodeError) as error:
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

    def _send(self, call: Call) -> requests.Response:
        body = None if call.body is None else json.dumps(call.body).encode()
        return self._session.request(
            call.method,
            f"{self.stack}/{self._root}{call.route}",
            params=call.query,
            data=body,
            headers={} if body is None else {"Content-Type": "application/json"},
            timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
            allow_redirects=False,
            stream=True,
        )

    def _unreachable(self, call: Call, error: Exception) -> _TryAgainError:
        fate, text = _explained(error)
        raised = ApiError(f"{call}: {text} ({self.stack})", hint=CHECK_NETWORK)
        raised.may_have_happened = fate is Fate.UNKNOWN
        return _TryAgainError(Failure(fate=fate, words=text), raised)


_SHORT_TURN_S = 2.0
"""To stand in line for so long is no waiting: other workers of this run are served meanwhile."""

_FIRST_CONTACTS = 3
"""How often a stack is called that never answered: most likely its name is wrong."""


def _session(stack: str, token: str, parallelism: int) -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = f"kbsync/{__version__}"
    if token:
        session.headers["X-StorageApi-Token"] = token
    # Without this, requests would add credentials from ~/.netrc for the host.
    session.auth = lambda request: request
    # Cookies are what a session shares between threads; nobody needs them.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if is_loopback(urlsplit(stack).hostname or ""):
        session.trust_env = False
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=parallelism, pool_block=False)
    session.mount(stack, adapter)
    return session


def _read(response: requests.Response) -> bytes:
    """Return the whole body.

    Raises:
        requests.RequestException: It broke off, or came too slowly.
    """
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    pieces = []
    for piece in response.iter_content(_PIECE):
        pieces.append(piece)
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return b"".join(pieces)


def _explained(error: Exception) -> tuple[Fate, str]:
    text = str(error)
    match error:
        case requests.exceptions.ProxyError():
            return Fate.FINAL, "the proxy refused the connection"
        case requests.exceptions.SSLError():
            return Fate.FINAL, "the TLS certificate was not accepted"
        case requests.ConnectTimeout():
            return Fate.NOT_SENT, f"no connection within {CONNECT_TIMEOUT_S:.0f} s"
        case requests.ReadTimeout():
            return Fate.UNKNOWN, f"no answer within {READ_TIMEOUT_S:.0f} s"
        case requests.exceptions.ChunkedEncodingError():
            return Fate.UNKNOWN, "the answer broke off"
        case requests.ConnectionError() if "NewConnectionError" in text:
            return Fate.NOT_SENT, "no connection"
        case requests.ConnectionError() if "NameResolutionError" in text:
            return Fate.NOT_SENT, "the name of the host is not known"
        case requests.ConnectionError():
            return Fate.UNKNOWN, "the connection broke off"
        case _:
            return Fate.FINAL, "the connection failed"
