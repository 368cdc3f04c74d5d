"""The scheduler service: which stored schedules are active, and with what content."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response

from kbsync.emulator.branches import find_branch
from kbsync.emulator.calls import Call, answer_value, body, current, no_content
from kbsync.emulator.errors import ServiceError, access_denied
from kbsync.emulator.model import Config
from kbsync.emulator.records import config_at, find_config
from kbsync.emulator.store import (
    delete_document,
    get_document,
    list_documents,
    next_number,
    put_document,
)

routes = Blueprint("scheduler", __name__)
_ONE = "/schedules/<id:schedule>"


@routes.post("/schedules")
def activate() -> Response:
    """Take over a `keboola.scheduler` configuration as it is now; later changes do not count."""
    call = _writer()
    given = body()
    config = _config(call, given.text("configurationId"), given.text("configurationVersionId"))
    active = _of_config(call, config.id)
    content = json.loads(config.content.configuration)
    given_target = content.get("target", {})
    if not isinstance(given_target, dict):
        raise ServiceError(400, "The target of the schedule is not an object", "scheduler")
    target = {"configurationRowIds": [], "mode": "run", "tag": ""} | given_target
    schedule = {
        "id": active["id"] if active else str(next_number(call.db, "schedule", first=70001)),
        "configurationId": config.id,
        "configurationVersionId": str(config.version),
        "tokenId": call.token.detail["id"],
        "schedule": content.get("schedule", {}),
        "target": target,
        "executions": [],
    }
    put_document(call.db, "schedule", schedule["id"], schedule)
    return answer_value(schedule, 201)


@routes.get("/schedules")
def index() -> Response:
    return answer_value(list_documents(current().db, "schedule"))


@routes.get(_ONE)
def detail(schedule: str) -> Response:
    return answer_value(_find(current(), schedule))


@routes.delete(_ONE)
def deactivate(schedule: str) -> Response:
    call = _writer()
    delete_document(call.db, "schedule", _find(call, schedule)["id"])
    return no_content()


@routes.delete("/configurations/<id:config>")
def deactivate_configuration(config: str) -> Response:
    call = _writer()
    active = _of_config(call, config)
    if active is None:
        raise _not_found(f'No schedule of configuration "{config}" found')
    delete_document(call.db, "schedule", active["id"])
    return no_content()


@routes.post(_ONE + "/refreshToken")
def refresh_token(schedule: str) -> Response:
    call = _writer()
    refreshed = _find(call, schedule) | {"tokenId": call.token.detail["id"]}
    put_document(call.db, "schedule", schedule, refreshed)
    return answer_value(refreshed)


def _writer() -> Call:
    call = current()
    if not call.token.is_master:
        raise access_denied()
    call.token.require_write()
    return call


def _config(call: Call, config_id: str, version: str) -> Config:
    default = find_branch(call.db, None)
    config = find_config(call.db, default.id, "keboola.scheduler", config_id)
    if config is None or config.is_deleted:
        raise _not_found(f'Configuration "{config_id}" not found')
    if not version:
        return config
    recorded = config_at(call.db, config.pk, int(version)) if version.isdecimal() else None
    if recorded is None:
        raise _not_found(f"Version {version} not found")
    return recorded


def _of_config(call: Call, config_id: str) -> dict[str, Any] | None:
    for schedule in list_documents(call.db, "schedule"):
        if schedule["configurationId"] == config_id:
            found: dict[str, Any] = schedule
            return found
    return None


def _find(call: Call, schedule: str) -> dict[str, Any]:
    found: dict[str, Any] | None = get_document(call.db, "schedule", schedule)
    if found is None:
        raise _not_found(f'Schedule "{schedule}" not found')
    return found


def _not_found(message: str) -> ServiceError:
    return ServiceError(404, message, "scheduler")
