"""The recorded versions of an object as text and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kbsync.model import Json, JsonObject, Key
from kbsync.past.history import Recorded
from kbsync.plans.plan_json import key_json, version_json
from kbsync.render.changes import change_lines, changes_json
from kbsync.render.lines import Line, Role, clip, inert_line, printable, quoted
from kbsync.render.plan_entry import Paint, unpainted
from kbsync.render.snapshot import json_text
from kbsync.render.tables import table_lines
from kbsync.secrets import mask_text

_HEAD = ("version", "when", "who", "run", "commit", "message")
_BY_HAND = "by hand"
_WIDEST = 60


def history_lines(key: Key, name: str, versions: Sequence[Recorded]) -> list[Line]:
    """Return a line for each version, the newest first, under a line of headings."""
    table = table_lines(_HEAD, [_cells(each) for each in versions])
    return [inert_line(line) for line in (_heading(key, name), *table)]


def changes_lines(
    key: Key, name: str, versions: Sequence[Recorded], paint: Paint = unpainted
) -> list[Line]:
    """Return each version with what it changed."""
    lines = [_heading(key, name)]
    for each in versions:
        lines += [*_told(key, each, paint), Line("")]
    return [inert_line(line) for line in lines]


def history_json(key: Key, name: str, versions: Sequence[Recorded], *, has_older: bool) -> str:
    """Return the same for programs; *has_older* tells whether there are more."""
    told: list[Json] = [_version(each) for each in versions]
    return json_text({**key_json(key), "name": name, "versions": told, "hasOlder": has_older})


def _heading(key: Key, name: str) -> Line:
    return Line(f"{key}  {quoted(name)}" if name else str(key), Role.HEADING)


def _cells(each: Recorded) -> tuple[str, ...]:
    cells = (
        f"v{each.version.number}",
        each.when or "-",
        each.who or "-",
        each.stamp.run if each.stamp else _BY_HAND,
        (each.stamp.commit if each.stamp else "") or "-",
        each.message,
    )
    *facts, message = (clip(printable(mask_text(cell)), _WIDEST) for cell in cells)
    return (*facts, "   ".join(text for text in (message, _note(each)) if text))


def _note(each: Recorded) -> str:
    words = (
        f"= content of v{each.same_as}" if each.same_as else "",
        f"rolled back by v{each.rolled_back_by}" if each.rolled_back_by else "",
        "held" if each.is_held else "",
    )
    return ", ".join(word for word in words if word)


def _told(key: Key, each: Recorded, paint: Paint) -> Iterator[Line]:
    version, when, who, run, commit, said = _cells(each)
    by = run if each.stamp is None else f"run {run}" + (f" at {commit}" if commit != "-" else "")
    facts = "  ".join(text for text in (version, when, who if who != "-" else "", by) if text)
    yield Line(f"  {facts}", Role.CHANGED)
    if said:
        yield Line(f"       {said}", Role.MUTED)
    if each.changes is None:
        yield Line("    +  the oldest version there is", Role.ADDED)
    elif each.changes:
        yield from change_lines(key, each.changes, paint=paint)
    else:
        yield Line("       no other content than the version before", Role.MUTED)


def _version(each: Recorded) -> JsonObject:
    changes: JsonObject = {}
    if each.changes is not None:
        changes = {"changes": changes_json(each.changes)}
    return {
        **version_json(each.version),
        "created": each.when or None,
        "author": each.who or None,
        "changeDescription": mask_text(each.version.message),
        "message": mask_text(each.message),
        "run": each.stamp.run if each.stamp else None,
        "commit": (each.stamp.commit or None) if each.stamp else None,
        "isDeletion": each.version.is_deletion,
        "rolledBackTo": each.back_to,
        "sameContentAs": each.same_as,
        "rolledBackBy": each.rolled_back_by,
        "isHeld": each.is_held,
        **changes,
    }
