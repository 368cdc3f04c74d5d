"""The same update in many configurations or rows, told once. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from kbsync.paths import MISSING
from kbsync.plans.attribution import Whose
from kbsync.render.facts import (
    Code,
    Content,
    Detail,
    Entry,
    Field,
    Forgotten,
    Group,
    Item,
    Member,
    Note,
    Order,
    plain,
)
from kbsync.render.lines import json_text

FEWEST = 3
"""So many make a group; two are shown one by one."""

_Signature = tuple[bool, tuple[str, ...]]


def grouped(entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], tuple[Group, ...]]:
    """Return *entries* without what is told together, and that, the largest group first.

    An entry of which nothing is left is left out. Where somebody's edit is at stake, and what a
    rollback does, stays where it is.
    """
    signatures = [[_signature(entry, item) for item in entry.items] for entry in entries]
    found: dict[_Signature, list[Member]] = defaultdict(list)
    details: dict[_Signature, tuple[Detail, ...]] = {}
    for entry, own in zip(entries, signatures, strict=True):
        for item, signature in zip(entry.items, own, strict=True):
            if signature:
                found[signature].append(Member(key=item.key, name=item.name, entry=entry))
                details.setdefault(signature, item.details)
    told = {signature for signature, members in found.items() if len(members) >= FEWEST}
    rest = [_without(entry, own, told) for entry, own in zip(entries, signatures, strict=True)]
    groups = [
        Group(members=tuple(sorted(found[each], key=_key)), details=_anywhere(details[each]))
        for each in found
        if each in told
    ]
    groups.sort(key=lambda group: (-len(group.members), group.members[0].key))
    return tuple(entry for entry in rest if entry.items), tuple(groups)


def _key(member: Member) -> tuple[str, ...]:
    key = member.key
    return key.component_id, key.config_id, key.row_id


def _signature(entry: Entry, item: Item) -> _Signature | None:
    """What is the same in equal updates; None for what is never told together."""
    if item.kind != "update" or entry.reverts or "rollback" in entry.kinds or not item.details:
        return None
    texts = tuple(_text(detail) for detail in item.details)
    return (item.key.is_row, texts) if all(texts) else None


def _text(detail: Detail) -> str:
    """Tell everything of *detail* but the file, which is another one each time."""
    match detail:
        case Field(label=label, before=before, after=after, whose=Whose.OURS):
            sides = ("" if side is MISSING else json_text(side) for side in (before, after))
            return "\0".join(("field", label, *sides))
        case Code(label=label, before=before, after=after, whose=Whose.OURS):
            return "\0".join(("code", label, before, after))
        case Order(label=label, moves=moves, whose=Whose.OURS):
            return f"order\0{label}\0{moves}"
        case Note(words, Whose.OURS):
            return f"note\0{plain(words)}"
        case Field() | Code() | Order() | Note() | Forgotten() | Content():
            return ""
        case _:
            assert_never(detail)


def _without(entry: Entry, signatures: Iterable[_Signature | None], told: set[_Signature]) -> Entry:
    pairs = zip(entry.items, signatures, strict=True)
    kept = tuple(item for item, signature in pairs if signature not in told)
    return replace(entry, items=kept, told_together=len(entry.items) - len(kept))


def _anywhere(details: Iterable[Detail]) -> tuple[Detail, ...]:
    """Without the files: each member has one of its own."""
    return tuple(
        replace(detail, file="") if isinstance(detail, Code) else detail for detail in details
    )
