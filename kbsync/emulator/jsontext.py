"""JSON as text, so that a client reads back the numbers and key order it wrote. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING_OR_SPACE = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+')


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Numbers stay text: only where a value ends matters here, and no number may be too long to read.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)

# One for all: `json.dumps` makes a new one for every call, which a listing makes by the thousand.
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def check(text: str) -> None:
    """Raise ValueError unless *text* is one JSON value."""
    if _skip(text, _end(text, _skip(text, 0))) != len(text):
        raise ValueError("there is text after the JSON value")


def object_members(text: str) -> dict[str, str]:
    """Return the members of a JSON object, each value as it was written; the last of a key wins.

    Raises:
        ValueError: *text* is not one JSON object.
    """
    check(text)
    members: dict[str, str] = {}
    at = _skip(text, 0)
    if text[at] != "{":
        raise ValueError("expected a JSON object")
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        at = _end(text, start)
        members[key] = text[start:at]
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return members


def list_items(text: str) -> list[str]:
    """Return the items of a JSON list, each as it was written.

    Raises:
        ValueError: *text* is not one JSON list.
    """
    check(text)
    items: list[str] = []
    at = _skip(text, 0)
    if text[at] != "[":
        raise ValueError("expected a JSON list")
    at = _skip(text, at + 1)
    while text[at] != "]":
        start, at = at, _end(text, at)
        items.append(text[start:at])
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return items


def tidy(text: str) -> str:
    """Return the JSON *text* in the spelling the emulator stores: no blanks, ASCII strings.

    Key order, numbers and the two empty kinds stay as they are, so equal texts are equal values.
    """
    return _STRING_OR_SPACE.sub(_tidy_token, text)


def dump(value: Any) -> str:
    """Return *value* in the same spelling as `tidy`."""
    return _ENCODER.encode(value)


def compose(members: Mapping[str, str]) -> str:
    """Return a JSON object whose values are JSON texts already."""
    return "{" + ",".join(f'"{key}":{text}' for key, text in members.items()) + "}"


def _tidy_token(match: re.Match[str]) -> str:
    string: str | None = match[1]
    if string is None:
        return ""
    if string.isascii() and string.isprintable() and "\\" not in string:
        return string
    return json.dumps(json.loads(string))


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _end(text: str, start: int) -> int:
    try:
        return _DECODER.raw_decode(text, start)[1]
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
