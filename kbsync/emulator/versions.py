"""Recorded versions of configurations: list, detail, rollback, copy."""

from __future__ import annotations

from flask import Blueprint, Response, request

from kbsync.emulator import events, shapes
from kbsync.emulator.bodies import query_include, query_number
from kbsync.emulator.calls import Call, answer, answer_value, body, reader, writer
from kbsync.emulator.configurations import live_config
from kbsync.emulator.errors import invalid_parameter, version_not_found
from kbsync.emulator.ids import ulid
from kbsync.emulator.model import Config, Content
from kbsync.emulator.records import (
    add_config_version,
    add_row_version,
    config_at,
    config_versions,
    drop_rows,
    find_row,
    insert_config,
    insert_row,
    new_stamp,
    row_versions_at,
    rows_at,
)

routes = Blueprint("versions", __name__)
_ALL = "/components/<id:component>/configs/<id:config>/versions"
_ONE = _ALL + "/<id:version>"


@routes.get(_ALL)
def index(component: str, config: str) -> Response:
    call = reader(component)
    found = live_config(call, component, config)
    include = query_include(
        request, ("name", "description"), ("name", "description", "configuration")
    )
    versions = config_versions(
        call.db,
        found.pk,
        query_number(request, "limit", 100),
        query_number(request, "offset", 0),
    )
    return answer(shapes.array(shapes.version_json(item, include) for item in versions))


@routes.get(_ONE)
def detail(component: str, config: str, version: str) -> Response:
    call = reader(component)
    recorded = recorded_config(call, live_config(call, component, config), version)
    return answer(shapes.version_detail_json(recorded, rows_at(call.db, recorded)))


@routes.post(_ONE + "/rollback")
def rollback(component: str, config: str, version: str) -> Response:
    call = writer(component)
    found = live_config(call, component, config)
    recorded = recorded_config(call, found, version)
    message = body().text("changeDescription") or f"Rollback to version {recorded.version}"
    _roll_rows_back(call, recorded)
    number = add_config_version(
        call.db, found.pk, recorded.content, new_stamp(message, call.author)
    )
    events.record(call, "RolledBack", found)
    return answer_value({"version": number}, 201)


@routes.post(_ONE + "/create")
def copy(component: str, config: str, version: str) -> Response:
    call = writer(component)
    source = recorded_config(call, live_config(call, component, config), version)
    given = body()
    if not given.text("name"):
        raise invalid_parameter("components", "name", "This field is missing.")
    description = source.content.description
    content = Content(
        name=given.text("name"),
        description=given.text("description") if given.has("description") else description,
        configuration=source.content.configuration,
        is_disabled=source.content.is_disabled,
        rows_sort_order=source.content.rows_sort_order,
    )
    message = (
        f'Copied from configuration "{source.content.name}" ({source.id}) version {source.version}'
    )
    config_id = ulid().lower()
    pk = insert_config(call.db, call.branch.id, component, config_id, call.author)
    _copy_rows(call, source, pk, message)
    custom = given.text("changeDescription")
    add_config_version(call.db, pk, content, new_stamp(custom or message, call.author))
    events.record(call, "Copied", live_config(call, component, config_id))
    return answer_value({"id": config_id}, 201)


def recorded_config(call: Call, config: Config, version: str) -> Config:
    """Return *config* as it was at one of its versions, or answer 404."""
    found = None
    if version.isdecimal() and len(version) < 18:
        found = config_at(call.db, config.pk, int(version))
    if found is None:
        raise version_not_found(version)
    return found


def _roll_rows_back(call: Call, recorded: Config) -> None:
    """Give every row of *recorded* a new version with its content then; drop the others.

    A row's identifier names its content, so the new version carries the old one's.
    """
    versions = row_versions_at(call.db, recorded.pk, recorded.version)
    drop_rows(call.db, recorded.pk, keep=versions)
    for row in rows_at(call.db, recorded):
        message = (
            f"Rollback to version {row.version}"
            f" (via configuration rollback to version {recorded.version})"
        )
        stamp = new_stamp(message, call.author, identifier=row.stamp.identifier)
        add_row_version(call.db, row.pk, row.content, stamp)


def _copy_rows(call: Call, source: Config, pk: int, message: str) -> None:
    """Copy the rows of a version with the state they have now, even those deleted since."""
    for row in rows_at(call.db, source):
        newest = find_row(call.db, source.pk, row.id)
        state = newest.state if newest else "{}"
        copied = insert_row(call.db, pk, row.id, call.author, state=state)
        add_row_version(call.db, copied, row.content, new_stamp(message, call.author))
