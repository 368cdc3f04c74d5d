"""Where references stand in the files of a tree. Reads those files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from kbsync.documents.document import Document, parse
from kbsync.links import Dangling
from kbsync.model import Key
from kbsync.problems import ProblemError
from kbsync.tree.declared import Origin
from kbsync.tree.files import read_bytes, shown_path, tree_root


def placed(
    found: Iterable[Dangling], origins: Mapping[Key, Origin], root: Path
) -> tuple[Dangling, ...]:
    """Return *found*, of resources that have an origin, each with its place in the tree at *root*.

    Without line and column when the file has gone since it was read.
    """
    real = tree_root(root)

    @cache
    def document(file: str) -> Document | None:
        try:
            # What a tag pulls in stands in another file, so its text does not matter here.
            return parse(read_bytes(real, file), shown_path(file), lambda reference: "")
        except ProblemError:
            return None

    def place(each: Dangling) -> Dangling:
        file = origins[each.link.source].file
        read = document(file)
        line, column = read.where(("configuration", *each.link.path)) if read else (0, 0)
        return replace(each, file=shown_path(file), line=line, column=column)

    return tuple(place(each) for each in found)
