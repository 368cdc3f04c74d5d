"""Whether live is still as it was when a plan was made, object by object. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from kbsync.canonical import same
from kbsync.change import Change, Create, PutState, ResetState, Restore, SetMetadata, Update
from kbsync.compare.json_text import mask_inside
from kbsync.errors import StaleError
from kbsync.model import JsonObject, Key, Live, Version
from kbsync.plans.plan import Plan, Step
from kbsync.run.verify import unmet
from kbsync.stamp import parse_stamp

PLAN_AGAIN = "Plan again and look at what changed."


def check_fresh(plan: Plan, live: Live) -> None:
    """Compare every step with *live*; what the plan does not touch does not matter.

    Raises:
        StaleError: With every configuration that moved, and how many are as planned.
    """
    found = [_moved(step, live) for step in plan.steps]
    moved = [words for words in found if words]
    if moved:
        count = f"{len(moved)} of {len(found)} configurations changed since the plan was made"
        raise StaleError("\n  ".join([f"{count}:", *moved]), hint=PLAN_AGAIN)


def _moved(step: Step, live: Live) -> str:
    moved = moved_since(step, live)
    return "" if moved and is_done(step, live) else moved


def moved_since(step: Step, live: Live | None) -> str:
    """Return how *live* moved since *step* was planned, or `""`; what is in no version included."""
    now = live.versions.get(step.key) if live else None
    return staleness(step, now) or _relabelled(step, live) or _run_since(step, live)


def _run_since(step: Step, live: Live | None) -> str:
    """Return whose component state that is to be replaced moved, or `""`."""
    if live is None:
        return ""
    moved = [
        key
        for change in step.changes
        for key, expected in _expected_states(change)
        if not any(_is_state(live.component_states.get(key, {}), each) for each in expected)
    ]
    return f"{', '.join(map(str, moved))}: a job stored a newer component state" if moved else ""


def _expected_states(change: Change) -> Iterator[tuple[Key, tuple[JsonObject, JsonObject]]]:
    """Return whose component state *change* replaces: what it showed, and what it puts there.

    Not of a reset that a file asks for: it means whatever is there when its text is new.
    """
    match change:
        case PutState(states=states, before=before):
            yield from ((key, (shown, states[key])) for key, shown in before.items())
        case ResetState(targets=targets, by_hand=True):
            yield from ((key, (shown, {})) for key, shown in targets.items())
        case _:
            pass


def _is_state(now: JsonObject, shown: JsonObject) -> bool:
    """Whether *now* is what a plan has *shown*; in a saved one the secrets are masked."""
    return same(now, shown) or same(mask_inside(now), shown)


def _relabelled(step: Step, live: Live | None) -> str:
    """Return which metadata moved, or `""`."""
    found = live.resources.get(step.key) if live else None
    if found is None or step.base is None:
        return ""
    names = [
        name
        for change in step.changes
        if isinstance(change, SetMetadata)
        for name, after in change.after.items()
        if found.metadata.get(name) not in (change.before.get(name), after)
    ]
    return f"{step.key}: somebody changed the metadata {', '.join(names)}" if names else ""


def is_done(step: Step, live: Live | None) -> bool:
    """Whether *live* is as *step* wants it: written by an earlier run, or by somebody else."""
    return all(_is_so(change, live) for change in step.changes)


def _is_so(change: Change, live: Live | None) -> bool:
    """Whether *live* is as *change* wants it.

    A reset that a file asks for counts as done once it is noted; since then, a job may have stored
    a new state. What is to come out of the trash and is there by now may be something else under
    the same id.
    """
    now = live or Live(resources={}, versions={}, component_states={})
    if isinstance(change, ResetState):
        item = now.resources.get(change.key)
        if change.by_hand:
            return item is not None and not unmet([change], now)
        return item is not None and item.reset_state == change.reason
    return not isinstance(change, Restore) and not unmet([change], now)


def without_done(step: Step, live: Live | None) -> Step:
    """Return *step* without those changes that leave no version and are done already."""
    unversioned = ResetState | PutState | SetMetadata
    left = [
        change
        for change in step.changes
        if not (isinstance(change, unversioned) and _is_so(change, live))
    ]
    return step if len(left) == len(step.changes) else replace(step, changes=tuple(left))


def remaining(step: Step, live: Live, since: Iterable[Version], runs: Set[str]) -> Step | None:
    """Return what is left to do of a *step* that live has moved on from; None when it is stale.

    It is not stale when all the versions made *since* are of *runs*, earlier ones of the same plan
    that broke off.
    """
    now = live.versions.get(step.key)
    stamps = [parse_stamp(version.message) for version in since]
    if now is None or not all(stamp and stamp.run in runs for stamp in stamps):
        return None
    left = [_from_now(change, live) for change in step.changes if not _is_so(change, live)]
    return replace(step, base=now, changes=tuple(left))


def _from_now(change: Change, live: Live) -> Change:
    """Return *change* for what is there by now."""
    now = live.resources.get(change.key)
    if isinstance(change, Create | Update) and now:
        return Update(now, change.after)
    if isinstance(change, SetMetadata) and now:
        before = {name: now.metadata[name] for name in change.after if name in now.metadata}
        return replace(change, before=before)
    return change


def staleness(step: Step, now: Version | None) -> str:
    """Return how live moved since *step* was planned, or `""` when it did not."""
    if now is None or step.base is None:
        if now is step.base:
            return ""
    elif (now.number, now.identifier) == (step.base.number, step.base.identifier):
        return ""
    planned = f"v{step.base.number}" if step.base else "to be created"
    if now is None:
        return f"{step.key} was planned on {planned}; it was deleted since"
    return (
        f"{step.key} was planned on {planned}; live is now v{now.number},"
        f" by {now.author or 'somebody'} at {now.created}: {now.message}"
    )
