"""Rows: create, read, update, state, delete."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response

from kbsync.emulator import events, shapes
from kbsync.emulator.bodies import Body
from kbsync.emulator.calls import Call, answer, body, no_content, reader, writer
from kbsync.emulator.configurations import live_config
from kbsync.emulator.errors import ApiError, invalid_parameter, row_not_found
from kbsync.emulator.ids import ulid
from kbsync.emulator.model import Config, Content, Row, RowContent
from kbsync.emulator.records import (
    add_config_version,
    add_row_version,
    find_row,
    insert_row,
    is_live_row,
    live_rows,
    new_stamp,
)

routes = Blueprint("rows", __name__)
_ALL = "/components/<id:component>/configs/<id:config>/rows"
_ONE = _ALL + "/<id:row>"
_AREA = "componentsRows"


@routes.get(_ALL)
def index(component: str, config: str) -> Response:
    call = reader(component)
    rows = live_rows(call.db, live_config(call, component, config))
    return answer(shapes.array(map(shapes.row_json, rows)))


@routes.get(_ONE)
def detail(component: str, config: str, row: str) -> Response:
    call = reader(component)
    return answer(shapes.row_json(live_row(call, live_config(call, component, config), row)))


@routes.post(_ALL)
def create(component: str, config: str) -> Response:
    call = writer(component)
    parent = live_config(call, component, config)
    given = body()
    row_id = given.text("rowId", _AREA) or ulid().lower()
    content = _content(RowContent(), given)
    pk = free_row(call, parent, row_id, given.json_object("state"))
    message = given.text("changeDescription", _AREA) or f"Row {row_id} added"
    write_row(call, parent, pk, content, message)
    events.record(call, "RowCreated", parent, row_id)
    return answer(shapes.row_json(live_row(call, parent, row_id)), 201)


@routes.put(_ONE)
def update(component: str, config: str, row: str) -> Response:
    call = writer(component)
    parent = live_config(call, component, config)
    found = live_row(call, parent, row)
    given = body()
    if given.has("state"):
        _update_state(call, found, given)
    content = _content(found.content, given)
    if _makes_a_version(found, content, given):
        message = given.text("changeDescription", _AREA) or f"Row {row} changed"
        write_row(call, parent, found.pk, content, message)
        events.record(call, "RowChanged", parent, row)
    return answer(shapes.row_json(live_row(call, parent, row)))


@routes.put(_ONE + "/state")
def update_state(component: str, config: str, row: str) -> Response:
    call = writer(component)
    found = live_row(call, live_config(call, component, config), row)
    state = _state_of(body())
    call.db.execute("UPDATE row SET state = ? WHERE pk = ?", (state, found.pk))
    return answer(shapes.row_json(replace(found, state=state)))


@routes.delete(_ONE)
def delete(component: str, config: str, row: str) -> Response:
    call = writer(component)
    parent = live_config(call, component, config)
    found = live_row(call, parent, row)
    message = body().text("changeDescription", _AREA) or f"Row {row} deleted"
    call.db.execute("UPDATE row SET is_live = 0 WHERE pk = ?", (found.pk,))
    order = tuple(row_id for row_id in parent.content.rows_sort_order if row_id != row)
    content = replace(parent.content, rows_sort_order=order)
    add_config_version(call.db, parent.pk, content, new_stamp(message, call.author))
    events.record(call, "RowDeleted", parent, row)
    return no_content()


def live_row(call: Call, config: Config, row_id: str) -> Row:
    """Return a row that is not deleted, or answer 404."""
    found = find_row(call.db, config.pk, row_id)
    if found is None or not is_live_row(call.db, found):
        raise row_not_found(row_id)
    return found


def free_row(call: Call, config: Config, row_id: str, state: str) -> int:
    """Return the key of a row that has no content yet: a new one, or one that was deleted."""
    found = find_row(call.db, config.pk, row_id)
    if found is None:
        return insert_row(call.db, config.pk, row_id, call.author, state=state)
    if is_live_row(call.db, found):
        raise ApiError(400, "configurationRowAlreadyExists", f'Row "{row_id}" already exists.')
    call.db.execute("UPDATE row SET state = ? WHERE pk = ?", (state, found.pk))
    return found.pk


def write_row(
    call: Call,
    config: Config,
    pk: int,
    content: RowContent,
    message: str,
    *,
    config_message: str = "",
    identifier: str = "",
) -> None:
    """Record a version of a row and, with it, one of its configuration."""
    stamp = new_stamp(message, call.author, identifier=identifier)
    add_row_version(call.db, pk, content, stamp)
    add_config_version(
        call.db,
        config.pk,
        _with_row(call, config, pk),
        new_stamp(config_message or message, call.author),
    )


def _with_row(call: Call, config: Config, pk: int) -> Content:
    """The configuration's content; a sorted one lists a new row last."""
    content = config.content
    row_id = call.db.execute("SELECT id FROM row WHERE pk = ?", (pk,)).fetchone()[0]
    if not content.rows_sort_order or row_id in content.rows_sort_order:
        return content
    return replace(content, rows_sort_order=(*content.rows_sort_order, row_id))


def _content(content: RowContent, given: Body) -> RowContent:
    if given.has("name"):
        content = replace(content, name=given.text("name", _AREA))
    if given.has("description"):
        content = replace(content, description=given.text("description", _AREA))
    if given.has("configuration"):
        content = replace(content, configuration=given.json_object("configuration"))
    if given.has("isDisabled"):
        content = replace(content, is_disabled=given.flag("isDisabled", _AREA))
    return content


def _makes_a_version(row: Row, content: RowContent, given: Body) -> bool:
    """A row PUT that names anything but `configuration` counts as a change, changed or not."""
    named = any(given.has(name) for name in ("name", "description", "isDisabled"))
    return named or bool(given.text("changeDescription", _AREA)) or content != row.content


def _update_state(call: Call, row: Row, given: Body) -> None:
    if not call.branch.is_default:
        raise ApiError(
            400,
            "storage.componentsRows.validation",
            "Using 'state' parameter on configuration row update is restricted for dev/branch"
            " context. Use direct API call.",
        )
    state = given.json_object("state")
    call.db.execute("UPDATE row SET state = ? WHERE pk = ?", (state, row.pk))


def _state_of(given: Body) -> str:
    for name in given.members:
        if name != "state":
            raise invalid_parameter(_AREA, name, "This field was not expected.")
    if not given.has("state"):
        raise ApiError(
            400,
            "validation.invalidStateFormat",
            "Invalid state body format: This field is missing.",
        )
    return given.json_object("state")
