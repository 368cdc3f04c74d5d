"""One configuration of a plan in HTML. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeAlias, assert_never

from kbsync.compare.moves import Move
from kbsync.paths import MISSING
from kbsync.plans.attribution import Whose
from kbsync.render.contents import content_parts
from kbsync.render.element import Html, block, element, joined
from kbsync.render.facts import (
    VERDICTS,
    Code,
    Content,
    Detail,
    Entry,
    Field,
    Forgotten,
    Given,
    Group,
    Item,
    Member,
    Note,
    Order,
    Words,
)
from kbsync.render.highlight import language_of
from kbsync.render.html_code import coloured, diff_view
from kbsync.render.hunks import line_counts
from kbsync.render.impacts import touches
from kbsync.render.lines import clip_pair, json_text, plural, printable, quoted, value_text
from kbsync.render.marks import Ranges, marks
from kbsync.render.outline import count_text, edit_words, is_masked, secret_text

_VALUE = 4_000
"""The longest value shown whole, in characters."""


def anchor(number: int) -> str:
    """The id of the configuration that is shown at place *number*."""
    return f"c{number}"


def kind_id(kind: str) -> str:
    return kind.replace(" ", "-")


def entry_card(entry: Entry, number: int, kinds: str, *, is_open: bool) -> Html:
    """Return a part that folds, with everything about one configuration."""
    body = (*_history(entry), *map(_item, entry.items), *_together(entry), *_impact(entry))
    return _card(_summary(entry), body, number, kinds, is_open=is_open)


def group_card(group: Group, number: int, kinds: str, *, is_open: bool) -> Html:
    """Return a part that folds: what is the same in several configurations, and in which."""
    summary = block(
        "summary",
        element("span", group.symbol, class_="symbols"),
        element("h3", element("b", group.title), class_="title"),
        element("span", plural(len(group.members), "update"), class_="counts"),
    )
    members = [_member(member) for member in group.members]
    change = block("section", *_grouped(group.details, group.component_id), class_="item")
    listed = block("section", element("h4", "In"), block("ul", *members), class_="item members")
    return _card(summary, (change, listed), number, kinds, is_open=is_open)


def _card(summary: Html, body: Iterable[Html], number: int, kinds: str, *, is_open: bool) -> Html:
    return block(
        "details",
        summary,
        block("div", *body, class_="body"),
        id=anchor(number),
        class_="card",
        data_kinds=kinds,
        open=is_open,
    )


def _member(member: Member) -> Html:
    entry = member.entry
    component, _, config = str(member.key).partition("/")
    version = f" v{entry.step.base.number}" if entry.step.base else ""
    name = element("span", quoted(member.name), class_="name")
    edited = words((", last edited by ", *edit_words(entry.last_edit))) if entry.last_edit else ""
    return element("li", key_text(component, config), " ", name, version, edited, *_touches(entry))


def _together(entry: Entry) -> Iterator[Html]:
    if entry.together:
        yield element("p", entry.together, class_="history")


def _impact(entry: Entry) -> Iterator[Html]:
    for listed in _touches(entry):
        yield block("section", element("h4", "What depends on it"), listed, class_="item impact")


def _touches(entry: Entry) -> Iterator[Html]:
    found = touches(entry.step.impact)
    if found:
        yield block(
            "ul", *(element("li", f"{touch.title} ", words(touch.words)) for touch in found)
        )


def words(given: Words) -> Html:
    """Return a sentence: other people's words stand out, and stand for themselves."""
    return joined(element("code", word.text) if isinstance(word, Given) else word for word in given)


def key_text(component_id: str, config_id: str) -> Html:
    return element("code", f"{component_id}/", element("b", config_id), class_="key")


def _summary(entry: Entry) -> Html:
    step = entry.step
    component, _, config = str(step.key).partition("/")
    name = element("span", quoted(step.name), class_="name")
    symbols = " ".join(dict.fromkeys(item.symbol for item in entry.items))
    return block(
        "summary",
        element("span", symbols, class_="symbols"),
        element("h3", key_text(component, config), " ", name, class_="title"),
        element("span", f"v{step.base.number}", class_="version") if step.base else "",
        element("span", count_text(step.changes), class_="counts"),
        _verdict(Whose.DRIFT) if entry.reverts else "",
    )


def _verdict(whose: Whose) -> Html:
    if whose is Whose.OURS:
        return Html("")
    return element("strong", f"! {VERDICTS[whose]}", class_="verdict")


def _history(entry: Entry) -> Iterator[Html]:
    if entry.last_edit:
        who = words(edit_words(entry.last_edit))
        yield element("p", "Last edited by ", who, "; no version is by kbsync.", class_="history")
    if entry.edits:
        edits = [
            element("li", f"v{edit.number} by ", words(edit_words(edit))) for edit in entry.edits
        ]
        yield block(
            "div",
            element("p", "! Edited by other people since kbsync wrote it:"),
            block("ul", *edits),
            element("p", "To keep that: ", element("code", entry.keep)),
            class_="edits",
        )


