"""How people name objects: globs on `component[/config[/row]]`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from urllib.parse import unquote

from kbsync.errors import UsageError
from kbsync.model import Key

EXAMPLES = "keboola.ex-*, keboola.ex-aws-s3/364479526, */orders, keboola.wr-*/orders/row-1"

_MOST_SEGMENTS = 3


@dataclass(frozen=True, slots=True)
class Selector:
    """A pattern for keys. It covers what it names and everything below that."""

    text: str
    segments: tuple[Segment, ...]

    def __str__(self) -> str:
        return self.text

    @property
    def names_rows(self) -> bool:
        return len(self.segments) == _MOST_SEGMENTS

    def matches(self, key: Key, name: str = "", config_name: str = "") -> bool:
        """Whether the selector covers *key*.

        Args:
            key: The configuration or row.
            name: What *key* is called; it may stand in the pattern instead of the id.
            config_name: For a row, what its configuration is called.
        """
        if not key.is_row:
            config_name, name = name, ""
        subjects = ((key.component_id,), (key.config_id, config_name), (key.row_id, name))
        return all(
            any(segment.matches(subject) for subject in found if subject)
            for segment, found in zip(self.segments, subjects, strict=False)
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a selector, between slashes."""

    literal: str
    pattern: re.Pattern[str]

    def matches(self, subject: str) -> bool:
        # A name such as `Orders [eu]` is also a glob, which would not match itself.
        return subject == self.literal or self.pattern.match(subject) is not None


def parse(text: str) -> Selector:
    """Return the selector written as *text*.

    Case matters; `*`, `?`, `[abc]` and `[!abc]` match within one segment. A percent-encoded
    character is taken literally, so `%2F` is a slash and `%2A` a star inside an id or name.

    Raises:
        UsageError: The text has an empty segment or more than three.
    """
    parts = text.split("/")
    if len(parts) > _MOST_SEGMENTS:
        raise UsageError(
            f"the selector '{text}' has {len(parts)} parts; expected component[/config[/row]]",
            hint=f"Write a slash inside an id or name as %2F. Examples: {EXAMPLES}",
        )
    if not all(parts):
        raise UsageError(
            f"the selector '{text}' has an empty part; expected component[/config[/row]]",
            hint=f"Use * for 'any'. Examples: {EXAMPLES}",
        )
    return Selector(text, tuple(_segment(part) for part in parts))


def exactly(key: Key) -> Selector:
    """Return the selector of *key* and what is below it, whatever characters its ids have."""
    return parse("".join(f"%{ord(char):02X}" if char in "*?[" else char for char in str(key)))


def matches_any(selectors: Iterable[Selector], key: Key, names: Mapping[Key, str]) -> bool:
    """Whether one of *selectors* covers *key*; *names* says what keys are called, where known."""
    name, config_name = names.get(key, ""), names.get(key.config, "")
    return any(selector.matches(key, name, config_name) for selector in selectors)


_ENCODED = re.compile(r"((?:%[0-9A-Fa-f]{2})+)")


def _segment(part: str) -> Segment:
    # Splitting on one group puts the encoded pieces at the odd places.
    pieces = _ENCODED.split(part)
    pattern = "".join(
        _without_wildcards(unquote(piece)) if index % 2 else piece
        for index, piece in enumerate(pieces)
    )
    return Segment(unquote(part), re.compile(translate(pattern)))


def _without_wildcards(text: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text)
