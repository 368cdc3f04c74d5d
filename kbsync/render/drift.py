"""Drift as text for a terminal or a log, and as JSON. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace

from kbsync.drift import Drift
from kbsync.model import JsonObject, Version
from kbsync.plan import Step
from kbsync.plan_json import change_json, key_json, version_json
from kbsync.render.facts import plain
from kbsync.render.lines import Line, Role, inert, plural, quoted
from kbsync.render.outline import edit_words, outline
from kbsync.render.plan import header_lines, item_lines


def drift_lines(drift: Drift) -> list[Line]:
    """Who changed what, the ready commands, and the counts."""
    lines = [
        *header_lines(drift.target, ""),
        *(line for step in drift.edited for line in _edited(step)),
        *(line for step, version in drift.deleted for line in _deleted(step, version)),
        *_footer(drift),
    ]
    return [Line(inert(line.text), line.role) for line in lines]


def _edited(step: Step) -> Iterator[Line]:
    assert step.attribution
    yield _heading(step)
    for edit in step.attribution.edits:
        yield Line(f"    !  v{edit.number} by {plain(edit_words(edit))}", Role.DANGER)
    # Whose the changes are is known here: all theirs.
    for entry in outline([replace(step, attribution=None)]):
        for item in entry.items:
            yield from item_lines(item)
    key = shlex.quote(str(step.key))
    yield Line(f"       keep theirs: kbsync pull {key}")
    yield Line(f"       put ours back: kbsync apply {key} --overwrite-drift {key}")
    yield Line("")


def _deleted(step: Step, version: Version) -> Iterator[Line]:
    yield _heading(step)
    yield Line(f"    -  in the trash, by {plain(edit_words(version))}", Role.DANGER)
    yield Line(f"       bring it back: kbsync apply {shlex.quote(str(step.key))}")
    yield Line("")


def _heading(step: Step) -> Line:
    return Line(f"  {step.key}  {quoted(step.name)}", Role.HEADING)


def _footer(drift: Drift) -> Iterator[Line]:
    if drift:
        edited = plural(len(drift.edited), "configuration")
        yield Line(f"Drift: {edited} edited, {len(drift.deleted)} deleted.", Role.HEADING)
    else:
        yield Line("No drift: nobody else changed what the files declare.", Role.HEADING)
    if drift.ahead:
        ahead = plural(drift.ahead, "configuration")
        yield Line(f"Not drift: the files are ahead in {ahead}, see `kbsync plan`.", Role.MUTED)


def drift_json(drift: Drift) -> str:
    """Return *drift* for programs; the same drift gives the same text."""
    edited = [_edited_json(step) for step in drift.edited]
    deleted = [
        {**key_json(step.key), "name": step.name, "deleted": version_json(version)}
        for step, version in drift.deleted
    ]
    document = {
        "formatVersion": 1,
        "projectId": drift.target.project_id,
        "branch": drift.target.branch,
        "edited": edited,
        "deleted": deleted,
        "ahead": drift.ahead,
    }
    return json.dumps(document, indent=2) + "\n"


def _edited_json(step: Step) -> JsonObject:
    assert step.attribution
    base = step.attribution.base
    return {
        **key_json(step.key),
        "name": step.name,
        "base": version_json(base) if base else None,
        "edits": [version_json(edit) for edit in step.attribution.edits],
        "changes": [change_json(change, {}) for change in step.changes],
    }
