"""Which configurations read and write a table. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from kbsync.graph.links import bucket_of, buckets_written, tables_read, tables_written
from kbsync.model import Key, Resource, Resources


class Where(Enum):
    """On which sides a configuration says so."""

    BOTH = "files and project"
    FILES = "files only"
    PROJECT = "project only"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A configuration or row that reads or writes a table."""

    key: Key
    name: str
    where: Where
    is_implied: bool = False
    """Of a writer: nothing names the table, but its bucket is the configuration's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """Who uses one table, each by its key."""

    readers: tuple[User, ...]
    writers: tuple[User, ...]


def users_of(table_id: str, desired: Resources, live: Resources) -> Users:
    """Return who reads and who writes a table, by the files and by the project.

    A configuration whose own bucket the table is in counts as a writer of it, because what such a
    component makes is named nowhere.
    """
    return Users(
        readers=tuple(_users(table_id, desired, live, reads=True)),
        writers=tuple(_users(table_id, desired, live, reads=False)),
    )


def _users(table_id: str, desired: Resources, live: Resources, *, reads: bool) -> Iterator[User]:
    told = [_told(table_id, side, reads=reads) for side in (desired, live)]
    for key in sorted({*told[0], *told[1]}):
        is_desired, is_live = (key in side for side in told)
        where = Where.BOTH if is_desired and is_live else None
        yield User(
            key=key,
            name=(desired.get(key) or live[key]).name,
            where=where or (Where.FILES if is_desired else Where.PROJECT),
            is_implied=all(side.get(key, True) for side in told),
        )


def _told(table_id: str, side: Resources, *, reads: bool) -> dict[Key, bool]:
    """Return by key whether the table is meant without being named."""
    found = {}
    for key, item in side.items():
        if reads:
            if table_id in tables_read(item):
                found[key] = False
        elif table_id in tables_written(item):
            found[key] = False
        elif _owns(item, table_id):
            found[key] = True
    named = {key.config for key, is_implied in found.items() if not is_implied}
    return {
        key: is_implied
        for key, is_implied in found.items()
        if not is_implied or (not key.is_row and key not in named)
    }


def _owns(item: Resource, table_id: str) -> bool:
    return bucket_of(table_id) in buckets_written(item)
