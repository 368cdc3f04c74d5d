"""The files of a tree that were named on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from kbsync.errors import UsageError

_T = TypeVar("_T")


def chosen_files(
    root: Path, known: Mapping[str, _T], files: Sequence[Path], *, hint: str
) -> Mapping[str, _T]:
    """Return those of *known*, by path in the tree at *root*, that *files* name; all without any.

    Raises:
        UsageError: One is not known; *hint* says which are.
    """
    if not files:
        return known
    chosen = {}
    for file in files:
        path = file.parent.resolve() / file.name
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
        if name not in known:
            raise UsageError(f"{file} declares nothing in this tree", hint=hint)
        chosen[name] = known[name]
    return chosen
