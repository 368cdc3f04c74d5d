"""Remembers what documents say by the hash of their bytes, so that each is read once. Reads and
writes one file in the tree.

Reading YAML is most of what a plan of an unchanged tree costs. A document is remembered only when
nothing is wrong with it, so no plain secret gets here and no problem has to be told again. Nothing
is ever wrong with the cache itself: what is damaged, foreign or cannot be read counts for nothing
and is written anew, and a folder that cannot be written is left alone.
"""

from __future__ import annotations

import json
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

from kbsync import __version__
from kbsync.canonical import digest
from kbsync.documents.document import ENV, TAGS, Document, Reference, recalled
from kbsync.model import Json

CACHE = ".kbsync/cache/documents.json"

_FORMAT = 1
"""Raised whenever a document may mean something else than before, or is kept in another form."""
TextOf = Callable[[Reference], str | None]
"""Returns the text a reference pulls in; None when there is none, which is a problem noted."""


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
        if all(reference.tag in (*TAGS, ENV) for reference in document.references):
            pulled_in = [[asdict(each), _pulled(each, text_of)] for each in document.references]
            self._used[_key(data, kind)] = [document.value, pulled_in]

    @property
    def news(self) -> dict[str, Json] | None:
        """What to know from now on; None when that is what was known."""
        return None if self._used.keys() == self._known.keys() else self._used


def _key(data: bytes, kind: str) -> str:
    return blake2b(data, digest_size=16, key=kind.encode()).hexdigest()


def _pulled(reference: Reference, text_of: TextOf) -> str:
    """Return the hash of the text that *reference* pulls in; `""` for `!env`, which is a name."""
    text = text_of(reference) if reference.tag in TAGS else None
    return "" if text is None else digest(text)


def _reference(facts: dict[str, Any]) -> Reference:
    return Reference(**{**facts, "path": tuple(facts["path"])})


@contextmanager
def remembering(root: Path) -> Iterator[Memory]:
    """Give what is known of the documents of the tree at *root*, and keep what is known after."""
    memory = Memory(_read(root))
    yield memory
    if memory.news is not None:
        with suppress(OSError):
            _write(root, memory.news)


def _read(root: Path) -> dict[str, Any]:
    try:
        if not _is_ours(root):
            return {}
        header, _, body = (root / CACHE).read_bytes().partition(b"\n")
        known = json.loads(body) if header == _header(body) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _is_ours(root: Path) -> bool:
    """Whether the cache was made here. Git lets the owner write what it checks out, so a cache
    that comes with a commit, and could say what no reviewer has read, is not believed.
    """
    mode = (root / CACHE).lstat().st_mode
    return stat.S_ISREG(mode) and not mode & 0o222 and not _has_links(root)


def _write(root: Path, news: dict[str, Json]) -> None:
    path = root / CACHE
    if _has_links(root):
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = path.parent.parent / ".gitignore"
    if not mark.exists():
        mark.write_bytes(b"*\n")
    body = json.dumps(news, separators=(",", ":")).encode()
    temporary = path.with_name(f"documents-{secrets.token_hex(8)}")
    try:
        temporary.touch(mode=0o600, exist_ok=False)
        temporary.write_bytes(_header(body) + b"\n" + body)
        temporary.chmod(0o400)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _has_links(root: Path) -> bool:
    """Whether the way to the cache may lead out of the tree."""
    folder = (root / CACHE).parent
    return folder.is_symlink() or folder.parent.is_symlink()


def _header(body: bytes) -> bytes:
    return f"kbsync {__version__} documents {_FORMAT} {blake2b(body).hexdigest()}".encode()
