"""Trees of files for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kbsync.errors import InvalidFilesError


def write_tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write *files* below *root*, exactly; a name that ends in `/` is a folder. Return *root*."""
    for name, content in files.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def problems_of(action, *arguments, **options) -> list[str]:
    """The lines of the `InvalidFilesError` that *action* raises."""
    with pytest.raises(InvalidFilesError) as caught:
        action(*arguments, **options)
    return [str(problem) for problem in caught.value.problems]
