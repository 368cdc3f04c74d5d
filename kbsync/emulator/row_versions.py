"""Recorded versions of rows: list, detail, rollback, copy."""

from __future__ import annotations

from flask import Blueprint, Response, request

from kbsync.emulator import events, records, shapes
from kbsync.emulator.bodies import query_include, query_number
from kbsync.emulator.calls import Call, answer, body, reader, writer
from kbsync.emulator.configurations import live_config
from kbsync.emulator.errors import version_not_found
from kbsync.emulator.ids import ulid
from kbsync.emulator.model import Config, Row
from kbsync.emulator.records import find_row, insert_row
from kbsync.emulator.rows import live_row, write_row

routes = Blueprint("row_versions", __name__)
_ALL = "/components/<id:component>/configs/<id:config>/rows/<id:row>/versions"
_ONE = _ALL + "/<id:version>"


@routes.get(_ALL)
def index(component: str, config: str, row: str) -> Response:
    call = reader(component)
    found = live_row(call, live_config(call, component, config), row)
    include = query_include(request, (), ("configuration",))
    versions = records.row_versions(
        call.db,
        found.pk,
        query_number(request, "limit", 100),
        query_number(request, "offset", 0),
    )
    return answer(shapes.array(shapes.row_version_json(item, include) for item in versions))


@routes.get(_ONE)
def detail(component: str, config: str, row: str, version: str) -> Response:
    call = reader(component)
    recorded = _recorded_row(call, live_config(call, component, config), row, version)
    return answer(shapes.row_version_json(recorded, ("configuration",)))


@routes.post(_ONE + "/rollback")
def rollback(component: str, config: str, row: str, version: str) -> Response:
    call = writer(component)
    parent = live_config(call, component, config)
    recorded = _recorded_row(call, parent, row, version)
    custom = body().text("changeDescription")
    write_row(
        call,
        parent,
        recorded.pk,
        recorded.content,
        custom or f"Rollback to version {recorded.version}",
        config_message=custom or f"Row {row} version {recorded.version} rollback",
        identifier=recorded.stamp.identifier,
    )
    events.record(call, "RowRolledBack", parent, row)
    return answer(shapes.row_json(live_row(call, parent, row)), 201)


@routes.post(_ONE + "/create")
def copy(component: str, config: str, row: str, version: str) -> Response:
    call = writer(component)
    source = live_config(call, component, config)
    recorded = _recorded_row(call, source, row, version)
    given = body()
    target = live_config(call, component, given.text("targetConfigId") or config)
    row_id = ulid().lower()
    pk = insert_row(call.db, target.pk, row_id, call.author)
    origin = (
        f'from configuration "{source.content.name}" ({source.id}) row {row}'
        f" version {recorded.version}"
    )
    custom = given.text("changeDescription")
    write_row(
        call,
        target,
        pk,
        recorded.content,
        custom or f"Copied {origin}",
        config_message=custom or f"Row {row_id} copied {origin}",
    )
    events.record(call, "RowCopied", target, row_id)
    return answer(shapes.row_json(live_row(call, target, row_id)), 201)


def _recorded_row(call: Call, config: Config, row_id: str, version: str) -> Row:
    """Return a live row as it was at one of its versions, or answer 404."""
    live_row(call, config, row_id)
    found = None
    if version.isdecimal() and len(version) < 18:
        found = find_row(call.db, config.pk, row_id, version=int(version))
    if found is None:
        raise version_not_found(version)
    return found
