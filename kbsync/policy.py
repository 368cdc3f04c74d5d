"""What the owner of a project wants: scope, ignored fields, limits, texts apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from kbsync.model import JsonPath, Key
from kbsync.selectors import Selector, matches_any, parse


class Wildcard(Enum):
    """A step of a path pattern that stands for every key or index."""

    ANY = "*"


PathPattern: TypeAlias = "tuple[str | int | Wildcard, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The configurations that kbsync looks after."""

    include: tuple[Selector, ...] = (parse("*"),)
    exclude: tuple[Selector, ...] = ()

    def covers(self, key: Key, names: Mapping[Key, str]) -> bool:
        """Whether *key* is looked after; a row is when its configuration is."""
        return matches_any(self.include, key, names) and not matches_any(self.exclude, key, names)


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """A field that is not compared in some objects; what the project holds there is kept."""

    selector: Selector
    path: PathPattern
    """Inside `configuration`."""

    def covers(self, path: JsonPath) -> bool:
        """Whether *path*, inside `configuration`, is the ignored field or below it."""
        return len(path) >= len(self.path) and all(
            step is Wildcard.ANY or (step == found and type(step) is type(found))
            for step, found in zip(self.path, path, strict=False)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many changes of a kind one plan may hold before it is refused."""

    deletes: int = 5
    updates: int = 200
    resets: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """A text, or a list of texts, that gets a file of its own when a pull writes it anew."""

    selector: Selector
    path: PathPattern
    """Inside `configuration`."""
    ending: str = ""
    """Of the file, without a dot; `""` for one that fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """Which texts get files of their own, besides code."""

    lines: int = 20
    """A text of more lines does, wherever it stands."""
    texts: tuple[TextRule, ...] = ()


_STEP = re.compile(
    r"""
      \[ (?: (?P<index>\d+) | (?P<any_item>\*) | "(?P<double>[^"]*)" | '(?P<single>[^']*)' ) \]
    | \. (?: (?P<any_key>\*)(?![^.\[]) | (?P<key>[^.\[\]]+) )
    """,
    re.VERBOSE,
)


def parse_path_pattern(text: str) -> PathPattern:
    """Return the steps of a path such as `a.b[0].c`, `tables[*].lastRun` or `a["key.with.dots"]`.

    Raises:
        ValueError: The text is not such a path; the message says what would be.
    """
    rest = text if text.startswith("[") else f".{text}"
    steps: list[str | int | Wildcard] = []
    while rest:
        found = _STEP.match(rest)
        if found is None:
            raise ValueError(
                f"'{text}' is not a path; expected one such as parameters.lastRun, "
                'a.*.b, tables[0].name or a["b.c"]'
            )
        steps.append(_step(found))
        rest = rest[found.end() :]
    return tuple(steps)


def _step(found: re.Match[str]) -> str | int | Wildcard:
    if found["any_item"] or found["any_key"]:
        return Wildcard.ANY
    if found["index"]:
        return int(found["index"])
    return next(found[name] for name in ("key", "double", "single") if found[name] is not None)
