"""What the Storage API's answers mean: JSON, or an error that explains itself. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from kbsync.api.retry import Failure, Fate, judge, retry_after
from kbsync.errors import AccessError, ApiError, NotFoundError
from kbsync.model import Json
from kbsync.secrets import mask_text

CHECK_NETWORK = "Check the network, a proxy, or $KEBOOLA_STACK_URL."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for one request."""

    request: str
    """`GET tokens/verify`: for messages."""
    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    content: bytes

    @property
    def server_time(self) -> datetime | None:
        """When the platform sent it, by its own clock."""
        try:
            sent = parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError:
            return None
        return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def value_of(answer: Answer, stack: str) -> Json:
    """Return the JSON of an answer that is no refusal; None when it is empty.

    Raises:
        ApiError: It is not JSON.
    """
    if answer.status == 204 or not answer.content:
        return None
    try:
        return _parse(answer.content)
    except ValueError:
        kind = answer.headers.get("Content-Type", "no content type")
        raise ApiError(
            f"{answer.request}: the answer of {stack} is not JSON ({kind})",
            hint=f"Is this a Keboola stack? {CHECK_NETWORK}",
            status=answer.status,
        ) from None


def refusal(answer: Answer, *, stack: str, token: str) -> tuple[AccessError | ApiError, Failure]:
    """Return the error for an answer that is no success, and what it means for another try.

    *token* and ciphertexts are dropped from what the server says, should it ever repeat them.
    """
    facts = _facts(answer.content)
    words = {name: _without(token, text) for name, text in facts.items()}
    message = _message(answer, words)
    pause_s = retry_after(answer.headers.get("Retry-After", ""), datetime.now(UTC))
    fate = judge(answer.status, facts.get("code", ""), facts, pause_s)
    failure = Failure(fate=fate, words=_waiting(answer.status, facts), retry_after_s=pause_s)
    if answer.status == 401:
        hint = f"Check the token: it must belong to a project of {stack}."
        return AccessError(message, hint=hint, status=401), failure
    if answer.status == 403:
        hint = "Use a token with the right to do this."
        return AccessError(message, hint=hint, status=403), failure
    error = (NotFoundError if answer.status == 404 else ApiError)(
        message,
        hint=_hint(answer.status),
        status=answer.status,
        code=words.get("code", ""),
        exception_id=words.get("exceptionId", ""),
    )
    error.may_have_happened = fate is Fate.UNKNOWN
    return error, failure


def _message(answer: Answer, words: Mapping[str, str]) -> str:
    status = f"HTTP {answer.status}"
    said = words.get("error", "") or status
    details = [status] * (said != status)
    details += [words[name] for name in ("code", "exceptionId") if name in words]
    return f"{answer.request}: {said}" + (f" ({', '.join(details)})" if details else "")


def _without(token: str, text: str) -> str:
    shown = text.replace(token, "(token)") if token else text
    return mask_text(shown)


def _waiting(status: int, facts: Mapping[str, str]) -> str:
    if status == 429:
        return "too many requests"
    if facts.get("status") == "maintenance":
        return "the stack is under maintenance"
    return f"the platform answered {status}"


def _parse(content: bytes) -> Json:
    def refuse(constant: str) -> Json:
        raise ValueError(f"{constant} is not JSON")

    try:
        parsed: Json = json.loads(content, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return parsed


def _facts(content: bytes) -> dict[str, str]:
    try:
        body: Any = _parse(content)
    except ValueError:
        return {}
    if not isinstance(body, dict):
        return {}
    return {name: str(value) for name, value in body.items() if isinstance(value, str | int)}


def _hint(status: int) -> str:
    if status == 404:
        return "Check the address of the stack and the branch; or it was deleted just now."
    if status == 503:
        return "The stack may be under maintenance. Try again later."
    if status == 429:
        return "Too many requests. Try again in a minute."
    if status >= 500:
        return "The platform failed. Try again; if it stays, give its support the exception id."
    if status >= 400:
        return "The platform did not accept this. The message says which part."
    return f"Redirects are not followed. {CHECK_NETWORK}"
