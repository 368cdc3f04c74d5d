"""Configurations: create, read, update, state, trash, restore, purge."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, request

from kbsync.emulator import events, shapes
from kbsync.emulator.bodies import Body, query_flag
from kbsync.emulator.calls import Call, answer, body, no_content, reader, writer
from kbsync.emulator.errors import (
    ApiError,
    config_not_found,
    invalid_parameter,
    not_implemented,
)
from kbsync.emulator.ids import ulid
from kbsync.emulator.model import Config, Content
from kbsync.emulator.records import (
    add_config_version,
    drop_rows,
    find_config,
    insert_config,
    list_configs,
    live_rows,
    new_stamp,
)

routes = Blueprint("configurations", __name__)
_ALL = "/components/<id:component>/configs"
_ONE = _ALL + "/<id:config>"


@routes.get(_ALL)
def index(component: str) -> Response:
    call = reader(component)
    is_deleted = query_flag(request, "isDeleted")
    configs = list_configs(call.db, call.branch.id, component, is_deleted=is_deleted)
    return answer(
        shapes.array(shapes.config_json(item, live_rows(call.db, item)) for item in configs)
    )


@routes.get(_ONE)
def detail(component: str, config: str) -> Response:
    call = reader(component)
    return _full(call, live_config(call, component, config))


@routes.post(_ALL)
def create(component: str) -> Response:
    call = writer(component)
    given = body()
    config_id = given.text("configurationId") or ulid().lower()
    content = _new_content(given)
    state = given.json_object("state")
    pk = _free_config(call, component, config_id, state)
    message = given.text("changeDescription") or "Configuration created"
    version = add_config_version(call.db, pk, content, new_stamp(message, call.author))
    made = live_config(call, component, config_id)
    events.record(call, "Created" if version == 1 else "Restored", made)
    return _full(call, made, status=201)


@routes.put(_ONE)
def update(component: str, config: str) -> Response:
    call = writer(component)
    found = live_config(call, component, config)
    given = body()
    if given.has("state"):
        _update_state(call, found, given)
    content = _changed_content(call, found, given)
    if content != found.content:
        message = given.text("changeDescription") or "Configuration updated"
        add_config_version(call.db, found.pk, content, new_stamp(message, call.author))
        events.record(call, "Changed", found)
    return _full(call, live_config(call, component, config))


@routes.put(_ALL)
def update_without_id(component: str) -> Response:
    raise ApiError(400, "validation.failed", "Configuration id must be part of the path")


@routes.put(_ONE + "/state")
def update_state(component: str, config: str) -> Response:
    call = writer(component)
    found = live_config(call, component, config)
    state = _state_of(body())
    call.db.execute("UPDATE config SET state = ? WHERE pk = ?", (state, found.pk))
    return _full(call, replace(found, state=state))


@routes.get(_ONE + "/state")
def state_is_write_only(component: str, config: str) -> Response:
    if reader(component).branch.in_path:
        raise not_implemented()
    raise ApiError(404, "notFound", "Not found")


@routes.delete(_ONE)
def delete(component: str, config: str) -> Response:
    """The first DELETE moves to the trash, the second purges."""
    call = writer(component)
    found = find_config(call.db, call.branch.id, component, config)
    if found is None:
        raise config_not_found(config)
    if found.is_deleted:
        _purge(call, found)
    else:
        stamp = new_stamp("Configuration deleted", call.author)
        add_config_version(call.db, found.pk, found.content, stamp, is_deleted=True)
    events.record(call, "Purged" if found.is_deleted else "Deleted", found)
    return no_content()


@routes.post(_ONE + "/restore")
def restore(component: str, config: str) -> Response:
    call = writer(component)
    found = find_config(call.db, call.branch.id, component, config)
    if found is None or not found.is_deleted:
        raise ApiError(404, "notFound", f'Configuration "{config}" is not in the trash')
    stamp = new_stamp("Configuration restored", call.author)
    add_config_version(call.db, found.pk, found.content, stamp)
    events.record(call, "Restored", found)
    return _full(call, live_config(call, component, config))


def live_config(call: Call, component_id: str, config_id: str) -> Config:
    """Return a configuration that is not in the trash, or answer 404."""
    found = find_config(call.db, call.branch.id, component_id, config_id)
    if found is None or found.is_deleted:
        raise config_not_found(config_id)
    return found


def _full(call: Call, config: Config, status: int = 200) -> Response:
    return answer(shapes.config_json(config, live_rows(call.db, config)), status)


def _new_content(given: Body) -> Content:
    if not given.has("name"):
        raise invalid_parameter("components", "name", "This field is missing.")
    return Content(
        name=_name(given),
        description=given.text("description"),
        configuration=given.json_object("configuration"),
        is_disabled=given.flag("isDisabled"),
    )


def _name(given: Body) -> str:
    name = given.text("name")
    if not name:
        raise invalid_parameter("components", "name", "This value should not be blank.")
    return name


def _free_config(call: Call, component_id: str, config_id: str, state: str) -> int:
    """Return the key of a configuration without rows: a new one, or one out of the trash."""
    trashed = find_config(call.db, call.branch.id, component_id, config_id)
    if trashed is None:
        return insert_config(
            call.db, call.branch.id, component_id, config_id, call.author, state=state
        )
    if not trashed.is_deleted:
        raise ApiError(
            400, "configurationAlreadyExists", f'Configuration "{config_id}" already exists.'
        )
    drop_rows(call.db, trashed.pk, keep=())
    call.db.execute("UPDATE config SET state = ? WHERE pk = ?", (state, trashed.pk))
    return trashed.pk


def _changed_content(call: Call, config: Config, given: Body) -> Content:
    """What *given* makes of the configuration: what it names is replaced, the rest stays."""
    content = config.content
    if given.has("name"):
        content = replace(content, name=_name(given))
    if given.has("description"):
        content = replace(content, description=given.text("description"))
    if given.has("configuration"):
        content = replace(content, configuration=given.json_object("configuration"))
    if given.has("isDisabled"):
        content = replace(content, is_disabled=given.flag("isDisabled"))
    if order := given.texts("rowsSortOrder"):
        _check_order(order, [row.id for row in live_rows(call.db, config)])
        content = replace(content, rows_sort_order=order)
    return content


def _check_order(order: tuple[str, ...], row_ids: list[str]) -> None:
    for row_id in order:
        if row_id not in row_ids or order.count(row_id) > 1:
            problem = "is not a row of this configuration" if row_id not in row_ids else "is twice"
            raise invalid_parameter("components", "rowsSortOrder", f'Row "{row_id}" {problem}.')
    if missing := [row_id for row_id in row_ids if row_id not in order]:
        raise ApiError(
            400,
            "validation.invalidRowSortOrder",
            f"Invalid rowsSortOrder: rows {', '.join(missing)} are missing.",
        )


def _update_state(call: Call, config: Config, given: Body) -> None:
    if not call.branch.is_default:
        raise ApiError(
            400,
            "storage.components.validation",
            "Using 'state' parameter on configuration update is restricted for dev/branch context."
            " Use direct API call.",
        )
    state = given.json_object("state")
    call.db.execute("UPDATE config SET state = ? WHERE pk = ?", (state, config.pk))


def _state_of(given: Body) -> str:
    """The one member of a state body; every other body is refused."""
    for name in given.members:
        if name != "state":
            raise invalid_parameter("components", name, "This field was not expected.")
    if not given.has("state"):
        raise invalid_parameter("components", "state", "This field is missing.")
    try:
        return given.json_object("state")
    except ApiError as error:
        if error.code != "validation.invalidStateFormat":
            raise
        message = str(error).removeprefix("Invalid state body format: ")
        raise invalid_parameter("components", "state", message) from None


def _purge(call: Call, config: Config) -> None:
    if not call.branch.is_default:
        raise ApiError(
            400,
            "storage.components.cannotDeleteConfiguration",
            "Deleting configuration from trash is not allowed in development branches.",
        )
    call.token.require("canPurgeTrash")
    call.db.execute("DELETE FROM config WHERE pk = ?", (config.pk,))
