"""The stack and the branch, as they answer. Sends nothing but GET."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from kbsync.api.branches import branch_of, fetch_branches
from kbsync.api.client import StorageClient
from kbsync.errors import ApiError, ExitCode
from kbsync.finding import Finding, failed, ok, warning
from kbsync.render.lines import quoted
from kbsync.run.lease import running

_MOST_SKEW_S = 60
_NEEDED = ("encryption", "scheduler")


def stack_findings(client: StorageClient) -> Iterator[Finding]:
    """Yield what is to be said of the stack; *client* needs no token.

    Raises:
        ApiError: It does not answer, or not as a stack does.
    """
    index: Any = client.index()
    if not isinstance(index, dict) or index.get("api") != "storage":
        raise ApiError(
            f"{client.stack} answers, but not as a Keboola stack does",
            hint="Check the address, and whether a proxy answers in its place.",
        )
    yield ok("stack", f"{client.stack} answers")
    yield _clock(client.server_time)
    yield _services(index)


def fetch_token(client: StorageClient) -> Any:
    """Return what the platform says of the token; `owner.id` in it is a number.

    Raises:
        AccessError: The token is not accepted.
        ApiError: The platform does not answer, or does not tell the project.
    """
    token: Any = client.verify_token()
    try:
        int(token["owner"]["id"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ApiError("The Storage API does not tell which project the token is of") from None
    return token


def branch_finding(client: StorageClient) -> Finding:
    branches = fetch_branches(client)
    found = branch_of(branches, client.branch)
    if found is None:
        known = ", ".join(f"{each.branch_id} {quoted(each.name)}" for each in branches)
        return failed(
            "branch",
            f"there is no branch {client.branch} in the project",
            f"Write one of these to kbsync.yaml: {known}",
            ExitCode.INVALID,
        )
    kind = "the default branch" if found.is_default else "a development branch"
    return ok("branch", f"{found.branch_id} {quoted(found.name)}, {kind}")


def lease_finding(client: StorageClient) -> Finding:
    """Return whether somebody writes to the branch, from whatever machine."""
    metadata = client.branch_metadata()
    entries = running(metadata, client.server_time or datetime.now(UTC))
    if not entries:
        return ok("lease", "nobody is writing to the branch")
    until = f"{entries[0].until:%H:%M:%S} UTC"
    said = f"run {entries[0].run} of {entries[0].holder} is writing to the branch"
    return warning(
        "lease", said, f"Wait for its end. Should it be dead, its lease ends at {until}."
    )


def _clock(server_time: datetime | None) -> Finding:
    if server_time is None:
        return warning("clock", "the stack does not tell the time", "See whether a proxy cuts it.")
    ahead_s = round((datetime.now(UTC) - server_time).total_seconds())
    if abs(ahead_s) <= _MOST_SKEW_S:
        return ok("clock", f"within {_MOST_SKEW_S} s of the platform's")
    word = "ahead of" if ahead_s > 0 else "behind"
    return warning(
        "clock",
        f"this machine is {abs(ahead_s)} s {word} the platform",
        "Set its clock: a time without a zone is understood by it.",
    )


def _services(index: Any) -> Finding:
    listed = index.get("services")
    names = sorted(
        str(each.get("id"))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and str(each.get("url", "")).startswith("http")
    )
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        return warning(
            "services",
            f"the stack tells no address of {' and '.join(missing)}",
            "Secrets or schedules cannot be written there. Ask whoever runs the stack.",
        )
    return ok("services", ", ".join(names))
