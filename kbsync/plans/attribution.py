"""Whose change it is: three values for each field, base, live and desired. Pure.

The base is the newest version that kbsync wrote. What live and base have in common, nobody else
touched: the change is ours. What desired and base have in common, somebody else changed: applying
would revert that. Where all three differ, both did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from kbsync.canonical import same
from kbsync.change import (
    Activation,
    Change,
    Create,
    Delete,
    PutState,
    Reorder,
    ResetState,
    Restore,
    Rollback,
    SetMetadata,
    Update,
)
from kbsync.compare.diff import content
from kbsync.compare.explain import FieldChange, explain
from kbsync.compare.json_text import INSIDE
from kbsync.model import Json, Key, Resource, Resources, Version
from kbsync.paths import MISSING
from kbsync.stamp import parse_stamp


class Whose(StrEnum):
    """Who made live and the files differ."""

    OURS = "ours"
    DRIFT = "drift"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """What happened to one configuration since kbsync last wrote it."""

    base: Version | None
    """The version kbsync wrote last; None when no recorded version is by kbsync."""
    edits: tuple[Version, ...] = ()
    """The versions other people made since, the newest first."""
    theirs: tuple[Change, ...] = ()
    """What those edits changed: from base to live. Not kept in saved plans."""
    whose: Mapping[Key, Mapping[str, Whose]] = field(default_factory=dict)
    """By configuration or row and label of a field, where that is not simply ours. The label is
    that of `explain`; `""` stands for the whole object, `ORDER` for the order of rows."""

    wrote: Mapping[Key, Mapping[str, Json]] = field(default_factory=dict)
    """By the same, where all three differ: what kbsync wrote. Secrets are masked."""

    def of(self, key: Key, label: str = "") -> Whose:
        return self.whose.get(key, {}).get(label, Whose.OURS)


ORDER = "order of rows"


def needs_base(live: Version | None) -> bool:
    """Whether the history has to be read: not when live is what kbsync wrote, or is not there."""
    return live is not None and parse_stamp(live.message) is None


def last_by_kbsync(versions: Sequence[Version]) -> Version | None:
    """Return the newest of *versions*, which are newest first, that kbsync wrote."""
    return next((each for each in versions if parse_stamp(each.message)), None)


def attribute(
    changes: Iterable[Change], base: Resources, live: Resources
) -> dict[Key, dict[str, Whose]]:
    """Return whose the differences are, for those of *changes* that are not simply ours.

    Args:
        changes: From live to desired, of one configuration.
        base: The configuration and its rows as kbsync last wrote them.
        live: The same as they are now.
    """
    whose: dict[Key, dict[str, Whose]] = {}
    for change in changes:
        found = {label: each for label, each in _judged(change, base, live).items() if each}
        if found:
            whose.setdefault(change.key, {}).update(found)
    return whose


def wrote(
    changes: Iterable[Change], base: Resources, whose: Mapping[Key, Mapping[str, Whose]]
) -> dict[Key, dict[str, Json]]:
    """Return the values of *base* for the fields that *whose* calls a conflict."""
    found: dict[Key, dict[str, Json]] = {}
    for change in changes:
        was = base.get(change.key)
        if isinstance(change, Update) and was:
            conflicts = {
                label for label, each in whose.get(change.key, {}).items() if each is Whose.CONFLICT
            }
            values = {
                each.label: each.before
                for each in (explain(content(was), content(change.after)) if conflicts else ())
                if isinstance(each, FieldChange) and each.label in conflicts
            }
            known = {label: value for label, value in values.items() if value is not MISSING}
            if known:
                found[change.key] = known
    return found


def _judged(change: Change, base: Resources, live: Resources) -> Mapping[str, Whose | None]:
    match change:
        case Update(before, after):
            return _fields(base.get(change.key), before, after)
        case Create():
            # Somebody deleted what kbsync had written.
            return {"": Whose.DRIFT if change.key in base else None}
        case Delete(before):
            return {"": _deletion(base.get(change.key), before)}
        case Reorder(key, _, after):
            orders = base.get(key), live.get(key)
            was, now = (config.rows_sort_order if config else None for config in orders)
            if was == now:
                return {}
            return {ORDER: Whose.DRIFT if after == was else Whose.CONFLICT}
        case SetMetadata() | ResetState() | PutState() | Rollback() | Restore() | Activation():
            return {}  # metadata and component state have no history
        case _:
            assert_never(change)


def _deletion(base: Resource | None, live: Resource) -> Whose | None:
    if base is None:
        return Whose.DRIFT
    return None if same(content(base), content(live)) else Whose.CONFLICT


def _fields(base: Resource | None, live: Resource, desired: Resource) -> dict[str, Whose | None]:
    labels = _labels(live, desired)
    if base is None:
        return dict.fromkeys(labels, Whose.CONFLICT)
    theirs, ours = _Touched.of(_labels(base, live)), _Touched.of(_labels(base, desired))
    return {label: _field(label, theirs, ours) for label in labels}


def _field(label: str, theirs: _Touched, ours: _Touched) -> Whose | None:
    if not theirs.overlaps(label):
        return None
    return Whose.CONFLICT if ours.overlaps(label) else Whose.DRIFT


def _labels(before: Resource, after: Resource) -> set[str]:
    return {found.label for found in explain(content(before), content(after))}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Touched:
    """Fields that changed. Sets, because a long list of mappings has as many fields."""

    labels: Set[str]
    stems: Set[str]
    """All that one of the labels is, or stands inside of."""

    @classmethod
    def of(cls, labels: Set[str]) -> _Touched:
        return cls(labels=labels, stems={stem for label in labels for stem in _stems(label)})

    def overlaps(self, label: str) -> bool:
        """Whether *label* changed, or something around it or inside it."""
        return label in self.stems or any(stem in self.labels for stem in _stems(label))


_STEP = re.compile(rf"[.\[]| {re.escape(INSIDE)}")


def _stems(label: str) -> Iterator[str]:
    """*label* and what it stands inside of, such as `a` and `a.b` for `a.b[0]`."""
    yield label
    yield from (label[: step.start()] for step in _STEP.finditer(label))
