"""Reads one file of a tree: never outside it, never blocking, never guessing."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from kbsync.documents.text import MAX_BYTES, conflicts_in_prose, decode
from kbsync.errors import InvalidFilesError
from kbsync.model import quote_segment
from kbsync.problems import Problem, ProblemError

_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"

# A pipe without a writer would block an ordinary open; a link may appear after it was looked for,
# and is then refused.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)


def tree_root(root: Path) -> Path:
    """Return *root* without links in it.

    Raises:
        InvalidFilesError: It does not exist or is not a folder.
    """
    try:
        real = root.resolve(strict=True)
    except (OSError, RuntimeError):
        what, todo = "there is no such folder", "check --project-dir"
        raise InvalidFilesError([Problem(str(root), 0, 0, what, todo)]) from None
    if not real.is_dir():
        what, todo = "this is a file; expected the folder of a project", "check --project-dir"
        raise InvalidFilesError([Problem(str(root), 0, 0, what, todo)])
    return real


def read_bytes(root: Path, name: str) -> bytes:
    """Return the content of the file *name* of the tree.

    Args:
        root: The tree, without links in its path.
        name: The file's path in it, with forward slashes. A link is followed inside the tree.

    Raises:
        ProblemError: It cannot be read, is no ordinary file, too big, or not fetched by git-lfs.
    """
    try:
        data = _content(_opened(root, name), name)
    except OSError as error:
        raise ProblemError(unreadable(name, error)) from None
    if data.startswith(_LFS_POINTER):
        what = "this is a git-lfs pointer; the content was not fetched"
        raise ProblemError(Problem(shown_path(name), 0, 0, what, "run `git lfs pull`"))
    return data


def read_text(root: Path, name: str) -> str:
    """Return the exact text of the file *name* of the tree: no newline is translated.

    Raises:
        ProblemError: As `read_bytes`; or it is not UTF-8 text, or holds a merge conflict.
    """
    text = decode(read_bytes(root, name), shown_path(name))
    for problem in conflicts_in_prose(text, shown_path(name)):
        raise ProblemError(problem)
    return text


def link_target(root: Path, name: str) -> Path:
    """Return what the link *name* of the tree points at, all links followed.

    Raises:
        ProblemError: Nothing is there, or it lies outside the tree or in a folder that is skipped.
    """
    try:
        target = (root / name).resolve(strict=True)
    except (OSError, RuntimeError):
        what, todo = "this link points at nothing that can be read", "mend or remove it"
        raise ProblemError(Problem(shown_path(name), 0, 0, what, todo)) from None
    if not target.is_relative_to(root):
        what, todo = "this link leads out of the tree", "put the content itself here"
        raise ProblemError(Problem(shown_path(name), 0, 0, what, todo))
    if any(is_skipped(part) for part in target.relative_to(root).parts):
        what, todo = "this link leads into a folder that is skipped", "put the content itself here"
        raise ProblemError(Problem(shown_path(name), 0, 0, what, todo))
    return target


def is_skipped(name: str) -> bool:
    """Whether files and folders called *name* are no part of a tree."""
    return name.startswith(".") or name in ("__pycache__", "node_modules")


def shown_path(path: str) -> str:
    """Return *path* for a message: unprintable characters, which could fool a terminal, encoded."""
    if path.isprintable():
        return path
    return "/".join(quote_segment(part) for part in path.split("/"))


def _opened(root: Path, name: str) -> int:
    try:
        return os.open(f"{root}/{name}", _FLAGS)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return os.open(link_target(root, name), _FLAGS)


def _content(descriptor: int, name: str) -> bytes:
    try:  # a file object would cost more than all the rest
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ProblemError(not_a_file(name))
        if status.st_size > MAX_BYTES:
            what = f"the file has {status.st_size:,} bytes; at most {MAX_BYTES:,} are read"
            todo = "split it or move data out of it"
            raise ProblemError(Problem(shown_path(name), 0, 0, what, todo))
        parts = []
        while part := os.read(descriptor, status.st_size + 1):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def not_a_file(name: str) -> Problem:
    what = "this is neither a file nor a folder (a pipe, socket or device)"
    return Problem(shown_path(name), 0, 0, what, "remove it")


def unreadable(name: str, error: OSError) -> Problem:
    """Return the problem of a file or folder that the system did not let us read."""
    what = f"cannot be read: {(error.strerror or 'no reason given').lower()}"
    return Problem(shown_path(name), 0, 0, what, "check that it exists and its permissions")
