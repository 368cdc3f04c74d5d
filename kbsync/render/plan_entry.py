"""One configuration of a plan as text. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, assert_never

from kbsync.compare.moves import Move
from kbsync.graph.impact import Impact
from kbsync.paths import MISSING
from kbsync.plans.attribution import Whose
from kbsync.render.contents import content_leaves
from kbsync.render.facts import (
    VERDICTS,
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
from kbsync.render.hunks import Shown, end_note, shown_lines, shown_text
from kbsync.render.impacts import impact_text, touches
from kbsync.render.lines import (
    Line,
    Role,
    Span,
    plural,
    printable,
    quoted,
    value_text,
    value_texts,
)
from kbsync.render.outline import edit_words, is_masked, secret_text

Paint: TypeAlias = Callable[[str, str, str], "Sequence[tuple[Span, ...]]"]
"""From a text of code, its file (or `""`) and its component to the colours of each line."""


def unpainted(text: str, file: str, component_id: str) -> Sequence[tuple[Span, ...]]:
    return ()


_ROLES = {
    "create": Role.ADDED,
    "update": Role.CHANGED,
    "delete": Role.DANGER,
    "reorder": Role.CHANGED,
    "state reset": Role.DANGER,
    "rollback": Role.CHANGED,
    "restore": Role.ADDED,
    "returned state": Role.CHANGED,
    "metadata change": Role.CHANGED,
    "schedule stop": Role.DANGER,
    "schedule activation": Role.CHANGED,
}


def entry_lines(entry: Entry, paint: Paint = unpainted) -> Iterator[Line]:
    """Everything about one configuration."""
    step = entry.step
    version = f"   v{step.base.number}" if step.base else ""
    yield Line(f"  {step.key}  {quoted(step.name)}{version}", Role.HEADING)
    yield from _history(entry)
    for item in entry.items:
        yield from item_lines(item, paint)
    if entry.together:
        yield Line(f"       {entry.together}", Role.MUTED)
    yield from _impact(step.impact)
    yield Line("")


def _impact(impact: Impact) -> Iterator[Line]:
    found = touches(impact, most=_PEERS)
    for touch in found[:_TOUCHES]:
        yield Line(f"       {touch.title:<9}  {plain(touch.words)}", Role.MUTED)
    if len(found) > _TOUCHES:
        yield Line(f"       and more: {impact_text(impact)}", Role.MUTED)


_PEERS = 3
_TOUCHES = 4
"""How much of what depends on a configuration is told; the rest is counted."""


def group_lines(group: Group, paint: Paint = unpainted) -> Iterator[Line]:
    """What is the same in several configurations, then where."""
    yield Line(f"  {group.symbol}  {group.title}", Role.HEADING)
    for detail in group.details:
        yield from _detail_lines(detail, group.component_id, paint)
    for index, member in enumerate(group.members[:_MEMBERS]):
        yield _detail(("in " if index == 0 else "   ") + _member(member))
    if len(group.members) > _MEMBERS:
        more = len(group.members) - _MEMBERS
        yield _detail(f"   and {more} more, see --format html", Role.MUTED)
    entries = {member.entry.step.key: member.entry for member in group.members}
    strange = sum(1 for entry in entries.values() if entry.last_edit)
    if strange:
        of_them = plural(strange, "configuration")
        yield _detail(f"no version of {of_them} here is by kbsync", Role.MUTED)
    yield Line("")


_MEMBERS = 8
"""How many of a group are named."""


def _member(member: Member) -> str:
    step = member.entry.step
    version = f"   v{step.base.number}" if step.base else ""
    found = impact_text(step.impact)
    return f"{member.key}  {quoted(member.name)}{version}" + (f"   {found}" if found else "")


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


def item_lines(item: Item, paint: Paint = unpainted) -> Iterator[Line]:
    """One change with its details."""
    warning = f"   ! {item.warning}" if item.warning else ""
    text = f"    {item.symbol}  {plain(item.words)}{warning}"
    yield _judged(Line(text, _ROLES[item.kind]), item.whose)
    for detail in item.details:
        if item.kind == "metadata change" and isinstance(detail, Field):
            yield _metadata(detail)
        else:
            yield from _detail_lines(detail, item.key.component_id, paint)


def _judged(line: Line, whose: Whose) -> Line:
    if whose is Whose.OURS:
        return line
    return Line(f"{line.text}   ! {VERDICTS[whose]}", Role.DANGER)


def _wrote(line: Line, field: Field) -> Line:
    if field.wrote is MISSING:
        return line
    return Line(f"{line.text}; kbsync wrote {value_text(field.wrote)}", line.role)


def _detail(text: str, role: Role = Role.PLAIN) -> Line:
    return Line(f"         {text}", role)


def _detail_lines(detail: Detail, component_id: str, paint: Paint) -> Iterator[Line]:
    match detail:
        case Field():
            yield _wrote(_judged(_field(detail), detail.whose), detail)
        case Code():
            yield from _code(detail, component_id, paint)
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
        case Note(words, whose):
            yield _judged(_detail(plain(words)), whose)
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


def _code(code: Code, component_id: str, paint: Paint) -> Iterator[Line]:
    head = f"{printable(code.label)}   {printable(code.file)}".rstrip()
    yield _judged(_detail(head, Role.CHANGED), code.whose)
    old, new = (
        paint(shown_text(text), code.file, component_id) for text in (code.before, code.after)
    )
    for line in shown_lines(code.before, code.after):
        yield _code_line(line, old if line.sign == "-" else new)
    note = end_note(code.before, code.after)
    if note:
        yield _detail(f"  {note}", Role.MUTED)


_CODE_ROLES = {"+": Role.ADDED, "-": Role.REMOVED, "@": Role.MUTED}


def _code_line(line: Shown, colours: Sequence[tuple[Span, ...]]) -> Line:
    if line.sign == "@":
        return _detail(f"  {line.text}", Role.MUTED)
    start = f"           {line.sign}"
    own = colours[line.number - 1] if line.number <= len(colours) else ()
    return Line(
        f"{start}{line.text}".rstrip() if line.sign == " " else f"{start}{line.text}",
        _CODE_ROLES.get(line.sign, Role.PLAIN),
        tuple((first + len(start), last + len(start), name) for first, last, name in own),
    )


def _content(content: Content) -> Iterator[Line]:
    leaves = list(content_leaves(content))
    for label, value in leaves[:_CREATED_FIELDS]:
        yield _detail(f"{printable(label)}   + {value_text(value)}", Role.ADDED)
    if len(leaves) > _CREATED_FIELDS:
        more = plural(len(leaves) - _CREATED_FIELDS, "more field")
        yield _detail(f"and {more}", Role.MUTED)


_CREATED_FIELDS = 20
"""How much of a new object is shown: its files, or what it is a copy of, say the rest."""
