"""Files that kbsync keeps for itself below the tree, safe to lose. Reads and writes them.

Nothing is ever wrong with such a file: what is damaged, foreign or cannot be read counts for
nothing and is written anew, and a folder that cannot be written is left alone.
"""

from __future__ import annotations

import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from kbsync import __version__
from kbsync.errors import KbsyncError, RefusedError
from kbsync.tree.write import write_atomically


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One such file."""

    root: Path
    """The tree."""
    name: str
    """The way to the file from there; `.kbsync/` comes first."""
    kind: str
    """What is in it, and the number of its form: another one counts for nothing."""

    def read(self) -> bytes | None:
        """Return what was kept; None when there is nothing that can be trusted."""
        try:
            if not self._is_ours():
                return None
            header, _, body = self._path.read_bytes().partition(b"\n")
        except OSError:
            return None
        return body if header == self._header(body) else None

    def write(self, body: bytes) -> None:
        """Keep *body* from now on, if the disk lets us; no half file is ever seen."""
        with suppress(OSError):
            self._write(body)

    @property
    def _path(self) -> Path:
        return self.root / self.name

    def _is_ours(self) -> bool:
        """Whether the file was made here. Git lets the owner write what it checks out, so a file
        that comes with a commit, and could say what no reviewer has read, is not believed.
        """
        mode = self._path.lstat().st_mode
        return stat.S_ISREG(mode) and not mode & 0o222 and not self._has_links()

    def _write(self, body: bytes) -> None:
        if self._has_links():
            return
        _make_folder(self.root, self._path.parent)
        temporary = self._path.with_name(f"{self._path.stem}-{secrets.token_hex(8)}")
        try:
            temporary.touch(mode=0o600, exist_ok=False)
            temporary.write_bytes(self._header(body) + b"\n" + body)
            temporary.chmod(0o400)
            temporary.replace(self._path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _has_links(self) -> bool:
        """Whether the way to the file may lead out of the tree."""
        return _has_links(self.root, self.name)

    def _header(self, body: bytes) -> bytes:
        return f"kbsync {__version__} {self.kind} {blake2b(body).hexdigest()}".encode()


def write_beside(root: Path, folder: str, files: Mapping[str, str]) -> None:
    """Write *files* into *folder* of the tree, which begins with `.kbsync/`, for other programs.

    Raises:
        RefusedError: It would lead out of the tree; nothing was written.
        KbsyncError: The disk refused; no half file is there.
    """
    if _has_links(root, f"{folder}/file"):
        raise RefusedError(f"{folder}: is, or lies in, a link, which may lead out of the tree")
    try:
        _make_folder(root, root / folder)
        for name, text in files.items():
            write_atomically(root / folder / name, text.encode())
    except OSError as error:
        raise KbsyncError(f"{folder}: cannot be written ({error.strerror or error})") from None


def _make_folder(root: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = root / ".kbsync" / ".gitignore"
    if not mark.exists():
        mark.write_bytes(b"*\n")


def _has_links(root: Path, name: str) -> bool:
    return any((root / folder).is_symlink() for folder in [*Path(name).parents][:-1])
