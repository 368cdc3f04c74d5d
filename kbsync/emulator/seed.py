"""A seed: a project as JSON, checked before anything is stored. Pure but for reading the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from kbsync.emulator.errors import EmulatorError

HINT = "The seed format is described in docs/emulator.md."

_PARTS: Mapping[str, type] = {
    "components": list,
    "project": dict,
    "branches": list,
    "tokens": list,
    "buckets": list,
    "tables": list,
}
_ROW: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "description": (str,),
    "isDisabled": (bool,),
    "version": (int,),
    "changeDescription": (str,),
}
_CONFIG: Mapping[str, tuple[type, ...]] = {
    **_ROW,
    "rows": (list,),
    "rowsSortOrder": (list,),
    "metadata": (dict, list),
    "isDeleted": (bool,),
}
_BRANCH: Mapping[str, tuple[type, ...]] = {
    "id": (int,),
    "name": (str,),
    "description": (str,),
    "isDefault": (bool,),
    "metadata": (dict, list),
    "components": (list,),
}
_BUCKET: Mapping[str, tuple[type, ...]] = {
    "id": (str,),
    "displayName": (str,),
    "description": (str,),
    "color": (str,),
    "backend": (str,),
    "metadata": (dict, list),
}
_TABLE: Mapping[str, tuple[type, ...]] = {
    "id": (str,),
    "displayName": (str,),
    "columns": (list,),
    "primaryKey": (list,),
    "rows": (list,),
    "metadata": (dict, list),
    "columnMetadata": (dict,),
}
_BUCKET_ID = re.compile(r"(in|out)\.[A-Za-z0-9_-]+")
_TABLE_ID = re.compile(_BUCKET_ID.pattern + r"\.[A-Za-z0-9_-]+")
_CELL = (str, int, float, bool, type(None))
_NAMES = {
    str: "a text",
    bool: "a boolean",
    dict: "an object",
    list: "a list",
    int: "a number",
    float: "a number",
    type(None): "null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A checked seed: plain JSON, of the right types wherever this package reads it."""

    components: Sequence[Mapping[str, Any]] = ()
    project: Mapping[str, Any] = field(default_factory=dict)
    branches: Sequence[Mapping[str, Any]] = ()
    tokens: Sequence[Mapping[str, Any]] = ()
    buckets: Sequence[Mapping[str, Any]] = ()
    tables: Sequence[Mapping[str, Any]] = ()
    is_list: bool = True
    """Whether the seed was a bare list of components; an export takes the same form."""


