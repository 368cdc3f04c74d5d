"""Changes files of a tree: nothing outside it, no half file, and what breaks off can be finished.

New files are written aside first, to `.kbsync/pulling`, with a list of what is to be done. Only
then are they moved to their places, which is quick and needs no room on the disk. What stops before
the first move leaves the tree as it was. What stops later leaves the list, and `finish_changes`
does the rest.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kbsync.errors import InterruptedRunError, KbsyncError, RefusedError, UnfinishedError
from kbsync.tree.files import is_skipped, shown_path

BACKUPS = ".kbsync/replaced"
_PENDING = ".kbsync/pulling"
_STAGED = f"{_PENDING}/files"
_TODO = f"{_PENDING}/todo.json"

_AGAIN = "Mend that and pull again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What happened to the files of a tree."""

    count: int
    """Files written or removed."""
    backup: Path | None
    """Where those that were replaced or removed are kept."""


def change_files(
    root: Path, files: Mapping[str, bytes], removals: Iterable[str], *, backup: str
) -> Changed:
    """Write *files* and remove *removals*, paths from *root*, in the order given.

    A file that says the same already is not touched. What is replaced or removed is first copied to
    `.kbsync/replaced/<backup>`, a name never used before.

    Raises:
        RefusedError: It would lead out of the tree; nothing was written.
        KbsyncError: The disk refused before any file of the tree was changed.
        UnfinishedError: The disk refused, or somebody stopped it, after some were changed.
        KeyboardInterrupt: Somebody stopped it before.
    """
    new = {path: data for path, data in files.items() if not _holds(root / path, data)}
    gone = [path for path in removals if _is_there(root / path)]
    if not new and not gone:
        return Changed(count=0, backup=None)
    change = _Change(root, [*new], gone, backup)
    change.check()
    change.prepare(new)
    return change.carry_out()


def is_unfinished(root: Path) -> bool:
    """Whether a change broke off after its first move; `finish_changes` does the rest."""
    return (root / _TODO).exists()


def finish_changes(root: Path, *, backup: str) -> Changed | None:
    """Do the rest of a change that broke off; return None when there is none.

    Raises:
        RefusedError, KbsyncError, UnfinishedError, KeyboardInterrupt: As `change_files`.
    """
    _refuse_links(root, [_TODO])
    todo = _read_todo(root / _TODO)
    if todo is None:
        shutil.rmtree(root / _PENDING, ignore_errors=True)
        return None
    change = _Change(root, *todo, backup)
    change.check()
    return change.carry_out()


