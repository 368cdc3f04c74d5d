"""Texts that hold JSON, read as what they hold, so that a change inside them can be told. Pure.

This finds words only. Whether two texts are equal is decided by the texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, TypeGuard

from kbsync.canonical import same
from kbsync.model import Json, JsonObject
from kbsync.secrets import holds_secret, mask, mask_text, plain_secrets

INSIDE = "(JSON)"
"""The step of a path that leads from a text to what it holds."""

DEEPEST = 60
"""How deep what a text holds may lie, all levels above the text counted."""

_MAY_BE_JSON = re.compile(r"\s*+(?:\{[\s\S]*\}|\[[\s\S]*\])\s*+\Z")


class Inside(str):
    """The only key of an object that stands for a text; it remembers the text."""

    __slots__ = ("text",)
    text: str


Opened = dict[Inside, Any]
"""A text as an object: what it holds, under an `Inside`."""


def opened(value: Json, *, closed: Collection[str] = (), room: int = DEEPEST) -> Any:
    """Return *value* with each text that holds an object or a list as an `Opened`.

    What is a secret as a whole stays shut, and so does what stands under a key of *closed*.
    """
    match value:
        case dict():
            return {
                key: item
                if key in closed or holds_secret(value, key)
                else opened(item, closed=closed, room=room - 1)
                for key, item in value.items()
            }
        case list():
            return [opened(item, closed=closed, room=room - 1) for item in value]
        case str() if _MAY_BE_JSON.match(value):
            return _opened_text(value, closed, room)
        case _:
            return value


def _opened_text(text: str, closed: Collection[str], room: int) -> Any:
    try:
        content = _strictly(text)
    except (ValueError, RecursionError):
        return text
    if _depth(content) > room:
        return text
    key = Inside(INSIDE)
    key.text = text
    return {key: opened(content, closed=closed, room=room - 1)}


def _strictly(text: str) -> Json:
    """Read *text*. Raises ValueError for what JSON does not know, or what would be lost."""
    content: Json = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    json.dumps(content, allow_nan=False)
    return content


def _unique(pairs: list[tuple[str, Json]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _depth(value: Json) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


def is_opened(value: object) -> TypeGuard[Opened]:
    return isinstance(value, dict) and any(isinstance(key, Inside) for key in value)


def shut(value: Opened) -> str:
    """Return the text that *value* stands for, as it may be shown."""
    (key,) = value
    content: Json = json.loads(key.text)
    if plain_secrets(content):
        return json.dumps(mask(content), ensure_ascii=False)
    return mask_text(key.text)


def mask_inside(value: Json) -> Json:
    """Return *value* masked, also inside texts that hold JSON; the others stay as they are."""
    return _shut_inside(mask(opened(value)))


def _shut_inside(value: Any) -> Json:
    if is_opened(value):
        (key,) = value
        content = _shut_inside(value[key])
        return key.text if same(content, _strictly(key.text)) else json.dumps(content)
    match value:
        case dict():
            return {key: _shut_inside(item) for key, item in value.items()}
        case list():
            return [_shut_inside(item) for item in value]
        case _:
            leaf: Json = value
            return leaf


def form_words(before: Opened, after: Opened) -> str:
    """Say how two texts differ that hold the same; `""` when that cannot be told.

    It cannot where a number is written so that reading it makes two of them one.
    """
    from decimal import Decimal

    (old,), (new,) = before, after
    if _BLANKS.sub(r"\1", old.text) == _BLANKS.sub(r"\1", new.text):
        return "only whitespace in the JSON text"
    exact = [json.loads(key.text, parse_float=Decimal) for key in (old, new)]
    return "only how the JSON text is written, not what it holds" if exact[0] == exact[1] else ""


_BLANKS = re.compile(r'("(?:[^"\\]|\\.)*+")|\s+')
