"""Writes and removes files of a tree: each whole or not at all, never outside the tree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from kbsync.errors import KbsyncError, UnfinishedError

BACKUPS = ".kbsync/replaced"


def change_files(
    root: Path, files: Mapping[str, bytes], removals: Iterable[str], *, backup: str
) -> Path | None:
    """Write *files* and remove *removals*, paths from *root*.

    What is replaced or removed is first copied to `.kbsync/replaced/<backup>`; returns that folder,
    or None when nothing was lost.

    Raises:
        KbsyncError: A folder leads out of the tree; nothing was written.
        UnfinishedError: The disk refused. Files are written one by one, so those before the one
            that the message names are in place.
    """
    removals = list(removals)
    kept = root / BACKUPS / backup
    lost = [path for path in (*files, *removals) if (root / path).is_file()]
    for path in (*files, *removals):
        _inside(root, path)
    path = ""
    try:
        if lost:
            _keep_out_of_git(root / BACKUPS)
        for path in lost:
            _copy(root / path, kept / path)
        for path, data in files.items():
            write_atomically(root / path, data)
        for path in removals:
            (root / path).unlink(missing_ok=True)
            _remove_empty_folders(root, path)
    except OSError as error:
        raise UnfinishedError(
            f"{path}: cannot be written ({error.strerror or error})",
            hint="Files before it may have changed. Mend the disk and pull again.",
        ) from None
    return kept if lost else None


def write_atomically(path: Path, data: bytes) -> None:
    """Write *data* beside *path*, then put it in its place, so that no half file is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".kbsync-")
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(data)
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _keep_out_of_git(folder: Path) -> None:
    """Leave kbsync's own folder out of commits, whatever the project's .gitignore says."""
    mark = folder.parent / ".gitignore"
    if not mark.exists():
        write_atomically(mark, b"*\n")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


def _inside(root: Path, path: str) -> None:
    """Refuse a path whose folders lead out of the tree by a link."""
    parts = PurePosixPath(path).parts
    if PurePosixPath(path).is_absolute() or ".." in parts:
        raise KbsyncError(f"{path}: leads out of the tree")
    real = root.resolve()
    for parent in (real / path).parents:
        if parent == real:
            return
        if parent.is_symlink():
            raise KbsyncError(f"{path}: {parent.name} is a link; folders of the tree must not be")


def _remove_empty_folders(root: Path, path: str) -> None:
    for parent in (root / path).parents:
        if parent == root or any(parent.iterdir()):
            return
        parent.rmdir()
