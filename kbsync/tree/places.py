"""Where the parts of resources stand in the files of a tree. Reads those files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from kbsync.documents.document import Document, parse
from kbsync.graph.links import Dangling
from kbsync.model import JsonPath, Key
from kbsync.paths import MISSING, value_at
from kbsync.plans.foreign import Foreign
from kbsync.plans.plan import Step
from kbsync.problems import ProblemError
from kbsync.tree.declared import Origin
from kbsync.tree.files import read_bytes, shown_path, tree_root
from kbsync.tree.overlay import Layered, Said, bare


class Places:
    """Finds places in the tree at *root*. Reads each file once."""

    def __init__(self, origins: Mapping[Key, Origin], root: Path) -> None:
        self._origins = origins
        self._given_root = root
        self._documents: dict[str, Document | None] = {}

    def of(self, key: Key, path: JsonPath) -> tuple[str, int, int]:
        """Return file, line and column of *path* in the `configuration` of *key*.

        *key* has an origin. Without line and column when the file has gone since it was read.
        """
        return self.at(key, ("configuration", *path))

    def at(self, key: Key, path: JsonPath) -> tuple[str, int, int]:
        """Return the same of *path* in its document: in the overlay where that says it."""
        found = self._said(key)
        return found.place(path) if found else (shown_path(self._origins[key].file), 0, 0)

    def says(self, key: Key, path: JsonPath) -> bool:
        """Whether something stands at *path* in a document of *key*, not only what it means."""
        found = self._said(key)
        sides = (found.base, found.overlay) if isinstance(found, Layered) else (found,)
        return any(side and value_at(side.value, path) is not MISSING for side in sides)

    def text_below(self, key: Key, path: JsonPath, overlay: str | None) -> str:
        """Return the text at *path* in the own file of *key*, if it counts under *overlay* too.

        `""` when it does not, also under the overlay that is chosen, and where no text stands.
        """
        base = self._document(self._origins[key].file)
        found = value_at(base.value, path) if base else MISSING
        if base is None or not isinstance(found, str):
            return ""
        overlays = [self._document(each) for each in (self._origins[key].overlay, overlay) if each]
        layers = [Layered(base=base, overlay=bare(each), value=None) for each in overlays if each]
        return found if all(each.holder(path) is base for each in layers) else ""

    def _said(self, key: Key) -> Said | None:
        origin = self._origins[key]
        base = self._document(origin.file)
        over = self._document(origin.overlay) if origin.overlay else None
        if base is None or over is None:
            return base
        # What both mean together does not matter for where it stands.
        return Layered(base=base, overlay=bare(over), value=None)

    @cached_property
    def _root(self) -> Path:
        return tree_root(self._given_root)

    def _document(self, file: str) -> Document | None:
        if file not in self._documents:
            try:
                # What a tag stands for is elsewhere, so it does not matter here.
                data = read_bytes(self._root, file)
                self._documents[file] = parse(data, shown_path(file), lambda reference: "")
            except ProblemError:
                self._documents[file] = None
        return self._documents[file]


def placed(
    found: Iterable[Dangling], origins: Mapping[Key, Origin], root: Path
) -> tuple[Dangling, ...]:
    """Return *found*, of resources that have an origin, each with its place in the tree at *root*.

    Without line and column when the file has gone since it was read.
    """
    places = Places(origins, root)

    def place(each: Dangling) -> Dangling:
        file, line, column = places.of(each.link.source, each.link.path)
        return replace(each, file=file, line=line, column=column)

    return tuple(place(each) for each in found)


def with_foreign_placed(
    steps: Sequence[Step], origins: Mapping[Key, Origin], root: Path
) -> tuple[Step, ...]:
    """Return *steps* with the places of the ciphertext in them, where the tree at *root* has it."""
    places = Places(origins, root)

    def place(each: Foreign) -> Foreign:
        if each.key not in origins:
            return each
        file, line, column = places.of(each.key, each.path)
        return replace(each, file=file, line=line, column=column)

    return tuple(
        replace(step, foreign=tuple(map(place, step.foreign))) if step.foreign else step
        for step in steps
    )
