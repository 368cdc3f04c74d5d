"""Warnings about transformations whose blocks, codes or scripts are no lists. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kbsync.documents.text import shown
from kbsync.model import Json, JsonPath, Key, Resources
from kbsync.problems import Problem

_LISTS = ("blocks", "codes", "script")
"""Each holds what the next one is in, below `parameters`."""


def no_lists(
    resources: Resources, place: Callable[[Key, JsonPath], tuple[str, int, int]]
) -> list[Problem]:
    """Return a warning for each, which Storage takes and no job can run.

    *place* tells where it stands: the file, the line and the column of a path in a `configuration`.
    """
    return [
        Problem(
            *place(key, path), f"{shown(str(path[-1]))} is {_kind(value)}, not a list", _todo(path)
        )
        for key, item in sorted(resources.items())
        if "transformation" in key.component_id
        for path, value in _no_lists(item.configuration.get("parameters"), ("parameters",), _LISTS)
    ]


def _no_lists(
    holder: Json, path: JsonPath, names: tuple[str, ...]
) -> Iterator[tuple[JsonPath, Json]]:
    if not names or not isinstance(holder, dict) or names[0] not in holder:
        return
    found, path = holder[names[0]], (*path, names[0])
    if not isinstance(found, list):
        yield path, found
        return
    for index, item in enumerate(found):
        yield from _no_lists(item, (*path, index), names[1:])


def _kind(value: Json) -> str:
    match value:
        case str():
            return "a text"
        case dict():
            return "a mapping"
        case _:
            return "a single value"


def _todo(path: JsonPath) -> str:
    if path[-1] == "script":
        return "write `!statements code/...` for a file with code, or a list of statements"
    return "start each of its items with `- `"
