"""A plan as text for a terminal or a log. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from kbsync.attribution import Whose
from kbsync.moves import Move
from kbsync.paths import MISSING
from kbsync.plan import Files, Plan, Target
from kbsync.render.facts import (
    VERDICTS,
    Code,
    Content,
    Detail,
    Entry,
    Field,
    Forgotten,
    Item,
    Note,
    Order,
    plain,
)
from kbsync.render.hunks import end_note, unified
from kbsync.render.lines import (
    Line,
    Role,
    inert,
    plural,
    printable,
    quoted,
    to_text,
    value_text,
    value_texts,
)
from kbsync.render.outline import (
    content_leaves,
    count_text,
    edit_words,
    is_masked,
    outline,
    rest_text,
    secret_text,
)

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
    lines = [
        *header_lines(plan.target, source),
        *(line for entry in outline(plan.steps, files) for line in _entry(entry)),
        *_footer(plan, requests),
    ]
    return [Line(inert(line.text), line.role) for line in lines]


def header_lines(target: Target, source: str) -> Iterator[Line]:
    """Which project is meant, and where the files come from."""
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
    yield Line(rest_text(plan, requests))
    if plan.not_managed:
        shown = ", ".join(str(key) for key in plan.not_managed[:5])
        more = len(plan.not_managed) - 5
        tail = f" and {more} more" if more > 0 else ""
        yield Line(f"Not managed (live, without files): {shown}{tail}", Role.MUTED)


def _entry(entry: Entry) -> Iterator[Line]:
    step = entry.step
    version = f"   v{step.base.number}" if step.base else ""
    yield Line(f"  {step.key}  {quoted(step.name)}{version}", Role.HEADING)
    yield from _history(entry)
    for item in entry.items:
        yield from item_lines(item)
    yield Line("")


def _history(entry: Entry) -> Iterator[Line]:
    """Who touched this since kbsync last wrote it."""
    if entry.last_edit:
        who = plain(edit_words(entry.last_edit))
        yield Line(f"       last edited by {who}; no version is by kbsync", Role.MUTED)
    for edit in entry.edits[:_EDITS]:
        yield Line(f"    !  v{edit.number} by {plain(edit_words(edit))}", Role.DANGER)
    if len(entry.edits) > _EDITS:
        more = plural(len(entry.edits) - _EDITS, "edit")
        yield Line(f"    !  and {more} before", Role.DANGER)
    if entry.edits:
        yield _detail(f"to keep that: {entry.keep}")


_EDITS = 5
"""How many edits are told one by one."""


def item_lines(item: Item) -> Iterator[Line]:
    """One change with its details."""
    text = f"    {item.symbol}  {plain(item.words)}"
    yield _judged(Line(text, _ROLES[item.kind]), item.whose)
    for detail in item.details:
        if item.kind == "metadata change" and isinstance(detail, Field):
            yield _metadata(detail)
        else:
            yield from _detail_lines(detail)


def _judged(line: Line, whose: Whose) -> Line:
    if whose is Whose.OURS:
        return line
    return Line(f"{line.text}   ! {VERDICTS[whose]}", Role.DANGER)


def _detail(text: str, role: Role = Role.PLAIN) -> Line:
    return Line(f"         {text}", role)


def _detail_lines(detail: Detail) -> Iterator[Line]:
    match detail:
        case Field():
            yield _judged(_field(detail), detail.whose)
        case Code():
            yield from _code(detail)
        case Order(label=label, moves=moves, whose=whose):
            if label:
                yield _judged(_detail(f"{printable(label)}   order", Role.CHANGED), whose)
            indent = "  " if label else ""
            yield from (_detail(f"{indent}{_move(move)}") for move in moves)
        case Forgotten(row_id=row_id, state=state):
            of_row = f"row {printable(row_id)}   " if row_id else ""
            text = value_text(state) if state else "empty already"
            yield _detail(f"{of_row}{text}", Role.REMOVED)
        case Content():
            yield from _content(detail)
        case Note(words):
            yield _detail(plain(words))
        case _:
            assert_never(detail)


def _metadata(field: Field) -> Line:
    before, after = (
        "nothing" if value is MISSING else value_text(value)
        for value in (field.before, field.after)
    )
    return _detail(f"{printable(field.label)}   {before} → {after}")


def _field(field: Field) -> Line:
    name, before, after = printable(field.label), field.before, field.after
    if is_masked(before) and is_masked(after):
        return _detail(f"{name}   {secret_text(before, after)}", Role.CHANGED)
    if before is not MISSING and after is not MISSING:
        old, new = value_texts(before, after)
        return _detail(f"{name}   {old} → {new}", Role.CHANGED)
    if after is not MISSING:
        return _detail(f"{name}   + {value_text(after)}", Role.ADDED)
    shown = "" if before is MISSING else value_text(before)
    return _detail(f"{name}   - {shown}", Role.REMOVED)


def _move(move: Move) -> str:
    return f"{quoted(move.item)}   {move.before} → {move.after}"


def _code(code: Code) -> Iterator[Line]:
    head = f"{printable(code.label)}   {printable(code.file)}".rstrip()
    yield _judged(_detail(head, Role.CHANGED), code.whose)
    roles = {"+": Role.ADDED, "-": Role.REMOVED, "@": Role.MUTED}
    for line in unified(code.before, code.after):
        yield _detail(f"  {line}", roles.get(line[0], Role.PLAIN)) if line else Line("")
    note = end_note(code.before, code.after)
    if note:
        yield _detail(f"  {note}", Role.MUTED)


def _content(content: Content) -> Iterator[Line]:
    leaves = list(content_leaves(content))
    for label, value in leaves[:_CREATED_FIELDS]:
        yield _detail(f"{printable(label)}   + {value_text(value)}", Role.ADDED)
    if len(leaves) > _CREATED_FIELDS:
        more = plural(len(leaves) - _CREATED_FIELDS, "more field")
        yield _detail(f"and {more}, as in the files", Role.MUTED)


_CREATED_FIELDS = 20
"""How much of a new object is shown: its files are new too, and say the rest."""
