"""Whether the tables that configurations map are there, and fit. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kbsync.graph.links import TableUse, bucket_of, buckets_written, inputs, outputs
from kbsync.model import Json, JsonObject, JsonPath, Key, Resource, Resources
from kbsync.tables.catalog import Table, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about a mapping that a person should look at."""

    key: Key
    path: JsonPath
    """In the `configuration` of *key*."""
    what: str
    todo: str


def maps_otherwise(before: Resource | None, after: Resource) -> bool:
    """Whether *after* maps tables, and not as *before* did."""
    if before is None:
        return any(_uses(after))
    return list(_uses(before)) != list(_uses(after))


def _uses(item: Resource) -> Iterator[TableUse]:
    """What may change with a mapping, without the other parameters of an extractor."""
    yield from inputs(item)
    for path, table, mapping in outputs(item):
        relevant = {name: mapping[name] for name in _OUTPUT_PROPERTIES if name in mapping}
        yield path, table, relevant


_OUTPUT_PROPERTIES = ("incremental", "primary_key", "primaryKey", "schema")


def check_mappings(
    keys: Collection[Key], project: Resources, tables: Mapping[str, Table] | None
) -> tuple[Finding, ...]:
    """Return what is odd about the mappings of *keys*, in their order.

    Args:
        keys: Whose mappings are looked at.
        project: All configurations as they will be: the producers of tables that are not there yet.
        tables: Those of the project with their columns; None when they are not known.
    """
    around = _Surroundings(project)
    found: list[Finding] = []
    for key in sorted(keys):
        item = project[key]
        if tables is not None:
            found += _inputs(item, around, tables)
            found += _primary_keys(item, tables)
        found += around.rivals_of(item)
    return tuple(found)


def _inputs(
    item: Resource, around: _Surroundings, tables: Mapping[str, Table]
) -> Iterator[Finding]:
    for path, table_id, mapping in inputs(item):
        if _is_template(table_id):
            continue
        table = tables.get(table_id)
        if table is not None:
            yield from _columns(item, path, table, mapping, around)
        elif not around.produces(table_id):
            yield Finding(
                key=item.key,
                path=path,
                what=f"reads {table_id}, which does not exist, and no configuration produces it",
                todo=_guess(table_id, tables, "correct the id"),
            )


def _columns(
    item: Resource, path: JsonPath, table: Table, mapping: JsonObject, around: _Surroundings
) -> Iterator[Finding]:
    if table.columns is None:
        return
    base = path[:-1]
    for inside, name in _named_columns(mapping):
        if name in table.column_names or _is_template(name):
            continue
        if not around.mentions(table.id, name, other_than=item.key):
            yield Finding(
                key=item.key,
                path=(*base, *inside),
                what=f"reads column {name} of {table.id}, which has no such column",
                todo=_guess(name, table.column_names, "correct the name"),
            )


def _named_columns(mapping: JsonObject) -> Iterator[tuple[JsonPath, str]]:
    """Return the columns that an input mapping names, each with its place in it."""
    for place, name in enumerate(_list(mapping.get("columns"))):
        if isinstance(name, str):
            yield ("columns", place), name
    for place, column in enumerate(_list(mapping.get("column_types"))):
        source = column.get("source") if isinstance(column, dict) else None
        if isinstance(source, str):
            yield ("column_types", place, "source"), source
    where = mapping.get("where_column")
    if isinstance(where, str) and where:
        yield ("where_column",), where


def _primary_keys(item: Resource, tables: Mapping[str, Table]) -> Iterator[Finding]:
    for path, table_id, mapping in outputs(item):
        name = "primary_key" if path[-1] == "destination" else "primaryKey"
        wanted, table = mapping.get(name), tables.get(table_id)
        if table is None or not isinstance(wanted, list) or "schema" in mapping:
            continue
        told = [column for column in wanted if isinstance(column, str)]
        if set(told) != set(table.primary_key) and not any(map(_is_template, told)):
            yield Finding(
                key=item.key,
                path=(*path[:-1], name),
                what=f"writes {table_id} with {_key_words(told)}, but the table has "
                f"{_key_words(table.primary_key)}",
                todo="make them the same",
            )


def _key_words(columns: Collection[str]) -> str:
    return f"the primary key {', '.join(columns)}" if columns else "no primary key"


class _Surroundings:
    """Who writes what, looked through once."""

    def __init__(self, project: Resources) -> None:
        self._project = project
        self._writers: dict[str, list[tuple[Key, JsonPath, bool]]] = defaultdict(list)
        """By table: who writes it, where that stands, and whether it loads in full."""
        self._buckets: set[str] = set()
        for item in project.values():
            self._buckets.update(buckets_written(item))
            for path, table, mapping in outputs(item):
                is_full = not _is_true(mapping.get("incremental"))
                self._writers[table].append((item.key, path, is_full))

    def produces(self, table: str) -> bool:
        return table in self._writers or bucket_of(table) in self._buckets

    def mentions(self, table: str, column: str, *, other_than: Key) -> bool:
        """Whether a configuration that writes *table* has the name of the column anywhere.

        Which columns a configuration makes is told nowhere; its next run may well add one.
        """
        keys = {key for key, _, _ in self._writers.get(table, ()) if key != other_than}
        return any(column in json.dumps(self._project[key].configuration) for key in keys)

    def rivals_of(self, item: Resource) -> Iterator[Finding]:
        """Return where *item* replaces what another writes, or what it writes itself elsewhere."""
        if not self._runs(item.key):
            return
        for path, table, mapping in outputs(item):
            if _is_true(mapping.get("incremental")) or _is_template(table) or not bucket_of(table):
                continue
            others = [
                key
                for key, place, is_full in self._writers[table]
                if is_full and (key, place) != (item.key, path) and self._runs(key)
            ]
            if others:
                yield Finding(
                    key=item.key,
                    path=path,
                    what=f"writes {table} in full, and so does {_named(item.key, others)}: each "
                    "run drops what the other wrote",
                    todo="load incrementally, or write different tables",
                )

    def _runs(self, key: Key) -> bool:
        return not any(
            self._project[each].is_disabled for each in (key, key.config) if each in self._project
        )


def _named(key: Key, others: Iterable[Key]) -> str:
    found = ["another mapping of its own" if each == key else str(each) for each in others]
    listed = sorted(set(found))
    return listed[0] + (f" (and {len(listed) - 1} more)" if len(listed) > 1 else "")


def _guess(name: str, known: Iterable[str], otherwise: str) -> str:
    close = nearest(name, known)
    return f"did you mean {close}?" if close else otherwise


def _is_template(text: str) -> bool:
    """Whether a variable is filled in when it runs."""
    return "{{" in text


def _is_true(value: Json) -> bool:
    return value is True or value == 1 or value == "true"


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
