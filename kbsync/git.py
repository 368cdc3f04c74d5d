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
