"""Lines of output with their role, and texts made safe to show. Pure."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kbsync.model import Json


class Role(StrEnum):
    """What a line is, for a terminal that has colours; meaning never rests on it."""

    PLAIN = "plain"
    HEADING = "heading"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    DANGER = "danger"
    MUTED = "muted"


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    role: Role = Role.PLAIN


def to_text(lines: Iterable[Line]) -> str:
    return "".join(f"{line.text}\n" for line in lines)


def printable(text: str) -> str:
    """Return *text* with every control and direction-changing character spelled out.

    Names and messages come from anybody; they must not move the cursor or reorder a line.
    """
    return "".join(
        char if unicodedata.category(char) not in _UNSAFE else _spelled(char) for char in text
    )


_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _spelled(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def value_text(value: Json, *, width: int = 100) -> str:
    """Return *value* as JSON on one line, the middle of a long one left out."""
    text = printable(json.dumps(value, ensure_ascii=False))
    if len(text) <= width:
        return text
    half = (width - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def quoted(name: str, *, width: int = 80) -> str:
    """Return *name* in quotes, on one line."""
    return value_text(name, width=width)


def plural(count: int, noun: str) -> str:
    """Return `1 row`, `2 rows`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
