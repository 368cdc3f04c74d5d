"""Who refers to whom in a project, and which tables flow between them. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from kbsync.graph.links import (
    SHARED_CODE,
    bucket_of,
    buckets_written,
    links,
    tables_read,
    tables_written,
)
from kbsync.model import Key, Resource, Resources

Arrows: TypeAlias = "Mapping[Key, Collection[Key]]"
"""From each configuration to others."""


class Graph:
    """The configurations of a project, looked through once.

    Rows count as their configuration. What is referred to need not be there.
    """

    def __init__(self, project: Resources) -> None:
        self.project = project
        self.uses: dict[Key, set[Key]] = defaultdict(set)
        """By configuration: what it refers to, maybe itself."""
        self.used_by: dict[Key, set[Key]] = defaultdict(set)
        self.code_users: dict[Key, set[Key]] = defaultdict(set)
        """By row of shared code: the configurations that take it."""
        self.readers: dict[str, set[Key]] = defaultdict(set)
        """By table."""
        self.writers: dict[str, set[Key]] = defaultdict(set)
        """By table, of those that name it."""
        self._read_in: dict[str, set[str]] = defaultdict(set)
        """By bucket: its tables that somebody reads."""
        for item in project.values():
            self._add(item)

    def _add(self, item: Resource) -> None:
        config = item.key.config
        for table in tables_read(item):
            self.readers[table].add(config)
            self._read_in[bucket_of(table)].add(table)
        for table in tables_written(item):
            self.writers[table].add(config)
        for link in links(item, self.project):
            self.uses[config].add(link.target.config)
            self.used_by[link.target.config].add(config)
            if link.target.is_row and link.target.component_id == SHARED_CODE:
                self.code_users[link.target].add(config)

    def written_by(self, items: Iterable[Resource]) -> set[str]:
        """Return the tables that *items*, one configuration and its rows, fill.

        Those that they name, and those that others read from the buckets for their output.
        """
        own = list(items)
        named = {table for item in own for table in tables_written(item)}
        buckets = {bucket for item in own for bucket in buckets_written(item)}
        return named.union(*(self._read_in.get(bucket, ()) for bucket in buckets))


def circles(arrows: Arrows) -> tuple[tuple[Key, ...], ...]:
    """Return a shortest way back to its start in each knot of *arrows*.

    Each begins with the smallest key of its knot, which is not told again at the end. In the order
    of these keys.
    """
    return tuple(_way_back(min(knot), arrows, knot) for knot in sorted(knots(arrows), key=min))


def circle_text(circle: Sequence[Key]) -> str:
    """Return one of `circles` as people read it, to where it began."""
    return " → ".join(map(str, (*circle, circle[0])))


def _way_back(start: Key, arrows: Arrows, knot: Collection[Key]) -> tuple[Key, ...]:
    came_from: dict[Key, Key] = {}
    waiting = deque([start])
    while start not in came_from:
        current = waiting.popleft()
        for target in sorted(arrows.get(current, ())):
            if target in knot and target not in came_from:
                came_from[target] = current
                waiting.append(target)
    way = [came_from[start]]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def without_circles(arrows: Arrows) -> dict[Key, frozenset[Key]]:
    """Return *arrows* without those between members of one knot."""
    knot_of = {key: number for number, knot in enumerate(knots(arrows)) for key in knot}
    return {
        key: frozenset(
            target
            for target in targets
            if key not in knot_of or knot_of.get(target) != knot_of[key]
        )
        for key, targets in arrows.items()
    }


def knots(arrows: Arrows) -> Iterator[frozenset[Key]]:
    """Yield the sets of keys in which each leads to every other, and back to itself."""
    back: dict[Key, list[Key]] = defaultdict(list)
    for key, targets in arrows.items():
        for target in targets:
            back[target].append(key)
    seen: set[Key] = set()
    for root in reversed(_in_order_of_leaving(arrows)):
        found = reach([root], back, seen)
        if len(found) > 1 or (found and root in arrows.get(root, ())):
            yield frozenset(found)


def reach(starts: Iterable[Key], arrows: Arrows, seen: set[Key]) -> list[Key]:
    """Return *starts* and all that they lead to, without what is *seen*, to which it is added."""
    waiting = [key for key in starts if key not in seen]
    seen.update(waiting)
    found = []
    while waiting:
        current = waiting.pop()
        found.append(current)
        new = [target for target in arrows.get(current, ()) if target not in seen]
        seen.update(new)
        waiting += new
    return found


def _in_order_of_leaving(arrows: Arrows) -> list[Key]:
    """Return the keys in the order in which a walk in depth leaves them.

    Not by recursion: a chain may be longer than Python's stack.
    """
    seen: set[Key] = set()
    left: list[Key] = []
    for root in sorted(arrows):
        path = [] if root in seen else [(root, iter(sorted(arrows[root])))]
        seen.add(root)
        while path:
            key, targets = path[-1]
            target = next((each for each in targets if each not in seen), None)
            if target is None:
                left.append(key)
                path.pop()
            else:
                seen.add(target)
                path.append((target, iter(sorted(arrows.get(target, ())))))
    return left
