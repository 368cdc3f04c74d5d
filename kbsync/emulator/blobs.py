"""Bodies of files on disk, one file each, kept and removed together with their transaction."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from kbsync.emulator.errors import EmulatorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A stored body."""

    name: str
    size: int
    """In bytes."""
    md5: str


class Blobs:
    """A folder of bodies; no two writes share a file, so a reader keeps what it opened.

    Args:
        folder: Where the bodies lie; made when the first one comes. None: a temporary folder,
            removed by `close`.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._written: list[str] = []
        self._discarded: list[str] = []

    def write(self, chunks: Iterable[bytes]) -> Blob:
        """Store a body. It goes away again when the transaction is rolled back."""
        name = secrets.token_hex(16)
        self._written.append(name)
        digest = hashlib.md5(usedforsecurity=False)
        size = 0
        with self.path(name).open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        return Blob(name=name, size=size, md5=digest.hexdigest())

    def path(self, name: str) -> Path:
        if self._folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="kbsync-emulator-")
            self._folder = Path(self._temporary.name)
        self._folder.mkdir(exist_ok=True)
        return self._folder / name

    def discard(self, name: str) -> None:
        """Remove a body when the transaction is committed."""
        self._discarded.append(name)

    def mark(self) -> tuple[int, int]:
        """Where the transaction stands now, for `rewind`."""
        return len(self._written), len(self._discarded)

    def rewind(self, mark: tuple[int, int]) -> None:
        """Undo what came after *mark*, as a savepoint of the database does."""
        written, discarded = mark
        for name in self._written[written:]:
            self.path(name).unlink(missing_ok=True)
        del self._written[written:], self._discarded[discarded:]

    def settle(self, *, committed: bool) -> None:
        """Remove what the transaction that has just ended leaves behind."""
        for name in self._discarded if committed else self._written:
            self.path(name).unlink(missing_ok=True)
        self._written.clear()
        self._discarded.clear()

    def sweep(self, known: Collection[str]) -> None:
        """Remove bodies that no transaction ever committed, as a killed process leaves them."""
        if self._folder is None or not self._folder.exists():
            return
        if not self._folder.is_dir():
            raise EmulatorError(
                f"{self._folder}: the files of the data file belong here, but this is no folder",
                "Move it away, or start with another --data file.",
            )
        for path in self._folder.iterdir():
            if path.name not in known and _is_name(path.name):
                path.unlink()

    def close(self) -> None:
        if self._temporary is not None:
            self._temporary.cleanup()


def _is_name(text: str) -> bool:
    """Whether this package may have given *text* as a name: nothing else is ever removed."""
    return len(text) == 32 and set(text) <= set("0123456789abcdef")
