"""Who uses whom, as one HTML page that needs nothing else: a drawing to search and click. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from kbsync.graph.graph import circle_text, without_circles
from kbsync.graph.picture import Node, Picture, Place
from kbsync.model import Key
from kbsync.render.element import Html, block, element
from kbsync.render.lines import clip, plural, printable
from kbsync.render.page import page

_WIDTH, _HEIGHT = 250, 40
_COLUMN, _ROW = 340, 50
_MARGIN = 20
_LETTERS = 34
"""That have room in a box."""
_SWEEPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrow:
    """From what is needed to what needs it."""

    source: Key
    target: Key
    tables: tuple[str, ...]
    is_use: bool


def graph_html(shown: Picture, *, title: str) -> str:
    """Return the page; *title* says what is shown.

    What is needed stands left of what needs it, so that data flows to the right.
    """
    arrows = _arrows(shown)
    alone = shown.alone
    columns = _columns([key for key in shown.nodes if key not in set(alone)], arrows)
    body = [
        block(
            "header",
            element("p", "kbsync graph", class_="brand"),
            element("h1", printable(title)),
            element("p", *_legend(shown, arrows), class_="rest"),
            class_="head",
        ),
        *_circles(shown),
        _toolbar(),
        block("div", _drawing(shown, columns, arrows), class_="canvas"),
        *_alone(shown, alone),
    ]
    return page(title=printable(title), style="graph.css", script="graph.js", body=body)


def _arrows(shown: Picture) -> list[_Arrow]:
    inputs = shown.inputs
    return [
        _Arrow(
            source=other,
            target=key,
            tables=tuple(inputs.get(key, {}).get(other, ())),
            is_use=other in shown.uses.get(key, ()),
        )
        for key in shown.nodes
        for other in sorted({*shown.uses.get(key, ()), *inputs.get(key, ())} - {key})
    ]


def _columns(keys: Sequence[Key], arrows: Iterable[_Arrow]) -> list[list[Key]]:
    """Return *keys* from left to right, each right of all it needs, near to what it touches."""
    needs: dict[Key, set[Key]] = {key: set() for key in keys}
    near: dict[Key, list[Key]] = {key: [] for key in keys}
    for arrow in arrows:
        needs[arrow.target].add(arrow.source)
        near[arrow.target].append(arrow.source)
        near[arrow.source].append(arrow.target)
    straight = without_circles(needs)
    place: dict[Key, int] = {}
    for key in TopologicalSorter(straight).static_order():
        place[key] = max((place[each] + 1 for each in straight[key]), default=0)
    _bring_near(place, straight)
    columns: list[list[Key]] = [[] for _ in range(max(place.values(), default=-1) + 1)]
    for key in sorted(place):
        columns[place[key]].append(key)
    for _ in range(_SWEEPS):
        _untangle(columns, near)
    return columns


def _bring_near(place: dict[Key, int], straight: Mapping[Key, Iterable[Key]]) -> None:
    """Move what needs nothing to the right, just before the first that needs it."""
    first: dict[Key, int] = {}
    for key, needed in straight.items():
        for each in needed:
            first[each] = min(first.get(each, place[key]), place[key])
    place.update({key: first[key] - 1 for key in first if not straight.get(key)})


def _untangle(columns: Iterable[list[Key]], near: Mapping[Key, Sequence[Key]]) -> None:
    """Bring each configuration to about the height of those it has to do with."""
    height = {key: float(row) for column in columns for row, key in enumerate(column)}
    for column in columns:
        middle = {
            key: sum(height[each] for each in near[key]) / len(near[key])
            for key in column
            if near[key]
        }
        column.sort(key=lambda key: (middle.get(key, 0.0), key))
        height |= {key: float(row) for row, key in enumerate(column)}


def _drawing(shown: Picture, columns: Sequence[Sequence[Key]], arrows: Sequence[_Arrow]) -> Html:
    tallest = max(map(len, columns), default=0)
    at = {
        key: (
            _MARGIN + x * _COLUMN,
            _MARGIN + y * _ROW + (tallest - len(column)) * _ROW // 2,
        )
        for x, column in enumerate(columns)
        for y, key in enumerate(column)
    }
    ids = {key: f"n{number}" for number, key in enumerate(shown.nodes)}
    width = 2 * _MARGIN + max(len(columns) - 1, 0) * _COLUMN + _WIDTH
    height = 2 * _MARGIN + tallest * _ROW
    return block(
        "svg",
        block("g", *(_line(arrow, at, ids) for arrow in arrows), class_="arrows"),
        block("g", *(_box(shown.nodes[key], at[key], ids[key], shown) for key in at)),
        width=str(width),
        height=str(height),
        viewBox=f"0 0 {width} {height}",
        role="group",
        aria_label="Configurations, from what is needed on the left to what needs it on the right",
    )


def _line(arrow: _Arrow, at: Mapping[Key, tuple[int, int]], ids: Mapping[Key, str]) -> Html:
    x1, y1 = at[arrow.source][0] + _WIDTH, at[arrow.source][1] + _HEIGHT // 2
    x2, y2 = at[arrow.target][0], at[arrow.target][1] + _HEIGHT // 2
    bend = max((x2 - x1) // 2, 40)
    return element(
        "path",
        element("title", _says(arrow)),
        d=f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}",
        class_=" ".join((*(["use"] if arrow.is_use else []), *(["flow"] if arrow.tables else []))),
        data_from=ids[arrow.source],
        data_to=ids[arrow.target],
    )


def _says(arrow: _Arrow) -> str:
    used = f"{arrow.target} uses {arrow.source}" if arrow.is_use else ""
    tables = ", ".join(map(printable, arrow.tables))
    read = f"{arrow.target} reads {tables} from {arrow.source}" if tables else ""
    return "; ".join(filter(None, (used, read)))


def _box(node: Node, at: tuple[int, int], id_: str, shown: Picture) -> Html:
    x, y = at
    name, key = printable(node.name) or str(node.key), str(node.key)
    marks = [name for name, is_so in _marks(node, shown) if is_so]
    said = " ".join(filter(None, (key, name, "disabled" if node.is_disabled else "", node.place)))
    return element(
        "g",
        element("title", said),
        element("rect", width=str(_WIDTH), height=str(_HEIGHT), rx="6"),
        element("text", clip(name, _LETTERS), x="10", y="17", class_="name"),
        element("text", clip(key, _LETTERS), x="10", y="32", class_="key"),
        class_=" ".join(("node", *marks)),
        id=id_,
        transform=f"translate({x} {y})",
        tabindex="0",
        role="button",
        aria_label=said,
        data_text=said.lower(),
    )


def _marks(node: Node, shown: Picture) -> Iterator[tuple[str, bool]]:
    yield "missing", node.place is Place.NOWHERE
    yield "disabled", node.is_disabled
    yield "asked", node.key in shown.around


def _legend(shown: Picture, arrows: Sequence[_Arrow]) -> Iterator[str]:
    yield f"{plural(len(shown.nodes), 'configuration')}, {plural(len(arrows), 'arrow')}. "
    yield element("span", "dashed", class_="legend use")
    yield ": uses or runs. "
    yield element("span", "solid", class_="legend flow")
    yield ": tables flow. What is needed stands left of what needs it."


def _circles(shown: Picture) -> Iterator[Html]:
    if shown.circles:
        listed = (element("li", circle_text(circle)) for circle in shown.circles)
        yield block(
            "section", element("h2", "! In a circle"), block("ul", *listed), class_="circles"
        )


def _toolbar() -> Html:
    search = element(
        "input", type="search", id="search", placeholder="Search ids and names",
        aria_label="Search", autocomplete="off", spellcheck="false",
    )  # fmt: skip
    hint = "Click one to see what it needs and what needs it; Esc shows all again."
    return block(
        "div",
        search,
        element("p", hint, id="told", role="status", data_hint=hint),
        class_="toolbar",
    )


def _alone(shown: Picture, keys: Sequence[Key]) -> Iterator[Html]:
    if keys:
        listed = (
            element("li", element("code", str(key)), " ", printable(shown.nodes[key].name))
            for key in keys
        )
        yield block(
            "details",
            element("summary", f"Alone: {plural(len(keys), 'configuration')}"),
            block("ul", *listed),
            class_="alone",
        )
