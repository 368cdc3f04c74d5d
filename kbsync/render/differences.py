"""What differs between two moments of an object, as text and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kbsync.change import Change
from kbsync.past.snapshot import Snapshot
from kbsync.plans.plan import Files
from kbsync.plans.plan_json import key_json
from kbsync.render.changes import change_lines, changes_json
from kbsync.render.lines import Line, Role, inert_line, quoted
from kbsync.render.outline import count_text
from kbsync.render.plan_entry import Paint, unpainted
from kbsync.render.snapshot import json_text, side_json, side_words


def difference_lines(
    before: Snapshot,
    after: Snapshot,
    changes: Sequence[Change],
    *,
    files: Files | None = None,
    texts: Mapping[str, str] | None = None,
    paint: Paint = unpainted,
) -> list[Line]:
    """Return what turns *before* into *after*, in the words of a plan."""
    lines = [
        Line(f"  {after.key}  {quoted(after.subject.name)}", Role.HEADING),
        Line(f"       from  {side_words(before)}", Role.MUTED),
        Line(f"       to    {side_words(after)}", Role.MUTED),
        *change_lines(after.key, changes, files=files, texts=texts, paint=paint),
        Line(""),
        Line(f"Different: {count_text(changes)}." if changes else "No difference.", Role.HEADING),
    ]
    return [inert_line(line) for line in lines]


def difference_json(before: Snapshot, after: Snapshot, changes: Sequence[Change]) -> str:
    """Return the same for programs."""
    return json_text(
        {
            **key_json(after.key),
            "name": after.subject.name,
            "from": side_json(before),
            "to": side_json(after),
            "changes": changes_json(changes),
        }
    )
