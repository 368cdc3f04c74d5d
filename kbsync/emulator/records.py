"""Reading and writing configurations, rows and their versions in the database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from kbsync.emulator.ids import timestamp, ulid
from kbsync.emulator.jsontext import dump
from kbsync.emulator.model import Author, Config, Content, Row, RowContent, Stamp, in_order


def new_stamp(message: str, author: Author, *, identifier: str = "") -> Stamp:
    return Stamp(
        message=message, created=timestamp(), author=author, identifier=identifier or ulid()
    )


_CONFIG = """
SELECT c.pk, c.branch_id, c.component_id, c.id, c.created, c.creator_id, c.creator, c.state,
    v.is_deleted, v.version, v.name, v.description, v.configuration, v.is_disabled,
    v.rows_sort_order, v.message, v.created AS made, v.creator_id AS author_id,
    v.creator AS author, v.identifier, v.list_message
FROM config c JOIN config_version v ON v.config_pk = c.pk
"""
_ROW = """
SELECT r.config_pk, r.pk, r.id, r.created, r.creator_id, r.creator, r.state,
    v.version, v.name, v.description, v.configuration, v.is_disabled,
    v.message, v.created AS made, v.creator_id AS author_id, v.creator AS author, v.identifier
FROM row r JOIN row_version v ON v.row_pk = r.pk
"""


def list_configs(
    db: sqlite3.Connection, branch_id: int, component_id: str | None = None, *, is_deleted: bool
) -> list[Config]:
    """Return the newest versions, oldest configuration first."""
    found = db.execute(
        _CONFIG + "WHERE v.version = c.version AND c.branch_id = ? AND c.is_deleted = ?"
        " AND (? IS NULL OR c.component_id = ?) ORDER BY c.pk",
        (branch_id, is_deleted, component_id, component_id),
    )
    return [_config(row) for row in found]


def find_config(
    db: sqlite3.Connection, branch_id: int, component_id: str, config_id: str
) -> Config | None:
    """Return a configuration, in the trash or not."""
    row = db.execute(
        _CONFIG
        + "WHERE v.version = c.version AND c.branch_id = ? AND c.component_id = ? AND c.id = ?",
        (branch_id, component_id, config_id),
    ).fetchone()
    return None if row is None else _config(row)


def config_versions(db: sqlite3.Connection, pk: int, limit: int, offset: int) -> list[Config]:
    """Return the recorded versions of a configuration, newest first."""
    found = db.execute(
        _CONFIG + "WHERE c.pk = ? ORDER BY v.version DESC LIMIT ? OFFSET ?", (pk, limit, offset)
    )
    return [_config(row) for row in found]


def config_at(db: sqlite3.Connection, pk: int, version: int) -> Config | None:
    row = db.execute(_CONFIG + "WHERE c.pk = ? AND v.version = ?", (pk, version)).fetchone()
    return None if row is None else _config(row)


def row_versions_at(db: sqlite3.Connection, pk: int, version: int) -> dict[str, int]:
    """Return the version of each row that belonged to a version of a configuration."""
    row = db.execute(
        "SELECT row_versions FROM config_version WHERE config_pk = ? AND version = ?",
        (pk, version),
    ).fetchone()
    versions: dict[str, int] = json.loads(row[0])
    return versions


def insert_config(
    db: sqlite3.Connection,
    branch_id: int,
    component_id: str,
    config_id: str,
    creator: Author,
    *,
    state: str = "{}",
    created: str = "",
    version: int = 0,
) -> int:
    """Make a configuration without any version and return its key; *version* numbers the last
    one before its first."""
    cursor = db.execute(
        "INSERT INTO config (branch_id, component_id, id, created, creator_id, creator, state,"
        " version) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            branch_id,
            component_id,
            config_id,
            created or timestamp(),
            creator.id,
            creator.description,
            state,
            version,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def add_config_version(
    db: sqlite3.Connection,
    pk: int,
    content: Content,
    stamp: Stamp,
    *,
    is_deleted: bool = False,
    list_message: str = "",
) -> int:
    """Record a new version of a configuration with its live rows as they are; return its number."""
    version = int(
        db.execute(
            "UPDATE config SET version = version + 1, is_deleted = ? WHERE pk = ?"
            " RETURNING version",
            (is_deleted, pk),
        ).fetchone()[0]
    )
    live = db.execute("SELECT id, version FROM row WHERE config_pk = ? AND is_live", (pk,))
    row_versions = dump({row["id"]: row["version"] for row in live})
    db.execute(
        "INSERT INTO config_version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            pk,
            version,
            content.name,
            content.description,
            content.configuration,
            content.is_disabled,
            dump(content.rows_sort_order),
            stamp.message,
            list_message,
            stamp.created,
            stamp.author.id,
            stamp.author.description,
            stamp.identifier,
            is_deleted,
            row_versions,
        ),
    )
    return version


def live_rows(db: sqlite3.Connection, config: Config) -> list[Row]:
    """Return the rows of a configuration in their effective order."""
    found = db.execute(
        _ROW + "WHERE v.version = r.version AND r.config_pk = ? AND r.is_live", (config.pk,)
    )
    return in_order([_row(row) for row in found], config.content.rows_sort_order)


def live_rows_of_branch(db: sqlite3.Connection, branch_id: int) -> dict[int, list[Row]]:
    """Return the live rows of all configurations of a branch by configuration key, unordered."""
    rows: dict[int, list[Row]] = {}
    found = db.execute(
        _ROW + "JOIN config c ON c.pk = r.config_pk"
        " WHERE v.version = r.version AND c.branch_id = ? AND r.is_live",
        (branch_id,),
    )
    for row in found:
        rows.setdefault(row["config_pk"], []).append(_row(row))
    return rows


def rows_at(db: sqlite3.Connection, config: Config) -> list[Row]:
    """Return the rows as they were at *config*'s version, in the order of that version."""
    versions = row_versions_at(db, config.pk, config.version)
    rows = [find_row(db, config.pk, row_id, version=number) for row_id, number in versions.items()]
    return in_order([row for row in rows if row], config.content.rows_sort_order)


