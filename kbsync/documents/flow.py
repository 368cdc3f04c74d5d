"""Values as text between brackets, in YAML and in JSON. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from kbsync.documents.lines import Lines
from kbsync.documents.nodes import Node, UnsafeError, tags_in
from kbsync.documents.yaml_writer import in_flow
from kbsync.model import Json

_QUOTES = ('"', "'")
_WIDEST = 120
"""Characters between brackets on one line, unless there were more already."""


class Flow(Protocol):
    """How to write what stands between brackets."""

    def value(self, value: Json, *, like: str, margin: str) -> str:
        """Return *value* as text.

        *like* is the first character of what it replaces or follows, *margin* the blanks at the
        start of its line.
        """

    def fits(self, text: str, *, before: int) -> bool:
        """Whether *text* may stand between brackets where *before* characters did."""


@dataclass(frozen=True, slots=True)
class YamlFlow:
    def value(self, value: Json, *, like: str, margin: str) -> str:
        return in_flow(value, dict(tags_in(value)), quotes=like if like in _QUOTES else "")

    def fits(self, text: str, *, before: int) -> bool:
        return "\n" in text or len(text) <= max(before, _WIDEST)


@dataclass(frozen=True, slots=True)
class JsonFlow:
    newline: str
    step: str
    """One more level of indentation; empty where all stands on one line."""
    is_ascii: bool

    @classmethod
    def of(cls, lines: Lines, root: Node) -> JsonFlow:
        """Return how *lines* are written."""
        step = lines.margin(root.entries[0].start) if root.entries else "  "
        return cls(lines.newline, step, "\\u" in lines.text)

    def value(self, value: Json, *, like: str, margin: str) -> str:
        text = json.dumps(
            value, ensure_ascii=self.is_ascii, allow_nan=False, indent=self.step or None
        )
        return text.replace("\n", self.newline + margin)

    def fits(self, text: str, *, before: int) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Gaps:
    """What stands before, between and behind the entries of a list or mapping in brackets."""

    first: str
    between: str
    last: str


def gaps(text: str, node: Node) -> Gaps:
    """Return those of *node*, which is not empty.

    Raises:
        UnsafeError: There is more in them than commas and blanks.
    """
    entries = node.entries
    first = text[node.body + 1 : entries[0].start]
    last = text[entries[-1].value.end : node.end - 1]
    between = [text[left.value.end : right.start] for left, right in pairwise(entries)]
    if any(gap.strip(" \t\r\n,") for gap in (first, *between, last)):
        raise UnsafeError
    return Gaps(first, between[0] if between else f",{first or ' '}", last)
