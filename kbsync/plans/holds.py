"""Holds: contents that a rollback rejected, so that no apply brings them back by itself. Pure.

A hold is an entry of its own in the metadata of the branch, one for each configuration, because
nobody knows how long a value may be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kbsync.change import Create, Delete, Reorder, Restore, Rollback, Update
from kbsync.compare.ignore import without_ignored
from kbsync.model import Key, Live, Resource, Resources, key_of
from kbsync.plans.fingerprint import (
    Fingerprint,
    fingerprint,
    fingerprint_json,
    is_same,
    names_secrets,
    read_fingerprint,
)
from kbsync.plans.kinds import effects
from kbsync.plans.plan import Plan, Step
from kbsync.policy import IgnoreRule
from kbsync.stamp import OWN_METADATA, Stamp

PREFIX = f"{OWN_METADATA}hold."
_MOST = 20
"""So many contents of one configuration are kept, the newest."""
_LONGEST = 200
"""Characters of a message that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The contents of one configuration that may not be written again, and why."""

    key: Key
    rejected: tuple[Fingerprint, ...]
    run: str
    """Of the rollback."""
    holder: str
    """Who ran it, and where."""
    time: str
    """When, in UTC, by the clock of that machine."""
    message: str
    runs: tuple[str, ...] = ()
    """Those that wrote what is rejected, as far as the rollback could tell."""
    metadata_id: str = ""

    @property
    def value(self) -> str:
        """What stands in the metadata of the branch."""
        return json.dumps(
            {
                "rejected": [fingerprint_json(each) for each in self.rejected],
                "run": self.run,
                "holder": self.holder,
                "time": self.time,
                "message": self.message,
                "runs": [*self.runs],
            }
        )


def read_holds(metadata: Any) -> dict[Key, Hold]:
    """Return the holds among the metadata of a branch; what kbsync did not write so is left out."""
    return {hold.key: hold for hold in _read(metadata)}


def _read(metadata: Any) -> Iterator[Hold]:
    for entry in metadata if isinstance(metadata, list) else []:
        name = entry.get("key") if isinstance(entry, dict) else None
        if isinstance(name, str) and name.startswith(PREFIX):
            hold = _hold(name.removeprefix(PREFIX), entry)
            if hold:
                yield hold


def _hold(name: str, entry: Mapping[str, Any]) -> Hold | None:
    try:
        said = json.loads(entry["value"])
        return Hold(
            key=key_of(name),
            rejected=tuple(map(read_fingerprint, said["rejected"])),
            run=str(said["run"]),
            holder=str(said["holder"]),
            time=str(said["time"]),
            message=str(said["message"]),
            runs=tuple(map(str, said.get("runs", ()))),
            metadata_id=str(entry["id"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def holds_of(
    plan: Plan, stamp: Stamp, before: Mapping[Key, Hold], *, holder: str, time: str
) -> tuple[Hold, ...]:
    """Return the holds that carrying out *plan* puts down, with what those *before* it reject."""
    runs = {
        step.key: (*stamp.rolls_back, *(before[step.key].runs if step.key in before else ()))
        for step in plan.steps
    }
    return tuple(
        Hold(
            key=step.key,
            rejected=step.rejected[:_MOST],
            run=stamp.run,
            holder=holder,
            time=time,
            message=stamp.message[:_LONGEST],
            runs=tuple(dict.fromkeys(runs[step.key]))[:_MOST],
        )
        for step in plan.steps
        if step.rejected
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What of a configuration counts for a hold."""

    rules: Sequence[IgnoreRule]
    """What the settings say not to compare is left out."""
    names: Mapping[Key, str]

    def fingerprint(self, key: Key, resources: Resources) -> Fingerprint:
        group = {each: item for each, item in resources.items() if each.config == key}
        return fingerprint(key, without_ignored(group, self.rules, self.names))


def held(plan: Plan, live: Live, holds: Mapping[Key, Hold], compared: Compared) -> dict[Key, Hold]:
    """Return those of *holds* that forbid a step of *plan*: it would write what was rejected."""
    found = {}
    for step in plan.steps:
        hold = holds.get(step.key)
        if hold is None:
            continue
        after = outcome(step, live.resources)
        is_held = is_same(
            compared.fingerprint(step.key, after),
            hold.rejected,
            blank=names_secrets(step.key, after),
            ordered=any(isinstance(change, Reorder) for change in step.changes),
        )
        if is_held and _writes_content(step):
            found[step.key] = hold
    return found


def _writes_content(step: Step) -> bool:
    kinds = Create | Update | Delete | Reorder | Rollback | Restore
    return any(isinstance(change, kinds) for change in step.changes)


def outcome(step: Step, live: Resources) -> dict[Key, Resource]:
    """Return the configuration of *step* with its rows as they are once it is carried out."""
    after = {key: item for key, item in live.items() if key.config == step.key}
    for change in effects(step.changes):
        match change:
            case Create(resource) | Update(_, resource):
                after[resource.key] = resource
            case Delete(resource, rows):
                for key in (resource.key, *rows):
                    after.pop(key, None)
            case _:
                pass
    for change in effects(step.changes):
        if isinstance(change, Reorder) and change.key in after:
            after[change.key] = replace(after[change.key], rows_sort_order=change.after)
    return after


def rejecting(
    found: Iterable[Fingerprint], wanted: Fingerprint | None, known: Hold | None
) -> tuple[Fingerprint, ...]:
    """Return what a rollback to *wanted* rejects, the newest first, with what was held before.

    *wanted* is None where nobody can tell it.

    Going back to what is held takes the earlier rejection back: then nothing is rejected anew.
    """
    before = known.rejected if known else ()
    if wanted and is_same(wanted, before, blank=False, ordered=True):
        return ()
    return tuple(each for each in dict.fromkeys((*found, *before)) if each != wanted)


def ended(written: Iterable[Step], holds: Mapping[Key, Hold]) -> tuple[Hold, ...]:
    """Return those of *holds* that are over, because other content was *written*."""
    return tuple(
        holds[step.key]
        for step in written
        if step.key in holds and not step.rejected and _writes_content(step)
    )
