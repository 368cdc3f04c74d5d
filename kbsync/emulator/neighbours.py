"""Small neighbours: notification subscriptions, sync actions, triggers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from kbsync.emulator.calls import Call, answer_value, body, current, no_content
from kbsync.emulator.errors import ApiError, ServiceError, invalid_request
from kbsync.emulator.store import (
    delete_document,
    get_document,
    list_documents,
    next_number,
    put_document,
)

notification = Blueprint("notification", __name__)
sync_actions = Blueprint("sync_actions", __name__)
triggers = Blueprint("triggers", __name__)

_SUBSCRIPTION = "/project-subscriptions/<id:subscription>"
_TRIGGER = "/triggers/<id:trigger>"


@notification.get("/project-subscriptions")
def subscriptions() -> Response:
    return answer_value(list_documents(current().db, "subscription"))


@notification.post("/project-subscriptions")
def subscribe() -> Response:
    call = _writer()
    given = body()
    if not given.has("event") or not given.has("recipient"):
        raise ServiceError(400, "event and recipient are required", "notification")
    subscription = {
        "id": str(next_number(call.db, "subscription", first=8001)),
        "event": given.text("event"),
        "filters": given.value("filters") or [],
        "recipient": given.value("recipient"),
        "expiresAt": given.value("expiresAt"),
    }
    put_document(call.db, "subscription", subscription["id"], subscription)
    return answer_value(subscription, 201)


@notification.get(_SUBSCRIPTION)
def subscription_detail(subscription: str) -> Response:
    return answer_value(_subscription(current(), subscription))


@notification.delete(_SUBSCRIPTION)
def unsubscribe(subscription: str) -> Response:
    call = _writer()
    delete_document(call.db, "subscription", _subscription(call, subscription)["id"])
    return no_content()


@sync_actions.post("/actions")
def act() -> Response:
    current().token.require_write()
    if not body().text("action"):
        raise ServiceError(400, "action: This value should not be blank.", "sync-actions")
    return answer_value({"status": "success"}, 201)


@triggers.get("/triggers")
def list_triggers() -> Response:
    return answer_value(list_documents(current().db, "trigger"))


@triggers.post("/triggers")
def add_trigger() -> Response:
    call = _writer()
    return _put_trigger(call, str(next_number(call.db, "trigger", first=6001)), {}, 201)


@triggers.get(_TRIGGER)
def trigger_detail(trigger: str) -> Response:
    return answer_value(_trigger(current(), trigger))


@triggers.put(_TRIGGER)
def update_trigger(trigger: str) -> Response:
    call = _writer()
    return _put_trigger(call, trigger, _trigger(call, trigger), 200)


@triggers.delete(_TRIGGER)
def delete_trigger(trigger: str) -> Response:
    call = _writer()
    delete_document(call.db, "trigger", _trigger(call, trigger)["id"])
    return no_content()


def _writer() -> Call:
    call = current()
    call.token.require_write()
    return call


def _subscription(call: Call, subscription: str) -> dict[str, Any]:
    found: dict[str, Any] | None = get_document(call.db, "subscription", subscription)
    if found is None:
        raise ServiceError(404, f'Subscription "{subscription}" not found', "notification")
    return found


def _trigger(call: Call, trigger: str) -> dict[str, Any]:
    found: dict[str, Any] | None = get_document(call.db, "trigger", trigger)
    if found is None:
        raise ApiError(404, "notFound", f"Trigger {trigger} not found")
    return found


def _put_trigger(call: Call, trigger: str, known: dict[str, Any], status: int) -> Response:
    given = body()
    value = {
        "id": trigger,
        "runWithTokenId": call.author.id,
        "component": "orchestration",
        "coolDownPeriodMinutes": 5,
        "lastRun": None,
        "creatorToken": {"id": call.author.id, "description": call.author.description},
        "tables": [],
    } | known
    for name in ("runWithTokenId", "component", "configurationId", "coolDownPeriodMinutes"):
        if given.has(name):
            value[name] = given.value(name)
    if given.has("tableIds"):
        value["tables"] = [{"tableId": table} for table in given.texts("tableIds")]
    if not value.get("configurationId"):
        raise invalid_request("configurationId", "This field is missing.")
    put_document(call.db, "trigger", trigger, value)
    return answer_value(value, status)
