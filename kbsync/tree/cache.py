"""Remembers what documents say by the hash of their bytes, so that each is read once. Reads and
writes one file in the tree.

Reading YAML is most of what a plan of an unchanged tree costs. A document is remembered only when
nothing is wrong with it, so no plain secret gets here and no problem has to be told again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

from kbsync.canonical import digest
from kbsync.documents.document import Document, recalled
from kbsync.documents.tags import Reference
from kbsync.model import Json
from kbsync.tree.kept import Kept

CACHE = ".kbsync/cache/documents.json"

_FORMAT = 2
"""Raised whenever a document may mean something else than before, or is kept in another form."""
TextOf = Callable[[Reference], str | None]
"""Returns, as text, what a reference takes in from elsewhere; None when that is nothing, or not
there, which is a problem noted."""


class Memory:
    """What is known of documents, and what of it was of use."""

    def __init__(self, known: dict[str, Any] | None = None) -> None:
        self._known = known or {}
        self._used: dict[str, Any] = {}

    def recall(self, data: bytes, kind: str, name: str, text_of: TextOf) -> Document | None:
        """Return the document in *data*, if it and all it pulls in are as they were.

        *kind* tells what it was checked as, and in which language it was read.
        """
        key = _key(data, kind)
        entry = self._known.get(key)
        if entry is None:
            return None
        value, pulled_in = entry
        references = tuple(_reference(each) for each, _ in pulled_in)
        for reference, (_, expected) in zip(references, pulled_in, strict=True):
            if expected != _pulled(reference, text_of):
                return None
        self._used[key] = entry
        return recalled(data, name, value, references)

    def keep(self, data: bytes, kind: str, document: Document, text_of: TextOf) -> None:
        """Remember *document*, with which nothing is wrong."""
        pulled_in = [[asdict(each), _pulled(each, text_of)] for each in document.references]
        self._used[_key(data, kind)] = [document.value, pulled_in]

    @property
    def news(self) -> dict[str, Json] | None:
        """What to know from now on; None when that is what was known."""
        return None if self._used.keys() == self._known.keys() else self._used


def _key(data: bytes, kind: str) -> str:
    return blake2b(data, digest_size=16, key=kind.encode()).hexdigest()


def _pulled(reference: Reference, text_of: TextOf) -> str:
    """Return the hash of what *reference* takes in; `""` where what it says is a name."""
    text = text_of(reference)
    return "" if text is None else digest(text)


def _reference(facts: dict[str, Any]) -> Reference:
    return Reference(**{**facts, "path": tuple(facts["path"])})


@contextmanager
def remembering(root: Path) -> Iterator[Memory]:
    """Give what is known of the documents of the tree at *root*, and keep what is known after."""
    memory = Memory(_read(root))
    yield memory
    if memory.news is not None:
        _kept(root).write(json.dumps(memory.news, separators=(",", ":")).encode())


def _kept(root: Path) -> Kept:
    return Kept(root=root, name=CACHE, kind=f"documents {_FORMAT}")


def _read(root: Path) -> dict[str, Any]:
    try:
        known = json.loads(_kept(root).read() or b"{}")
    except (ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}
