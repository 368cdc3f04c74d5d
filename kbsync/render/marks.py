"""Which parts of a line differ from the line that replaces it. Pure."""

from __future__ import annotations

import difflib
import re

Ranges = tuple[tuple[int, int], ...]
"""From and to, the end not included."""

LONGEST = 600
"""Longer lines are compared by their common start and end only: anything finer takes too long."""

_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)
_ALIKE = 0.4
"""Lines that have less in common are another line each, not a change of one."""


def marks(before: str, after: str) -> tuple[Ranges, Ranges]:
    """Return what differs in *before* and in *after*; nothing when hardly anything is the same."""
    if before == after:
        return (), ()
    if len(before) > LONGEST or len(after) > LONGEST:
        return _middles(before, after)
    old, new = _WORD.findall(before), _WORD.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return (), ()
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return (
        _ranges(old, [(start, end) for _, start, end, _, _ in codes]),
        _ranges(new, [(start, end) for _, _, _, start, end in codes]),
    )


def _ranges(words: list[str], spans: list[tuple[int, int]]) -> Ranges:
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    return tuple((ends[start], ends[end]) for start, end in spans if end > start)


def _middles(before: str, after: str) -> tuple[Ranges, Ranges]:
    shortest = min(len(before), len(after))
    start = next((i for i in range(shortest) if before[i] != after[i]), shortest)
    rest = shortest - start
    end = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    old, new = (start, len(before) - end), (start, len(after) - end)
    return tuple((a, b) for a, b in (old,) if b > a), tuple((a, b) for a, b in (new,) if b > a)
