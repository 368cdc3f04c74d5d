"""Shared code in the transformations that use it. Pure.

A script uses a row of shared code by an element that is `{{row id}}` and nothing else, where the
configuration lists that row. Before a job the platform puts the statements of the row in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from kbsync.graph.links import SHARED_CODE, links
from kbsync.model import Json, JsonObject, JsonPath, Key, Resource, Resources
from kbsync.paths import value_at

_PLACEHOLDER = re.compile(r"\{\{([\w -]{1,255})\}\}")
_CONTENT = "code_content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One element of a script that stands for shared code."""

    path: JsonPath
    """In the `configuration` of the transformation."""
    row: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A transformation as its component receives it."""

    resource: Resource
    used: tuple[Key, ...] = ()
    """The rows that were put in, in the order in which they first come."""
    missing: tuple[Key, ...] = ()
    """Those that are not there, so that their placeholders stay."""


def uses(item: Resource) -> Iterator[Use]:
    """Yield where the scripts of *item* use shared code, in order."""
    rows = {
        link.target.row_id: link.target
        for link in links(item, {})
        if link.target.is_row and link.target.component_id == SHARED_CODE
    }
    if not rows:
        return
    for path, script in _scripts(item.configuration):
        for index, element in enumerate(script):
            found = _PLACEHOLDER.fullmatch(element) if isinstance(element, str) else None
            if found and (row := rows.get(found[1].strip())):
                yield Use(path=(*path, index), row=row)


def filled(item: Resource, project: Resources) -> Filled:
    """Return *item* with the shared code of *project* in its scripts."""
    found = {use.path: use.row for use in uses(item)}
    codes = {row: _code(project[row]) for row in found.values() if row in project}
    rows = dict.fromkeys(found.values())
    code_at = {path: codes[row] for path, row in found.items() if row in codes}
    configuration = _with_code(item.configuration, code_at)
    assert isinstance(configuration, dict)
    return Filled(
        resource=replace(item, configuration=configuration) if code_at else item,
        used=tuple(row for row in rows if row in codes),
        missing=tuple(row for row in rows if row not in codes),
    )


def _code(row: Resource) -> list[Json]:
    content = row.configuration.get(_CONTENT, [])
    return content if isinstance(content, list) else [content]


def _with_code(value: Json, code_at: Mapping[JsonPath, list[Json]], path: JsonPath = ()) -> Json:
    if isinstance(value, dict):
        return {key: _with_code(item, code_at, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [
            each
            for index, item in enumerate(value)
            for each in code_at.get((*path, index), [_with_code(item, code_at, (*path, index))])
        ]
    return value


def _scripts(configuration: JsonObject) -> Iterator[tuple[JsonPath, list[Json]]]:
    for block_path, block in _items(configuration, ("parameters", "blocks")):
        for path, code in _items(block, ("codes",)):
            script = value_at(code, ("script",))
            if isinstance(script, list):
                yield (*block_path, *path, "script"), script


def _items(value: Json, path: JsonPath) -> Iterator[tuple[JsonPath, Json]]:
    found = value_at(value, path)
    for index, item in enumerate(found if isinstance(found, list) else ()):
        yield (*path, index), item