def write_atomically(path: Path, data: bytes) -> None:
    """Write *data* beside *path*, then put it in its place, so that no half file is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".kbsync-{secrets.token_hex(8)}")
    try:
        temporary.write_bytes(data)
        _copy_mode(path, temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class _Change:
    """Some files to write and some to remove."""

    def __init__(
        self, root: Path, files: Sequence[str], removals: Sequence[str], backup: str
    ) -> None:
        self._root = root
        self._files = files
        self._removals = removals
        self._kept = f"{BACKUPS}/{backup}"
        self._at = _PENDING
        """What is worked on, for messages."""
        self._folders: set[Path] = set()
        """Known to be there."""
        self._is_prepared = False
        """Whether the list is written, so that what is not staged any more is in its place."""

    def check(self) -> None:
        """Refuse whatever would lead out of the tree."""
        paths = [*self._files, *self._removals]
        for path in paths:
            parts = PurePosixPath(path).parts
            if path.startswith("/") or not parts or any(map(is_skipped, parts)):
                raise RefusedError(f"{shown_path(path)}: is no place for a file of the tree")
        staged = [f"{_STAGED}/{path}" for path in self._files]
        _refuse_links(self._root, [*paths, *staged, _TODO, f"{_STAGED}/", f"{self._kept}/"])

    def prepare(self, contents: Mapping[str, bytes]) -> None:
        """Write the new files and the list aside; on failure leave nothing."""
        try:
            shutil.rmtree(self._root / _PENDING, ignore_errors=True)
            (self._root / _STAGED).mkdir(parents=True)
            _keep_out_of_git(self._root)
            for path, data in contents.items():
                self._stage(path, data)
            self._at = _TODO
            todo = {"files": [*self._files], "removals": [*self._removals]}
            write_atomically(self._root / _TODO, json.dumps(todo).encode())
        except (OSError, KeyboardInterrupt) as stop:
            raise self._stopped(stop) from None

    def carry_out(self) -> Changed:
        """Copy what will be lost, move the new files to their places, remove the others."""
        self._is_prepared = True
        count = len(self._left())
        try:
            for path in self._left():
                self._keep_copy(path)
            for path in self._files:
                self._place(path)
            for path in self._removals:
                self._remove(path)
            self._at = _PENDING
            self._forget()
        except (OSError, KeyboardInterrupt) as stop:
            raise self._stopped(stop) from None
        kept = self._root / self._kept
        return Changed(count=count, backup=kept if kept.is_dir() else None)

    def _stage(self, path: str, data: bytes) -> None:
        self._at = path
        staged = self._root / _STAGED / path
        if staged.parent not in self._folders:
            staged.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(staged.parent)
        staged.write_bytes(data)
        _copy_mode(self._root / path, staged)

    def _left(self) -> list[str]:
        """What is still to be done, by the disk itself: a stop may come between any two steps."""
        files = [path for path in self._files if _is_there(self._root / _STAGED / path)]
        return files + [path for path in self._removals if _is_there(self._root / path)]

    def _keep_copy(self, path: str) -> None:
        self._at = path
        if (self._root / path).is_file():
            copy = self._root / self._kept / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._root / path, copy)

    def _place(self, path: str) -> None:
        """Move a new file, or the topmost of its folders that the tree lacks with all in it.

        So a new configuration comes as a whole: with half of its rows it would not be valid.
        """
        self._at = path
        if not _is_there(self._root / _STAGED / path):
            return
        folders = [*PurePosixPath(path).parents][-2::-1]
        for folder in folders:
            place = self._root / folder
            if place not in self._folders and not _is_there(place):
                (self._root / _STAGED / folder).rename(place)
                return
            self._folders.add(place)
        (self._root / _STAGED / path).replace(self._root / path)

    def _remove(self, path: str) -> None:
        self._at = path
        (self._root / path).unlink(missing_ok=True)
        _remove_empty_folders(self._root, path)

    def _forget(self) -> None:
        """Remove the list first: without it the rest means nothing."""
        with suppress(OSError):
            (self._root / _TODO).unlink(missing_ok=True)
        shutil.rmtree(self._root / _PENDING, ignore_errors=True)

    def _stopped(self, stop: OSError | KeyboardInterrupt) -> BaseException:
        """Return what to raise, and leave no trace if no file of the tree was changed."""
        told = "Interrupted"
        if isinstance(stop, OSError):
            told = f"{shown_path(self._at)}: cannot be written ({stop.strerror or stop})"
        count = len(self._files) + len(self._removals)
        done = count - len(self._left()) if self._is_prepared else 0
        if done:
            return unfinished(f"{told}; {done} of {count} files were changed", stop)
        self._forget()
        shutil.rmtree(self._root / self._kept, ignore_errors=True)
        return KbsyncError(told, hint=_AGAIN) if isinstance(stop, OSError) else stop


def unfinished(message: str, stop: OSError | KeyboardInterrupt) -> UnfinishedError:
    """Return the error for a *stop* in the middle of changing files."""
    error = UnfinishedError(message, hint="Pull again, which finishes it.")
    if isinstance(stop, KeyboardInterrupt):
        error.exit_code = InterruptedRunError().exit_code
    return error


def _read_todo(path: Path) -> tuple[list[str], list[str]] | None:
    """Return the files to place and to remove; None without a list, or when it is none of ours."""
    try:
        todo = json.loads(path.read_bytes())
        files, removals = todo["files"], todo["removals"]
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, KeyError, RecursionError):
        return None
    if all(isinstance(each, list) for each in (files, removals)) and all(
        isinstance(path, str) for path in (*files, *removals)
    ):
        return files, removals
    return None


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file says *data* already; what a link leads to may be about to change."""
    try:
        is_alike = path.stat().st_size == len(data) and not path.is_symlink()
        return is_alike and path.read_bytes() == data
    except OSError:
        return False


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _copy_mode(source: Path, target: Path) -> None:
    if source.exists():
        target.chmod(source.stat().st_mode & 0o777)


def _keep_out_of_git(root: Path) -> None:
    """Leave kbsync's own folder out of commits, whatever the project's .gitignore says."""
    mark = root / ".kbsync" / ".gitignore"
    if not mark.exists():
        (root / _PENDING / ".gitignore").write_bytes(b"*\n")
        (root / _PENDING / ".gitignore").replace(mark)


def _refuse_links(root: Path, paths: Iterable[str]) -> None:
    """Refuse a path whose folders are links: they may lead out of the tree."""
    seen: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in seen:
            if (root / folder).is_symlink():
                raise RefusedError(
                    f"{shown_path(folder)}: is a link, which may lead out of the tree",
                    hint="Put a folder there instead.",
                )
            seen.add(folder)
            folder = folder.rpartition("/")[0]


def _remove_empty_folders(root: Path, path: str) -> None:
    for parent in (root / path).parents:
        if parent == root or (parent.is_dir() and any(parent.iterdir())):
            return
        if parent.is_dir():
            parent.rmdir()
