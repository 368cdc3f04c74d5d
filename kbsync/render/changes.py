"""The changes of one object on their own, as text and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

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
from kbsync.compare.explain import explain
from kbsync.compare.json_text import mask_inside
from kbsync.model import Json, JsonObject, Key
from kbsync.plans.kinds import kind
from kbsync.plans.plan import Files, Step
from kbsync.plans.plan_json import explained_json, key_json
from kbsync.render.lines import Line
from kbsync.render.outline import outline
from kbsync.render.plan_entry import Paint, item_lines, unpainted
from kbsync.secrets import mask


def change_lines(
    key: Key,
    changes: Sequence[Change],
    *,
    files: Files | None = None,
    texts: Mapping[str, str] | None = None,
    paint: Paint = unpainted,
) -> Iterator[Line]:
    """Return what a plan says of *changes* of one configuration; nothing when there are none.

    *files* and *texts* are where the new texts stand in the tree, and what these files say.
    """
    if not changes:
        return
    step = Step(key=key.config, name="", base=None, changes=tuple(changes))
    for entry in outline([step], files, texts):
        for item in entry.items:
            yield from item_lines(item, paint)


def changes_json(changes: Sequence[Change]) -> list[Json]:
    """Return *changes* for programs; secrets are masked."""
    return [{"kind": kind(change), **key_json(change.key), **_told(change)} for change in changes]


def _told(change: Change) -> JsonObject:
    match change:
        case Create(after):
            return {"name": after.name, "after": mask_inside(content(after))}
        case Delete(before):
            return {"name": before.name, "before": mask_inside(content(before))}
        case Update(before, after):
            fields = [explained_json(each) for each in explain(content(before), content(after))]
            return {"name": after.name, "fields": [*fields]}
        case Reorder(_, before, after):
            return {"before": [*before], "after": [*after]}
        case SetMetadata(_, before, after):
            return {"before": mask({**before}), "after": mask({**after})}
        case Rollback() | Restore() | PutState() | ResetState() | Activation():
            raise ValueError("two contents differ by none of these")
        case _:
            assert_never(change)
