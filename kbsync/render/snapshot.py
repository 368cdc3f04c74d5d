"""What an object is at a moment: YAML as its files have it, or JSON; secrets masked. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kbsync.compare.json_text import mask_inside
from kbsync.documents.yaml_writer import dump
from kbsync.effective import Effective, Received
from kbsync.model import Json, JsonObject, Resource
from kbsync.past.moment import Place
from kbsync.past.snapshot import Snapshot
from kbsync.plans.plan_json import key_json, version_json
from kbsync.render.facts import plain
from kbsync.render.lines import Line, Role, inert_line, printable, quoted
from kbsync.render.outline import edit_words
from kbsync.secrets import mask_text
from kbsync.tree.declared import document_of

FORMAT_VERSION = 1


def snapshot_lines(found: Snapshot) -> list[Line]:
    """Return a YAML document for the configuration and one for each of its rows, in order."""
    documents = [(moment_words(found), found.subject)]
    documents += [(f"row {printable(row.key.row_id)}", row) for row in found.rows]
    return _yaml([(said, _document(found, resource)) for said, resource in documents])


def snapshot_json(found: Snapshot) -> str:
    """Return the same for programs."""
    rows: list[Json] = [_document(found, row) for row in found.rows]
    inside: JsonObject = {} if found.key.is_row else {"rows": rows}
    return json_text({**moment_json(found), "content": _document(found, found.subject), **inside})


def effective_lines(found: Snapshot, effective: Effective) -> list[Line]:
    """Return a YAML document for each run of the component."""
    return _yaml([(_run_words(found, each), each.configuration) for each in effective.runs])


def effective_json(found: Snapshot, effective: Effective) -> str:
    """Return the same for programs."""
    runs: list[Json] = [
        {
            "rowId": each.row.key.row_id if each.row else None,
            "name": each.row.name if each.row else found.subject.name,
            "configuration": each.configuration,
        }
        for each in effective.runs
    ]
    disabled: list[Json] = [row.key.row_id for row in effective.disabled]
    return json_text({**moment_json(found), "runs": runs, "disabledRows": disabled})


def hides_secrets(found: Snapshot) -> bool:
    """Whether what is shown is less than what there is."""
    resources = found.resources.values()
    return any(mask_inside(document_of(each)) != document_of(each) for each in resources)


def moment_words(found: Snapshot) -> str:
    """Return which object this is, at which moment, and who saved it."""
    return f"{found.key}  {side_words(found)}"


def side_words(found: Snapshot) -> str:
    """Return `v3 by ann, 2026-...: "First"`, `live, v5 by ...`, or `the files`."""
    version = found.version
    if version is None:
        return "the files"
    where = "live, " if found.moment is Place.LIVE else ""
    # Of a row the platform tells who made it and when, at each of its versions.
    who = (
        f": {quoted(version.message)}" if found.key.is_row else f" by {plain(edit_words(version))}"
    )
    return f"{where}v{version.number}{who}"


def moment_json(found: Snapshot) -> JsonObject:
    """Return which object this is, and at which moment."""
    return {**key_json(found.key), "name": found.subject.name, "at": side_json(found)}


def side_json(found: Snapshot) -> JsonObject:
    """Return which side of a comparison this is, and who saved it."""
    where: JsonObject = {"is": str(found.moment) if isinstance(found.moment, Place) else "version"}
    if found.version is None:
        return where
    known: JsonObject = {"changeDescription": mask_text(found.version.message)}
    if found.key.is_row:
        known |= {"created": None, "author": None}
    return {**where, **version_json(found.version), **known}


def json_text(facts: JsonObject) -> str:
    return json.dumps({"formatVersion": FORMAT_VERSION, **facts}, indent=2) + "\n"


def _document(found: Snapshot, resource: Resource) -> JsonObject:
    """Return what a file says of *resource*: versions record neither metadata nor resets."""
    if found.moment is not Place.FILES:
        metadata = resource.metadata if found.moment is Place.LIVE else {}
        resource = replace(resource, metadata=metadata, reset_state=None)
    document = mask_inside(document_of(resource))
    assert isinstance(document, dict)
    return document


def _run_words(found: Snapshot, each: Received) -> str:
    if each.row is None:
        return moment_words(found)
    name = f"  {quoted(each.row.name)}" if each.row.name else ""
    return f"row {printable(each.row.key.row_id)}{name}"


def _yaml(documents: Sequence[tuple[str, JsonObject]]) -> list[Line]:
    return [inert_line(line) for line in _documents(documents)]


def _documents(documents: Sequence[tuple[str, JsonObject]]) -> Iterator[Line]:
    for at, (said, document) in enumerate(documents):
        if at:
            yield Line("---")
        yield Line(f"# {said}", Role.MUTED)
        yield from (Line(line) for line in _text(document).splitlines())


def _text(document: JsonObject) -> str:
    try:
        return dump(document)
    except ValueError:  # half a surrogate pair: JSON, which is YAML too, can say it
        return json.dumps(document, indent=2)
