"""Events: those that clients send, and those that writing configurations leaves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.bodies import Body, query_number
from kbsync.emulator.calls import Call, answer_value, body, current
from kbsync.emulator.errors import ApiError, invalid_request
from kbsync.emulator.ids import timestamp
from kbsync.emulator.model import Config
from kbsync.emulator.records import find_config
from kbsync.emulator.store import list_documents, next_number, put_document

routes = Blueprint("events", __name__)

_LIMIT = 200_000
"""Largest event, in bytes of its body."""


@routes.post("/events")
def add_event() -> Response:
    if len(request.get_data()) > _LIMIT:
        raise ApiError(400, "requestTooLarge", "The event is larger than 200 KB.")
    call = current()
    given = body()
    if not given.has("message"):
        raise invalid_request("message", "This field is missing.")
    event = _store(
        call,
        {
            "event": "ext.",
            "component": given.text("component"),
            "type": given.text("type") or "info",
            "message": given.text("message"),
            "params": _object(given, "params"),
            "results": _object(given, "results"),
            "duration": given.value("duration"),
            "configurationId": given.value("configurationId"),
            "runId": given.value("runId") or request.headers.get("X-KBC-RunId"),
        },
    )
    return answer_value(event, 201)


@routes.get("/events")
def list_events() -> Response:
    found = list_documents(current().db, "event")[::-1]
    offset = query_number(request, "offset", 0)
    return answer_value(found[offset : offset + query_number(request, "limit", 100)])


def record(call: Call, what: str, config: Config, row_id: str = "") -> None:
    """Leave the event `storage.componentConfiguration<what>`, with the version *config* has now."""
    now = find_config(call.db, config.branch_id, config.component_id, config.id) or config
    params: dict[str, Any] = {
        "component": config.component_id,
        "configurationId": config.id,
        "name": now.content.name,
        "version": now.version,
    }
    _store(
        call,
        {
            "event": f"storage.componentConfiguration{what}",
            "component": "storage",
            "type": "info",
            "message": f"{what}: {config.component_id}/{config.id}",
            "params": params | ({"rowId": row_id} if row_id else {}),
            "results": {},
            "duration": None,
            "configurationId": config.id,
            "runId": request.headers.get("X-KBC-RunId"),
        },
    )


def _store(call: Call, event: Mapping[str, Any]) -> dict[str, Any]:
    stored = {
        "id": str(next_number(call.db, "event", first=4000001)),
        "uuid": str(uuid.uuid4()),
        **event,
        "created": timestamp(),
        "idBranch": call.branch.id,
        "token": {"id": str(call.author.id), "name": call.author.description},
    }
    put_document(call.db, "event", stored["id"], stored)
    return stored


def _object(given: Body, name: str) -> Any:
    """An object, which some clients send as JSON text."""
    value = given.value(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise invalid_request(name, "This value should be valid JSON.") from None
    return value or {}
