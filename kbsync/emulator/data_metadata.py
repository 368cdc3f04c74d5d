"""Metadata of buckets, tables and columns; each entry has a provider."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.access import read_bucket, read_table, write_bucket, write_table
from kbsync.emulator.calls import Call, answer_value, body, no_content
from kbsync.emulator.catalog import Bucket, Table
from kbsync.emulator.errors import ApiError
from kbsync.emulator.ids import timestamp

routes = Blueprint("data-metadata", __name__)
SYSTEM = "storage"
"""The provider that only the platform itself writes as."""
_KEY = re.compile(r"[A-Za-z0-9_.:/-]{1,255}")
_BUCKET = "/buckets/<id:bucket>/metadata"
_TABLE = "/tables/<id:table>/metadata"
_COLUMN = "/columns/<id:column>/metadata"


@routes.get(_BUCKET)
def bucket_index(bucket: str) -> Response:
    call, found = read_bucket(bucket)
    return answer_value(bucket_entries(call.db, found))


@routes.post(_BUCKET)
def bucket_put(bucket: str) -> Response:
    call, found = write_bucket(bucket)
    provider, pairs = _provider(), _pairs(body().value("metadata"))
    for key, value in pairs:
        put_bucket_entry(call.db, found, provider, key, value)
    return answer_value(bucket_entries(call.db, found), 201)


@routes.delete(_BUCKET + "/<id:entry>")
def bucket_delete(bucket: str, entry: str) -> Response:
    call, found = write_bucket(bucket)
    return _delete(call, entry, {"bucket_pk": found.pk})


@routes.get(_TABLE)
def table_index(table: str) -> Response:
    call, found = read_table(table)
    return answer_value(table_entries(call.db, found))


@routes.post(_TABLE)
def table_put(table: str) -> Response:
    """A form gets the list of the table's entries; JSON gets those of the columns too."""
    call, found = write_table(table)
    provider, given = _provider(), body()
    columns = given.value("columnsMetadata") or {}
    if given.has("metadata") or not columns:
        for key, value in _pairs(given.value("metadata")):
            put_table_entry(call.db, found, None, provider, key, value)
    for name, pairs in _by_column(found, columns):
        for key, value in pairs:
            put_table_entry(call.db, found, name, provider, key, value)
    entries = table_entries(call.db, found)
    if request.mimetype != "application/json":
        return answer_value(entries, 201)
    listed = {"metadata": entries, "columnsMetadata": column_entries(call.db, found) or []}
    return answer_value(listed, 201)


@routes.delete(_TABLE + "/<id:entry>")
def table_delete(table: str, entry: str) -> Response:
    call, found = write_table(table)
    return _delete(call, entry, {"table_pk": found.pk, "column_name": None})


@routes.get(_COLUMN)
def column_index(column: str) -> Response:
    table_id, _, name = column.rpartition(".")
    call, table = read_table(table_id)
    _require_column(table, name)
    return answer_value(column_entries(call.db, table).get(name, []))


@routes.post(_COLUMN)
def column_put(column: str) -> Response:
    table_id, _, name = column.rpartition(".")
    call, table = write_table(table_id)
    _require_column(table, name)
    provider, pairs = _provider(), _pairs(body().value("metadata"))
    for key, value in pairs:
        put_table_entry(call.db, table, name, provider, key, value)
    return answer_value(column_entries(call.db, table)[name], 201)


@routes.delete(_COLUMN + "/<id:entry>")
def column_delete(column: str, entry: str) -> Response:
    table_id, _, name = column.rpartition(".")
    call, table = write_table(table_id)
    return _delete(call, entry, {"table_pk": table.pk, "column_name": name})


def bucket_entries(db: sqlite3.Connection, bucket: Bucket) -> list[dict[str, str]]:
    found = db.execute("SELECT * FROM data_metadata WHERE bucket_pk = ? ORDER BY id", (bucket.pk,))
    return [_entry(row) for row in found]


def table_entries(db: sqlite3.Connection, table: Table) -> list[dict[str, str]]:
    """The entries of the table itself, without those of its columns."""
    found = db.execute(
        "SELECT * FROM data_metadata WHERE table_pk = ? AND column_name IS NULL ORDER BY id",
        (table.pk,),
    )
    return [_entry(row) for row in found]


def column_entries(db: sqlite3.Connection, table: Table) -> dict[str, list[dict[str, str]]]:
    """The entries of each column that has any, in the order of the columns."""
    found = db.execute(
        "SELECT * FROM data_metadata WHERE table_pk = ? AND column_name IS NOT NULL ORDER BY id",
        (table.pk,),
    )
    entries: dict[str, list[dict[str, str]]] = {}
    for row in found:
        entries.setdefault(row["column_name"], []).append(_entry(row))
    return {name: entries[name] for name in table.columns if name in entries}


