"""What a changed configuration touches: who reads what it writes, and what runs it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kbsync.graph.graph import Graph
from kbsync.graph.links import SCHEDULER, SHARED_CODE, VARIABLES
from kbsync.graph.schedule import timing_of
from kbsync.model import Key, Resources, by_configuration


@dataclass(frozen=True, slots=True)
class Peer:
    """A configuration or row, and what people call it."""

    key: Key
    name: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a flow or configuration is run by itself."""

    peer: Peer
    """The configuration of the scheduler."""
    cron: str
    timezone: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What one configuration touches, from what live and the files say."""

    readers: Mapping[str, tuple[Peer, ...]] = field(default_factory=dict)
    """By table it writes: the other configurations that read it."""
    writers: Mapping[str, tuple[Peer, ...]] = field(default_factory=dict)
    """By table it writes: the other configurations that write it too."""
    used_by: tuple[Peer, ...] = ()
    """The configurations that take variables or shared code from it."""
    run_by: tuple[Peer, ...] = ()
    """The flows and orchestrations with a task for it, and what triggers it by a job of its own."""
    schedules: tuple[Schedule, ...] = ()
    """What starts it, or a flow that runs it."""

    def __bool__(self) -> bool:
        return any((self.readers, self.writers, self.used_by, self.run_by, self.schedules))


def impacts(keys: Iterable[Key], desired: Resources, live: Resources) -> dict[Key, Impact]:
    """Return what each configuration of *keys* touches, or of which *keys* names rows.

    Of shared code of which only rows are named, those count who take these. The others are as the
    files say, or else as they are live. What a configuration writes counts on both sides: whoever
    reads a table that nobody will write any more is touched most.
    """
    wanted: dict[Key, set[Key]] = {}
    for key in keys:
        wanted.setdefault(key.config, set()).add(key)
    if not wanted:
        return {}
    surroundings = _Surroundings(desired, live)
    return {key: surroundings.of(key, parts) for key, parts in wanted.items()}


class _Surroundings:
    """What is around the configurations that change, looked through once."""

    def __init__(self, desired: Resources, live: Resources) -> None:
        self._graph = Graph({**live, **desired})
        self._sides = [by_configuration(side) for side in (desired, live)]

    def of(self, key: Key, parts: Collection[Key]) -> Impact:
        tables = sorted(self._written_by(key))
        return Impact(
            readers=self._by_table(tables, self._graph.readers, key),
            writers=self._by_table(tables, self._graph.writers, key),
            used_by=self._peers(self._users(key, parts)),
            run_by=self._peers(self._runners(key) - {key}),
            schedules=tuple(self._schedule(each) for each in sorted(self._schedulers(key))),
        )

    def _written_by(self, key: Key) -> set[str]:
        sides = (self._graph.written_by(side.get(key, {}).values()) for side in self._sides)
        return set[str]().union(*sides)

    def _by_table(
        self, tables: Iterable[str], found: Mapping[str, set[Key]], key: Key
    ) -> dict[str, tuple[Peer, ...]]:
        others = {table: found.get(table, set()) - {key} for table in tables}
        return {table: self._peers(keys) for table, keys in others.items() if keys}

    def _users(self, key: Key, parts: Collection[Key]) -> set[Key]:
        if key.component_id == SHARED_CODE and key not in parts:
            return set[Key]().union(*(self._graph.code_users.get(row, ()) for row in parts))
        is_shared = key.component_id in (VARIABLES, SHARED_CODE)
        return self._graph.used_by.get(key, set()) - {key} if is_shared else set()

    def _runners(self, key: Key) -> set[Key]:
        if key.component_id in (VARIABLES, SHARED_CODE):
            return set()
        found = self._graph.used_by.get(key, set())
        return {source for source in found if source.component_id != SCHEDULER}

    def _schedulers(self, key: Key) -> set[Key]:
        """Return what starts *key*, or a flow that runs it, however many flows deep."""
        seen, waiting, found = {key}, [key], set[Key]()
        while waiting:
            current = waiting.pop()
            sources = self._graph.used_by.get(current, set())
            found |= {source for source in sources if source.component_id == SCHEDULER}
            new = self._runners(current) - seen
            seen |= new
            waiting += new
        return found

    def _peers(self, keys: Iterable[Key]) -> tuple[Peer, ...]:
        return tuple(Peer(key, self._graph.project[key].name) for key in sorted(keys))

    def _schedule(self, key: Key) -> Schedule:
        item = self._graph.project[key]
        timing = timing_of(item)
        return Schedule(
            peer=Peer(key, item.name),
            cron=timing.cron,
            timezone=timing.timezone,
            enabled=timing.state == "enabled" and not item.is_disabled,
        )
