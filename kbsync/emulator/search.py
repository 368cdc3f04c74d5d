"""Searching configurations: by metadata, and by name across the project."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.bodies import query_list, query_number
from kbsync.emulator.calls import answer_value, current
from kbsync.emulator.errors import invalid_request
from kbsync.emulator.metadata import branch_call
from kbsync.emulator.store import get_setting

routes = Blueprint("search", __name__)
everywhere = Blueprint("global_search", __name__)

_CONFIGS = """
SELECT pk, component_id, id FROM config WHERE branch_id = ? AND NOT is_deleted
    AND ifnull(?, component_id) = component_id AND ifnull(?, id) = id ORDER BY pk
"""
_METADATA = """
SELECT config_pk, id, key, value, timestamp FROM metadata
WHERE branch_id = ? AND config_pk IS NOT NULL ORDER BY id
"""
_NAMED = """
SELECT 'configuration' AS type, c.id, v.name, c.component_id, c.created,
    b.id AS branch, b.name AS branch_name, b.is_default
FROM config c JOIN config_version v ON v.config_pk = c.pk AND v.version = c.version
    JOIN branch b ON b.id = c.branch_id WHERE NOT c.is_deleted
UNION ALL
SELECT 'configuration-row', r.id, w.name, c.component_id, r.created, b.id, b.name, b.is_default
FROM row r JOIN row_version w ON w.row_pk = r.pk AND w.version = r.version
    JOIN config c ON c.pk = r.config_pk JOIN branch b ON b.id = c.branch_id
    WHERE r.is_live AND NOT c.is_deleted
"""


@routes.get("/search/component-configurations")
def by_metadata() -> Response:
    """Without keys, `include=filteredMetadata` asks for what has any metadata."""
    call = branch_call()
    keys = query_list(request, "metadataKeys")
    show = "filteredMetadata" in request.args.get("include", "").split(",")
    chosen = _entries(call.db, call.branch.id, keys)
    wanted = (request.args.get("componentId") or None, request.args.get("configurationId") or None)
    found = []
    for config in call.db.execute(_CONFIGS, (call.branch.id, *wanted)):
        has_any = config["pk"] in chosen
        if not call.token.may_use(config["component_id"]) or not (has_any or not (keys or show)):
            continue
        item: dict[str, Any] = {
            "idComponent": config["component_id"],
            "configurationId": config["id"],
        }
        found.append(item | {"metadata": chosen[config["pk"]]} if show else item)
    return answer_value(found)


@everywhere.get("/global-search")
def by_name() -> Response:
    query = request.args.get("query", "")
    if not query:
        raise invalid_request("query", "This value should not be blank.")
    items = list(_items(query.casefold()))
    offset = query_number(request, "offset", 0)
    limit = query_number(request, "limit", 50)
    by_type: dict[str, int] = {}
    for item in items:
        by_type[item["type"]] = by_type.get(item["type"], 0) + 1
    project = str(get_setting(current().db, "project")["id"])
    return answer_value(
        {
            "all": len(items),
            "items": items[offset : offset + limit],
            "byType": by_type,
            "byProject": {project: len(items)} if items else {},
        }
    )


def _entries(
    db: sqlite3.Connection, branch_id: int, keys: tuple[str, ...]
) -> dict[int, list[dict[str, str]]]:
    """The metadata of each configuration that has any of *keys*; no keys: any at all."""
    found: dict[int, list[dict[str, str]]] = {}
    for row in db.execute(_METADATA, (branch_id,)):
        if not keys or row["key"] in keys:
            entry = {"id": str(row["id"]), "key": row["key"]}
            entry |= {"value": row["value"], "timestamp": row["timestamp"]}
            found.setdefault(row["config_pk"], []).append(entry)
    return found


def _items(query: str) -> Iterator[dict[str, Any]]:
    call = current()
    project = get_setting(call.db, "project")
    types = query_list(request, "types")
    branches = query_list(request, "branchIds")
    for row in call.db.execute(_NAMED):
        if types and row["type"] not in types:
            continue
        if branches and str(row["branch"]) not in branches:
            continue
        if query not in row["name"].casefold() or not call.token.may_use(row["component_id"]):
            continue
        branch = {
            "id": row["branch"],
            "name": row["branch_name"],
            "isDefault": bool(row["is_default"]),
        }
        yield {
            "id": row["id"],
            "type": row["type"],
            "name": row["name"],
            "fullPath": {
                "project": {"id": project["id"], "name": project["name"]},
                "branch": branch,
                "component": {"id": row["component_id"]},
            },
            "componentId": row["component_id"],
            "projectId": project["id"],
            "created": row["created"],
        }
