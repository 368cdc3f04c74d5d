"""Buckets and tables of a seed: load them, and export them in the same shape."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kbsync.emulator.catalog import (
    Bucket,
    Table,
    insert_bucket,
    insert_table,
    list_buckets,
    list_tables,
    save_table,
)
from kbsync.emulator.data_metadata import (
    SYSTEM,
    bucket_entries,
    column_entries,
    put_bucket_entry,
    put_table_entry,
    table_entries,
)
from kbsync.emulator.seed import Seed, column_names
from kbsync.emulator.table_filters import Query
from kbsync.emulator.table_rows import put_rows, select_rows
from kbsync.emulator.typed_columns import put_types, typed_column

_PROVIDER = "user"
"""Who gave the metadata of a seed that names no provider."""


def load_stock(db: sqlite3.Connection, branch_id: int, seed: Seed) -> None:
    """Load all buckets and tables; a bucket that only its tables name is made for them."""
    given = {item["id"]: item for item in seed.buckets}
    for table in seed.tables:
        bucket_id = table["id"].rpartition(".")[0]
        given.setdefault(bucket_id, {"id": bucket_id})
    buckets = {name: _load_bucket(db, branch_id, item) for name, item in given.items()}
    for item in seed.tables:
        _load_table(db, buckets[item["id"].rpartition(".")[0]], item)


def export_buckets(db: sqlite3.Connection, branch_id: int) -> list[dict[str, Any]]:
    return [_export_bucket(db, bucket) for bucket in list_buckets(db, branch_id)]


def export_tables(db: sqlite3.Connection, branch_id: int) -> list[dict[str, Any]]:
    buckets = list_buckets(db, branch_id)
    return [_export_table(db, table) for bucket in buckets for table in list_tables(db, bucket)]


def _load_bucket(db: sqlite3.Connection, branch_id: int, item: Mapping[str, Any]) -> Bucket:
    bucket = insert_bucket(
        db,
        branch_id,
        item["id"],
        display_name=item.get("displayName", _default_name(item["id"])),
        description=item.get("description", ""),
        color=item.get("color"),
        backend=item.get("backend", "snowflake"),
    )
    for entry in _entries(item.get("metadata", {})):
        put_bucket_entry(db, bucket, *entry)
    return bucket


def _load_table(db: sqlite3.Connection, bucket: Bucket, item: Mapping[str, Any]) -> None:
    typed = [
        typed_column(column["name"], column.get("definition"), column.get("basetype"))
        for column in item["columns"]
        if isinstance(column, dict)
    ]
    table = insert_table(
        db,
        bucket,
        item["id"].rpartition(".")[2],
        columns=column_names(item),
        primary_key=item.get("primaryKey", ()),
        display_name=item.get("displayName", ""),
        definition=typed,
    )
    for column in table.definition:
        put_types(db, table, column)
    put_rows(db, table, ([_cell(cell) for cell in row] for row in item.get("rows", ())))
    save_table(db, table)
    for entry in _entries(item.get("metadata", {})):
        put_table_entry(db, table, None, *entry)
    for name, metadata in item.get("columnMetadata", {}).items():
        for entry in _entries(metadata):
            put_table_entry(db, table, name, *entry)


def _export_bucket(db: sqlite3.Connection, bucket: Bucket) -> dict[str, Any]:
    exported: dict[str, Any] = {
        "id": bucket.id,
        "displayName": bucket.display_name,
        "description": bucket.description,
        "color": bucket.color,
        "backend": bucket.backend,
        "metadata": _exported(bucket_entries(db, bucket)),
    }
    defaults = {"displayName": _default_name(bucket.id), "backend": "snowflake"}
    return _without_defaults(exported, defaults)


def _export_table(db: sqlite3.Connection, table: Table) -> dict[str, Any]:
    columns = column_entries(db, table)
    metadata = {name: _exported(entries) for name, entries in columns.items()}
    exported: dict[str, Any] = {
        "id": table.id,
        "displayName": table.display_name,
        "columns": list(table.definition or table.columns),
        "primaryKey": list(table.primary_key),
        "rows": list(select_rows(db, table, Query())),
        "metadata": _exported(table_entries(db, table)),
        "columnMetadata": {name: entries for name, entries in metadata.items() if entries},
    }
    return _without_defaults(exported, {"displayName": table.name})


def _without_defaults(exported: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """*exported* without what a seed need not say."""
    return {
        name: value
        for name, value in exported.items()
        if value not in (None, "", [], {}) and value != defaults.get(name)
    }


def _exported(entries: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    return [
        {"key": entry["key"], "value": entry["value"], "provider": entry["provider"]}
        for entry in entries
        if entry["provider"] != SYSTEM
    ]


def _entries(
    metadata: Mapping[str, str] | Sequence[Mapping[str, str]],
) -> list[tuple[str, str, str]]:
    """Provider, key and value of metadata in either of a seed's two shapes."""
    if isinstance(metadata, Mapping):
        return [(_PROVIDER, key, value) for key, value in metadata.items()]
    return [(entry.get("provider", _PROVIDER), entry["key"], entry["value"]) for entry in metadata]


def _default_name(bucket_id: str) -> str:
    return bucket_id.partition(".")[2].removeprefix("c-")


def _cell(value: Any) -> str | None:
    """A cell as text; numbers and booleans in their JSON spelling."""
    return value if value is None or isinstance(value, str) else json.dumps(value)
