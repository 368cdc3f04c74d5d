"""What a token may do and how long, by the answer to `tokens/verify`. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from kbsync.errors import ExitCode
from kbsync.finding import Finding, failed, ok, warning
from kbsync.render.lines import plural, quoted

_SOON = timedelta(days=14)
_MOST_LISTED = 5


def token_findings(token: Any, now: datetime) -> Iterator[Finding]:
    """Yield what is to be said of a *token*; its text is never looked at."""
    yield _who(token)
    yield _expiry(token.get("expires"), now)
    yield _rights(token)
    yield _trash(token)


def project_finding(token: Any, wanted: int | None) -> Finding:
    """Return whether the token is of the project that the settings name, if they name one."""
    owner = token["owner"]
    found, name = int(owner["id"]), quoted(str(owner.get("name", "")))
    if wanted is None:
        return warning(
            "project",
            f"{found} {name}, but the settings name no project, so any token would do",
            f"Write `project: {found}` under environments.<name> in kbsync.yaml.",
        )
    if found != wanted:
        return failed(
            "project",
            f"the token belongs to project {found} {name}, but the files are for {wanted}",
            "Use a token of that project, or another --env.",
            ExitCode.REFUSED,
        )
    if owner.get("isDisabled"):
        todo = "Ask whoever runs the stack."
        return failed("project", f"{found} {name} is disabled", todo, ExitCode.ACCESS)
    return ok("project", f"{found} {name}")


def _who(token: Any) -> Finding:
    name = quoted(str(token.get("description", "")))
    role = _role(token)
    kind = "master token" if token.get("isMasterToken") else "limited token"
    said = f"{name}, id {token.get('id')}, {kind}" + (f", role {role}" if role else "")
    if token.get("isDisabled") or token.get("isExpired"):
        what = "disabled" if token.get("isDisabled") else "expired"
        return failed("token", f"{said}, is {what}", "Make another one.", ExitCode.ACCESS)
    return ok("token", said)


def _expiry(text: Any, now: datetime) -> Finding:
    if not text:
        return ok("expiry", "the token never expires")
    try:
        expires = datetime.fromisoformat(str(text))
    except ValueError:
        return warning("expiry", "the token expires, but not at a known time", "Look it up.")
    expires = expires if expires.tzinfo else expires.replace(tzinfo=UTC)
    left, said = expires - now, f"{expires.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if left <= timedelta():
        what = f"the token expired at {said}"
        return failed("expiry", what, "Make another one, or refresh it.", ExitCode.ACCESS)
    if left < _SOON:
        what = f"the token expires in {plural(left.days, 'day')}, at {said}"
        return warning("expiry", what, "Make another one, or refresh it, before that.")
    return ok("expiry", f"the token expires at {said}")


def _rights(token: Any) -> Finding:
    access = token.get("componentAccess")
    sees_all = token.get("isMasterToken") or token.get("canManageBuckets")
    if access and not token.get("canManageBuckets"):
        listed = [str(each) for each in access][:_MOST_LISTED]
        more = ", ..." if len(access) > _MOST_LISTED else ""
        return failed(
            "rights",
            f"the token sees only some components: {', '.join(listed)}{more}",
            "What it does not see would look deleted. Use a token that sees all of them.",
            ExitCode.REFUSED,
        )
    if not sees_all:
        return failed(
            "rights",
            "the token may not look at configurations",
            "Use a master token, or one with canManageBuckets.",
            ExitCode.ACCESS,
        )
    if _role(token) == "readOnly":
        return warning(
            "rights",
            "the token may only read: pull and plan work, apply does not",
            "To apply, use a token of somebody who may write.",
        )
    return ok("rights", "may read and write every configuration")


def _trash(token: Any) -> Finding:
    if token.get("canPurgeTrash"):
        return warning(
            "trash",
            "the token may purge the trash, which kbsync never does",
            "A token without canPurgeTrash makes sure that nothing is ever lost for good.",
        )
    return ok("trash", "the token cannot purge the trash")


def _role(token: Any) -> str:
    admin = token.get("admin")
    return str(admin.get("role") or "") if isinstance(admin, dict) else ""
