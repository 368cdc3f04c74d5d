"""Tokens and tickets as the API serves them."""

from __future__ import annotations

import secrets
import time
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.bodies import Body
from kbsync.emulator.calls import Call, answer_value, body, current, no_content
from kbsync.emulator.errors import ApiError, access_denied, invalid_request
from kbsync.emulator.ids import timestamp
from kbsync.emulator.store import (
    get_document,
    get_setting,
    list_documents,
    next_number,
    put_document,
)
from kbsync.emulator.tokens import CREATED, complete

routes = Blueprint("tokens", __name__)
tickets = Blueprint("tickets", __name__)
_ONE = "/tokens/<id:token>"
_FLAGS = ("canManageBuckets", "canManageTokens", "canReadAllFileUploads", "canPurgeTrash")
_BACKENDS = ("Mysql", "Synapse", "Redshift", "Snowflake", "Exasol", "Teradata", "Bigquery")


@routes.get("/tokens/verify")
def verify() -> Response:
    call = current()
    return answer_value(
        _shown(call.token.detail) | {"owner": owner(get_setting(call.db, "project"))}
    )


@routes.get("/tokens")
def index() -> Response:
    call = current()
    own = call.token.detail
    if not own["canManageTokens"]:
        return answer_value([_shown(own)])
    known = [item for item in list_documents(call.db, "token") if not item.get("isDeleted")]
    if own["id"] not in [item["id"] for item in known]:
        known.insert(0, own)
    return answer_value([_shown(item) for item in known])


@routes.get(_ONE)
def detail(token: str) -> Response:
    return answer_value(_shown(_find(current(), token)))


@routes.post("/tokens")
def create() -> Response:
    call = _manager()
    number = next_number(call.db, "token", first=20001)
    given = _permissions(body())
    secret = f"{number}-{secrets.token_hex(16)}"
    detail = complete(
        {
            "id": str(number),
            "token": secret,
            "created": timestamp(),
            "isMasterToken": False,
            "creatorToken": {"id": call.author.id, "description": call.author.description},
        }
        | given
    )
    put_document(call.db, "token", str(number), detail)
    return answer_value(_shown(detail), 201)


@routes.put(_ONE)
def update(token: str) -> Response:
    call = _manager()
    detail = _find(call, token) | _permissions(body())
    put_document(call.db, "token", token, detail)
    return answer_value(_shown(detail))


@routes.delete(_ONE)
def delete(token: str) -> Response:
    """A deleted token is remembered, so that its text does not become just any text again."""
    call = _manager()
    detail = _find(call, token)
    in_use = [
        item for item in list_documents(call.db, "trigger") if str(item["runWithTokenId"]) == token
    ]
    if in_use:
        raise ApiError(
            400,
            "storage.tokens.cannotDeleteDueToOrchestration",
            "The token is used by a trigger and cannot be deleted.",
        )
    put_document(call.db, "token", token, detail | {"isDisabled": True, "isDeleted": True})
    return no_content()


@routes.post(_ONE + "/refresh")
def refresh(token: str) -> Response:
    call = _manager()
    secret = f"{token}-{secrets.token_hex(16)}"
    detail = _find(call, token) | {"token": secret, "refreshed": timestamp()}
    put_document(call.db, "token", token, detail)
    return answer_value(_shown(detail))


@routes.post(_ONE + "/share")
def share(token: str) -> Response:
    if _find(_manager(), token)["isMasterToken"]:
        raise ApiError(
            400, "storage.token.cannotShareMasterToken", "Master token cannot be shared."
        )
    return no_content()


@tickets.post("/tickets")
def ticket() -> Response:
    return answer_value({"id": next_number(current().db, "ticket", first=300001)}, 201)


def owner(project: dict[str, Any]) -> dict[str, Any]:
    """The project as `tokens/verify` describes it, with the types that typed clients decode."""
    return {
        "id": project["id"],
        "name": project["name"],
        "type": "production",
        "region": "us-east-1",
        "created": CREATED,
        "expires": None,
        "features": ["queuev2", "branches-merge-requests"],
        "dataSizeBytes": 0,
        "rowsCount": 0,
        **{f"has{name}": name == "Snowflake" for name in _BACKENDS},
        "defaultBackend": "snowflake",
        "hasTryModeOn": "0",
        "limits": {"storage.jobsParallelism": {"name": "storage.jobsParallelism", "value": 10}},
        "metrics": {"storage.rowsCount": {"name": "storage.rowsCount", "value": 0}},
        "isDisabled": False,
        "billedMonthlyPrice": None,
        "dataRetentionTimeInDays": 7,
        "assignedBackends": ["snowflake"],
        "fileStorageProvider": "aws",
        **project,
    }


def _shown(detail: Any) -> dict[str, Any]:
    """A token as answered: empty permissions are the empty list of PHP."""
    shown = {key: value for key, value in detail.items() if key != "isDeleted"}
    return shown | {
        "uri": f"{request.host_url}v2/storage/tokens/{detail['id']}",
        "bucketPermissions": detail["bucketPermissions"] or [],
    }


def _find(call: Call, token: str) -> dict[str, Any]:
    if not token.isdecimal():
        raise ApiError(404, "notFound", "Requested resource not found")
    own = dict(call.token.detail)
    if token == own["id"]:
        return own
    if not own["canManageTokens"]:
        raise access_denied()
    found: dict[str, Any] | None = get_document(call.db, "token", token)
    if found is None or found.get("isDeleted"):
        raise ApiError(404, "storage.tokens.notFound", f"Token {token} not found")
    return found


def _manager() -> Call:
    call = current()
    call.token.require_write()
    call.token.require("canManageTokens")
    return call


def _permissions(given: Body) -> dict[str, Any]:
    """What a create or update names, in the shape of a token."""
    found: dict[str, Any] = {name: given.flag(name) for name in _FLAGS if given.has(name)}
    if given.has("description"):
        found["description"] = given.text("description")
    if given.has("componentAccess"):
        found["componentAccess"] = list(given.texts("componentAccess"))
    if given.has("bucketPermissions"):
        found["bucketPermissions"] = given.value("bucketPermissions") or {}
    if given.has("expiresIn"):
        found["expires"] = timestamp(time.time() + _seconds(given.text("expiresIn")))
    return found


def _seconds(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise invalid_request("expiresIn", "This value should be a number of seconds.")
    return int(text)
