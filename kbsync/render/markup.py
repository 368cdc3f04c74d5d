"""Texts of any kind, literal in GitHub-flavoured Markdown. Pure.

Only code keeps everything literal: inside it no mention, reference, link, emoji name or tag is
looked for, and no backslash needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from kbsync.render.facts import Given, Words
from kbsync.render.lines import clip

WIDTH = 300
"""The longest text inside a sentence; identifiers may be of any length."""

_TICKS = re.compile(r"`+")


def span(text: str, *, width: int = WIDTH) -> str:
    """Return *text*, which is printable, as code within a line."""
    text = clip(text, width)
    fence = "`" * _free_length(text, at_least=1)
    # A blank at both ends is taken off again by the reader; it keeps backticks apart.
    pad = " " if not text.strip(" ") or text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text or ' '}{pad}{fence}"


def _free_length(text: str, *, at_least: int) -> int:
    """The smallest number of backticks, not in a row anywhere in *text*."""
    taken = {len(run) for run in _TICKS.findall(text)}
    return next(length for length in range(at_least, len(text) + 4) if length not in taken)


def sentence(words: Words, *, width: int = WIDTH) -> str:
    """Return *words* as Markdown: ours as they are, other people's as code."""
    return "".join(
        span(word.text, width=width) if isinstance(word, Given) else re.sub(" +", " ", word)
        for word in words
    )


def fenced(lines: Sequence[str], language: str) -> list[str]:
    """Return *lines* as a block of code, between fences that none of them can close."""
    longest = max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *lines, fence]


def tag_code(text: str, *, width: int = WIDTH) -> str:
    """Return *text*, which is printable, as code inside HTML, where Markdown is not read."""
    return f"<code>{escape(clip(text, width))}</code>"
