"""Bringing a development branch's configurations into the default branch."""

from __future__ import annotations

import sqlite3
from typing import Any

from kbsync.emulator.branches import base_version, find_branch
from kbsync.emulator.metadata import entries, set_entry
from kbsync.emulator.model import Author, Config
from kbsync.emulator.records import (
    add_config_version,
    add_row_version,
    config_at,
    drop_rows,
    find_config,
    find_row,
    insert_config,
    insert_row,
    is_live_row,
    list_configs,
    live_rows,
    new_stamp,
)


def conflicts(db: sqlite3.Connection, branch_id: int) -> list[dict[str, Any]]:
    """The changed configurations whose default side moved since the branch copied it."""
    found = []
    for config in _changed(db, branch_id):
        theirs = _default_side(db, config)
        base = config_at(db, config.pk, 1) if base_version(db, config.pk) else None
        known = base.stamp.identifier if base else None
        now = theirs.stamp.identifier if theirs else None
        if known != now:
            found.append(
                {
                    "message": f'Configuration "{config.id}" was changed in the default branch.',
                    "componentId": config.component_id,
                    "configurationId": config.id,
                    "isDeleted": theirs is None or theirs.is_deleted,
                    "devBranchVersionIdentifier": known,
                    "defaultBranchVersionIdentifier": now,
                }
            )
    return found


def merge(db: sqlite3.Connection, branch_id: int, author: Author, message: str) -> None:
    """Write what changed in a branch to the default one: one version each, states untouched."""
    for config in _changed(db, branch_id):
        theirs = _default_side(db, config)
        if config.is_deleted:
            if theirs is not None and not theirs.is_deleted:
                stamp = new_stamp(message, author)
                add_config_version(db, theirs.pk, theirs.content, stamp, is_deleted=True)
            continue
        default = find_branch(db, None).id
        pk = (
            insert_config(db, default, config.component_id, config.id, author)
            if theirs is None
            else theirs.pk
        )
        _merge_rows(db, config, pk, author, message)
        stamp = new_stamp(message, author, identifier=config.stamp.identifier)
        add_config_version(db, pk, config.content, stamp)
        for entry in entries(db, branch_id, config.pk):
            set_entry(db, default, pk, entry["key"], entry["value"])


def _changed(db: sqlite3.Connection, branch_id: int) -> list[Config]:
    """Configurations born in the branch or given a version there."""
    both = (
        *list_configs(db, branch_id, is_deleted=False),
        *list_configs(db, branch_id, is_deleted=True),
    )
    return [item for item in both if item.version > 1 or not base_version(db, item.pk)]


def _default_side(db: sqlite3.Connection, config: Config) -> Config | None:
    return find_config(db, find_branch(db, None).id, config.component_id, config.id)


def _merge_rows(
    db: sqlite3.Connection, config: Config, pk: int, author: Author, message: str
) -> None:
    rows = live_rows(db, config)
    drop_rows(db, pk, keep=[row.id for row in rows])
    for row in rows:
        theirs = find_row(db, pk, row.id)
        is_same = theirs is not None and theirs.stamp.identifier == row.stamp.identifier
        if theirs is not None and is_same and is_live_row(db, theirs):
            continue
        row_pk = theirs.pk if theirs else insert_row(db, pk, row.id, author)
        stamp = new_stamp(message, author, identifier=row.stamp.identifier)
        add_row_version(db, row_pk, row.content, stamp)
