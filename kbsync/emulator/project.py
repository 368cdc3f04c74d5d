"""The whole project at once: fill it from a seed, export it in the seed's shape."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from kbsync.emulator.branches import copy_default, insert_branch
from kbsync.emulator.jsontext import compose, dump
from kbsync.emulator.metadata import entries, set_entry
from kbsync.emulator.model import Author, Config, Content, Row, RowContent
from kbsync.emulator.records import (
    add_config_version,
    add_row_version,
    insert_config,
    insert_row,
    list_configs,
    live_rows,
    new_stamp,
)
from kbsync.emulator.seed import Seed, pairs
from kbsync.emulator.shapes import array
from kbsync.emulator.stock_seed import export_buckets, export_tables, load_stock
from kbsync.emulator.store import erase, get_setting, put_document, put_setting
from kbsync.emulator.tokens import CREATED, complete

DEFAULT_BRANCH = 1001
OWNER = Author(id=1, description="owner@emulator.test")
"""Who wrote what the seed brought."""
_PROJECT: Mapping[str, Any] = {"id": 1234, "name": "Emulated project"}


def ensure_project(db: sqlite3.Connection) -> None:
    """Make an empty project where there is none yet."""
    if get_setting(db, "project") is None:
        replace_project(db, Seed())


def replace_project(db: sqlite3.Connection, seed: Seed) -> None:
    """Forget everything and load *seed*. Numbers already given out are not used again."""
    erase(db)
    put_setting(db, "seed", {"is_list": seed.is_list, "branches": bool(seed.branches)})
    put_setting(db, "project", {**_PROJECT, **seed.project})
    put_setting(db, "tokens_are_seeded", bool(seed.tokens))
    for token in seed.tokens:
        put_document(db, "token", str(token["id"]), complete(token))
    default, others = _branches(seed)
    _insert_branch(db, default, is_default=True)
    load_stock(db, default["id"], seed)
    _load_definitions(db, seed.components)
    _load_components(db, default["id"], seed.components)
    for branch in others:
        _insert_branch(db, branch, is_default=False)
        if "components" in branch:
            _load_components(db, branch["id"], branch["components"])
        else:
            copy_default(db, branch["id"], OWNER)


def export_project(db: sqlite3.Connection) -> str:
    """Return the project as JSON text in the shape of its seed, without versions and trash.

    A list of components has no place for buckets: a project that has any is an object.
    """
    form = get_setting(db, "seed")
    branches = db.execute("SELECT * FROM branch ORDER BY is_default DESC, id").fetchall()
    components = _export_components(db, branches[0]["id"], with_definitions=True)
    buckets = export_buckets(db, branches[0]["id"])
    if form["is_list"] and not buckets:
        return components
    members = {"components": components, "project": dump(get_setting(db, "project"))}
    if form["branches"] or len(branches) > 1:
        members["branches"] = array(_export_branch(db, row) for row in branches)
    tokens = db.execute("SELECT value FROM document WHERE kind = 'token' ORDER BY serial")
    for name, text in (
        ("tokens", array(row["value"] for row in tokens)),
        ("buckets", dump(buckets)),
        ("tables", dump(export_tables(db, branches[0]["id"]))),
    ):
        if text != "[]":
            members[name] = text
    return compose(members)


def _branches(seed: Seed) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The default branch and the others."""
    for branch in seed.branches:
        if branch.get("isDefault"):
            return branch, [other for other in seed.branches if other is not branch]
    return {"id": DEFAULT_BRANCH, "name": "Main"}, list(seed.branches)


def _insert_branch(db: sqlite3.Connection, branch: Mapping[str, Any], *, is_default: bool) -> None:
    creator = {"id": OWNER.id, "name": OWNER.description}
    value = {
        "name": "Main" if is_default else f"branch {branch['id']}",
        "description": "",
        "created": CREATED,
        **branch,
        "isDefault": is_default,
        "creatorToken": [] if is_default else creator,
    }
    insert_branch(db, value)
    for key, text in pairs(branch.get("metadata", {})):
        set_entry(db, branch["id"], None, key, text)


