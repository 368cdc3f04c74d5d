"""Pulls texts out of the files that tags of a document name."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from kbsync.documents.statements import resolve_reference
from kbsync.documents.tags import TAGS, Reference
from kbsync.documents.text import shown
from kbsync.model import Json
from kbsync.problems import Problem, ProblemError
from kbsync.tree.declared import PulledIn
from kbsync.tree.files import is_skipped, read_text, shown_path
from kbsync.tree.scan import Folder


class References:
    """The files of a tree that tags can pull in. What is wrong is noted, never raised."""

    def __init__(self, root: Path, tree: Folder) -> None:
        self.problems: list[Problem] = []
        self.used: set[str] = set()
        """Every file that a tag names, whether it could be read or not."""
        self._root = root
        folders = list(tree.below())
        self._folders = {folder.path for folder in folders}
        self._files = {path for folder in folders for path in folder.file_paths()}
        self._odd = {problem.file for folder in folders for problem in folder.odd}
        self._texts: dict[str, str | None] = {}

    def text(self, path: str) -> str | None:
        """Return the exact text of a file of the tree; None, and a problem noted, without one."""
        if path not in self._texts:
            try:
                self._texts[path] = read_text(self._root, path)
            except ProblemError as error:
                self.problems.append(error.problem)
                self._texts[path] = None
        return self._texts[path]

    def value(self, document_file: str, reference: Reference) -> Json:
        """Return what a tag of *document_file* that pulls in a file stands for."""
        text = self.pulled_text(document_file, reference)
        return resolve_reference(reference.tag, reference.target, text or "")

    def pulled_text(self, document_file: str, reference: Reference) -> str | None:
        """Return the text that *reference* names; None, and a problem noted, without one."""
        try:
            path = target_path(document_file, reference.target)
        except ValueError as error:
            self._note(document_file, reference, str(error), "name a file inside the tree")
            return None
        self.used.add(path)
        if path in self._files:
            return self.text(path)
        if shown_path(path) in self._odd:
            return None  # a problem already, at its own place
        if path in self._folders:
            what = f"{shown(reference.target)} is a folder; expected a file"
            self._note(document_file, reference, what, "name a file in it")
        else:
            what = f"there is no file {shown(reference.target)}; looked for {shown_path(path)}"
            self._note(document_file, reference, what, self._nearest(path))
        return None

    def _nearest(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        near = [
            file.rpartition("/")[2] for file in self._files if file.rpartition("/")[0] == folder
        ]
        close = get_close_matches(name, near, n=1)
        return f"did you mean {shown(close[0])}?" if close else "add it or correct the name"

    def _note(self, document_file: str, reference: Reference, what: str, todo: str) -> None:
        place = (shown_path(document_file), reference.line, reference.column)
        self.problems.append(Problem(*place, what, todo))


def pulled_in(document_file: str, references: Sequence[Reference]) -> tuple[PulledIn, ...]:
    """Return which files the *references* of a document without problems pull in."""
    return tuple(
        PulledIn(
            path=reference.path,
            tag=reference.tag,
            target=reference.target,
            file=target_path(document_file, reference.target),
        )
        for reference in references
        if reference.tag in TAGS
    )


def target_path(document_file: str, target: str) -> str:
    """Return the path in the tree of a *target* that is relative to the folder of a document.

    Raises:
        ValueError: It can be no file of the tree; the message says why.
    """
    if target.startswith("/") or target[1:2] == ":":
        raise ValueError(f"{shown(target)} is an absolute path; expected one relative to this file")
    if "\\" in target:
        raise ValueError(f"{shown(target)} has a backslash; folders are separated by /")
    parts = document_file.split("/")[:-1]
    for part in target.split("/"):
        if part == ".." and not parts:
            raise ValueError(f"{shown(target)} leads out of the tree")
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if any(is_skipped(part) for part in parts):
        raise ValueError(f"{shown(target)} is hidden or in a folder that is skipped")
    return "/".join(parts)
