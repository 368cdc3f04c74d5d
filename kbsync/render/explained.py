"""A resource as its files say it, with where each value comes from. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from kbsync.canonical import same
from kbsync.change import Change, SetMetadata, Update
from kbsync.compare.diff import content
from kbsync.documents.yaml_places import places
from kbsync.documents.yaml_writer import dump
from kbsync.model import Json, Resource
from kbsync.plans.plan_json import key_json
from kbsync.render.changes import change_lines, changes_json
from kbsync.render.lines import Line, Role, inert_line, printable
from kbsync.render.snapshot import json_text
from kbsync.tree.files import shown_path
from kbsync.tree.sources import Source, Sources


def overlay_changes(base: Resource, now: Resource) -> tuple[Change, ...]:
    """Return what an overlay changes in what the file below it says."""
    changes: list[Change] = []
    if not same(content(base), content(now)):
        changes.append(Update(base, now))
    names = [name for name in {**base.metadata, **now.metadata} if _differs(name, base, now)]
    if names:
        before, after = (
            {name: each.metadata[name] for name in names if name in each.metadata}
            for each in (base, now)
        )
        changes.append(SetMetadata(now.key, before, after))
    return tuple(changes)


def explained_lines(found: Sources, changes: Sequence[Change]) -> list[Line]:
    """Return a YAML document with comments; *changes* are what the overlay makes of its base."""
    return [inert_line(line) for line in _lines(found, changes)]


def explained_json(found: Sources, changes: Sequence[Change]) -> str:
    """Return the same for programs."""
    values: list[Json] = [
        {
            "path": [*each.path],
            "value": each.value,
            "file": each.file or None,
            "line": each.line or None,
            "via": each.via or None,
            **({"sharedCode": each.code} if each.code else {}),
        }
        for each in found.values
    ]
    return json_text(
        {
            **key_json(found.key),
            "environment": found.environment or None,
            "file": found.origin.file,
            "overlay": found.origin.overlay,
            "values": values,
            "overlayChanges": changes_json(changes),
        }
    )


def _lines(found: Sources, changes: Sequence[Change]) -> Iterator[Line]:
    environment = f"  environment {found.environment}" if found.environment else ""
    yield Line(f"# {found.key}{environment}", Role.MUTED)
    yield Line(f"# {shown_path(found.origin.file)}", Role.MUTED)
    if found.origin.overlay:
        yield Line(f"# over it: {shown_path(found.origin.overlay)}", Role.MUTED)
    yield from _document(found)
    if changes:
        yield Line("")
        yield Line("# What the overlay changes:", Role.HEADING)
        for line in change_lines(found.key, changes):
            yield Line(f"#{line.text[5:]}" if line.text.strip() else "#", line.role)


def _document(found: Sources) -> Iterator[Line]:
    try:
        text = dump(found.document)
    except ValueError:  # half a surrogate pair: JSON can say it, but has no comments
        yield from map(Line, json.dumps(found.document, indent=2).splitlines())
        return
    where, notes = places(text), {}
    for each in found.values:
        if note := _note(found, each):
            path = each.root or each.path
            notes[where[path][0]] = note
    for each in found.values:
        if each.code:
            notes[where[each.path][0]] = f"shared code: {printable(each.code)}"
    for number, line in enumerate(text.splitlines(), 1):
        yield Line(f"{line}  # {notes[number]}" if number in notes else line)


def _note(found: Sources, source: Source) -> str:
    is_base = source.file == shown_path(found.origin.file)
    name = source.file.rpartition("/")[2]
    place = "" if is_base or not name else f"{name}:{source.line}"
    return printable(" ".join(part for part in (place, source.via) if part))


def _differs(name: str, base: Resource, now: Resource) -> bool:
    return base.metadata.get(name) != now.metadata.get(name)
