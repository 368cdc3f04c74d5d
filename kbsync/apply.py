"""Carries out a plan, a configuration at a time. The only module that sends writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kbsync.change import ResetState, SetMetadata
from kbsync.client import StorageClient
from kbsync.errors import ApiError, InterruptedRunError, KbsyncError, NotFoundError, StaleError
from kbsync.fetch import fetch_configuration, fetch_version
from kbsync.freshness import PLAN_AGAIN, staleness
from kbsync.listing import read_versions
from kbsync.plan import Plan, Step, deletes_configuration
from kbsync.result import Outcome, Result
from kbsync.verify import unmet
from kbsync.writes import Write, writes


def apply(
    plan: Plan,
    client: StorageClient,
    *,
    message: str,
    on_result: Callable[[Result], None] = lambda result: None,
) -> tuple[Result, ...]:
    """Write every step of *plan*, in order, and return one result for each.

    Stops at the first step that fails; the steps before it stay written, those after it are not
    run. Never raises for what the platform answers. *on_result* hears of each step as it ends.

    Steps touch nothing in common, so they may be written at the same time within a tier; only the
    writes inside one step must stay in order.
    """
    results: list[Result] = []
    for step in plan.steps:
        if results and results[-1].outcome is not Outcome.APPLIED:
            result = Result(step=step, outcome=Outcome.NOT_RUN)
        else:
            result = write_step(step, client, message)
        results.append(result)
        on_result(result)
    return tuple(results)


def write_step(step: Step, client: StorageClient, message: str) -> Result:
    """Check that live is as planned, write, read back and compare. Never raises a `KbsyncError`."""
    sent = written = 0
    try:
        _check_base(step, client)
        for write in writes(step, message):
            sent += 1
            _send(write, client)
            written += 1
        version = _check_written(step, client, message)
    except StaleError as error:
        return Result(step=step, outcome=Outcome.CONFLICT, written=written, error=error)
    except (KbsyncError, KeyboardInterrupt) as caught:
        failure = caught if isinstance(caught, KbsyncError) else InterruptedRunError(caught)
        return Result(
            step=step,
            outcome=Outcome.FAILED,
            written=written,
            uncertain=sent > written and failure.may_have_happened,
            error=failure,
        )
    return Result(step=step, outcome=Outcome.APPLIED, version=version, written=written)


def requests_for(steps: Sequence[Step]) -> int:
    """How many requests applying *steps* takes: reads before and after, and the writes."""
    return sum(2 + _has_metadata(step) + len(writes(step, "")) for step in steps)


def _send(write: Write, client: StorageClient) -> None:
    try:
        client.send(write)
    except ApiError as error:
        if error.code in _EXISTS:
            raise StaleError(
                f"{write.key} exists by now: somebody created it at the same time", hint=PLAN_AGAIN
            ) from None
        raise


_EXISTS = ("configurationAlreadyExists", "configurationRowAlreadyExists")
"""Codes of the API, which answers 400 and not 409."""


def _check_base(step: Step, client: StorageClient) -> None:
    moved = staleness(step, fetch_version(client, step.key))
    if moved:
        raise StaleError(moved, hint=PLAN_AGAIN)


def _check_written(step: Step, client: StorageClient, message: str) -> int | None:
    try:
        live = fetch_configuration(client, step.key, with_metadata=_has_metadata(step))
    except NotFoundError:
        if deletes_configuration(step):
            return None
        raise
    _check_nobody_between(step, live.versions[step.key].number, client, message)
    missing = unmet(step.changes, live)
    if missing:
        raise KbsyncError(
            f"{step.key}: written, but live is not as planned: {', '.join(missing)}",
            hint=PLAN_AGAIN,
        )
    return live.versions[step.key].number


def _check_nobody_between(step: Step, now: int, client: StorageClient, message: str) -> None:
    """Find an edit that slipped in between the check and our writes, which may have swallowed it.

    The API has no conditional writes, so this can be noticed only afterwards: by more versions than
    we made. Without a base it cannot be told, because an id from the trash goes on counting.
    """
    if step.base is None:
        return
    ours = sum(write.makes_version for write in writes(step, message))
    if now <= step.base.number + ours:
        return
    versions = read_versions(step.key, client.versions(step.key))
    theirs = [
        f"v{each.number} by {each.author or 'somebody'} at {each.created}: {each.message}"
        for each in versions
        if each.number > step.base.number and each.message != message
    ]
    raise KbsyncError(
        f"{step.key}: written, but somebody else wrote at the same time: {'; '.join(theirs)}",
        hint="Look whether their change is lost: open that version in the project's history.",
    )


def _has_metadata(step: Step) -> bool:
    return any(isinstance(change, SetMetadata | ResetState) for change in step.changes)
