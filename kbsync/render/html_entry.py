"""One configuration of a plan in HTML. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeAlias, assert_never

from kbsync.attribution import Whose
from kbsync.moves import Move
from kbsync.paths import MISSING
from kbsync.render.element import Html, block, element, joined
from kbsync.render.facts import (
    VERDICTS,
    Code,
    Content,
    Entry,
    Field,
    Forgotten,
    Given,
    Item,
    Note,
    Order,
    Words,
)
from kbsync.render.highlight import language_of
from kbsync.render.html_code import coloured, diff_view
from kbsync.render.hunks import line_counts
from kbsync.render.lines import clip_pair, json_text, printable, quoted
from kbsync.render.marks import Ranges, marks
from kbsync.render.outline import content_parts, count_text, edit_words, is_masked, secret_text

_VALUE = 4_000
"""The longest value shown whole, in characters."""


def anchor(number: int) -> str:
    """The id of the configuration that is shown at place *number*."""
    return f"c{number}"


def kind_id(kind: str) -> str:
    return kind.replace(" ", "-")


def entry_card(entry: Entry, number: int, *, is_open: bool) -> Html:
    """Return a part that folds, with everything about one configuration."""
    kinds = [kind_id(kind) for kind in entry.kinds]
    if entry.reverts:
        kinds.append("reverts")
    return block(
        "details",
        _summary(entry),
        block("div", *_history(entry), *map(_item, entry.items), class_="body"),
        id=anchor(number),
        class_="card",
        data_kinds=" ".join(kinds),
        open=is_open,
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
        _verdict(item.whose),
    )
    parts = [part for detail in item.details for part in _parts(detail)]
    return block("section", title, *_grouped(parts, item.key.component_id), class_="item")


_Part: TypeAlias = Field | Code | Order | Forgotten | Note


def _parts(detail: _Part | Content) -> Iterable[_Part]:
    return content_parts(detail) if isinstance(detail, Content) else (detail,)


def _grouped(parts: Sequence[_Part], component_id: str) -> Iterator[Html]:
    """Yield the parts in their order, neighbouring fields in one table."""
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


def _row(field: Field, cells: Sequence[Html]) -> Html:
    name = element("code", printable(field.label))
    return element(
        "tr",
        element("th", name, " ", _verdict(field.whose), scope="row"),
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
        case Note(given):
            return element("p", words(given))
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
