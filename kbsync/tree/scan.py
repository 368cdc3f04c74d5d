"""Walks the folders of a tree once; reads no file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kbsync.problems import Problem, ProblemError
from kbsync.tree.files import is_skipped, link_target, not_a_file, shown_path, unreadable

_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One folder and what is in it, sorted by name. Hidden names and tool folders are left out."""

    path: str
    """In the tree, with forward slashes; empty for the tree itself."""
    files: tuple[str, ...] = ()
    """Names of ordinary files, and of links to files of the tree."""
    folders: tuple[Folder, ...] = ()
    odd: tuple[Problem, ...] = ()
    """What is directly in it and neither a file nor a folder that can be looked into."""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def below(self) -> Iterator[Folder]:
        """The folder itself and all folders under it, in order."""
        yield self
        for folder in self.folders:
            yield from folder.below()

    def file_paths(self) -> Iterator[str]:
        """The paths in the tree of the files directly in the folder."""
        return (joined(self.path, name) for name in self.files)


def joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def scan(root: Path) -> Folder:
    """Return the folders of the tree at *root*, whose path must be without links.

    Never fails: what cannot be listed is a problem of the folder that holds it.
    """
    return _scan(root, "", 0)


def _scan(root: Path, path: str, depth: int) -> Folder:
    found = _Contents(root, path, depth)
    try:
        with os.scandir(root / path) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if not is_skipped(entry.name):
                    found.add(entry)
    except OSError as error:
        found.odd.append(unreadable(path or ".", error))
    return Folder(
        path=path,
        files=tuple(found.files),
        folders=tuple(found.folders),
        odd=tuple(found.odd),
    )


class _Contents:
    def __init__(self, root: Path, path: str, depth: int) -> None:
        self.files: list[str] = []
        self.folders: list[Folder] = []
        self.odd: list[Problem] = []
        self._root = root
        self._path = path
        self._depth = depth

    def add(self, entry: os.DirEntry[str]) -> None:
        path = joined(self._path, entry.name)
        if not _is_utf8(entry.name):
            self.odd.append(_not_utf8(path))
        elif entry.is_symlink():
            self._add_link(path, entry.name)
        elif entry.is_file(follow_symlinks=False):
            self.files.append(entry.name)
        elif not entry.is_dir(follow_symlinks=False):
            self.odd.append(not_a_file(path))
        elif self._depth >= _MAX_DEPTH:
            what = f"folders are nested deeper than {_MAX_DEPTH} here"
            self.odd.append(Problem(shown_path(path), 0, 0, what, "move this one up"))
        else:
            self.folders.append(_scan(self._root, path, self._depth + 1))

    def _add_link(self, path: str, name: str) -> None:
        try:
            target = link_target(self._root, path)
        except ProblemError as error:
            self.odd.append(error.problem)
            return
        if target.is_file():
            self.files.append(name)
        elif target.is_dir():
            what = "this is a link to a folder; links to folders are not followed"
            self.odd.append(Problem(shown_path(path), 0, 0, what, "put the files here"))
        else:
            self.odd.append(not_a_file(path))


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _not_utf8(path: str) -> Problem:
    return Problem(shown_path(path), 0, 0, "this name is not valid UTF-8", "rename it")
