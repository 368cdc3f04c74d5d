"""What becomes of the entries of a list or mapping: kept, new, moved or gone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kbsync.documents.alignment import align
from kbsync.documents.lines import Lead
from kbsync.documents.nodes import Entry, Node, tags_in
from kbsync.documents.yaml_writer import dump
from kbsync.model import Json


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a list or mapping as it shall be."""

    key: str | None
    wanted: Json
    old: Entry | None


def steps_to(node: Node, wanted: dict[str, Json] | list[Json]) -> list[Step]:
    """Return the entries that make *node* be *wanted*, in order."""
    if isinstance(wanted, list):
        assert isinstance(node.value, list)
        return [
            Step(None, item, None if index is None else node.entries[index])
            for item, index in zip(wanted, align(node.value, wanted), strict=True)
        ]
    old = {entry.key: entry for entry in node.entries if entry.key is not None}
    order = [key for key in old if key in wanted]
    before = None
    for key in wanted:
        if key not in old:
            order.insert(len(order) if before is None else order.index(before) + 1, key)
        before = key
    return [Step(key, wanted[key], old.get(key)) for key in order]


def lines_of(step: Step) -> list[str]:
    """Return the lines of a new entry of a block, as if it were in column 0."""
    value: Json = [step.wanted] if step.key is None else {step.key: step.wanted}
    return dump(value, dict(tags_in(value))).removesuffix("\n").split("\n")


def announced(node: Node, wanted: Json) -> list[str]:
    """Return the lines of a value from behind the colon or dash, as if that were in column 0."""
    key = "k" if isinstance(node.value, dict) else None
    first, *below = lines_of(Step(key, wanted, None))
    return [first.removeprefix("-" if key is None else "k:"), *below]


def left_behind(
    entries: Sequence[Entry], steps: Sequence[Step], leads: Mapping[int, Lead]
) -> dict[int | None, Sequence[str]]:
    """Return what stood above removed entries and is not theirs, by the start of what it is above.

    That is the next entry which stays; None when there is none.
    """
    kept = {step.old.start for step in steps if step.old}
    found: dict[int | None, Sequence[str]] = {}
    waiting: list[str] = []
    for entry in entries:
        if entry.start in kept:
            found[entry.start], waiting = waiting, []
        elif any(line.strip() for line in leads[entry.start].apart):
            waiting += leads[entry.start].apart
    return found | {None: without_blank_start(waiting[::-1])[::-1]}


def without_blank_start(lines: Sequence[str]) -> list[str]:
    start = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    return [*lines[start:]]
