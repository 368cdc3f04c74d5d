"""What a changed configuration touches: who reads what it writes, and what runs it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kbsync.links import (
    SCHEDULER,
    SHARED_CODE,
    VARIABLES,
    bucket_of,
    buckets_written,
    links,
    tables_read,
    tables_written,
)
from kbsync.model import Json, Key, Resource, Resources, by_configuration
from kbsync.paths import Missing, value_at
from kbsync.secrets import is_ciphertext


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
    """Return what each configuration of *keys* touches.

    The others are as the files say, or else as they are live. What a configuration writes counts
    on both sides: whoever reads a table that nobody will write any more is touched most.
    """
    wanted = tuple(keys)
    if not wanted:
        return {}
    surroundings = _Surroundings(desired, live)
    return {key: surroundings.of(key) for key in wanted}


class _Surroundings:
    """Who reads, writes, uses, runs and schedules what, looked through once."""

    def __init__(self, desired: Resources, live: Resources) -> None:
        self._project = {**live, **desired}
        self._readers: dict[str, set[Key]] = defaultdict(set)
        self._writers: dict[str, set[Key]] = defaultdict(set)
        self._tables: dict[str, set[str]] = defaultdict(set)
        """By bucket: its tables that somebody reads."""
        self._sources: dict[Key, set[Key]] = defaultdict(set)
        """By configuration: those that refer to it."""
        self._sides = [by_configuration(side) for side in (desired, live)]
        for item in self._project.values():
            self._add(item)

    def _add(self, item: Resource) -> None:
        config = item.key.config
        for table in tables_read(item):
            self._readers[table].add(config)
            self._tables[bucket_of(table)].add(table)
        for table in tables_written(item):
            self._writers[table].add(config)
        for link in links(item, self._project):
            self._sources[link.target.config].add(config)

    def of(self, key: Key) -> Impact:
        tables = sorted(self._written_by(key))
        return Impact(
            readers=self._by_table(tables, self._readers, key),
            writers=self._by_table(tables, self._writers, key),
            used_by=self._peers(self._users(key)),
            run_by=self._peers(self._runners(key) - {key}),
            schedules=tuple(self._schedule(each) for each in sorted(self._schedulers(key))),
        )

    def _written_by(self, key: Key) -> set[str]:
        own = [item for side in self._sides for item in side.get(key, {}).values()]
        named = {table for item in own for table in tables_written(item)}
        buckets = {bucket for item in own for bucket in buckets_written(item)}
        return named.union(*(self._tables.get(bucket, ()) for bucket in buckets))

    def _by_table(
        self, tables: Iterable[str], found: Mapping[str, set[Key]], key: Key
    ) -> dict[str, tuple[Peer, ...]]:
        others = {table: found.get(table, set()) - {key} for table in tables}
        return {table: self._peers(keys) for table, keys in others.items() if keys}

    def _users(self, key: Key) -> set[Key]:
        is_shared = key.component_id in (VARIABLES, SHARED_CODE)
        return self._sources.get(key, set()) - {key} if is_shared else set()

    def _runners(self, key: Key) -> set[Key]:
        if key.component_id in (VARIABLES, SHARED_CODE):
            return set()
        found = self._sources.get(key, set())
        return {source for source in found if source.component_id != SCHEDULER}

    def _schedulers(self, key: Key) -> set[Key]:
        """Return what starts *key*, or a flow that runs it, however many flows deep."""
        seen, waiting, found = {key}, [key], set[Key]()
        while waiting:
            current = waiting.pop()
            sources = self._sources.get(current, set())
            found |= {source for source in sources if source.component_id == SCHEDULER}
            new = self._runners(current) - seen
            seen |= new
            waiting += new
        return found

    def _peers(self, keys: Iterable[Key]) -> tuple[Peer, ...]:
        return tuple(Peer(key, self._project[key].name) for key in sorted(keys))

    def _schedule(self, key: Key) -> Schedule:
        item = self._project[key]
        found = value_at(item.configuration, ("schedule",))
        return Schedule(
            peer=Peer(key, item.name),
            cron=_text(value_at(found, ("cronTab",))),
            timezone=_text(value_at(found, ("timezone",))),
            enabled=value_at(found, ("state",)) == "enabled" and not item.is_disabled,
        )


def _text(value: Json | Missing) -> str:
    return value if isinstance(value, str) and not is_ciphertext(value) else ""
