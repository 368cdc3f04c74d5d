"""One configuration of a plan in Markdown, in several sizes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TypeAlias, assert_never

from kbsync.compare.moves import Move
from kbsync.paths import MISSING
from kbsync.plans.attribution import Whose
from kbsync.render.contents import content_parts
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
)
from kbsync.render.hunks import end_note, line_counts, unified
from kbsync.render.impacts import impact_text, touches
from kbsync.render.lines import plural, printable, quoted, value_text, value_texts
from kbsync.render.markup import fenced, sentence, span, tag_code
from kbsync.render.outline import count_text, edit_words, is_masked, secret_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of a configuration is shown."""

    items: int
    details: int
    """Of each item."""
    code_lines: int
    """A longer difference is counted instead."""
    width: int
    """Of a value or a line of code, in characters."""


FULL = Size(items=500, details=500, code_lines=2_000, width=300)
SHORT = Size(items=20, details=12, code_lines=40, width=80)

_EDITS = 5


def entry_line(entry: Entry) -> str:
    """One line that says where and how much, as an item of a list."""
    return (
        f"- {_symbols(entry)} {_title(entry)}: {count_text(entry.step.changes)}{_warning(entry)}\n"
    )


def entry_block(entry: Entry, size: Size, *, is_open: bool) -> str:
    """A part that folds, with the details that *size* allows."""
    step = entry.step
    version = f" v{step.base.number}" if step.base else ""
    warning = f" <b>{_warning(entry).strip(' *')}</b>" if entry.reverts else ""
    summary = (
        f"{tag_code(' '.join(_unique_symbols(entry)))} {tag_code(str(step.key))} "
        f"{tag_code(quoted(step.name))}{version}: {escape(count_text(step.changes))}{warning}"
    )
    parts = [*_history(entry, size)]
    for item in entry.items[: size.items]:
        parts += _item(item, size)
    if len(entry.items) > size.items:
        parts.append(_more(len(entry.items) - size.items, "change"))
    if entry.together:
        parts.append(f"*{entry.together}*")
    parts += _impact(entry, size)
    opening = "<details open>" if is_open else "<details>"
    body = "".join(f"{part}\n\n" for part in parts)
    return f"{opening}\n<summary>{summary}</summary>\n\n{body}</details>\n\n"


def _impact(entry: Entry, size: Size) -> Iterator[str]:
    found = touches(entry.step.impact, most=size.details)
    lines = [
        f"- {touch.title} {sentence(touch.words, width=size.width)}"
        for touch in found[: size.details]
    ]
    if len(found) > size.details:
        lines.append(f"- and more: {impact_text(entry.step.impact)}")
    if lines:
        yield "\n".join(["What depends on it:", "", *lines])


def group_block(group: Group, size: Size, most: int) -> str:
    """A part that folds: what is the same, then where, at most *most* of them by name."""
    summary = f"{tag_code(group.symbol)} {group.title}"
    parts = [*_details(group.details, size)]
    names = [_member(member, size) for member in group.members[:most]]
    if len(group.members) > most:
        names.append(f"- *and {len(group.members) - most} more, see `kbsync plan --format html`*")
    body = "".join(f"{part}\n\n" for part in (*parts, "\n".join(names)))
    return f"<details>\n<summary>{summary}</summary>\n\n{body}</details>\n\n"


def _member(member: Member, size: Size) -> str:
    entry = member.entry
    version = f" v{entry.step.base.number}" if entry.step.base else ""
    found = impact_text(entry.step.impact)
    parts = [f"- {span(str(member.key))} {span(quoted(member.name))}{version}"]
    if entry.last_edit:
        parts.append(f"last edited by {sentence(edit_words(entry.last_edit), width=size.width)}")
    return ", ".join([*parts, *([found] if found else [])])


def _title(entry: Entry) -> str:
    return f"{span(str(entry.step.key))} {span(quoted(entry.step.name))}"


def _unique_symbols(entry: Entry) -> list[str]:
    return list(dict.fromkeys(item.symbol for item in entry.items))


def _symbols(entry: Entry) -> str:
    return span(" ".join(_unique_symbols(entry)))


def _warning(entry: Entry) -> str:
    return f" **! {VERDICTS[Whose.DRIFT]}**" if entry.reverts else ""


def _more(count: int, noun: str) -> str:
    return f"*and {plural(count, f'more {noun}')}, see `kbsync plan`*"


