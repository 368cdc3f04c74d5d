"""Metadata of configurations and branches."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Blueprint, Response

from kbsync.emulator import events
from kbsync.emulator.bodies import Body
from kbsync.emulator.calls import Call, answer_value, body, current, no_content, reader, writer
from kbsync.emulator.configurations import live_config
from kbsync.emulator.errors import ApiError, not_implemented
from kbsync.emulator.ids import timestamp

routes = Blueprint("metadata", __name__)
_CONFIG = "/components/<id:component>/configs/<id:config>/metadata"


@routes.get(_CONFIG)
def index(component: str, config: str) -> Response:
    call = reader(component)
    return answer_value(entries(call.db, call.branch.id, live_config(call, component, config).pk))


@routes.post(_CONFIG)
def put(component: str, config: str) -> Response:
    call = writer(component)
    found = live_config(call, component, config)
    for key, value in _given(body()):
        set_entry(call.db, call.branch.id, found.pk, key, value)
    events.record(call, "MetadataSet", found)
    return answer_value(entries(call.db, call.branch.id, found.pk), 201)


@routes.delete(_CONFIG + "/<id:entry>")
def delete(component: str, config: str, entry: str) -> Response:
    call = writer(component)
    found = live_config(call, component, config)
    if not call.branch.is_default:
        raise not_implemented("Delete metadata is not implemented for development branch")
    if not _delete(call, entry, found.pk):
        raise ApiError(
            404,
            "notFound",
            f'Metadata with id "{entry}" not found for "{component}" configuration "{config}"'
            f' in branch "{call.branch.id}"',
        )
    events.record(call, "MetadataDeleted", found)
    return no_content()


@routes.get("/metadata")
def branch_index() -> Response:
    call = branch_call()
    return answer_value(entries(call.db, call.branch.id, None))


@routes.post("/metadata")
def branch_put() -> Response:
    call = branch_call()
    call.token.require_write()
    for key, value in _given(body()):
        set_entry(call.db, call.branch.id, None, key, value)
    return answer_value(entries(call.db, call.branch.id, None), 201)


@routes.delete("/metadata/<id:entry>")
def branch_delete(entry: str) -> Response:
    call = branch_call()
    call.token.require_write()
    if not _delete(call, entry, None):
        raise ApiError(
            404,
            "notFound",
            f'Metadata with id "{entry}" not found for branch "{call.branch.id}"',
        )
    return no_content()


def entries(db: sqlite3.Connection, branch_id: int, config_pk: int | None) -> list[dict[str, str]]:
    """The metadata of a configuration, or with None of the branch itself, oldest first."""
    found = db.execute(
        "SELECT id, key, value, timestamp FROM metadata"
        " WHERE branch_id = ? AND config_pk IS ? ORDER BY id",
        (branch_id, config_pk),
    )
    return [dict(row) | {"id": str(row["id"])} for row in found]


def set_entry(
    db: sqlite3.Connection, branch_id: int, config_pk: int | None, key: str, value: str
) -> None:
    """Set one key; setting it again keeps its id and place."""
    cursor = db.execute(
        "UPDATE metadata SET value = ?, timestamp = ?"
        " WHERE branch_id = ? AND config_pk IS ? AND key = ?",
        (value, timestamp(), branch_id, config_pk, key),
    )
    if cursor.rowcount == 0:
        db.execute(
            "INSERT INTO metadata (branch_id, config_pk, key, value, timestamp)"
            " VALUES (?, ?, ?, ?, ?)",
            (branch_id, config_pk, key, value, timestamp()),
        )


def branch_call() -> Call:
    """The current call, if its path names a branch."""
    call = current()
    if not call.branch.in_path:
        raise not_implemented()
    return call


def _given(given: Body) -> list[tuple[str, str]]:
    listed = given.value("metadata")
    if isinstance(listed, dict):
        listed = list(listed.values())
    if not isinstance(listed, list) or not listed:
        raise _invalid("Metadata must be a list of key and value pairs.")
    return [_pair(item) for item in listed]


def _pair(item: Any) -> tuple[str, str]:
    if not isinstance(item, dict) or not item.keys() >= {"key", "value"}:
        raise _invalid("Every metadata entry needs a key and a value.")
    key, value = item["key"], item["value"]
    if not isinstance(key, str) or not key or not isinstance(value, str | int | float):
        raise _invalid("A metadata key must be a text that is not empty, its value a text.")
    return key, str(value)


def _invalid(message: str) -> ApiError:
    return ApiError(400, "storage.metadata.invalidStructure", message)


def _delete(call: Call, entry: str, config_pk: int | None) -> bool:
    cursor = call.db.execute(
        "DELETE FROM metadata WHERE id = ? AND branch_id = ? AND config_pk IS ?",
        (entry, call.branch.id, config_pk),
    )
    return cursor.rowcount > 0
