"""What of a graph is shown: all of it, or what is around some of its configurations. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kbsync.graph.graph import Graph, circles
from kbsync.model import Key, Resources, by_configuration


class Place(StrEnum):
    """Where a configuration is."""

    BOTH = ""
    FILES = "only in the files"
    PROJECT = "not in the files"
    NOWHERE = "there is no such configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One configuration."""

    key: Key
    name: str
    is_disabled: bool
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, by which data gets from one configuration to another."""

    id: str
    writers: tuple[Key, ...]
    readers: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Configurations and what is between them, everything in the order of its keys."""

    nodes: Mapping[Key, Node]
    around: tuple[Key, ...]
    """What it was asked for; empty for all there is."""
    uses: Mapping[Key, tuple[Key, ...]]
    """By configuration that refers to others: to which."""
    codes: Mapping[Key, Mapping[Key, tuple[str, ...]]]
    """By configuration that takes shared code: from which configurations, and which rows."""
    tables: tuple[Table, ...]
    """Those that one configuration fills and another one reads."""
    circles: tuple[tuple[Key, ...], ...]
    """Of references: the way from a configuration back to itself."""

    @property
    def inputs(self) -> dict[Key, dict[Key, list[str]]]:
        """By configuration that reads: who fills what it reads, and in which tables."""
        return _pairs((reader, writer, table) for writer, reader, table in self._flows())

    @property
    def outputs(self) -> dict[Key, dict[Key, list[str]]]:
        """By configuration that writes: who reads that, and in which tables."""
        return _pairs(self._flows())

    def _flows(self) -> Iterable[tuple[Key, Key, str]]:
        return (
            (writer, reader, table.id)
            for table in self.tables
            for writer in table.writers
            for reader in table.readers
            if writer != reader
        )

    @property
    def used_by(self) -> dict[Key, list[Key]]:
        found: dict[Key, list[Key]] = defaultdict(list)
        for source, targets in self.uses.items():
            for target in targets:
                found[target].append(source)
        return found

    @property
    def alone(self) -> list[Key]:
        """Configurations that nothing leads to or from."""
        busy = {key for source, targets in self.uses.items() for key in (source, *targets)}
        busy.update(key for table in self.tables for key in (*table.writers, *table.readers))
        return [key for key in self.nodes if key not in busy]


def _pairs(found: Iterable[tuple[Key, Key, str]]) -> dict[Key, dict[Key, list[str]]]:
    pairs: dict[Key, dict[Key, list[str]]] = defaultdict(dict)
    for one, other, table in found:
        pairs[one].setdefault(other, []).append(table)
    return pairs


def picture(
    files: Resources,
    project: Resources | None,
    around: Collection[Key] = (),
    *,
    depth: int | None = None,
) -> Picture:
    """Return what there is to show of *files* and, where it was looked at, of *project*.

    Args:
        files: What the files say; it wins.
        project: What is live; None when nobody looked.
        around: Limits it to these configurations, what they need, and what needs them.
        depth: From these, so many steps in each direction; None for all there are.
    """
    graph = Graph({**(project or {}), **files})
    tables = _tables(graph)
    shown = {key for key in graph.project if not key.is_row}
    shown.update(target for targets in graph.uses.values() for target in targets)
    if around:
        web = _Web(graph, tables)
        shown = web.near(around, web.needed_by_it, depth) | web.near(around, web.needing_it, depth)
    uses = {
        key: tuple(sorted(targets))
        for key in sorted(graph.uses)
        if key in shown and (targets := graph.uses[key] & shown)
    }
    return Picture(
        nodes={key: _node(key, files, project) for key in sorted(shown)},
        around=tuple(sorted(around)),
        uses=uses,
        codes=_codes(graph, uses),
        tables=tuple(table for each in tables if (table := _within(each, shown))),
        circles=circles(uses),
    )


def _codes(graph: Graph, shown: Collection[Key]) -> dict[Key, dict[Key, tuple[str, ...]]]:
    found: dict[Key, dict[Key, tuple[str, ...]]] = {key: {} for key in sorted(shown)}
    for row in sorted(graph.code_users):
        for key in graph.code_users[row] & found.keys():
            found[key][row.config] = (*found[key].get(row.config, ()), row.row_id)
    return {key: rows for key, rows in found.items() if rows}


def _node(key: Key, files: Resources, project: Resources | None) -> Node:
    item = files.get(key) or (project or {}).get(key)
    return Node(
        key=key,
        name=item.name if item else "",
        is_disabled=item.is_disabled if item else False,
        place=_place(key in files, project is None or key in project),
    )


def _place(in_files: bool, in_project: bool) -> Place:
    match in_files, in_project:
        case True, True:
            return Place.BOTH
        case True, False:
            return Place.FILES
        case _:
            return Place.PROJECT if in_project else Place.NOWHERE


def _tables(graph: Graph) -> list[Table]:
    writers: dict[str, list[Key]] = defaultdict(list)
    for key, group in sorted(by_configuration(graph.project).items()):
        for table in graph.written_by(group.values()):
            writers[table].append(key)
    return [
        Table(id=table, writers=tuple(writers[table]), readers=tuple(sorted(graph.readers[table])))
        for table in sorted(writers.keys() & graph.readers.keys())
    ]


def _within(table: Table, shown: Collection[Key]) -> Table | None:
    """Return *table* with those of *shown*; None when it leads from none of them to another."""
    writers = tuple(key for key in table.writers if key in shown)
    readers = tuple(key for key in table.readers if key in shown)
    if not writers or not readers or writers == readers == writers[:1]:
        return None
    return Table(id=table.id, writers=writers, readers=readers)


class _Web:
    """The ways from one configuration to others, along references and tables alike."""

    def __init__(self, graph: Graph, tables: Iterable[Table]) -> None:
        self._graph = graph
        self._read: dict[Key, list[Table]] = defaultdict(list)
        self._filled: dict[Key, list[Table]] = defaultdict(list)
        for table in tables:
            for key in table.readers:
                self._read[key].append(table)
            for key in table.writers:
                self._filled[key].append(table)

    def needed_by_it(self, key: Key, looked_at: set[str]) -> set[Key]:
        return self._graph.uses.get(key, set()).union(
            *(table.writers for table in self._read[key] if _is_new(table, looked_at))
        )

    def needing_it(self, key: Key, looked_at: set[str]) -> set[Key]:
        return self._graph.used_by.get(key, set()).union(
            *(table.readers for table in self._filled[key] if _is_new(table, looked_at))
        )

    def near(
        self,
        starts: Iterable[Key],
        ways: Callable[[Key, set[str]], set[Key]],
        depth: int | None,
    ) -> set[Key]:
        found = set(starts)
        looked_at: set[str] = set()
        edge, steps = set(found), 0
        while edge and (depth is None or steps < depth):
            edge = set[Key]().union(*(ways(key, looked_at) for key in edge)) - found
            found |= edge
            steps += 1
        return found


def _is_new(table: Table, looked_at: set[str]) -> bool:
    """A table leads to the same configurations from wherever one comes to it."""
    is_new = table.id not in looked_at
    looked_at.add(table.id)
    return is_new
