"""Merge requests: their states, their conflicts, and what merging does."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from kbsync.emulator.branches import branch_row, find_branch
from kbsync.emulator.calls import Call, answer_value, body, current
from kbsync.emulator.errors import ApiError, branch_not_found, invalid_request
from kbsync.emulator.ids import timestamp
from kbsync.emulator.jobs import accept_job
from kbsync.emulator.merging import conflicts, merge
from kbsync.emulator.store import get_document, list_documents, next_number, put_document

routes = Blueprint("merge_requests", __name__)
_ONE = "/merge-request/<id:number>"
_OPEN = ("development", "in_review", "approved")


@routes.get("/merge-request")
def index() -> Response:
    return answer_value(list_documents(current().db, "merge-request"))


@routes.get(_ONE)
def detail(number: str) -> Response:
    return answer_value(_find(current(), number))


@routes.post("/merge-request")
def create() -> Response:
    call = _writer()
    given = body()
    source = find_branch(call.db, given.text("branchFromId"))
    target = find_branch(call.db, given.text("branchIntoId"))
    if source.is_default or not target.is_default:
        raise _refused("A development branch can only be merged into the default branch.")
    if not given.text("title"):
        raise invalid_request("title", "This value should not be blank.")
    for other in list_documents(call.db, "merge-request"):
        if other["branches"]["branchFromId"] == source.id and other["state"] in _OPEN:
            raise _refused(f"Merge request {other['id']} of this branch is open already.")
    number = next_number(call.db, "merge-request", first=1)
    value = {
        "id": number,
        "title": given.text("title"),
        "description": given.text("description"),
        "externalId": given.value("externalId"),
        "autoMergeStrategy": given.value("autoMergeStrategy"),
        "autoMergeAt": given.value("autoMergeAt"),
        "state": "development",
        "created": timestamp(),
        "creator": {"id": call.author.id, "name": call.author.description},
        "reviewerIds": given.value("reviewerIds") or [],
        "approvals": [],
        "branches": {"branchFromId": source.id, "branchIntoId": target.id},
    }
    return _put(call, value, 201)


@routes.put(_ONE)
def update(number: str) -> Response:
    call = _writer()
    value = _find(call, number)
    given = body()
    names = ("title", "description", "externalId", "autoMergeStrategy", "autoMergeAt")
    edited = {name: given.value(name) for name in names if given.has(name)}
    return _put(call, value | edited)


@routes.put(_ONE + "/request-review")
def request_review(number: str) -> Response:
    call = _writer()
    return _put(call, _in_state(call, number, "development") | {"state": "in_review"})


@routes.put(_ONE + "/approve")
def approve(number: str) -> Response:
    call = _writer()
    value = _in_state(call, number, "in_review")
    approval = {"approver": {"id": call.author.id, "name": call.author.description}}
    return _put(call, value | {"state": "approved", "approvals": [approval]})


@routes.put(_ONE + "/request-changes")
def request_changes(number: str) -> Response:
    call = _writer()
    value = _in_state(call, number, "in_review", "approved")
    reason = body().text("reason")
    if len(reason) > 1000:
        raise invalid_request("reason", "This value should have 1000 characters or less.")
    return _put(call, value | {"state": "development", "approvals": [], "reason": reason})


@routes.get(_ONE + "/conflicts")
def list_conflicts(number: str) -> Response:
    call = current()
    return answer_value(conflicts(call.db, _source(call, _find(call, number))))


@routes.put(_ONE + "/merge")
def merge_now(number: str) -> Response:
    call = _writer()
    value = _in_state(call, number, "approved")
    source = _source(call, value)
    if found := conflicts(call.db, source):
        raise ApiError(
            409,
            "storage.mergeRequests.validation",
            "Merge request cannot be merged: there are conflicts.",
            params={"errors": found},
        )
    name = branch_row(call.db, source)["name"]
    message = f'Configuration merged in merge request #{value["id"]} from branch: "{name}"'
    merge(call.db, source, call.author, message)
    call.db.execute("DELETE FROM branch WHERE id = ?", (source,))
    merged = value | {"state": "published"}
    put_document(call.db, "merge-request", number, merged)
    accept_job(call, "devBranchDelete", {"devBranchId": source}, None)
    return accept_job(call, "mergeRequestMerge", {"mergeRequestId": value["id"]}, merged)


def _writer() -> Call:
    call = current()
    call.token.require_write()
    call.token.require("isMasterToken")
    return call


def _put(call: Call, value: dict[str, Any], status: int = 200) -> Response:
    put_document(call.db, "merge-request", str(value["id"]), value)
    return answer_value(value, status)


def _find(call: Call, number: str) -> dict[str, Any]:
    found: dict[str, Any] | None = get_document(call.db, "merge-request", number)
    if found is None:
        raise ApiError(404, "notFound", f"Merge request {number} not found")
    return found


def _in_state(call: Call, number: str, *states: str) -> dict[str, Any]:
    value = _find(call, number)
    if value["state"] not in states:
        raise ApiError(
            409,
            "storage.mergeRequests.notReadyToMerge",
            f"Merge request {number} is in state {value['state']},"
            f" this needs {' or '.join(states)}.",
        )
    return value


def _source(call: Call, value: dict[str, Any]) -> int:
    source: int = value["branches"]["branchFromId"]
    if branch_row(call.db, source) is None:
        raise branch_not_found(source)
    return source


def _refused(message: str) -> ApiError:
    return ApiError(400, "storage.mergeRequests.validation", message)
