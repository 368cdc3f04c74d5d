"""Whose change it is: three values for each field, base, live and desired. Pure.

The base is the newest version that kbsync wrote. What live and base have in common, nobody else
touched: the change is ours. What desired and base have in common, somebody else changed: applying
would revert that. Where all three differ, both did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from kbsync.canonical import same
from kbsync.change import (
    Change,
    Create,
    Delete,
    Reorder,
    ResetState,
    Rollback,
    SetMetadata,
    Update,
)
from kbsync.diff import content
from kbsync.explain import explain
from kbsync.model import Key, Resource, Resources, Version
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
        case SetMetadata() | ResetState() | Rollback():
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
    theirs, ours = _labels(base, live), _labels(base, desired)
    return {label: _field(label, theirs, ours) for label in labels}


def _field(label: str, theirs: Set[str], ours: Set[str]) -> Whose | None:
    if not any(_overlap(label, other) for other in theirs):
        return None
    changed_by_us = any(_overlap(label, other) for other in ours)
    return Whose.CONFLICT if changed_by_us else Whose.DRIFT


def _labels(before: Resource, after: Resource) -> set[str]:
    return {found.label for found in explain(content(before), content(after))}


def _overlap(one: str, other: str) -> bool:
    """Whether one label is the other or stands for something inside it."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and long[len(short) : len(short) + 1] in ("", ".", "[")