def put_bucket_entry(
    db: sqlite3.Connection, bucket: Bucket, provider: str, key: str, value: str
) -> None:
    _put(db, {"bucket_pk": bucket.pk}, provider, key, value)


def put_table_entry(
    db: sqlite3.Connection, table: Table, column: str | None, provider: str, key: str, value: str
) -> None:
    _put(db, {"table_pk": table.pk, "column_name": column}, provider, key, value)


def drop_column_entries(db: sqlite3.Connection, table: Table, column: str) -> None:
    db.execute(
        "DELETE FROM data_metadata WHERE table_pk = ? AND column_name = ?", (table.pk, column)
    )


def _put(
    db: sqlite3.Connection, owner: dict[str, Any], provider: str, key: str, value: str
) -> None:
    """Set one key of one provider; setting it again keeps its id and place."""
    owned = " AND ".join(f"{name} IS ?" for name in owner)
    cursor = db.execute(
        "UPDATE data_metadata SET value = ?, timestamp = ?"
        f" WHERE provider = ? AND key = ? AND {owned}",
        (value, timestamp(), provider, key, *owner.values()),
    )
    if cursor.rowcount == 0:
        db.execute(
            f"INSERT INTO data_metadata ({', '.join(owner)}, provider, key, value, timestamp)"
            f" VALUES ({'?, ' * len(owner)}?, ?, ?, ?)",
            (*owner.values(), provider, key, value, timestamp()),
        )


def _delete(call: Call, entry: str, owner: dict[str, Any]) -> Response:
    owned = " AND ".join(f"{name} IS ?" for name in owner)
    row = call.db.execute(
        f"SELECT * FROM data_metadata WHERE id = ? AND {owned}", (entry, *owner.values())
    ).fetchone()
    if row is None:
        raise ApiError(404, "notFound", f'Metadata with id "{entry}" not found')
    if row["provider"] == SYSTEM:
        raise _system_only("deleted")
    call.db.execute("DELETE FROM data_metadata WHERE id = ?", (entry,))
    return no_content()


def _provider() -> str:
    provider = body().text("provider", "metadata")
    if not provider:
        raise ApiError(
            400, "storage.metadata.invalidProvider", "The provider of the metadata is missing"
        )
    if provider == SYSTEM:
        raise _system_only("edited")
    return provider


def _system_only(done: str) -> ApiError:
    return ApiError(
        403,
        "storage.metadata.invalidProvider",
        f'Metadata with "{SYSTEM}" provider cannot be {done} by user.',
    )


def _by_column(table: Table, given: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """The `columnsMetadata` of a request: an object by column, or a list that names columns."""
    if isinstance(given, dict):
        found = [(name, _pairs(items)) for name, items in given.items()]
    elif isinstance(given, list) and all(isinstance(item, dict) for item in given):
        found = [(str(item.get("columnName", "")), _pairs([item])) for item in given]
    else:
        raise _invalid_structure()
    for name, _ in found:
        _require_column(table, name)
    return found


def _pairs(given: Any) -> list[tuple[str, str]]:
    items = list(given.values()) if isinstance(given, dict) else given
    if not isinstance(items, list) or not items:
        raise _invalid_structure()
    return [_pair(item) for item in items]


def _pair(item: Any) -> tuple[str, str]:
    if not isinstance(item, dict) or not item.keys() >= {"key", "value"}:
        raise _invalid_structure()
    key, value = str(item["key"]), item["value"]
    if not _KEY.fullmatch(key):
        raise ApiError(400, "storage.metadata.invalidKey", f"Invalid Metadata Key ({key})")
    return key, "" if value is None else str(value)


def _invalid_structure() -> ApiError:
    return ApiError(
        400,
        "storage.metadata.invalidStructure",
        "Invalid structure. Metadata must be provided as an array of objects"
        " with 'key' and 'value' members",
    )


def _require_column(table: Table, name: str) -> None:
    if name not in table.columns:
        raise ApiError(
            404,
            "storage.tables.columnNotExists",
            f'The column "{name}" was not found in the table "{table.id}".',
        )


def _entry(row: sqlite3.Row) -> dict[str, str]:
    return {
        "id": str(row["id"]),
        "key": row["key"],
        "value": row["value"],
        "provider": row["provider"],
        "timestamp": row["timestamp"],
    }
