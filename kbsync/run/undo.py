"""Taking back what a run has written: a plan from its results. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kbsync.change import (
    Activation,
    Change,
    Delete,
    PutState,
    ResetState,
    Restore,
    Rollback,
    SetMetadata,
)
from kbsync.compare.diff import diff
from kbsync.model import JsonObject, Key, Live, Resources, Version
from kbsync.plans.activation import activation
from kbsync.plans.plan import Step
from kbsync.run.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is to know about one configuration that a run has touched."""

    live: Live | None
    """As it is now, with its rows; None when it is not there."""
    recorded: Resources
    """As it was before the run; empty when it was not there."""
    since: tuple[Version, ...]
    """The versions that were made after that."""
    trashed: Version | None
    """The version that put it into the trash, when it lies there."""
    states: Mapping[Key, JsonObject] = field(default_factory=dict)
    """The component states that the run threw away: a saved plan shows them masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How to take back a run."""

    steps: tuple[Step, ...]
    """In the reverse order of the run."""
    left: Mapping[Key, str]
    """What stays as it is, and why."""


def plan_undo(results: Sequence[Result], found: Mapping[Key, Found], message: str) -> Undo:
    """Return how to take back what *results* have written.

    Args:
        results: Of one run, in the order of writing; those without a write do not matter.
        found: What there is now and was before, for each configuration that was touched.
        message: The stamp of the run, by which its versions are known.
    """
    steps: list[Step] = []
    left: dict[Key, str] = {}
    for result in reversed(results):
        if result.touched:
            key = result.step.key
            why = _why_not(found[key], message)
            if why:
                left[key] = why
                continue
            changes = tuple(_changes(result.step, found[key]))
            if changes:
                changes += tuple(_told(result.step, found[key]))
                live = found[key].live
                base = live.versions[key] if live else None
                steps.append(Step(key=key, name=result.step.name, base=base, changes=changes))
    return Undo(steps=tuple(steps), left=left)


def _why_not(found: Found, message: str) -> str:
    theirs = next((each for each in found.since if each.message != message), None)
    if theirs is None or found.live is None:
        return ""
    return f"{theirs.author or 'somebody'} edited it too: v{theirs.number} {theirs.message}"


def _changes(step: Step, found: Found) -> Iterator[Change]:
    if found.live is None:
        if found.trashed and step.base:
            yield Restore(step.key, found.trashed)
    elif step.base is None:
        rows = tuple(key for key in found.live.resources if key.is_row)
        yield Delete(found.live.resources[step.key], rows)
    else:
        back = diff(found.recorded, found.live.resources, {})
        recorded = tuple(change for change in back if not isinstance(change, SetMetadata))
        if recorded:
            yield Rollback(step.key, step.base.number, recorded)
        yield from _unversioned(step, found.states)


def _told(step: Step, found: Found) -> Iterator[Activation]:
    """Tell the scheduler service again what it was told of another content."""
    if any(isinstance(change, Activation) for change in step.changes):
        before = [change.before for change in step.changes if isinstance(change, Delete)]
        recorded = found.recorded.get(step.key) or next(iter(before), None)
        yield activation(recorded) if recorded else Activation(step.key, is_on=False)


def _unversioned(step: Step, kept: Mapping[Key, JsonObject]) -> Iterator[Change]:
    """Take back what is in no version: component state and metadata.

    A metadata key that was new keeps its value, because the API of a development branch cannot
    remove one.
    """
    for change in step.changes:
        if isinstance(change, SetMetadata) and change.before:
            now = {name: change.after[name] for name in change.before}
            yield SetMetadata(change.key, now, change.before)
    resets = [change for change in step.changes if isinstance(change, ResetState)]
    if resets:
        states = {key: kept[key] for change in resets for key in change.targets if key in kept}
        noted = tuple(change.key for change in resets if not change.by_hand)
        yield PutState(step.key, states, noted)
