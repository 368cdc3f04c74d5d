"""What only configurations of development branches can do: reset, diff, rebase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response

from kbsync.emulator import branches, shapes
from kbsync.emulator.bodies import Body
from kbsync.emulator.calls import Call, answer, body, no_content, reader, writer
from kbsync.emulator.configurations import live_config
from kbsync.emulator.errors import ApiError, config_not_found, invalid_request, version_not_found
from kbsync.emulator.ids import ulid
from kbsync.emulator.jsontext import compose, dump
from kbsync.emulator.model import Config, Content, Row, RowContent
from kbsync.emulator.records import (
    add_config_version,
    add_row_version,
    config_at,
    drop_rows,
    find_config,
    find_row,
    insert_row,
    live_rows,
    new_stamp,
    rows_at,
)

routes = Blueprint("branch_configs", __name__)
_ONE = "/components/<id:component>/configs/<id:config>"


@routes.post(_ONE + "/reset-to-default")
def reset(component: str, config: str) -> Response:
    call = writer(component)
    if call.branch.is_default:
        raise ApiError(
            400,
            "storage.components.validation",
            "Reset to default branch is not implemented for default branch",
        )
    ours, theirs = _both_sides(call, component, config)
    if theirs is not None and not theirs.is_deleted:
        if ours is not None:
            call.db.execute("DELETE FROM config WHERE pk = ?", (ours.pk,))
        branches.copy_config(call.db, theirs, call.branch.id, call.author)
    elif ours is None:
        raise config_not_found(config)
    elif not ours.is_deleted:
        stamp = new_stamp("Configuration deleted", call.author)
        add_config_version(call.db, ours.pk, ours.content, stamp, is_deleted=True)
    return no_content()


@routes.get(_ONE + "/diff")
def diff(component: str, config: str) -> Response:
    call = reader(component)
    if call.branch.is_default:
        raise ApiError(
            400,
            "storage.configuration.diffNotAvailableOnDefaultBranch",
            "Diff is not available on default branch",
        )
    ours, theirs = _both_sides(call, component, config)
    if ours is None and theirs is None:
        raise config_not_found(config)
    base = None
    if ours is not None and branches.base_version(call.db, ours.pk):
        base = config_at(call.db, ours.pk, 1)
    sides = {"base": base, "ours": ours, "theirs": theirs}
    return answer(compose({name: _side(call, side) for name, side in sides.items()}))


@routes.post(_ONE + "/rebase")
def rebase(component: str, config: str) -> Response:
    """Replace the branch's history by two versions: the new base, and what was resolved."""
    call = writer(component)
    if call.branch.is_default:
        raise ApiError(
            400,
            "storage.configuration.rebaseNotAvailableOnDefaultBranch",
            "Rebase is not available on default branch",
        )
    given = body()
    ours, target = _rebase_sides(call, component, config, given.value("version"))
    resolved = _resolved(given)
    rows = _resolved_rows(resolved) if resolved.members else []
    states = {row.id: row.state for row in live_rows(call.db, ours)}
    call.db.execute("DELETE FROM config WHERE pk = ?", (ours.pk,))
    branches.copy_config(call.db, target, call.branch.id, call.author)
    new = live_config(call, component, config)
    call.db.execute("UPDATE config SET state = ? WHERE pk = ?", (ours.state, new.pk))
    stamp = new_stamp(
        resolved.text("changeDescription") or f"Rebased to version {target.version}", call.author
    )
    if not resolved.members:
        add_config_version(call.db, new.pk, new.content, stamp, is_deleted=True)
        return answer(shapes.config_json(_any_config(call, new), []))
    order = _write_rows(call, new, rows, states)
    content = Content(
        name=resolved.text("name") or new.content.name,
        description=resolved.text("description"),
        configuration=resolved.json_object("configuration"),
        is_disabled=resolved.flag("isDisabled"),
        rows_sort_order=order,
    )
    add_config_version(call.db, new.pk, content, stamp)
    head = live_config(call, component, config)
    return answer(shapes.config_json(head, live_rows(call.db, head)))


def _both_sides(call: Call, component: str, config: str) -> tuple[Config | None, Config | None]:
    """The configuration in this branch and in the default one, in the trash or not."""
    default = branches.find_branch(call.db, None)
    return (
        find_config(call.db, call.branch.id, component, config),
        find_config(call.db, default.id, component, config),
    )


def _any_config(call: Call, config: Config) -> Config:
    found = find_config(call.db, config.branch_id, config.component_id, config.id)
    assert found is not None
    return found


def _side(call: Call, config: Config | None) -> str:
    if config is None:
        return "null"
    content = config.content
    rows = [
        compose(
            {
                "id": dump(row.id),
                "name": dump(row.content.name),
                "description": dump(row.content.description),
                "isDisabled": dump(row.content.is_disabled),
                "configuration": row.content.configuration,
            }
        )
        for row in rows_at(call.db, config)
    ]
    shown = {
        "name": dump(content.name),
        "description": dump(content.description),
        "changeDescription": dump(config.stamp.message),
        "isDisabled": dump(content.is_disabled),
        "configuration": content.configuration,
        "rows": shapes.array(rows),
    }
    return compose(
        {
            "version": str(config.version),
            "isDeleted": dump(config.is_deleted),
            "diff": compose(shown),
        }
    )


def _rebase_sides(call: Call, component: str, config: str, version: Any) -> tuple[Config, Config]:
    """The branch's configuration, and the default branch's at the version to rebase to."""
    ours, theirs = _both_sides(call, component, config)
    if ours is None:
        raise config_not_found(config)
    if type(version) is not int:
        raise invalid_request("version", "This value should be of type integer.")
    target = config_at(call.db, theirs.pk, version) if theirs else None
    if target is None:
        raise version_not_found(version)
    if version <= branches.base_version(call.db, ours.pk):
        raise invalid_request("version", "The version is not newer than the base.")
    return ours, target


def _resolved(given: Body) -> Body:
    """The resolved content: in a `diff` envelope, or flat next to `version`."""
    if given.has("diff"):
        return given.inner("diff")
    return Body({name: text for name, text in given.members.items() if name != "version"})


def _resolved_rows(resolved: Body) -> Sequence[Body]:
    if not resolved.has("rows"):
        raise invalid_request("rows", "This field is missing.")
    return resolved.inner_list("rows")


def _write_rows(
    call: Call, config: Config, rows: Sequence[Body], states: dict[str, str]
) -> tuple[str, ...]:
    """Make *rows* the rows of *config*; return their ids in order."""
    order = []
    for given in rows:
        row_id = given.text("id") or ulid().lower()
        order.append(row_id)
        content = RowContent(
            name=given.text("name"),
            description=given.text("description"),
            configuration=given.json_object("configuration"),
            is_disabled=given.flag("isDisabled"),
        )
        base: Row | None = find_row(call.db, config.pk, row_id)
        if base is None:
            pk = insert_row(call.db, config.pk, row_id, call.author)
            add_row_version(call.db, pk, content, new_stamp(f"Row {row_id} added", call.author))
        elif base.content != content:
            stamp = new_stamp(f"Row {row_id} changed", call.author)
            add_row_version(call.db, base.pk, content, stamp)
        call.db.execute(
            "UPDATE row SET state = ? WHERE config_pk = ? AND id = ?",
            (states.get(row_id, "{}"), config.pk, row_id),
        )
    drop_rows(call.db, config.pk, keep=order)
    return tuple(order)