def _load_definitions(db: sqlite3.Connection, components: Sequence[Mapping[str, Any]]) -> None:
    for component in components:
        definition = {key: item for key, item in component.items() if key != "configurations"}
        db.execute(
            "INSERT INTO component VALUES (?, ?, ?)",
            (component["id"], dump(definition), "configurations" in component),
        )


def _load_components(
    db: sqlite3.Connection, branch_id: int, components: Sequence[Mapping[str, Any]]
) -> None:
    for component in components:
        for config in component.get("configurations", ()):
            _load_config(db, branch_id, component["id"], config)


def _load_config(
    db: sqlite3.Connection, branch_id: int, component_id: str, config: Mapping[str, Any]
) -> None:
    pk = insert_config(
        db,
        branch_id,
        component_id,
        str(config["id"]),
        OWNER,
        state=dump(config.get("state") or {}),
        version=config.get("version", 1) - 1,
    )
    for row in config.get("rows", ()):
        _load_row(db, pk, row)
    named = {"name": config["id"], **config}
    content = Content(**_common(named), rows_sort_order=tuple(config.get("rowsSortOrder", ())))
    stamp = new_stamp(config.get("changeDescription", "Configuration created"), OWNER)
    add_config_version(db, pk, content, stamp, is_deleted=config.get("isDeleted", False))
    for key, text in pairs(config.get("metadata", {})):
        set_entry(db, branch_id, pk, key, text)


def _load_row(db: sqlite3.Connection, config_pk: int, row: Mapping[str, Any]) -> None:
    row_id = str(row["id"])
    pk = insert_row(
        db,
        config_pk,
        row_id,
        OWNER,
        state=dump(row.get("state") or {}),
        version=row.get("version", 1) - 1,
    )
    stamp = new_stamp(row.get("changeDescription", f"Row {row_id} added"), OWNER)
    add_row_version(db, pk, RowContent(**_common(row)), stamp)


def _common(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": str(item.get("name", "")),
        "description": item.get("description", ""),
        "configuration": dump(item.get("configuration") or {}),
        "is_disabled": item.get("isDisabled", False),
    }


def _export_branch(db: sqlite3.Connection, row: sqlite3.Row) -> str:
    members = {
        "id": dump(row["id"]),
        "name": dump(row["name"]),
        "description": dump(row["description"]),
        "isDefault": dump(bool(row["is_default"])),
        "metadata": _export_metadata(db, row["id"], None),
    }
    if not row["is_default"]:
        members["components"] = _export_components(db, row["id"], with_definitions=False)
    return compose(members)


def _export_components(db: sqlite3.Connection, branch_id: int, *, with_definitions: bool) -> str:
    """Seeded components in the seed's order, then those that came later."""
    configs: dict[str, list[Config]] = {}
    for config in list_configs(db, branch_id, is_deleted=False):
        configs.setdefault(config.component_id, []).append(config)
    known: dict[str, sqlite3.Row] = {}
    if with_definitions:
        known = {row["id"]: row for row in db.execute("SELECT * FROM component ORDER BY rowid")}
    answers = []
    for component_id in dict.fromkeys([*known, *configs]):
        row = known.get(component_id)
        definition = json.loads(row["definition"]) if row else {"id": component_id}
        text = dump(definition)
        if component_id in configs or (row and row["is_listed"]):
            listed = array(_export_config(db, item) for item in configs.get(component_id, ()))
            text = f'{text[:-1]},"configurations":{listed}}}'
        answers.append(text)
    return array(answers)


def _export_config(db: sqlite3.Connection, config: Config) -> str:
    return compose(
        {
            **_export_common(config),
            "rowsSortOrder": dump(config.content.rows_sort_order),
            "rows": array(
                compose(_export_common(row) | {"state": row.state}) for row in live_rows(db, config)
            ),
            "state": config.state,
            "metadata": _export_metadata(db, config.branch_id, config.pk),
        }
    )


def _export_common(item: Config | Row) -> dict[str, str]:
    return {
        "id": dump(item.id),
        "name": dump(item.content.name),
        "description": dump(item.content.description),
        "isDisabled": dump(item.content.is_disabled),
        "configuration": item.content.configuration,
    }


def _export_metadata(db: sqlite3.Connection, branch_id: int, config_pk: int | None) -> str:
    found = entries(db, branch_id, config_pk)
    return dump({entry["key"]: entry["value"] for entry in found})
