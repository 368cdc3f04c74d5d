"""A JSON value to YAML text that a person likes to read and every reader reads alike. Pure.

An emitter of our own, because libyaml's escapes emoji, refuses literal blocks for text with tabs
or trailing blanks, and folds long lines. Block style, two spaces, keys in the order they came,
text of several lines as a literal block, nothing ever folded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import assert_never

from kbsync.documents.scalars import ALWAYS_ESCAPED, is_plain_string, number_text
from kbsync.model import Json, JsonObject, JsonPath

_INDENT = "  "
LONGEST_SIMPLE_KEY = 1000
"""YAML wants longer keys to be written as `? key`; it counts the characters as written."""

_NEEDS_DOUBLE_QUOTES = re.compile(f"[\t\n\r]|{ALWAYS_ESCAPED.pattern}")
_ENDS_IN_FLOW = re.compile(r"[\[\]{},]")
_ESCAPED_IN_QUOTES = re.compile(rf'["\\\t\n\r]|{ALWAYS_ESCAPED.pattern}')
_NAMED_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def dump(value: Json, tags: Mapping[JsonPath, tuple[str, str]] | None = None) -> str:
    """Return *value* as a YAML document that reads back exactly, types and key order included.

    Args:
        value: At most 100 levels deep.
        tags: Paths whose value stands elsewhere, each with the tag and argument to write there.

    Raises:
        ValueError: It holds half a surrogate pair or a number that is not finite.
    """
    writer = _Writer(tags or {})
    writer.root(value)
    return "\n".join(writer.lines) + "\n"


def on_one_line(value: Json, *, quotes: str = "") -> str:
    """Return a *value* without content of its own as text for a block; *quotes* if they do.

    Raises:
        ValueError: As `dump`.
    """
    if quotes and isinstance(value, str):
        return _quoted(value, quotes)
    return _one_line(value)


def leaf_lines(value: Json, indent: str) -> list[str]:
    """Return a *value* without content of its own as lines for a block; *indent* is for the text
    of several lines that it may be.

    Raises:
        ValueError: As `dump`.
    """
    if not (isinstance(value, str) and _can_be_literal(value)):
        return [_one_line(value)]
    text = value.removesuffix("\n")
    below = [indent + line if line else "" for line in text.split("\n")]
    return [f"|{_block_header(value)}", *below]


def in_flow(value: Json, tags: Mapping[JsonPath, tuple[str, str]], *, quotes: str = "") -> str:
    """Return *value* in flow style, on one line; *quotes* for a text if they do.

    Raises:
        ValueError: As `dump`.
    """
    return _in_flow(value, tags, (), quotes)


def _in_flow(
    value: Json, tags: Mapping[JsonPath, tuple[str, str]], path: JsonPath, quotes: str
) -> str:
    if path in tags:
        tag, argument = tags[path]
        # Without the blank, what comes next would be read as a part of the tag.
        return f"{tag} {_in_flow(argument, {}, (), quotes) if argument else ''}"
    match value:
        case dict():
            pairs = (
                f"{_in_flow(key, {}, (), quotes)}: {_in_flow(item, tags, (*path, key), quotes)}"
                for key, item in value.items()
            )
            return f"{{{', '.join(pairs)}}}"
        case list():
            items = (
                _in_flow(item, tags, (*path, index), quotes) for index, item in enumerate(value)
            )
            return f"[{', '.join(items)}]"
        case str():
            return _quoted(value, quotes or ('"' if _ENDS_IN_FLOW.search(value) else ""))
        case _:
            return _one_line(value)


class _Writer:
    def __init__(self, tags: Mapping[JsonPath, tuple[str, str]]) -> None:
        self.lines: list[str] = []
        self._tags = tags

    def root(self, value: Json) -> None:
        if isinstance(value, dict) and value:
            self._entries(value, (), "", "")
        elif isinstance(value, list) and value:
            self._items(value, (), "", "")
        else:
            self._leaf(value, "", _INDENT)

    def _entries(self, value: JsonObject, path: JsonPath, indent: str, lead: str) -> None:
        """Write a mapping; *lead* is what its first line starts with instead of *indent*."""
        for key, item in value.items():
            text = _quoted(key)
            if len(text) > LONGEST_SIMPLE_KEY:
                self.lines.append(f"{lead}? {text}")
                self._below(item, (*path, key), indent, f"{indent}:")
            else:
                self._below(item, (*path, key), indent, f"{lead}{text}:")
            lead = indent

    def _below(self, value: Json, path: JsonPath, indent: str, lead: str) -> None:
        """Write the value of a key."""
        if path in self._tags:
            self.lines.append(f"{lead} {self._tagged(path)}")
        elif isinstance(value, dict) and value:
            self.lines.append(lead)
            self._entries(value, path, indent + _INDENT, indent + _INDENT)
        elif isinstance(value, list) and value:
            self.lines.append(lead)
            self._items(value, path, indent + _INDENT, indent + _INDENT)
        else:
            self._leaf(value, f"{lead} ", indent + _INDENT)

    def _items(self, value: list[Json], path: JsonPath, indent: str, lead: str) -> None:
        """Write a list; what is in an item starts on the line of its dash."""
        for index, item in enumerate(value):
            here, below = (*path, index), indent + _INDENT
            if here in self._tags:
                self.lines.append(f"{lead}- {self._tagged(here)}")
            elif isinstance(item, dict) and item:
                self._entries(item, here, below, f"{lead}- ")
            elif isinstance(item, list) and item:
                self._items(item, here, below, f"{lead}- ")
            else:
                self._leaf(item, f"{lead}- ", below)
            lead = indent

    def _tagged(self, path: JsonPath) -> str:
        tag, argument = self._tags[path]
        return f"{tag} {_quoted(argument)}" if argument else tag

    def _leaf(self, value: Json, lead: str, indent: str) -> None:
        first, *below = leaf_lines(value, indent)
        self.lines += [lead + first, *below]


def _one_line(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case str():
            return _quoted(value)
        case list():
            return "[]"
        case dict():
            return "{}"
        case _:
            assert_never(value)


def _can_be_literal(text: str) -> bool:
    return (
        "\n" in text and "\r" not in text and not text.isspace() and not ALWAYS_ESCAPED.search(text)
    )


def _block_header(text: str) -> str:
    indicator = "2" if text[0] in " \t\n" else ""
    if text.endswith("\n\n"):
        return f"{indicator}+"
    return indicator if text.endswith("\n") else f"{indicator}-"


def _quoted(text: str, quotes: str = "") -> str:
    """Return *text* in *quotes*, by default only if it needs some; double ones hold any text."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("half a surrogate pair cannot be written as YAML")
    if not quotes and is_plain_string(text):
        return text
    quotes = quotes or ("'" if '"' in text or "\\" in text else '"')
    if quotes == "'" and not _NEEDS_DOUBLE_QUOTES.search(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + _ESCAPED_IN_QUOTES.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return _NAMED_ESCAPES.get(char) or f"\\u{ord(char):04X}"
