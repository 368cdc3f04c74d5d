"""The index, component definitions, and the listing of everything in one call."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from flask import Blueprint, Response, current_app, request

from kbsync.emulator import shapes
from kbsync.emulator.bodies import query_flag
from kbsync.emulator.calls import answer, answer_value, current
from kbsync.emulator.errors import ApiError, unknown_include
from kbsync.emulator.model import Config, in_order
from kbsync.emulator.records import list_configs, live_rows_of_branch

root = Blueprint("index", __name__)
routes = Blueprint("components", __name__)

_BRIEF = ("id", "name", "type", "ico64", "ico128", "features", "flags", "description", "categories")
_TYPES = {
    "transformation": "transformation",
    ".ex-": "extractor",
    ".wr-": "writer",
    "processor": "processor",
    "scheduler": "scheduler",
    "data-apps": "data-app",
    ".app-": "application",
}


@root.get("")
def index() -> Response:
    excluded = request.args.get("exclude", "").split(",")
    host = request.host_url.rstrip("/")
    services = current_app.config["SERVICES"]
    value: dict[str, Any] = {
        "host": "emulator",
        "api": "storage",
        "version": "v2",
        "revision": "emulator",
        "stack": "local",
        "documentation": "https://keboola.docs.apiary.io/",
        "services": [{"id": name, "url": f"{host}/{name}"} for name in services],
        "features": [],
        "urlTemplates": {},
    }
    if "components" not in excluded:
        known = _known_definitions(current().db)
        brief = "componentDetails" in excluded
        value["components"] = [
            {key: item[key] for key in _BRIEF} if brief else item for item in known
        ]
    return answer_value(value)


@routes.get("/components/<id:component>")
def detail(component: str) -> Response:
    for item in _known_definitions(current().db):
        if item["id"] == component:
            return answer_value(item)
    raise ApiError(404, "notFound", f'Component "{component}" not found')


@routes.get("/components")
def listing() -> Response:
    call = current()
    include = _include()
    is_deleted = query_flag(request, "isDeleted")
    wanted_type = request.args.get("componentType")
    configs: dict[str, list[Config]] = {}
    for config in list_configs(call.db, call.branch.id, is_deleted=is_deleted):
        if call.token.may_use(config.component_id):
            configs.setdefault(config.component_id, []).append(config)
    rows = live_rows_of_branch(call.db, call.branch.id) if "rows" in include else {}
    answers = []
    for component_id, members in configs.items():
        definition = _definition(call.db, component_id)
        if wanted_type and definition["type"] != wanted_type:
            continue
        listed = shapes.array(
            shapes.config_json(
                item, in_order(rows.get(item.pk, ()), item.content.rows_sort_order), include
            )
            for item in members
        )
        answers.append(json.dumps(definition)[:-1] + f',"configurations":{listed}}}')
    return answer(shapes.array(answers))


def _include() -> tuple[str, ...]:
    given = tuple(filter(None, request.args.get("include", "").split(",")))
    for name in given:
        if name not in shapes.FULL:
            raise unknown_include(name, shapes.FULL)
    return given


def _known_definitions(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """The components of the seed and those that have configurations."""
    found = db.execute(
        "SELECT id FROM component UNION SELECT DISTINCT component_id FROM config ORDER BY 1"
    )
    return [_definition(db, row["id"]) for row in found.fetchall()]


def _definition(db: sqlite3.Connection, component_id: str) -> dict[str, Any]:
    """A component with all the keys the API shows, as far as the seed does not give them."""
    row = db.execute("SELECT definition FROM component WHERE id = ?", (component_id,)).fetchone()
    given = json.loads(row["definition"]) if row else {}
    kinds = (kind for mark, kind in _TYPES.items() if mark in component_id)
    return {
        "id": component_id,
        "uri": request.host_url + f"v2/storage/components/{component_id}",
        "name": component_id,
        "description": "",
        "longDescription": None,
        "version": 1,
        "complexity": None,
        "categories": [],
        "hasRun": False,
        "hasUI": False,
        "ico32": None,
        "ico64": None,
        "ico128": None,
        "type": next(kinds, "other"),
        "data": {},
        "flags": [],
        "documentationUrl": None,
        "configurationSchema": {},
        "configurationRowSchema": {},
        "emptyConfiguration": {},
        "emptyConfigurationRow": {},
        "createConfigurationRowSchema": {},
        "configurationDescription": None,
        "uiOptions": [],
        "features": [],
        "expiredOn": None,
        "dataTypesConfiguration": None,
        "processorConfiguration": None,
    } | given
