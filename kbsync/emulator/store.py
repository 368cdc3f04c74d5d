"""The database that holds the emulated project: one SQLite file, or memory."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kbsync.emulator.blobs import Blobs
from kbsync.emulator.errors import EmulatorError
from kbsync.emulator.jsontext import dump

FORMAT = 1
"""The version of the schema below; kept in the file as SQLite's `user_version`."""

_SCHEMA = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sequence (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE branch (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, created TEXT NOT NULL,
    is_default INTEGER NOT NULL, creator TEXT NOT NULL
);
CREATE TABLE component (
    id TEXT PRIMARY KEY, definition TEXT NOT NULL, is_listed INTEGER NOT NULL
);
CREATE TABLE config (
    pk INTEGER PRIMARY KEY,
    branch_id INTEGER NOT NULL REFERENCES branch ON DELETE CASCADE,
    component_id TEXT NOT NULL, id TEXT NOT NULL,
    created TEXT NOT NULL, creator_id INTEGER NOT NULL, creator TEXT NOT NULL,
    state TEXT NOT NULL, version INTEGER NOT NULL, is_deleted INTEGER NOT NULL DEFAULT 0,
    base_version INTEGER NOT NULL DEFAULT 0,
    UNIQUE (branch_id, component_id, id)
);
CREATE TABLE config_version (
    config_pk INTEGER NOT NULL REFERENCES config ON DELETE CASCADE, version INTEGER NOT NULL,
    name TEXT NOT NULL, description TEXT NOT NULL, configuration TEXT NOT NULL,
    is_disabled INTEGER NOT NULL, rows_sort_order TEXT NOT NULL,
    message TEXT NOT NULL, list_message TEXT NOT NULL DEFAULT '', created TEXT NOT NULL,
    creator_id INTEGER NOT NULL, creator TEXT NOT NULL, identifier TEXT NOT NULL,
    is_deleted INTEGER NOT NULL, row_versions TEXT NOT NULL,
    PRIMARY KEY (config_pk, version)
) WITHOUT ROWID;
CREATE TABLE row (
    pk INTEGER PRIMARY KEY,
    config_pk INTEGER NOT NULL REFERENCES config ON DELETE CASCADE, id TEXT NOT NULL,
    created TEXT NOT NULL, creator_id INTEGER NOT NULL, creator TEXT NOT NULL,
    state TEXT NOT NULL, version INTEGER NOT NULL, is_live INTEGER NOT NULL,
    UNIQUE (config_pk, id)
);
CREATE TABLE row_version (
    row_pk INTEGER NOT NULL REFERENCES row ON DELETE CASCADE, version INTEGER NOT NULL,
    name TEXT NOT NULL, description TEXT NOT NULL, configuration TEXT NOT NULL,
    is_disabled INTEGER NOT NULL, message TEXT NOT NULL, created TEXT NOT NULL,
    creator_id INTEGER NOT NULL, creator TEXT NOT NULL, identifier TEXT NOT NULL,
    PRIMARY KEY (row_pk, version)
) WITHOUT ROWID;
CREATE TABLE metadata (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    branch_id INTEGER NOT NULL REFERENCES branch ON DELETE CASCADE,
    config_pk INTEGER REFERENCES config ON DELETE CASCADE,
    key TEXT NOT NULL, value TEXT NOT NULL, timestamp TEXT NOT NULL
);
CREATE INDEX metadata_of_config ON metadata (config_pk);
CREATE TABLE bucket (
    pk INTEGER PRIMARY KEY,
    branch_id INTEGER NOT NULL REFERENCES branch ON DELETE CASCADE,
    id TEXT NOT NULL, stage TEXT NOT NULL, name TEXT NOT NULL, display_name TEXT NOT NULL,
    description TEXT NOT NULL, color TEXT, backend TEXT NOT NULL,
    created TEXT NOT NULL, changed TEXT NOT NULL,
    UNIQUE (branch_id, id)
);
CREATE TABLE data_table (
    pk INTEGER PRIMARY KEY,
    bucket_pk INTEGER NOT NULL REFERENCES bucket ON DELETE CASCADE,
    name TEXT NOT NULL, display_name TEXT NOT NULL, columns TEXT NOT NULL,
    primary_key TEXT NOT NULL, definition TEXT NOT NULL, created TEXT NOT NULL,
    imported TEXT, changed TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0,
    rows_count INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL DEFAULT 0,
    UNIQUE (bucket_pk, name)
);
CREATE TABLE data_row (
    serial INTEGER PRIMARY KEY,
    table_pk INTEGER NOT NULL REFERENCES data_table ON DELETE CASCADE,
    key TEXT, cells TEXT NOT NULL, imported REAL NOT NULL,
    UNIQUE (table_pk, key)
);
CREATE INDEX data_row_of_table ON data_row (table_pk);
CREATE TABLE data_metadata (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket_pk INTEGER REFERENCES bucket ON DELETE CASCADE,
    table_pk INTEGER REFERENCES data_table ON DELETE CASCADE,
    column_name TEXT, provider TEXT NOT NULL,
    key TEXT NOT NULL, value TEXT NOT NULL, timestamp TEXT NOT NULL
);
CREATE INDEX data_metadata_of_bucket ON data_metadata (bucket_pk);
CREATE INDEX data_metadata_of_table ON data_metadata (table_pk);
CREATE TABLE object (
    bucket TEXT NOT NULL, key TEXT NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL,
    etag TEXT NOT NULL, content_type TEXT NOT NULL, modified REAL NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TRIGGER object_deleted AFTER DELETE ON object BEGIN SELECT discard(OLD.blob); END;
CREATE TRIGGER object_replaced AFTER UPDATE OF blob ON object BEGIN SELECT discard(OLD.blob); END;
CREATE TABLE document (
    serial INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL,
    UNIQUE (kind, id)
);
"""


class Store:
    """One project. Every request is one transaction; transactions never overlap.

    Args:
        path: The file that keeps the project; None keeps it in memory.

    Raises:
        EmulatorError: The file is not one this version can read.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._db = _connect(path)
        try:
            self.is_new = _prepare(self._db, path)
            self.blobs = self._open_blobs(path)
        except BaseException:
            self._db.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit at the end of the block, or roll everything back when it raises."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                self.blobs.settle(committed=False)
                raise
            self._db.execute("COMMIT")
            self.blobs.settle(committed=True)

    def close(self) -> None:
        with self._lock:
            self._db.close()
            self.blobs.close()

    def _open_blobs(self, path: Path | None) -> Blobs:
        """The bodies of files lie beside the data file, in a folder that is named after it."""
        blobs = Blobs(path and path.with_name(f"{path.name}.files"))
        # Triggers call it, so that no row of an object goes without its body.
        self._db.create_function("discard", 1, blobs.discard)
        blobs.sweep({row[0] for row in self._db.execute("SELECT blob FROM object")})
        return blobs


def next_number(db: sqlite3.Connection, name: str, *, first: int) -> int:
    """Return the next number of a sequence; numbers are never given twice."""
    row = db.execute(
        "INSERT INTO sequence VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (name, first),
    ).fetchone()
    return int(row[0])


def get_setting(db: sqlite3.Connection, name: str) -> Any:
    """Return the value of a setting, or None when it was never put."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else json.loads(row[0])


def put_setting(db: sqlite3.Connection, name: str, value: Any) -> None:
    db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, dump(value)))


def get_document(db: sqlite3.Connection, kind: str, doc_id: str) -> Any:
    """Return one of the neighbour services' JSON objects, or None."""
    row = db.execute(
        "SELECT value FROM document WHERE kind = ? AND id = ?", (kind, doc_id)
    ).fetchone()
    return None if row is None else json.loads(row[0])


def put_document(db: sqlite3.Connection, kind: str, doc_id: str, value: Any) -> None:
    """Store a JSON object; replacing one keeps its place in the order of creation."""
    db.execute(
        "INSERT INTO document (kind, id, value) VALUES (?, ?, ?)"
        " ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value",
        (kind, doc_id, dump(value)),
    )


def delete_document(db: sqlite3.Connection, kind: str, doc_id: str) -> bool:
    """Return whether there was one."""
    cursor = db.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, doc_id))
    return cursor.rowcount > 0


