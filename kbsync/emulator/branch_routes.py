"""Branches as the API serves them; creating and deleting are jobs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from kbsync.emulator.branches import (
    branch_row,
    branch_value,
    copy_default,
    find_branch,
    insert_branch,
)
from kbsync.emulator.calls import Call, answer_value, body, current
from kbsync.emulator.errors import ApiError, access_denied, invalid_request
from kbsync.emulator.ids import timestamp
from kbsync.emulator.jobs import accept_job
from kbsync.emulator.store import next_number

routes = Blueprint("branches", __name__)
_ONE = "/dev-branches/<id:branch_id>"


@routes.get("/dev-branches")
def index() -> Response:
    found = current().db.execute("SELECT * FROM branch ORDER BY is_default, id DESC")
    return answer_value([branch_value(row) for row in found])


@routes.get(_ONE)
def detail(branch_id: str) -> Response:
    return answer_value(_value(current(), branch_id))


@routes.post("/dev-branches")
def create() -> Response:
    call = _administrator()
    given = body()
    name = given.text("name")
    if not name:
        raise invalid_request("name", "This value should not be blank.")
    _require_free_name(call, name)
    branch_id = next_number(call.db, "branch", first=2001)
    branch = {
        "id": branch_id,
        "name": name,
        "description": given.text("description"),
        "created": timestamp(),
        "isDefault": False,
        "creatorToken": {"id": call.author.id, "name": call.author.description},
    }
    insert_branch(call.db, branch)
    copy_default(call.db, branch_id, call.author)
    return accept_job(call, "devBranchCreate", {"devBranchId": branch_id}, branch)


@routes.put(_ONE)
def update(branch_id: str) -> Response:
    call = _administrator()
    branch = _value(call, branch_id)
    given = body()
    name = given.text("name") or branch["name"]
    if name != branch["name"]:
        if branch["isDefault"]:
            raise ApiError(400, "devBranch.defaultName", "You can not update default branch name.")
        _require_free_name(call, name)
    text = given.text("description") if given.has("description") else branch["description"]
    call.db.execute(
        "UPDATE branch SET name = ?, description = ? WHERE id = ?", (name, text, branch["id"])
    )
    return answer_value(_value(call, branch_id))


@routes.delete(_ONE)
def delete(branch_id: str) -> Response:
    call = _administrator()
    branch = _value(call, branch_id)
    if branch["isDefault"]:
        raise ApiError(400, "devBranch.default", "Cannot delete Main branch")
    if call.token.role == "guest" and branch["creatorToken"]["id"] != call.author.id:
        raise access_denied()
    return delete_branch(call, branch["id"])


def delete_branch(call: Call, branch_id: int) -> Response:
    """Delete a branch with all it holds, and answer with the job."""
    call.db.execute("DELETE FROM branch WHERE id = ?", (branch_id,))
    return accept_job(call, "devBranchDelete", {"devBranchId": branch_id}, None)


def _administrator() -> Call:
    """The current call, if its token is an administrator's who may write."""
    call = current()
    call.token.require_write()
    call.token.require("isMasterToken")
    return call


def _value(call: Call, branch_id: str) -> dict[str, Any]:
    return branch_value(branch_row(call.db, find_branch(call.db, branch_id).id))


def _require_free_name(call: Call, name: str) -> None:
    if call.db.execute("SELECT 1 FROM branch WHERE name = ?", (name,)).fetchone():
        raise ApiError(
            400, "devBranch.duplicateName", f'There already is a branch with name "{name}"'
        )