def _history(entry: Entry, size: Size) -> Iterator[str]:
    if entry.last_edit:
        who = sentence(edit_words(entry.last_edit), width=size.width)
        yield f"Last edited by {who}; no version is by kbsync."
    lines = [
        f"- **!** v{edit.number} by {sentence(edit_words(edit), width=size.width)}"
        for edit in entry.edits[:_EDITS]
    ]
    if len(entry.edits) > _EDITS:
        lines.append(f"- **!** and {plural(len(entry.edits) - _EDITS, 'edit')} before")
    if lines:
        yield "\n".join([*lines, f"- to keep that: {span(entry.keep)}"])


def _item(item: Item, size: Size) -> Iterator[str]:
    warning = f" **! {item.warning}**" if item.warning else ""
    yield f"**`{item.symbol}`** {sentence(item.words)}{warning}{_verdict(item.whose)}"
    yield from _details(item.details, size)


def _details(given: Iterable[Detail], size: Size) -> Iterator[str]:
    listed: list[str] = []
    details = [part for detail in given for part in _parts(detail)]
    for detail in details[: size.details]:
        if isinstance(detail, Code):
            yield from _flushed(listed)
            yield from _code(detail, size)
        else:
            listed += [f"- {line}" for line in _detail(detail, size)]
    if len(details) > size.details:
        listed.append(f"- {_more(len(details) - size.details, 'field')}")
    yield from _flushed(listed)


def _parts(detail: Detail) -> Iterable[_Part]:
    return content_parts(detail) if isinstance(detail, Content) else (detail,)


_Part: TypeAlias = Field | Code | Order | Forgotten | Note


def _flushed(lines: list[str]) -> Iterator[str]:
    if lines:
        yield "\n".join(lines)
        lines.clear()


def _wrote(field: Field, size: Size) -> str:
    if field.wrote is MISSING:
        return ""
    return f"; kbsync wrote {span(value_text(field.wrote, width=size.width))}"


def _verdict(whose: Whose) -> str:
    return "" if whose is Whose.OURS else f" **! {VERDICTS[whose]}**"


def _detail(detail: Field | Order | Forgotten | Note, size: Size) -> Iterator[str]:
    match detail:
        case Field(label=label, whose=whose):
            change = f"{span(printable(label))}: {_change(detail, size)}{_verdict(whose)}"
            yield change + _wrote(detail, size)
        case Order(label=label, moves=moves, whose=whose):
            head = f"{span(printable(label))} order: " if label else ""
            shown = ", ".join(map(_move, moves[: size.details]))
            more = len(moves) - size.details
            tail = f" and {plural(more, 'more move')}" if more > 0 else ""
            yield f"{head}{shown}{tail}{_verdict(whose)}"
        case Forgotten(row_id=row_id, state=state):
            of_row = f"row {span(printable(row_id))}: " if row_id else ""
            yield of_row + (span(value_text(state, width=size.width)) if state else "empty already")
        case Note(words, whose):
            yield f"{sentence(words, width=size.width)}{_verdict(whose)}"
        case _:
            assert_never(detail)


def _change(field: Field, size: Size) -> str:
    before, after = field.before, field.after
    if is_masked(before) and is_masked(after):
        return span(" ".join(secret_text(before, after).split()))
    if before is not MISSING and after is not MISSING:
        old, new = value_texts(before, after, width=size.width)
        return f"{span(old, width=len(old))} → {span(new, width=len(new))}"
    if after is not MISSING:
        return f"**+** {span(value_text(after, width=size.width))}"
    shown = "" if before is MISSING else value_text(before, width=size.width)
    return f"**-** {span(shown)}"


def _move(move: Move) -> str:
    return f"{span(quoted(move.item))} {move.before} → {move.after}"


def _code(code: Code, size: Size) -> Iterator[str]:
    file = f" in {span(printable(code.file))}" if code.file else ""
    head = f"{span(printable(code.label))}{file}{_verdict(code.whose)}"
    added, removed = line_counts(code.before, code.after)
    if added + removed > size.code_lines:
        yield f"{head}: {added} lines come, {removed} go; {_LEFT_OUT}"
        return
    yield head
    lines = [*unified(code.before, code.after, width=size.width)]
    note = end_note(code.before, code.after)
    if note:
        lines.append(f"\\ {note}")
    yield "\n".join(fenced(lines, "diff"))


_LEFT_OUT = "too long for here, `kbsync plan` shows them"
