"""Who uses whom, as a Mermaid flowchart: for the documents and comments that draw those. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kbsync.graph.picture import Node, Picture, Place
from kbsync.render.lines import clip, printable

MOST_ARROWS = 500
"""GitHub draws no more, as Mermaid is set by default."""

_LONGEST = 60


def graph_mermaid(shown: Picture) -> str:
    """Return the chart: dotted arrows to what is used, and others along the tables.

    Whatever people wrote is spelled so that it cannot be anything but a label.
    """
    return "".join(f"{line}\n" for line in _lines(shown))


def arrow_count(shown: Picture) -> int:
    tables = sum(len(table.writers) + len(table.readers) for table in shown.tables)
    return tables + sum(map(len, shown.uses.values()))


def _lines(shown: Picture) -> Iterator[str]:
    ids = {key: f"c{number}" for number, key in enumerate(shown.nodes, 1)}
    yield "flowchart LR"
    for key, node in shown.nodes.items():
        yield f'  {ids[key]}["{_label(node)}"]{_class(node, shown)}'
    for source, targets in shown.uses.items():
        yield from (f"  {ids[source]} -.-> {ids[target]}" for target in targets)
    for number, table in enumerate(shown.tables, 1):
        yield f'  t{number}[("{_spelled(table.id)}")]'
        yield from (f"  {ids[key]} --> t{number}" for key in table.writers)
        yield from (f"  t{number} --> {ids[key]}" for key in table.readers)
    yield "  classDef asked stroke-width:3px"
    yield "  classDef off stroke-dasharray:4 3"
    yield "  classDef missing stroke:#c0392b,stroke-dasharray:4 3"


def _label(node: Node) -> str:
    name = f"<br/>{_spelled(node.name, '')}" if node.name else ""
    return f"{_spelled(str(node.key))}{name}"


def _class(node: Node, shown: Picture) -> str:
    if node.place is Place.NOWHERE:
        return ":::missing"
    if node.key in shown.around:
        return ":::asked"
    return ":::off" if node.is_disabled else ""


_IN_IDS = ".-_/"
"""What an id may hold as it is; in other texts it may be the start of a list, or of emphasis."""


def _spelled(text: str, as_they_are: str = _IN_IDS) -> str:
    """Spell by its number what might mean something to Mermaid, Markdown or HTML."""
    return "".join(
        char if char.isalnum() or char == " " or char in as_they_are else f"#{ord(char)};"
        for char in clip(printable(text), _LONGEST)
    )
