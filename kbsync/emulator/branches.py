"""Branches of the project, and copying the default one into others."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from typing import Any

from kbsync.emulator.calls import Branch
from kbsync.emulator.errors import branch_not_found
from kbsync.emulator.jsontext import dump
from kbsync.emulator.model import Author, Config
from kbsync.emulator.records import (
    add_config_version,
    add_row_version,
    insert_config,
    insert_row,
    list_configs,
    live_rows,
)


def find_branch(db: sqlite3.Connection, name: str | None) -> Branch:
    """Return the branch that a path names: `default`, a number, or None for the short form."""
    if name is None or name == "default":
        row = db.execute("SELECT * FROM branch WHERE is_default").fetchone()
    elif name.isdecimal() and len(name) < 18:
        row = db.execute("SELECT * FROM branch WHERE id = ?", (int(name),)).fetchone()
    else:
        row = None
    if row is None:
        raise branch_not_found(name)
    return Branch(id=row["id"], is_default=bool(row["is_default"]), in_path=name is not None)


def insert_branch(db: sqlite3.Connection, value: dict[str, Any]) -> None:
    """Store a branch in the shape `branch_value` gives."""
    db.execute(
        "INSERT INTO branch VALUES (?, ?, ?, ?, ?, ?)",
        (
            value["id"],
            value["name"],
            value["description"],
            value["created"],
            value["isDefault"],
            dump(value["creatorToken"]),
        ),
    )


def branch_value(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "created": row["created"],
        "isDefault": bool(row["is_default"]),
        "creatorToken": json.loads(row["creator"]),
    }


def branch_row(db: sqlite3.Connection, branch_id: int) -> sqlite3.Row:
    row: sqlite3.Row = db.execute("SELECT * FROM branch WHERE id = ?", (branch_id,)).fetchone()
    return row


def copy_default(db: sqlite3.Connection, branch_id: int, author: Author) -> None:
    """Fill an empty branch with the live configurations and the metadata of the default one."""
    default = find_branch(db, None)
    for config in list_configs(db, default.id, is_deleted=False):
        copy_config(db, config, branch_id, author)
    _copy_metadata(db, default.id, None, branch_id, None)


def copy_config(db: sqlite3.Connection, config: Config, branch_id: int, author: Author) -> None:
    """Copy a configuration of the default branch: version 1, same identifiers, no state."""
    pk = insert_config(db, branch_id, config.component_id, config.id, author)
    for row in live_rows(db, config):
        message = (
            f'Copied from default branch configuration row "{row.content.name}" ({row.id})'
            f" version {row.version}"
        )
        stamp = replace(row.stamp, message=message)
        add_row_version(db, insert_row(db, pk, row.id, author), row.content, stamp)
    name = config.content.name
    add_config_version(
        db,
        pk,
        config.content,
        replace(
            config.stamp,
            message=f'Copied from default branch configuration "{name}" ({config.id})'
            f" version {config.version}",
        ),
        list_message=f'Copied from default branch configuration version "{name}"'
        f" (configuration id: {config.id}) version {config.version}",
    )
    set_base_version(db, pk, config.version)
    _copy_metadata(db, config.branch_id, config.pk, branch_id, pk)


def set_base_version(db: sqlite3.Connection, pk: int, version: int) -> None:
    """Note which version of the default branch a branch's configuration was copied from."""
    db.execute("UPDATE config SET base_version = ? WHERE pk = ?", (version, pk))


def base_version(db: sqlite3.Connection, pk: int) -> int:
    """The default branch's version that was copied; 0 for a configuration born in its branch."""
    return int(db.execute("SELECT base_version FROM config WHERE pk = ?", (pk,)).fetchone()[0])


def _copy_metadata(
    db: sqlite3.Connection, from_branch: int, from_pk: int | None, to_branch: int, to_pk: int | None
) -> None:
    db.execute(
        "INSERT INTO metadata (branch_id, config_pk, key, value, timestamp)"
        " SELECT ?, ?, key, value, timestamp FROM metadata"
        " WHERE branch_id = ? AND config_pk IS ? ORDER BY id",
        (to_branch, to_pk, from_branch, from_pk),
    )
