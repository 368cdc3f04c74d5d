"""What YAML and JSON documents share: budgets, words for what both refuse, a path to walk. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from kbsync.documents.text import shown
from kbsync.model import Json, JsonPath

Places: TypeAlias = dict[JsonPath, tuple[int, int]]
"""Line and column, from 1, of each key and list item."""

MAX_DEPTH = 100
"""Lists and mappings inside each other."""
MAX_NODES = 1_000_000
"""Values of one document, each alias counted as often as it is used."""

EMPTY = (
    "the file is empty; a mapping such as `name: Orders` was expected",
    "fill it or delete it",
)
TOO_DEEP = (f"more than {MAX_DEPTH} lists and mappings inside each other", "make it flatter")
TOO_MANY = (
    f"more than {MAX_NODES:,} values, each alias counted as often as it is used",
    "split the file",
)


def key_twice(key: str, first_line: int) -> tuple[str, str]:
    """Return what to say about a key that its mapping has already, and what to do."""
    return (
        f"the key {shown(key)} is here a second time; the first is on line {first_line}",
        "remove one of them",
    )


def is_too_deep(value: Json) -> bool:
    """Whether no file may hold *value*; asked first, because what looks through it recurses."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _containers(outer)]
        if not level:
            return False
    return True


def _containers(value: Json) -> Iterator[Json]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, dict | list))


class Cursor:
    """The path of each key and value of a document, told what comes in the order of the text."""

    def __init__(self) -> None:
        self._paths: list[JsonPath] = []
        """Of the lists and mappings that are open."""
        self._steps: list[int | str | None] = []
        """For each its next index, the key whose value comes next, or None before a key."""

    @property
    def depth(self) -> int:
        return len(self._paths)

    @property
    def is_before_key(self) -> bool:
        return bool(self._steps) and self._steps[-1] is None

    def key(self, key: str) -> JsonPath:
        """Pass a key; return its path."""
        self._steps[-1] = key
        return (*self._paths[-1], key)

    def value(self) -> JsonPath:
        """Pass a scalar or the start of a list or mapping; return its path."""
        if not self._paths:
            return ()
        step = self._steps[-1]
        assert step is not None
        self._steps[-1] = step + 1 if isinstance(step, int) else None
        return (*self._paths[-1], step)

    def enter(self, path: JsonPath, first: int | None) -> None:
        """Go into the list (*first* is 0) or mapping (None) at *path*."""
        self._paths.append(path)
        self._steps.append(first)

    def leave(self) -> None:
        self._paths.pop()
        self._steps.pop()
