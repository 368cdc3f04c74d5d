"""JSON text to a value, and the places of its parts. Pure.

The standard library reads; a scanner of our own runs only when something is suspicious or a
place is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kbsync.documents.reading import (
    EMPTY,
    MAX_DEPTH,
    MAX_NODES,
    TOO_DEEP,
    TOO_MANY,
    Cursor,
    Places,
    key_twice,
)
from kbsync.documents.scalars import NotRepresentableError, read_plain
from kbsync.model import Json, JsonPath
from kbsync.problems import Problem

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,:\[\]{}"]+|[\[\]{}]')
_CONSTANTS = ("NaN", "Infinity", "-Infinity")
_NUMBER_STARTS = tuple("-0123456789")
_QUOTES = "write it in quotes if it is meant as text"

_SYNTAX = (
    (
        "Expecting property name",
        "a key in double quotes was expected",
        "write it, or remove the comma",
    ),
    ("Expecting value", "a value was expected", "write one; text stands in double quotes"),
    ("Expecting ':'", "a `:` between a key and its value was expected", "add it"),
    ("Expecting ','", "a `,` or the closing bracket was expected", "add it"),
    ("trailing comma", "a comma behind the last item", "remove the comma"),
    ("Extra data", "something behind the end of the document", "remove it"),
    ("Unterminated string", "a text that is never closed", "add the closing double quote"),
    ("Invalid control character", "a line break or control character inside a text", "escape it"),
    ("escape", "a backslash that starts no JSON escape", "write `\\\\` for a backslash"),
    ("", "something that is not JSON", "mend it"),
)
"""Part of what the standard library says, ours, and what to do; the first that fits counts."""


class _Watch:
    """Notices what the standard library would let pass."""

    def __init__(self) -> None:
        self.suspicious = False

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            self.suspicious = True
        return value

    def constant(self, _text: str) -> None:
        self.suspicious = True

    def number(self, text: str) -> Any:
        try:
            return read_plain(text)
        except NotRepresentableError:
            self.suspicious = True


def read(text: str, name: str) -> tuple[Json, list[Problem]]:
    """Return the value of *text* and its problems."""
    if not text.strip():
        return None, [Problem(name, 1, 1, *EMPTY)]
    watch = _Watch()
    try:
        value = json.loads(
            text,
            object_pairs_hook=watch.pairs,
            parse_constant=watch.constant,
            parse_float=watch.number,
            parse_int=watch.number,
        )
    except json.JSONDecodeError as error:
        return None, [_explain(error, name)]
    except RecursionError:
        return None, _problems(text, name)
    if watch.suspicious or not _is_within_budgets(value, text):
        return None, _problems(text, name)
    return value, []


def _is_within_budgets(value: Json, text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH and len(text) <= 2 * MAX_NODES:
        return True
    nodes = 0
    level = [value]
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        level = [child for item in level for child in _children(item)]
    return nodes + len(level) <= MAX_NODES and not any(
        isinstance(item, (dict, list)) for item in level
    )


def _children(value: Json) -> Iterable[Json]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def _explain(error: json.JSONDecodeError, name: str) -> Problem:
    what, todo = next((what, todo) for said, what, todo in _SYNTAX if said in error.msg)
    return Problem(name, error.lineno, error.colno, what, todo)


def places(text: str) -> Places:
    """Return line and column, from 1, of every key and list item of a *text* without problems."""
    lines = _Lines(text)
    found: Places = {}
    for part in _parts(text):
        found.setdefault(part.path, lines.place(part.start))
    return found


def _problems(text: str, name: str) -> list[Problem]:
    """Return what is wrong with a *text* whose syntax is right."""
    lines = _Lines(text)
    found: Places = {}
    problems = []
    nodes = 0
    for part in _parts(text):
        where = lines.place(part.start)
        if part.is_key:
            line, _ = found.setdefault(part.path, where)
            if part.is_repeated:
                problems.append(Problem(name, *where, *key_twice(str(part.path[-1]), line)))
            continue
        nodes += 1
        if nodes > MAX_NODES:
            return [*problems, Problem(name, *where, *TOO_MANY)]
        if len(part.path) >= MAX_DEPTH and part.token in ("[", "{"):
            return [*problems, Problem(name, *where, *TOO_DEEP)]
        if what := _wrong_with(part):
            problems.append(Problem(name, *where, what, _QUOTES))
    return problems


def _wrong_with(part: _Part) -> str:
    if part.token in _CONSTANTS:
        return "a number that is not finite; JSON has none"
    if not part.token.startswith(_NUMBER_STARTS):
        return ""
    try:
        read_plain(part.token)
    except NotRepresentableError as error:
        return str(error)
    return ""


@dataclass(frozen=True, slots=True)
class _Part:
    """A key or value of the text."""

    path: JsonPath
    start: int
    token: str
    """`[` or `{` where a list or mapping opens."""
    is_key: bool = False
    is_repeated: bool = False
    """A key that its own mapping has already."""


def _parts(text: str) -> Iterator[_Part]:
    """Yield the keys and values in order. The syntax is right, at least as far as it is read."""
    cursor = Cursor()
    keys: list[set[str]] = []
    for match in _TOKEN.finditer(text):
        token, start = match[0], match.start()
        if token in ("]", "}"):
            cursor.leave()
            keys.pop()
        elif cursor.is_before_key:
            key = json.loads(token)
            yield _Part(cursor.key(key), start, token, is_key=True, is_repeated=key in keys[-1])
            keys[-1].add(key)
        else:
            path = cursor.value()
            yield _Part(path, start, token)
            if token in ("[", "{"):
                keys.append(set())
                cursor.enter(path, 0 if token == "[" else None)


class _Lines:
    """Line and column of places that are asked for in the order of the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._seen = 0
        self._line = 1
        self._line_start = 0

    def place(self, index: int) -> tuple[int, int]:
        if passed := self._text.count("\n", self._seen, index):
            self._line += passed
            self._line_start = self._text.rindex("\n", self._seen, index) + 1
        self._seen = index
        return self._line, index - self._line_start + 1
