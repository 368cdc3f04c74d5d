"""A document and the one that lies over it in an environment, read as one. Pure.

Mappings are laid over each other key by key; whatever else the overlay says takes the place of what
was there. `!remove` takes a key away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from kbsync.documents.document import Document
from kbsync.documents.tags import REMOVE, Reference
from kbsync.model import Json, JsonPath
from kbsync.paths import MISSING, value_at
from kbsync.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Layered:
    """A mapping with another one over it."""

    base: Document
    overlay: Document
    """Without what it removes."""
    value: Json
    problems: tuple[Problem, ...] = ()

    def place(self, path: JsonPath) -> tuple[str, int, int]:
        """Return file, line and column of what counts at *path*."""
        return self.holder(path).place(path)

    def holder(self, path: JsonPath) -> Document:
        """Return the document whose value counts at *path*; the base for what both share."""
        under, over = self.base.value, self.overlay.value
        removed = removals(self.overlay)
        for depth, step in enumerate(path, 1):
            if not (isinstance(under, dict) and isinstance(over, dict)):
                return self.overlay
            if path[:depth] in removed:
                return self.overlay
            if step not in over:
                return self.base
            if step not in under:
                return self.overlay
            under, over = under[str(step)], over[str(step)]
        return self.base if isinstance(under, dict) and isinstance(over, dict) else self.overlay

    @property
    def references(self) -> tuple[Reference, ...]:
        """The tags that count."""
        return (*self.of_base, *self.of_overlay)

    @property
    def of_base(self) -> tuple[Reference, ...]:
        found = self.base.references
        return tuple(each for each in found if self.holder(each.path) is self.base)

    @property
    def of_overlay(self) -> tuple[Reference, ...]:
        return tuple(each for each in self.overlay.references if each.tag != REMOVE)


Said: TypeAlias = Document | Layered
"""What the files of a resource say, texts of other files included."""


def layered(base: Document, overlay: Document) -> Layered:
    """Return *overlay*, as `bare` gives it, over *base*, both mappings."""
    assert isinstance(base.value, dict)
    assert isinstance(overlay.value, dict)
    value = laid_over(base.value, overlay.value, removals(overlay))
    return Layered(base=base, overlay=overlay, value=value)


def removals(document: Document) -> frozenset[JsonPath]:
    """Return what *document* takes away."""
    return frozenset(each.path for each in document.references if each.tag == REMOVE)


def bare(document: Document) -> Document:
    """Return *document* without the keys that it takes away."""
    paths = removals(document)
    return replace(document, value=without(document.value, paths)) if paths else document


def without(value: Json, paths: Collection[JsonPath], path: JsonPath = ()) -> Json:
    """Return *value* without the keys at *paths*."""
    if not isinstance(value, dict):
        return value
    return {
        key: without(item, paths, (*path, key))
        for key, item in value.items()
        if (*path, key) not in paths
    }


def lost_removals(base: Document, overlay: Document) -> Iterator[Reference]:
    """Yield what *overlay* takes away and *base* has not."""
    for each in overlay.references:
        if each.tag == REMOVE and value_at(base.value, each.path) is MISSING:
            yield each


def laid_over(
    base: Json, overlay: Json, removed: Collection[JsonPath] = (), path: JsonPath = ()
) -> Json:
    """Return *overlay* over *base*, without the keys at the *removed* paths."""
    if not (isinstance(base, dict) and isinstance(overlay, dict)):
        return overlay
    gone = {each[-1] for each in removed if each[:-1] == path}
    found: dict[str, Json] = {}
    for key in dict.fromkeys([*base, *overlay]):
        if key in base and key in overlay:
            found[key] = laid_over(base[key], overlay[key], removed, (*path, key))
        elif key not in gone:
            found[key] = base[key] if key in base else overlay[key]
    return found
