"""The folder: its files, what runs left in it, and git. Reads only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from kbsync.errors import ExitCode
from kbsync.finding import Finding, failed, ok, tried, warning
from kbsync.git import describe, missing_files, tracks
from kbsync.render.lines import plural
from kbsync.run.journal import read_runs
from kbsync.run.lock import is_locked
from kbsync.tree.declared import Tree
from kbsync.tree.write import is_unfinished

_OWN = ".kbsync"


def folder_findings(root: Path, load: Callable[[], Tree]) -> Iterator[Finding]:
    """Yield what is to be said of the folder *root*; *load* reads its files."""
    if is_unfinished(root):
        what = "a pull broke off, so the files are half old and half new"
        yield failed("tree", what, "Finish it: kbsync pull", ExitCode.REFUSED)
    else:
        yield tried("tree", lambda: _tree(load()))
    yield _runs(root)
    yield _own_folder(root)
    yield _git(root)


def _tree(tree: Tree) -> Finding:
    configs = sum(1 for key in tree.resources if not key.is_row)
    if not configs:
        todo = "Check --project-dir, or start from the project: kbsync pull"
        return warning("tree", "there is no configuration here", todo)
    rows = len(tree.resources) - configs
    return ok("tree", f"valid: {plural(configs, 'configuration')}, {plural(rows, 'row')}")


def _runs(root: Path) -> Finding:
    # Looking for a lock makes the file of it.
    if (root / _OWN / "lock").exists() and is_locked(root):
        return warning("runs", "another kbsync is writing from this folder", "Wait for its end.")
    broken = [record.run for record in read_runs(root) if record.end is None]
    if not broken:
        return ok("runs", "none broke off here")
    said = f"{plural(len(broken), 'run')} broke off here; the last one is {broken[0]}"
    return warning("runs", said, f"See what became of it: kbsync runs {broken[0]}")


def _own_folder(root: Path) -> Finding:
    places = (root / _OWN / "cache", root / _OWN / "runs", root / _OWN)
    there = [place for place in places if place.exists()] or [root]
    if all(place.is_dir() and os.access(place, os.W_OK | os.X_OK) for place in there):
        return ok("cache", f"{_OWN} can be written")
    return warning(
        "cache",
        f"{_OWN} cannot be written: an apply has no place for its journal, and is refused",
        "Make it writable.",
    )


def _git(root: Path) -> Finding:
    if shutil.which("git") is None:
        return warning("git", "git is not installed, so plans name no commit", "Install it.")
    commit = describe(root)
    if commit is None:
        todo = "Keep the files in git: git init, git add ., git commit"
        return warning("git", "there is no commit here, so plans name none", todo)
    if tracks(root, _OWN):
        todo = f"Take it out: git rm -r --cached {_OWN}"
        return warning("git", f"{_OWN} is in git, where it does not belong", todo)
    if missing := missing_files(root):
        said = f"git has {plural(len(missing), 'file')} that were not checked out here"
        return warning("git", said, "Check out all, or what they declare looks deleted.")
    dirty = ", and the files differ from it" if commit.dirty else ""
    return ok("git", f"at commit {commit.sha[:10]}{dirty}")
