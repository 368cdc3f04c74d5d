"""Drift as text for a terminal or a log, and as JSON. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace

from kbsync.model import Json, JsonObject, Version
from kbsync.plans.drift import Created, Drift
from kbsync.plans.plan import Step
from kbsync.plans.plan_json import change_json, key_json, version_json
from kbsync.render.facts import plain
from kbsync.render.lines import Line, Role, inert_line, plural, quoted
from kbsync.render.outline import edit_words, outline
from kbsync.render.plan import header_lines
from kbsync.render.plan_entry import item_lines


def drift_lines(drift: Drift) -> list[Line]:
    """Who changed what, the ready commands, and the counts."""
    lines = [
        *header_lines(drift.target, ""),
        *(line for step in drift.edited for line in _edited(step)),
        *(line for step, version in drift.deleted for line in _deleted(step, version)),
        *(line for created in drift.created for line in _created(created)),
        *(line for step in drift.unknown for line in _unknown(step)),
        *_footer(drift),
    ]
    return [inert_line(line) for line in lines]


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


def _created(created: Created) -> Iterator[Line]:
    yield _heading(created)
    yield Line(f"    +  made by {plain(edit_words(created.first))}", Role.DANGER)
    yield Line(f"       take it into the files: kbsync pull {shlex.quote(str(created.key))}")
    yield Line("")


def _unknown(step: Step) -> Iterator[Line]:
    assert step.attribution
    yield _heading(step)
    for edit in step.attribution.edits:
        yield Line(f"    ?  v{edit.number} by {plain(edit_words(edit))}", Role.CHANGED)
    yield Line(
        "       differs from the files; no version is by kbsync, so nobody knows whose it is"
    )
    yield Line(f"       look at it: kbsync plan {shlex.quote(str(step.key))}")
    yield Line("")


def _heading(subject: Step | Created) -> Line:
    return Line(f"  {subject.key}  {quoted(subject.name)}", Role.HEADING)


def _footer(drift: Drift) -> Iterator[Line]:
    if drift:
        yield Line(f"Drift: {counts_text(drift)}.", Role.HEADING)
    else:
        yield Line("No drift: nobody else changed what the files declare.", Role.HEADING)
    if drift.ahead:
        ahead = plural(drift.ahead, "configuration")
        yield Line(f"Not drift: the files are ahead in {ahead}, see `kbsync plan`.", Role.MUTED)


def counts_text(drift: Drift) -> str:
    edited = plural(len(drift.edited), "configuration")
    others = f"{len(drift.deleted)} deleted, {len(drift.created)} created"
    unknown = f", {len(drift.unknown)} unknown" if drift.unknown else ""
    return f"{edited} edited, {others}{unknown}"


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
        "created": [
            {**key_json(each.key), "name": each.name, "created": version_json(each.first)}
            for each in drift.created
        ],
        "unknown": [_unknown_json(step) for step in drift.unknown],
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


def _unknown_json(step: Step) -> JsonObject:
    assert step.attribution
    edits: list[Json] = [version_json(edit) for edit in step.attribution.edits]
    return {**key_json(step.key), "name": step.name, "edits": edits}
