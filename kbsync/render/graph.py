"""Who uses whom, and which tables flow between them, as text and for programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from kbsync import __version__
from kbsync.graph.graph import circle_text
from kbsync.graph.picture import Picture, Place, Table
from kbsync.model import Json, JsonObject, Key
from kbsync.plans.plan_json import key_json
from kbsync.render.lines import Line, Role, inert_line, plural, printable, quoted

FORMAT_VERSION = 1

Branches: TypeAlias = Callable[[Key], "Mapping[Key, Sequence[str]]"]
"""From a configuration to those below it, each with the tables or rows that lead there."""


def graph_lines(shown: Picture) -> list[Line]:
    """Return all there is as trees, or what the configurations asked for need and are needed by."""
    body = _around(shown) if shown.around else _everything(shown)
    return [inert_line(line) for line in (*body, *_circles(shown), *_footer(shown))]


def _everything(shown: Picture) -> Iterator[Line]:
    used = {target for targets in shown.uses.values() for target in targets}
    tops = [key for key in shown.uses if key not in used]
    # What is only in circles hangs on nothing.
    tops += [circle[0] for circle in shown.circles]
    if tops:
        yield Line("Who uses whom", Role.HEADING)
        yield from _trees(shown, tops, lambda key: _used(shown, key))
        yield Line("")
    if shown.tables:
        yield Line("Tables between them", Role.HEADING)
        yield from (line for table in shown.tables for line in _table(table))
        yield Line("")


def _used(shown: Picture, key: Key) -> dict[Key, Sequence[str]]:
    """Return what *key* refers to; of shared code also which rows."""
    rows = shown.codes.get(key, {})
    return {target: rows.get(target, ()) for target in shown.uses.get(key, ())}


def _table(table: Table) -> Iterator[Line]:
    yield Line(f"  {printable(table.id)}")
    yield Line(f"    from {_listed(table.writers)}")
    yield Line(f"    to   {_listed(table.readers)}")


def _around(shown: Picture) -> Iterator[Line]:
    inputs, outputs, used_by = shown.inputs, shown.outputs, shown.used_by

    def needed(key: Key) -> Mapping[Key, Sequence[str]]:
        return {**_used(shown, key), **inputs.get(key, {})}

    def needing(key: Key) -> Mapping[Key, Sequence[str]]:
        users = {each: _used(shown, each)[key] for each in used_by.get(key, ())}
        return users | outputs.get(key, {})

    for key in shown.around:
        yield Line(_title(shown, key), Role.HEADING)
        yield from _direction(shown, key, "needs", needed)
        yield from _direction(shown, key, "is needed by", needing)
        yield Line("")


def _direction(shown: Picture, key: Key, title: str, branches: Branches) -> Iterator[Line]:
    below = [*_trees(shown, [key], branches)][1:]
    yield Line(f"  {title}" if below else f"  {title} nothing", Role.MUTED)
    yield from below


_DEEPEST = 30
"""How far a line is moved in; nobody reads further, and a chain may be long."""


def _trees(shown: Picture, tops: Iterable[Key], branches: Branches) -> Iterator[Line]:
    """Show what is below each of *tops*; what has branches is unfolded where it is met first."""
    unfolded: set[Key] = set()
    path: list[Key] = []
    on_path: set[Key] = set()
    waiting: list[tuple[Key, int, Sequence[str]]] = [(key, 0, ()) for key in reversed([*tops])]
    while waiting:
        key, depth, tables = waiting.pop()
        on_path.difference_update(path[depth:])
        del path[depth:]
        below = branches(key)
        via = f"   by {', '.join(map(printable, tables[:_TABLES]))}" if tables else ""
        via += f" and {len(tables) - _TABLES} more" if len(tables) > _TABLES else ""
        indent = "  " * (min(depth, _DEEPEST) + 1)
        if key in on_path:
            yield Line(f"{indent}! {_title(shown, key)}{via}   back where it began", Role.CHANGED)
            continue
        again = "   see above" if below and key in unfolded else ""
        yield Line(f"{indent}{_title(shown, key)}{via}{again}", Role.MUTED if again else Role.PLAIN)
        if not again:
            unfolded.add(key)
            path.append(key)
            on_path.add(key)
            waiting += [(each, depth + 1, below[each]) for each in sorted(below, reverse=True)]


_TABLES = 3
"""How many tables are named on one line."""


def _title(shown: Picture, key: Key) -> str:
    node = shown.nodes[key]
    name = f"  {quoted(node.name)}" if node.name else ""
    disabled = "   disabled" if node.is_disabled else ""
    mark = "   ! " if node.place is Place.NOWHERE else "   "
    return f"{key}{name}{disabled}{mark}{node.place}".rstrip()


def _listed(keys: Iterable[Key]) -> str:
    return ", ".join(map(str, keys))


def _circles(shown: Picture) -> Iterator[Line]:
    if shown.circles:
        yield Line("In a circle", Role.HEADING)
        yield from (Line(f"  ! {circle_text(circle)}", Role.DANGER) for circle in shown.circles)
        yield Line("")


def _footer(shown: Picture) -> Iterator[Line]:
    references = sum(map(len, shown.uses.values()))
    alone = shown.alone
    if alone and not shown.around:
        more = f" and {len(alone) - _ALONE} more" if len(alone) > _ALONE else ""
        yield Line(f"Alone: {_listed(alone[:_ALONE])}{more}", Role.MUTED)
        yield Line("")
    counted = [
        plural(len(shown.nodes), "configuration"),
        plural(references, "reference"),
        f"{plural(len(shown.tables), 'table')} between them",
    ]
    yield Line(f"{', '.join(counted)}.", Role.HEADING)


_ALONE = 10
"""How many that have to do with no other are named."""


def graph_json(shown: Picture, *, with_project: bool) -> str:
    """Return the same for programs; *with_project* tells whether the project was looked at."""
    document: JsonObject = {
        "formatVersion": FORMAT_VERSION,
        "kbsyncVersion": __version__,
        "withProject": with_project,
        "around": _keys(shown.around),
        "configurations": [
            {
                **key_json(node.key),
                "name": node.name,
                "isDisabled": node.is_disabled,
                "inFiles": node.place in (Place.BOTH, Place.FILES),
                "inProject": node.place in (Place.BOTH, Place.PROJECT) if with_project else None,
            }
            for node in shown.nodes.values()
        ],
        "uses": [
            {"from": key_json(source), "to": key_json(target), **_rows(shown, source, target)}
            for source, targets in shown.uses.items()
            for target in targets
        ],
        "tables": [
            {"id": table.id, "writers": _keys(table.writers), "readers": _keys(table.readers)}
            for table in shown.tables
        ],
        "circles": [_keys(circle) for circle in shown.circles],
    }
    return json.dumps(document, indent=2) + "\n"


def _rows(shown: Picture, source: Key, target: Key) -> JsonObject:
    rows = shown.codes.get(source, {}).get(target, ())
    return {"sharedCodeRows": [*rows]} if rows else {}


def _keys(keys: Iterable[Key]) -> list[Json]:
    return [key_json(key) for key in keys]
