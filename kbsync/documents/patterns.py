"""Which regular expressions of other people are safe to try. Pure.

Python's matcher tries every way to divide a text between repetitions, and nothing can stop it. So
what could make it run for ever is recognised beforehand, roughly and on the safe side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_TEXT = 200
"""Longer texts are not matched against patterns that others wrote."""

_MOST_REPEATS = 3
_MOST_OPTIONS = 8
_MOST_CHARACTERS = 500

_TOKEN = re.compile(
    r"""\\.                               # an escape
      | \[\^?\]?(?:\\.|[^\]\\])*\]        # a class, whose own `]` may come first
      | \(\?[:=!<a-zA-Z>]*|\(|\)|\|       # groups and choices
      | (?:[*+?]|\{\d*,?\d*\})[?+]?       # a quantifier, lazy or possessive
      | .""",
    re.DOTALL | re.VERBOSE,
)
_EXACT = re.compile(r"\{\d+\}.?")


def is_quick(pattern: str) -> bool:
    """Whether *pattern*, which can be compiled, is sure to be quick on texts of `MAX_TEXT`.

    It is when nothing repeats inside what repeats, and little repeats at all.
    """
    if len(pattern) > _MOST_CHARACTERS:
        return False
    scan = _Scan()
    for token in _TOKEN.findall(pattern):
        scan.see(token)
    return not scan.is_nested and scan.repeats <= _MOST_REPEATS and scan.options <= _MOST_OPTIONS


@dataclass(slots=True)
class _Scan:
    repeats: int = 0
    options: int = 0
    is_nested: bool = False
    _groups: list[bool] = field(default_factory=lambda: [False])
    """Of each open group, whether something in it repeats or has a choice."""
    _ended: bool = False
    """Whether such a group ended just now."""

    def see(self, token: str) -> None:
        ended, self._ended = self._ended, False
        match token[0]:
            case "(":
                self._groups.append(False)
            case ")" if len(self._groups) > 1:
                self._ended = self._groups.pop()
                self._groups[-1] |= self._ended
            case "|":
                self._groups[-1] = True
            case "?":
                self.options += 1
                self._groups[-1] = True
            case "*" | "+" | "{" if len(token) > 1 or token != "{":
                self.is_nested |= ended
                if not _EXACT.fullmatch(token):
                    self.repeats += 1
                    self._groups[-1] = True
