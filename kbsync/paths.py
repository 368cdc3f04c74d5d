"""Values inside JSON by their path. Pure."""

from __future__ import annotations

from enum import Enum
from typing import Any

from kbsync.canonical import same
from kbsync.model import Json, JsonPath


class Missing(Enum):
    """Stands where there is no value; `null` is one."""

    MISSING = "nothing"


MISSING = Missing.MISSING


def value_at(value: Any, path: JsonPath) -> Any:
    """Return what stands at *path* in *value*, or `MISSING`."""
    for step in path:
        match value:
            case dict() if step in value:
                value = value[step]
            case list() if isinstance(step, int) and step < len(value):
                value = value[step]
            case _:
                return MISSING
    return value


def put_at(value: Any, path: JsonPath, new: Json) -> None:
    """Set *path* in *value*, in place, making the objects on the way that are missing."""
    *parents, last = path
    for step in parents:
        found = value_at(value, (step,))
        if found is MISSING and isinstance(value, dict):
            found = value[step] = {}
        value = found
    if isinstance(value, dict):
        value[last] = new
    elif isinstance(value, list) and isinstance(last, int):
        value[last : last + 1] = [new]


def same_value(left: Json | Missing, right: Json | Missing) -> bool:
    if left is MISSING or right is MISSING:
        return left is right
    return same(left, right)
