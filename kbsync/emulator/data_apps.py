"""The data-science service: data apps, each with its configuration in Storage."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.bodies import query_number
from kbsync.emulator.branches import find_branch
from kbsync.emulator.calls import Call, answer_value, body, current
from kbsync.emulator.errors import ServiceError
from kbsync.emulator.ids import ulid
from kbsync.emulator.jsontext import dump
from kbsync.emulator.model import Config, Content
from kbsync.emulator.records import add_config_version, find_config, insert_config, new_stamp
from kbsync.emulator.store import (
    delete_document,
    get_document,
    get_setting,
    list_documents,
    next_number,
    put_document,
)

routes = Blueprint("data_apps", __name__)
_ONE = "/apps/<id:app>"
_COMPONENT = "keboola.data-apps"
_STATES = ("running", "stopped")


@routes.get("/apps")
def index() -> Response:
    apps = list_documents(current().db, "app")
    offset = query_number(request, "offset", 0)
    return answer_value(apps[offset : offset + min(query_number(request, "limit", 100), 500)])


@routes.post("/apps")
def create() -> Response:
    call = _writer()
    given = body()
    if not given.text("name"):
        raise _refused(400, "name: This value should not be blank.")
    branch = find_branch(call.db, given.text("branchId") or None)
    number = str(next_number(call.db, "app", first=30001))
    config_id = ulid().lower()
    pk = insert_config(call.db, branch.id, _COMPONENT, config_id, call.author)
    content = Content(
        name=given.text("name"),
        description=given.text("description"),
        configuration=dump({"parameters": {"id": number}}),
    )
    add_config_version(call.db, pk, content, new_stamp("Configuration created", call.author))
    app = {
        "id": number,
        "type": given.text("type") or "streamlit",
        "projectId": str(get_setting(call.db, "project")["id"]),
        "componentId": _COMPONENT,
        "branchId": str(branch.id),
        "configId": config_id,
        "configVersion": "1",
        "state": "stopped",
        "desiredState": "stopped",
        "url": None,
        "autoSuspendAfterSeconds": 900,
        "size": "tiny",
    }
    put_document(call.db, "app", number, app)
    return answer_value(app, 201)


@routes.get(_ONE)
def detail(app: str) -> Response:
    return answer_value(_find(current(), app))


@routes.patch(_ONE)
def update(app: str) -> Response:
    """What is asked for is so at once."""
    call = _writer()
    found = _find(call, app)
    given = body()
    if given.has("desiredState"):
        if given.text("desiredState") not in _STATES:
            raise _refused(400, f"desiredState: must be one of {', '.join(_STATES)}.")
        found["state"] = found["desiredState"] = given.text("desiredState")
    if given.has("configVersion"):
        found["configVersion"] = given.text("configVersion")
    put_document(call.db, "app", app, found)
    return answer_value(found)


@routes.delete(_ONE)
def delete(app: str) -> Response:
    """Deletes the configuration in Storage too."""
    call = _writer()
    found = _find(call, app)
    delete_document(call.db, "app", app)
    config = _config(call, found)
    if config is not None and not config.is_deleted:
        stamp = new_stamp("Configuration deleted", call.author)
        add_config_version(call.db, config.pk, config.content, stamp, is_deleted=True)
    return answer_value(found, 202)


def _writer() -> Call:
    call = current()
    call.token.require_component(_COMPONENT)
    call.token.require_write()
    return call


def _find(call: Call, app: str) -> dict[str, Any]:
    found: dict[str, Any] | None = get_document(call.db, "app", app)
    if found is None:
        raise _refused(404, f'App "{app}" not found')
    return found


def _config(call: Call, app: dict[str, Any]) -> Config | None:
    return find_config(call.db, int(app["branchId"]), _COMPONENT, app["configId"])


def _refused(status: int, message: str) -> ServiceError:
    return ServiceError(status, message, "data-science")
