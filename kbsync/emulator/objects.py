"""Objects as an S3 service keeps them: a body and a few facts under a bucket and a key."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from kbsync.emulator.blobs import Blobs

BUCKET = "kbsync-emulator-files"
"""The one bucket that clients see."""
REGION = "us-east-1"
_LAST = "\U0010ffff"
"""Sorts after whatever may follow a prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """A stored object. Its body is the blob."""

    bucket: str
    key: str
    blob: str
    size: int
    """In bytes."""
    etag: str
    content_type: str
    modified: float
    """Unix time."""


def put_object(
    db: sqlite3.Connection,
    blobs: Blobs,
    bucket: str,
    key: str,
    chunks: Iterable[bytes],
    *,
    content_type: str = "binary/octet-stream",
    etag: str = "",
) -> Object:
    """Store an object in the place of the one that has its key; without *etag* it is the MD5."""
    blob = blobs.write(chunks)
    stored = Object(
        bucket=bucket,
        key=key,
        blob=blob.name,
        size=blob.size,
        etag=etag or blob.md5,
        content_type=content_type,
        modified=time.time(),
    )
    # An upsert, because INSERT OR REPLACE would not fire the trigger that discards the old body.
    db.execute(
        "INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (bucket, key) DO UPDATE"
        " SET blob = excluded.blob, size = excluded.size, etag = excluded.etag,"
        " content_type = excluded.content_type, modified = excluded.modified",
        (
            bucket,
            key,
            stored.blob,
            stored.size,
            stored.etag,
            stored.content_type,
            stored.modified,
        ),
    )
    return stored


def find_object(db: sqlite3.Connection, bucket: str, key: str) -> Object | None:
    row = db.execute("SELECT * FROM object WHERE bucket = ? AND key = ?", (bucket, key)).fetchone()
    return None if row is None else Object(**dict(row))


def list_objects(
    db: sqlite3.Connection, bucket: str, prefix: str, *, after: str = "", limit: int = -1
) -> list[Object]:
    """The objects whose keys begin with *prefix* and come after *after*, by key."""
    found = db.execute(
        "SELECT * FROM object WHERE bucket = ? AND key >= ? AND key < ? AND key > ?"
        " ORDER BY key LIMIT ?",
        (bucket, prefix, prefix + _LAST, after, limit),
    )
    return [Object(**dict(row)) for row in found]


def delete_objects(db: sqlite3.Connection, objects: Iterable[Object]) -> None:
    db.executemany(
        "DELETE FROM object WHERE bucket = ? AND key = ?",
        [(item.bucket, item.key) for item in objects],
    )