def find_row(
    db: sqlite3.Connection, config_pk: int, row_id: str, *, version: int | None = None
) -> Row | None:
    """Return a row, live or not, at its newest version or at the one given."""
    row = db.execute(
        _ROW + "WHERE r.config_pk = ? AND r.id = ? AND v.version = ifnull(?, r.version)",
        (config_pk, row_id, version),
    ).fetchone()
    return None if row is None else _row(row)


def is_live_row(db: sqlite3.Connection, row: Row) -> bool:
    return bool(db.execute("SELECT is_live FROM row WHERE pk = ?", (row.pk,)).fetchone()[0])


def row_versions(db: sqlite3.Connection, pk: int, limit: int, offset: int) -> list[Row]:
    """Return the recorded versions of a row, newest first."""
    found = db.execute(
        _ROW + "WHERE r.pk = ? ORDER BY v.version DESC LIMIT ? OFFSET ?", (pk, limit, offset)
    )
    return [_row(row) for row in found]


def insert_row(
    db: sqlite3.Connection,
    config_pk: int,
    row_id: str,
    creator: Author,
    *,
    state: str = "{}",
    version: int = 0,
) -> int:
    """Make a row without any version and return its key."""
    cursor = db.execute(
        "INSERT INTO row (config_pk, id, created, creator_id, creator, state, version, is_live)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        (config_pk, row_id, timestamp(), creator.id, creator.description, state, version),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def add_row_version(db: sqlite3.Connection, pk: int, content: RowContent, stamp: Stamp) -> int:
    """Record a new version of a row, which is live from then on; return its number.

    The configuration's own new version is the caller's to add, afterwards.
    """
    version = int(
        db.execute(
            "UPDATE row SET version = version + 1, is_live = 1 WHERE pk = ? RETURNING version",
            (pk,),
        ).fetchone()[0]
    )
    db.execute(
        "INSERT INTO row_version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            pk,
            version,
            content.name,
            content.description,
            content.configuration,
            content.is_disabled,
            stamp.message,
            stamp.created,
            stamp.author.id,
            stamp.author.description,
            stamp.identifier,
        ),
    )
    return version


def drop_rows(db: sqlite3.Connection, config_pk: int, *, keep: Collection[str]) -> None:
    """Take every live row away that is not in *keep*. Their versions and states stay recorded."""
    live = db.execute("SELECT pk, id FROM row WHERE config_pk = ? AND is_live", (config_pk,))
    gone = [(row["pk"],) for row in live.fetchall() if row["id"] not in keep]
    db.executemany("UPDATE row SET is_live = 0 WHERE pk = ?", gone)


def _config(row: sqlite3.Row) -> Config:
    return Config(
        pk=row["pk"],
        branch_id=row["branch_id"],
        component_id=row["component_id"],
        id=row["id"],
        created=row["created"],
        creator=Author(id=row["creator_id"], description=row["creator"]),
        state=row["state"],
        is_deleted=bool(row["is_deleted"]),
        version=row["version"],
        content=Content(
            name=row["name"],
            description=row["description"],
            configuration=row["configuration"],
            is_disabled=bool(row["is_disabled"]),
            rows_sort_order=tuple(json.loads(row["rows_sort_order"])),
        ),
        stamp=_stamp(row),
        list_message=row["list_message"],
    )


def _row(row: sqlite3.Row) -> Row:
    return Row(
        pk=row["pk"],
        id=row["id"],
        created=row["created"],
        creator=Author(id=row["creator_id"], description=row["creator"]),
        state=row["state"],
        version=row["version"],
        content=RowContent(
            name=row["name"],
            description=row["description"],
            configuration=row["configuration"],
            is_disabled=bool(row["is_disabled"]),
        ),
        stamp=_stamp(row),
    )


def _stamp(row: sqlite3.Row) -> Stamp:
    return Stamp(
        message=row["message"],
        created=row["made"],
        author=Author(id=row["author_id"], description=row["author"]),
        identifier=row["identifier"],
    )
