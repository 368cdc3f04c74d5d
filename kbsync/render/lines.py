"""Lines of output with their role, and texts made safe to show. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kbsync.model import Json
from kbsync.secrets import mask_text


class Role(StrEnum):
    """What a line is, for a terminal that has colours; meaning never rests on it."""

    PLAIN = "plain"
    HEADING = "heading"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    DANGER = "danger"
    MUTED = "muted"


Span = tuple[int, int, str]
"""From, to (not included), and what stands there: a class of `highlight`."""


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    role: Role = Role.PLAIN
    spans: tuple[Span, ...] = ()
    """Where a line of code may have colours of its own, in order."""


def to_text(lines: Iterable[Line]) -> str:
    return "".join(f"{line.text}\n" for line in lines)


def printable(text: str) -> str:
    """Return *text* with every control and direction-changing character spelled out.

    Names and messages come from anybody; they must not move the cursor or reorder a line.
    """
    if text.isprintable():
        return text
    return "".join(
        char if unicodedata.category(char) not in _UNSAFE else _spelled(char) for char in text
    )


_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _spelled(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def inert(text: str) -> str:
    """Return *text* so that no pipeline takes its lines for a command.

    GitHub obeys lines that start with `::`, whatever blanks come before, and `##[` anywhere; others
    obey `##vso[` and `##teamcity[`.
    """
    return _HASHES.sub(r"#\\u0023", _COLONS.sub(r"\1\\u003a:", text))


def inert_line(line: Line) -> Line:
    text = inert(line.text)
    return Line(text, line.role, line.spans if text == line.text else ())


_COLONS = re.compile(r"^([^\S\n]*)::", re.MULTILINE)
_HASHES = re.compile(r"##(?=\w*\[)")


def value_text(value: Json, *, width: int = 100) -> str:
    """Return *value* as JSON on one line, the middle of a long one left out."""
    return clip(json_text(value), width)


def json_text(value: Json) -> str:
    """Return *value* as JSON that can be shown; a ciphertext becomes its fingerprint."""
    shown = mask_text(value) if isinstance(value, str) else value
    return printable(json.dumps(shown, ensure_ascii=False))


def clip(text: str, width: int) -> str:
    """Return *text* in at most *width* characters, the middle of a long one left out."""
    if len(text) <= width:
        return text
    half = (width - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def clip_pair(before: str, after: str, width: int) -> tuple[str, str]:
    """Return two texts in about *width* characters each, never so that they look the same."""
    short = clip(before, width), clip(after, width)
    if short[0] != short[1] or before == after:
        return short
    start = max(0, _common_start(before, after) - width // 4)
    return _window(before, start, width), _window(after, start, width)


def _common_start(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _window(text: str, start: int, width: int) -> str:
    head = "… " if start else ""
    tail = " …" if start + width < len(text) else ""
    return f"{head}{text[start : start + width]}{tail}"


def value_texts(before: Json, after: Json, *, width: int = 100) -> tuple[str, str]:
    """Return two different values as JSON, each on one line, cut so that they look different."""
    return clip_pair(json_text(before), json_text(after), width)


def quoted(name: str, *, width: int = 80) -> str:
    """Return *name* in quotes, on one line."""
    return value_text(name, width=width)


def plural(count: int, noun: str) -> str:
    """Return `1 row`, `2 rows`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