def read_seed(path: Path) -> Seed:
    """Read and check a seed file.

    Raises:
        EmulatorError: It cannot be read, is not JSON, or an entry is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise EmulatorError(
            f"{path}: cannot read the seed: {reason}", "Check the path given to --seed."
        ) from error
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise EmulatorError(f"{path}: the seed is not JSON: {error}", HINT) from error
    return check_seed(value, str(path))


def check_seed(value: object, source: str = "seed") -> Seed:
    """Return *value* as a seed; *source* names it in errors.

    Raises:
        EmulatorError: The message names the entry, the key, what was expected and what was found.
    """
    if isinstance(value, list):
        _check_components(value, f"{source}: ")
        return Seed(components=value)
    if not isinstance(value, Mapping):
        raise _wrong(f"{source}: ", "a list of components or an object", value)
    for key, part in value.items():
        if key not in _PARTS:
            known = ", ".join(_PARTS)
            raise EmulatorError(f"{source}: unknown key {key!r}; expected one of {known}", HINT)
        _check_type(part, f"{source}: {key}", (_PARTS[key],))
    _check_components(value.get("components", []), f"{source}: components")
    _check_branches(value.get("branches", []), f"{source}: branches")
    _check_tokens(value.get("tokens", []), f"{source}: tokens")
    _check_buckets(value.get("buckets", []), f"{source}: buckets")
    _check_tables(value.get("tables", []), f"{source}: tables")
    _check_members(value.get("project", {}), f"{source}: project", {"id": (int,), "name": (str,)})
    return Seed(is_list=False, **value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def pairs(metadata: Mapping[str, str] | Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """The entries of a metadata member in either of its two shapes."""
    if isinstance(metadata, Mapping):
        return list(metadata.items())
    return [(entry["key"], entry["value"]) for entry in metadata]


def _check_components(components: Sequence[Any], where: str) -> None:
    _check_entries(components, where, {"id": (str,), "configurations": (list,)})
    for place, component in enumerate(components):
        inner = f"{where}[{place}].configurations"
        configs = component.get("configurations", [])
        _check_entries(configs, inner, {**_CONFIG, "id": (str, int)})
        for number, config in enumerate(configs):
            _check_config(config, f"{inner}[{number}]")


def _check_config(config: Mapping[str, Any], where: str) -> None:
    _check_objects(config, where)
    _check_metadata(config.get("metadata", {}), f"{where}.metadata")
    for place, row_id in enumerate(config.get("rowsSortOrder", [])):
        _check_type(row_id, f"{where}.rowsSortOrder[{place}]", (str,))
    _check_entries(config.get("rows", []), f"{where}.rows", {**_ROW, "id": (str, int)})
    for place, row in enumerate(config.get("rows", [])):
        _check_objects(row, f"{where}.rows[{place}]")


def _check_objects(item: Mapping[str, Any], where: str) -> None:
    """PHP writes an empty object as `[]`; a list with items is no object."""
    for key in ("configuration", "state"):
        if item.get(key, {}) not in ({}, []) and not isinstance(item[key], dict):
            raise _wrong(f"{where}.{key}", "an object", item[key])


def _check_branches(branches: Sequence[Any], where: str) -> None:
    _check_entries(branches, where, _BRANCH)
    for place, branch in enumerate(branches):
        _check_metadata(branch.get("metadata", {}), f"{where}[{place}].metadata")
        _check_components(branch.get("components", []), f"{where}[{place}].components")
    if sum(branch.get("isDefault", False) for branch in branches) > 1:
        raise EmulatorError(f"{where}: more than one branch is the default", HINT)


def _check_tokens(tokens: Sequence[Any], where: str) -> None:
    _check_entries(tokens, where, {"id": (str, int), "token": (str,)})
    for place, token in enumerate(tokens):
        if not token.get("token"):
            raise EmulatorError(f"{where}[{place}]: the key 'token' is missing or empty", HINT)
        if not str(token["id"]).isdecimal():
            raise EmulatorError(f"{where}[{place}].id: expected digits", HINT)
        if token.get("expires") is not None and not _is_moment(token["expires"]):
            raise EmulatorError(f"{where}[{place}].expires: expected a time with an offset", HINT)


def _check_buckets(buckets: Sequence[Any], where: str) -> None:
    _check_entries(buckets, where, _BUCKET)
    for place, bucket in enumerate(buckets):
        _check_id(bucket["id"], _BUCKET_ID, f"{where}[{place}].id", "in.c-main")
        _check_metadata(bucket.get("metadata", {}), f"{where}[{place}].metadata")


def _check_tables(tables: Sequence[Any], where: str) -> None:
    _check_entries(tables, where, _TABLE)
    for place, table in enumerate(tables):
        here = f"{where}[{place}]"
        _check_id(table["id"], _TABLE_ID, f"{here}.id", "in.c-main.orders")
        _check_columns(table, here)
        _check_metadata(table.get("metadata", {}), f"{here}.metadata")
        for column, metadata in table.get("columnMetadata", {}).items():
            _check_metadata(metadata, f"{here}.columnMetadata.{column}")


def _check_columns(table: Mapping[str, Any], where: str) -> None:
    """Columns are names, or objects with a `name` in a typed table; every row has all cells."""
    columns = table.get("columns", [])
    if not columns:
        raise EmulatorError(f"{where}: the key 'columns' is missing or empty", HINT)
    for place, column in enumerate(columns):
        _check_type(column, f"{where}.columns[{place}]", (type(columns[0]),))
        name = column.get("name") if isinstance(column, dict) else column
        _check_type(name, f"{where}.columns[{place}]", (str,))
    for place, name in enumerate(table.get("primaryKey", [])):
        if name not in column_names(table):
            raise EmulatorError(f"{where}.primaryKey[{place}]: {name!r} is no column", HINT)
    for place, row in enumerate(table.get("rows", [])):
        here = f"{where}.rows[{place}]"
        _check_type(row, here, (list,))
        if len(row) != len(columns):
            raise EmulatorError(f"{here}: expected {len(columns)} cells, found {len(row)}", HINT)
        for cell in row:
            _check_type(cell, here, _CELL)


def column_names(table: Mapping[str, Any]) -> list[str]:
    """The names of a seeded table's columns, which are texts or objects."""
    return [item["name"] if isinstance(item, dict) else item for item in table["columns"]]


def _check_id(value: str, pattern: re.Pattern[str], where: str, example: str) -> None:
    if not pattern.fullmatch(value):
        raise EmulatorError(f"{where}: {value!r} is not an id such as {example!r}", HINT)


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (ValueError, TypeError):
        return False


def _check_metadata(metadata: Any, where: str) -> None:
    if isinstance(metadata, list):
        for place, entry in enumerate(metadata):
            _check_type(entry, f"{where}[{place}]", (dict,))
            if not entry.keys() >= {"key", "value"}:
                raise EmulatorError(f"{where}[{place}]: expected the keys 'key' and 'value'", HINT)
    for key, value in pairs(metadata):
        _check_type(value, f"{where}.{key}", (str,))


def _check_entries(
    entries: Sequence[Any], where: str, types: Mapping[str, tuple[type, ...]]
) -> None:
    """Check the members of every entry, and that each has an `id` of its own."""
    seen: set[str] = set()
    for place, entry in enumerate(entries):
        here = f"{where}[{place}]"
        _check_type(entry, here, (dict,))
        _check_members(entry, here, types)
        if entry.get("id") in (None, ""):
            raise EmulatorError(f"{here}: the key 'id' is missing or empty", HINT)
        if str(entry["id"]) in seen:
            raise EmulatorError(f"{here}.id: {entry['id']!r} is there twice", HINT)
        seen.add(str(entry["id"]))


def _check_members(
    entry: Mapping[str, Any], where: str, types: Mapping[str, tuple[type, ...]]
) -> None:
    for key, expected in types.items():
        if key in entry:
            _check_type(entry[key], f"{where}.{key}", expected)


def _check_type(value: Any, where: str, expected: Iterable[type]) -> None:
    # bool is an int in Python, but not in JSON; `type` tells them apart.
    if not any(type(value) is kind for kind in expected):
        wanted = " or ".join(dict.fromkeys(_NAMES[kind] for kind in expected))
        raise _wrong(where, wanted, value)


def _wrong(where: str, wanted: str, value: object) -> EmulatorError:
    found = _NAMES.get(type(value), type(value).__name__)
    where = where.removesuffix(": ")
    return EmulatorError(f"{where}: expected {wanted}, found {found}", HINT)
