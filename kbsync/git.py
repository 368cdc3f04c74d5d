"""Which commit the tree is at, by asking git."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What is checked out."""

    sha: str
    subject: str
    """The first line of the message."""
    dirty: bool
    """Whether files below the root differ from the commit or are not in it."""


def describe(root: Path, *, timeout_s: float = 10.0) -> Commit | None:
    """Return the commit that *root* is at, or None when git does not know one.

    A tree that git cannot compare in time counts as dirty. `.kbsync/` is never looked at.
    """
    head = _ask(root, timeout_s, "log", "-1", "--no-show-signature", "--format=%H%n%s")
    if head is None:
        return None
    sha, _, subject = head.partition("\n")
    # "no" in the user's git settings would hide new files.
    pathspec = ("--", ".", ":(exclude).kbsync")
    changed = _ask(root, timeout_s, "status", "--porcelain", "--untracked-files=normal", *pathspec)
    return Commit(sha=sha, subject=subject.rstrip("\n"), dirty=changed != "")


def top_folder(root: Path, *, timeout_s: float = 10.0) -> Path | None:
    """Return the folder of the whole checkout that *root* is in; None outside git."""
    found = _ask(root, timeout_s, "rev-parse", "--show-toplevel")
    return Path(found.removesuffix("\n")) if found else None


def default_branch(root: Path, *, timeout_s: float = 10.0) -> str | None:
    """Return the branch that the remote repository calls its default; None when nobody said."""
    found = _ask(root, timeout_s, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    return found.strip().removeprefix("origin/") if found else None


def missing_files(root: Path, *, timeout_s: float = 10.0) -> tuple[str, ...]:
    """Return what git has below *root* and was told not to check out, in order of path.

    That is what a sparse checkout leaves out, and submodules that are not initialised. A file that
    somebody deleted is not meant. Nothing is known, so nothing returned, without git.
    """
    listed = _ask(root, timeout_s, "ls-files", "-t", "--stage", "-z", "--", ".") or ""
    entries = [entry.partition("\t") for entry in listed.split("\0") if entry]
    return tuple(path for facts, _, path in entries if _is_missing(root, facts, path))


def tracks(root: Path, path: str, *, timeout_s: float = 10.0) -> bool:
    """Whether git has something at *path*, a path from *root*."""
    return bool(_ask(root, timeout_s, "ls-files", "-z", "--", path))


def _is_missing(root: Path, facts: str, path: str) -> bool:
    tag, mode = facts.split(" ")[:2]
    if mode == _SUBMODULE:
        return not (root / path / ".git").exists()
    return tag == _NOT_CHECKED_OUT and not (root / path).exists()


_SUBMODULE = "160000"
_NOT_CHECKED_OUT = "S"


def _ask(root: Path, timeout_s: float, *arguments: str) -> str | None:
    # Without optional locks `status` leaves the index alone, so it disturbs no other git.
    command = ["git", "--no-optional-locks", "-c", "i18n.logOutputEncoding=UTF-8", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
