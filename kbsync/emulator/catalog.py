"""Buckets and tables as values, and where they are kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kbsync.emulator.errors import ApiError
from kbsync.emulator.ids import timestamp
from kbsync.emulator.jsontext import dump
from kbsync.emulator.store import get_setting

STAGES = ("in", "out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket of one branch."""

    pk: int
    branch_id: int
    id: str
    stage: str
    name: str
    display_name: str
    description: str
    color: str | None
    backend: str
    created: str
    changed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table without its rows."""

    pk: int
    bucket: Bucket
    name: str
    display_name: str
    columns: tuple[str, ...]
    primary_key: tuple[str, ...]
    definition: tuple[Any, ...]
    """The column definitions of a typed table as JSON objects; empty for other tables."""
    created: str
    imported: str | None
    changed: str
    revision: int
    """Goes up with every change of structure or data."""
    rows_count: int
    size: int
    """Characters of all cells."""

    @property
    def id(self) -> str:
        return f"{self.bucket.id}.{self.name}"

    def places(self, columns: Sequence[str]) -> list[int]:
        """The places of *columns* among the table's own, from 0."""
        return [self.columns.index(name) for name in columns]


def list_buckets(db: sqlite3.Connection, branch_id: int) -> list[Bucket]:
    found = db.execute("SELECT * FROM bucket WHERE branch_id = ? ORDER BY pk", (branch_id,))
    return [_bucket(row) for row in found]


def find_bucket(db: sqlite3.Connection, branch_id: int, bucket_id: str) -> Bucket:
    row = db.execute(
        "SELECT * FROM bucket WHERE branch_id = ? AND id = ?", (branch_id, bucket_id)
    ).fetchone()
    if row is None:
        raise ApiError(404, "storage.buckets.notFound", f"Bucket {bucket_id} not found")
    return _bucket(row)


def insert_bucket(
    db: sqlite3.Connection,
    branch_id: int,
    bucket_id: str,
    *,
    display_name: str,
    description: str = "",
    color: str | None = None,
    backend: str = "snowflake",
) -> Bucket:
    stage, _, name = bucket_id.partition(".")
    db.execute(
        "INSERT INTO bucket (branch_id, id, stage, name, display_name, description, color,"
        " backend, created, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            branch_id,
            bucket_id,
            stage,
            name,
            display_name,
            description,
            color,
            backend,
            timestamp(),
            timestamp(),
        ),
    )
    return find_bucket(db, branch_id, bucket_id)


def save_bucket(db: sqlite3.Connection, bucket: Bucket) -> None:
    db.execute(
        "UPDATE bucket SET display_name = ?, color = ?, changed = ? WHERE pk = ?",
        (bucket.display_name, bucket.color, timestamp(), bucket.pk),
    )


def list_tables(db: sqlite3.Connection, bucket: Bucket) -> list[Table]:
    found = db.execute("SELECT * FROM data_table WHERE bucket_pk = ? ORDER BY pk", (bucket.pk,))
    return [_table(row, bucket) for row in found]


def find_table(db: sqlite3.Connection, branch_id: int, table_id: str) -> Table:
    bucket_id, name = split_table_id(table_id)
    bucket = find_bucket(db, branch_id, bucket_id)
    row = db.execute(
        "SELECT * FROM data_table WHERE bucket_pk = ? AND name = ?", (bucket.pk, name)
    ).fetchone()
    if row is None:
        project = get_setting(db, "project")["id"]
        raise ApiError(
            404,
            "storage.tables.notFound",
            f'The table "{name}" was not found in the bucket "{bucket_id}"'
            f' in the project "{project}"',
        )
    return _table(row, bucket)


def split_table_id(table_id: str) -> tuple[str, str]:
    """The bucket's id and the table's name: names hold no dots."""
    bucket_id, _, name = table_id.rpartition(".")
    return bucket_id, name


def insert_table(
    db: sqlite3.Connection,
    bucket: Bucket,
    name: str,
    *,
    columns: Sequence[str],
    primary_key: Sequence[str] = (),
    display_name: str = "",
    definition: Sequence[Any] = (),
) -> Table:
    db.execute(
        "INSERT INTO data_table (bucket_pk, name, display_name, columns, primary_key,"
        " definition, created, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            bucket.pk,
            name,
            display_name or name,
            dump(columns),
            dump(primary_key),
            dump(definition),
            timestamp(),
            timestamp(),
        ),
    )
    return find_table(db, bucket.branch_id, f"{bucket.id}.{name}")


def save_table(db: sqlite3.Connection, table: Table) -> Table:
    """Store what may change about a table, count its rows, and return it as it is now."""
    db.execute(
        "UPDATE data_table SET display_name = ?, columns = ?, primary_key = ?, definition = ?,"
        " imported = ?, changed = ?, revision = revision + 1,"
        " rows_count = (SELECT count(*) FROM data_row WHERE table_pk = data_table.pk),"
        " size = (SELECT coalesce(sum(length(cells)), 0) FROM data_row"
        "         WHERE table_pk = data_table.pk)"
        " WHERE pk = ?",
        (
            table.display_name,
            dump(table.columns),
            dump(table.primary_key),
            dump(table.definition),
            table.imported,
            timestamp(),
            table.pk,
        ),
    )
    return find_table(db, table.bucket.branch_id, table.id)


def _bucket(row: sqlite3.Row) -> Bucket:
    return Bucket(**dict(row))


def _table(row: sqlite3.Row, bucket: Bucket) -> Table:
    members = dict(row) | {"bucket": bucket}
    del members["bucket_pk"]
    for key in ("columns", "primary_key", "definition"):
        members[key] = tuple(json.loads(members[key]))
    return Table(**members)
