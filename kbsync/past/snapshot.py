"""What one object looked like at a moment, and what differs between two of these. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kbsync.canonical import same
from kbsync.change import Change, Update
from kbsync.compare.diff import content, diff
from kbsync.model import Key, Resource, Resources, Version
from kbsync.past.moment import Moment, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A configuration with its rows, or one row alone."""

    key: Key
    moment: Moment
    version: Version | None
    """Who saved it, and when; None for the files."""
    resources: Resources

    @property
    def subject(self) -> Resource:
        return self.resources[self.key]

    @property
    def rows(self) -> list[Resource]:
        """The rows of a configuration in the order in which they run."""
        config = self.subject
        order = {row_id: place for place, row_id in enumerate(config.rows_sort_order or ())}
        rows = [item for key, item in self.resources.items() if key != self.key]
        return sorted(rows, key=lambda row: (order.get(row.key.row_id, len(order)), row.key))


def part_of(resources: Resources, key: Key) -> dict[Key, Resource]:
    """Return the configuration *key* with its rows, or the one row *key*; nothing without it."""
    if key.is_row:
        return {key: resources[key]} if key in resources else {}
    return {each: item for each, item in resources.items() if each.config == key}


def changes_between(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """Return what turns *before* into *after*.

    Compared is what both sides can say: component state and resets are in no version; metadata is
    compared between live and the files only, and only what the files manage; an order of rows only
    where both have one.
    """
    old, new = before.resources, after.resources
    if before.key.is_row:
        is_same = same(content(before.subject), content(after.subject))
        return () if is_same else (Update(before.subject, after.subject),)
    managed = _managed([before, after])
    has_order = all(side.subject.rows_sort_order is not None for side in (before, after))
    old, new = (_comparable(side, managed, has_order=has_order) for side in (old, new))
    return diff(new, old, {})


def _managed(sides: Sequence[Snapshot]) -> set[str]:
    """The names of the metadata to compare."""
    if {side.moment for side in sides} != {*Place}:
        return set()
    return {name for side in sides if side.moment is Place.FILES for name in side.subject.metadata}


def _comparable(resources: Resources, managed: set[str], *, has_order: bool) -> dict[Key, Resource]:
    return {
        key: replace(
            item,
            rows_sort_order=item.rows_sort_order if has_order else None,
            metadata={name: text for name, text in item.metadata.items() if name in managed},
            reset_state=None,
        )
        for key, item in resources.items()
    }