def list_documents(db: sqlite3.Connection, kind: str) -> list[Any]:
    """Return all objects of a kind, oldest first."""
    found = db.execute("SELECT value FROM document WHERE kind = ? ORDER BY serial", (kind,))
    return [json.loads(row[0]) for row in found]


def erase(db: sqlite3.Connection) -> None:
    """Forget the whole project; only sequences go on, so that no number comes back."""
    for table in ("branch", "component", "document", "object", "setting"):
        db.execute(f"DELETE FROM {table}")


def _connect(path: Path | None) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(
            ":memory:" if path is None else path,
            check_same_thread=False,
            isolation_level=None,
            timeout=10,
        )
    except sqlite3.Error as error:
        raise EmulatorError(
            f"{path}: cannot open the data file: {error}",
            "Check that the folder exists and may be written.",
        ) from error
    db.row_factory = sqlite3.Row
    return db


def _prepare(db: sqlite3.Connection, path: Path | None) -> bool:
    """Make the tables where there are none; return whether the store is new."""
    try:
        found = int(db.execute("PRAGMA user_version").fetchone()[0])
        tables = int(db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
        if found != FORMAT and (found or tables):
            raise EmulatorError(
                f"{path}: the data file has format {found}, this version reads format {FORMAT}",
                "Use the version that wrote it, or start with another --data file.",
            )
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if found != FORMAT:
            db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;")
    except sqlite3.Error as error:
        raise EmulatorError(
            f"{path}: not a data file of the emulator: {error}",
            "Start with another --data file.",
        ) from error
    return found != FORMAT
