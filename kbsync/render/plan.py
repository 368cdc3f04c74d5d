"""A plan as text for a terminal or a log. Pure."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard, assert_never

from kbsync.attribution import ORDER, Attribution, Whose
from kbsync.change import (
    Change,
    Create,
    Delete,
    Reorder,
    ResetState,
    Rollback,
    SetMetadata,
    Update,
)
from kbsync.diff import content
from kbsync.explain import (
    Explained,
    FieldChange,
    OrderChange,
    TextChange,
    explain,
)
from kbsync.model import Json, Key, Resource, Version
from kbsync.moves import moves
from kbsync.paths import MISSING
from kbsync.plan import KINDS, Files, Plan, Step, counts, deletes_configuration, kind
from kbsync.render.lines import Line, Role, plural, printable, quoted, to_text, value_text
from kbsync.secrets import MASKED, mask

SYMBOLS = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "reorder": "↕",
    "state reset": "↺",
    "rollback": "⇄",
    "metadata change": "~",
}

_ROLES = {
    "create": Role.ADDED,
    "update": Role.CHANGED,
    "delete": Role.DANGER,
    "reorder": Role.CHANGED,
    "state reset": Role.DANGER,
    "rollback": Role.CHANGED,
    "metadata change": Role.CHANGED,
}


def render_plan(plan: Plan, *, requests: int, source: str = "", files: Files | None = None) -> str:
    """Return the whole plan, what is dangerous first.

    *requests* is how many apply will make; *source* says where the files come from.
    """
    return to_text(plan_lines(plan, requests=requests, source=source, files=files))


def plan_lines(
    plan: Plan, *, requests: int, source: str = "", files: Files | None = None
) -> list[Line]:
    return [
        *_header(plan, source),
        *(line for step in by_danger(plan.steps) for line in _step(step, files or {})),
        *_footer(plan, requests),
    ]


def by_danger(steps: Sequence[Step]) -> list[Step]:
    """The order to read in: deleted configurations, then whatever holds a more dangerous change."""

    def danger(step: Step) -> tuple[bool, int, Key]:
        worst = min(KINDS.index(kind(change)) for change in step.changes)
        return not deletes_configuration(step), worst, step.key

    return sorted(steps, key=danger)


def _header(plan: Plan, source: str) -> Iterator[Line]:
    target = plan.target
    name = quoted(target.project_name)
    yield Line(f"Project  {target.project_id} {name}   {target.stack}   branch {target.branch}")
    if source:
        yield Line(f"Files    {printable(source)}")
    yield Line("")


def _footer(plan: Plan, requests: int) -> Iterator[Line]:
    if plan:
        yield Line(f"Plan: {count_text(plan.changes)}.", Role.HEADING)
    else:
        yield Line("No changes: the project is as the files say.", Role.HEADING)
    parts = [f"{plan.unchanged} unchanged"]
    if plan.ignored:
        parts.append(f"{plural(plan.ignored, 'difference')} ignored")
    parts.append(f"{len(plan.not_managed)} not managed")
    rest = ", ".join(parts)
    yield Line(f"{rest}." + (f" Apply makes {plural(requests, 'request')}." if plan else ""))
    if plan.not_managed:
        shown = ", ".join(str(key) for key in plan.not_managed[:5])
        more = len(plan.not_managed) - 5
        tail = f" and {more} more" if more > 0 else ""
        yield Line(f"Not managed (live, without files): {shown}{tail}", Role.MUTED)


def count_text(changes: Sequence[Change]) -> str:
    """Return `1 delete, 2 updates`: what there is, the most dangerous first."""
    found = counts(changes)
    texts = [plural(number, name) for name, number in found.items() if number]
    return ", ".join(texts) or "a reset text is noted"


def _step(step: Step, files: Files) -> Iterator[Line]:
    version = f"   v{step.base.number}" if step.base else ""
    yield Line(f"  {step.key}  {quoted(step.name)}{version}", Role.HEADING)
    yield from _history(step)
    whose = step.attribution or Attribution(base=None)
    ordered = sorted(step.changes, key=lambda change: KINDS.index(kind(change)))
    for change in ordered:
        yield from _change(change, files, whose)
    yield Line("")


def _history(step: Step) -> Iterator[Line]:
    """Who touched this since kbsync last wrote it."""
    if step.attribution is None or step.base is None:
        return
    edits = step.attribution.edits
    if step.attribution.base is None:
        yield Line(f"       last edited by {_edit(step.base)}; no version is by kbsync", Role.MUTED)
    elif step.attribution.whose:
        for edit in edits[:_EDITS]:
            yield Line(f"    !  v{edit.number} by {_edit(edit)}", Role.DANGER)
        if len(edits) > _EDITS:
            yield Line(f"    !  and {plural(len(edits) - _EDITS, 'edit')} before", Role.DANGER)
        yield _detail(f"to keep that: kbsync pull {shlex.quote(str(step.key))}")


_EDITS = 5
"""How many edits are told one by one."""


def _edit(version: Version) -> str:
    said = f": {quoted(version.message)}" if version.message else ""
    return f"{printable(version.author) or 'somebody'}, {printable(version.created)}{said}"


def _change(change: Change, files: Files, whose: Attribution) -> Iterator[Line]:
    match change:
        case Delete(before):
            where = "" if before.key.is_row else ", to the trash"
            yield _item(change, f"{_subject(before)} is deleted{where}", whose.of(before.key))
        case ResetState():
            yield from _reset(change)
        case Update(before, after):
            yield _item(change, _subject(after))
            for found in explain(content(before), content(after)):
                yield from _judged(
                    _explained(found, after.key, files), whose.of(after.key, found.label)
                )
        case Create(after):
            yield _item(change, f"{_subject(after)} is created", whose.of(after.key))
            yield from _created(after)
        case SetMetadata(_, before, after):
            yield _item(change, "metadata")
            for name in after:
                old = value_text(before[name]) if name in before else "nothing"
                yield _detail(f"{printable(name)}   {old} → {value_text(after[name])}")
        case Reorder(key, before, after):
            yield _item(change, ORDER, whose.of(key, ORDER))
            yield from _moves(before, after)
        case Rollback(_, to_version, changes):
            yield _item(change, f"back to the content of v{to_version}, which means:")
            for each in sorted(changes, key=lambda item: KINDS.index(kind(item))):
                yield from _change(each, files, whose)
        case _:
            assert_never(change)


def _item(change: Change, text: str, whose: Whose = Whose.OURS) -> Line:
    name = kind(change)
    if whose is Whose.OURS:
        return Line(f"    {SYMBOLS[name]}  {text}", _ROLES[name])
    return Line(f"    {SYMBOLS[name]}  {text}   ! {_VERDICTS[whose]}", Role.DANGER)


_VERDICTS = {
    Whose.DRIFT: "reverts an edit",
    Whose.CONFLICT: "overwrites an edit: the files changed it too",
}


def _judged(lines: Iterable[Line], whose: Whose) -> Iterator[Line]:
    """Mark the first of *lines*, the one that names the field."""
    for index, line in enumerate(lines):
        if index == 0 and whose is not Whose.OURS:
            yield Line(f"{line.text}   ! {_VERDICTS[whose]}", Role.DANGER)
        else:
            yield line


def _detail(text: str, role: Role = Role.PLAIN) -> Line:
    return Line(f"         {text}", role)


def _subject(resource: Resource) -> str:
    if not resource.key.is_row:
        return "configuration"
    name = f"  {quoted(resource.name)}" if resource.name else ""
    return f"row {printable(resource.key.row_id)}{name}"


def _reset(change: ResetState) -> Iterator[Line]:
    whose = "component state"
    if change.key.is_row:
        whose += f" of row {printable(change.key.row_id)}"
    if not change.targets:
        yield _item(change, f"{whose}: none yet, noted as reset: {quoted(change.reason)}")
        return
    yield _item(change, f"{whose} is forgotten: {quoted(change.reason)}")
    for key, component_state in change.targets.items():
        of_row = f"row {printable(key.row_id)}   " if key.is_row and not change.key.is_row else ""
        text = value_text(mask(component_state)) if component_state else "empty already"
        yield _detail(f"{of_row}{text}", Role.REMOVED)


def _moves(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    found = moves(before, after)
    for move in found:
        yield _detail(f"{quoted(move.item)}   {move.before} → {move.after}")
    if not found and after:
        yield _detail(f"set to {', '.join(printable(row_id) for row_id in after)}")
    elif not after:
        yield _detail("no longer set: rows are listed by id")


def _created(resource: Resource) -> Iterator[Line]:
    if resource.is_disabled:
        yield _detail("isDisabled   + true", Role.ADDED)
    if resource.description:
        yield _detail(f"description   + {value_text(resource.description)}", Role.ADDED)
    leaves = list(_leaves("", mask(resource.configuration)))
    for label, value in leaves[:_CREATED_FIELDS]:
        yield _detail(f"{printable(label)}   + {value_text(value)}", Role.ADDED)
    if len(leaves) > _CREATED_FIELDS:
        more = plural(len(leaves) - _CREATED_FIELDS, "more field")
        yield _detail(f"and {more}, as in the files", Role.MUTED)


_CREATED_FIELDS = 20
"""How much of a new object is shown: its files are new too, and say the rest."""


def _leaves(label: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{label}.{key}" if label else key, item)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(f"{label}[{index}]", item)
    elif label:
        yield label, value


def _explained(found: Explained, key: Key, files: Files) -> Iterator[Line]:
    match found:
        case FieldChange(_, label, before, after):
            name = printable(label)
            if _is_masked(before) and _is_masked(after):
                yield _detail(f"{name}   {_secret_change(before, after)}", Role.CHANGED)
            elif before is MISSING and after is not MISSING:
                yield _detail(f"{name}   + {value_text(after)}", Role.ADDED)
            elif after is MISSING and before is not MISSING:
                yield _detail(f"{name}   - {value_text(before)}", Role.REMOVED)
            elif before is not MISSING and after is not MISSING:
                yield _detail(f"{name}   {value_text(before)} → {value_text(after)}", Role.CHANGED)
        case OrderChange(_, label, before, after):
            yield _detail(f"{printable(label)}   order", Role.CHANGED)
            for move in moves(before, after):
                yield _detail(f"  {quoted(move.item)}   {move.before} → {move.after}")
        case TextChange(path, label, before, after):
            file = files.get((key, path), "")
            yield _detail(f"{printable(label)}   {printable(file)}".rstrip(), Role.CHANGED)
            yield from _hunks(before, after)
        case _:
            assert_never(found)


def _is_masked(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.startswith(MASKED)


def _secret_change(before: str, after: str) -> str:
    old, new = before.removeprefix(MASKED), after.removeprefix(MASKED)
    if old == "plain text" and new != "other plain text":
        return f"{MASKED}plain text in the project → encrypted"
    return f"{MASKED}changed   {old} → {new}"


def _hunks(before: str, after: str) -> Iterator[Line]:
    roles = {"+": Role.ADDED, "-": Role.REMOVED, "@": Role.MUTED, " ": Role.PLAIN}
    old, new = (text.removesuffix("\n").split("\n") for text in (before, after))
    lines = difflib.unified_diff(old, new, lineterm="", n=3)
    for index, line in enumerate(lines):
        if index > 1:  # the first two lines name files
            shown = _hunk_line(line)
            yield _detail(f"  {shown}", roles[line[0]]) if shown else Line("")


def _hunk_line(line: str) -> str:
    """Return *line* with the blanks at its end made visible where they changed."""
    text = line.rstrip(" \t")
    shown = "\t".join(printable(part) for part in text.split("\t"))
    if line[0] == " ":
        return shown
    return shown + line[len(text) :].replace(" ", "·").replace("\t", "\\t")