def _item(item: Item) -> Html:
    title = element(
        "h4",
        element("span", item.symbol, class_=f"symbol {kind_id(item.kind)}"),
        " ",
        words(item.words),
        " ",
        element("strong", f"! {item.warning}", class_="verdict") if item.warning else "",
        _verdict(item.whose),
    )
    return block("section", title, *_grouped(item.details, item.key.component_id), class_="item")


_Part: TypeAlias = Field | Code | Order | Forgotten | Note


def _parts(detail: _Part | Content) -> Iterable[_Part]:
    return content_parts(detail) if isinstance(detail, Content) else (detail,)


def _grouped(details: Iterable[Detail], component_id: str) -> Iterator[Html]:
    """Yield the parts in their order, neighbouring fields in one table."""
    parts = [part for detail in details for part in _parts(detail)]
    for are_fields, group in groupby(parts, key=lambda part: isinstance(part, Field)):
        if are_fields:
            yield _table([part for part in group if isinstance(part, Field)])
        else:
            yield from (_other(part, component_id) for part in group if not isinstance(part, Field))


def _table(fields: Sequence[Field]) -> Html:
    are_new = all(field.before is MISSING for field in fields)
    names = ("Field", "After apply") if are_new else ("Field", "Live now", "After apply")
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in names)))
    rows = [_row(field, _cells(field)[1:] if are_new else _cells(field)) for field in fields]
    # Columns of all tables stand below each other, whether their heads are shown or not.
    columns = element("colgroup", *(element("col") for _ in names))
    return block("table", columns, head, block("tbody", *rows), class_=f"fields{' new' * are_new}")


def _wrote(field: Field) -> list[Html]:
    if field.wrote is MISSING:
        return []
    return [element("span", "; kbsync wrote ", element("code", value_text(field.wrote)))]


def _row(field: Field, cells: Sequence[Html]) -> Html:
    name = element("code", printable(field.label))
    return element(
        "tr",
        element("th", name, " ", _verdict(field.whose), *_wrote(field), scope="row"),
        *cells,
    )


def _cells(field: Field) -> tuple[Html, ...]:
    before, after = field.before, field.after
    if is_masked(before) and is_masked(after):
        return (element("td", secret_text(before, after), class_="secret", colspan="2"),)
    nothing = element("span", "nothing", class_="nothing")
    if before is not MISSING and after is not MISSING:
        texts = clip_pair(json_text(before), json_text(after), _VALUE)
        old, new = marks(*texts)
        return _cell("del", "-", texts[0], old), _cell("add", "+", texts[1], new)
    if after is not MISSING:
        return element("td", nothing), _cell("add", "+", _long(json_text(after)))
    old_text = "" if before is MISSING else _long(json_text(before))
    return _cell("del", "-", old_text), element("td", nothing)


def _long(text: str) -> str:
    return clip_pair(text, text, _VALUE)[0]


def _cell(side: str, symbol: str, text: str, ranges: Ranges = ()) -> Html:
    sign = element("span", symbol, class_="sign")
    return element("td", sign, element("code", *coloured([("", text)], ranges)), class_=side)


def _other(part: Code | Order | Forgotten | Note, component_id: str) -> Html:
    match part:
        case Code():
            return _code(part, component_id)
        case Order(label=label, moves=moves, whose=whose):
            head = [element("p", element("code", printable(label)), " order ", _verdict(whose))]
            return block("div", *(head if label else ()), block("ul", *map(_move, moves)))
        case Forgotten(row_id=row_id, state=state):
            of_row = ["row ", element("code", printable(row_id)), ": "] if row_id else []
            text = element("code", json_text(state)) if state else "empty already"
            return element("p", *of_row, text, class_="forgotten")
        case Note(given, whose):
            return element("p", words(given), " ", _verdict(whose))
        case _:
            assert_never(part)


def _move(move: Move) -> Html:
    return element("li", element("code", quoted(move.item)), f" {move.before} → {move.after}")


def _code(code: Code, component_id: str) -> Html:
    added, removed = line_counts(code.before, code.after)
    language = language_of(code.file, component_id, code.after or code.before)
    file = element("span", printable(code.file), class_="file") if code.file else Html("")
    said = f"+{added} -{removed}"
    caption = element(
        "figcaption",
        element("code", printable(code.label)),
        " ",
        file,
        " ",
        element("span", said, class_="lines"),
        " ",
        _verdict(code.whose),
    )
    return block("figure", caption, diff_view(code.before, code.after, language), class_="code")
