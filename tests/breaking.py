"""Lets the disk fail, or somebody press Ctrl-C, just before a file is changed, or read."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}


@dataclass
class Breaking:
    """What is to happen, and how far it came."""

    root: Path
    at: int
    """Counts from 1."""
    error: BaseException
    for_good: bool
    """Whether nothing works any more from then on, as when the process were killed."""
    reading: bool
    """Whether files that are opened to be read count, and nothing else."""
    count: int = 0

    @property
    def happened(self) -> bool:
        return self.count >= self.at


_ACTIVE: list[Breaking] = []


@contextmanager
def breaking(
    root: Path,
    at: int,
    error: BaseException,
    *,
    for_good: bool = False,
    reading: bool = False,
) -> Iterator[Breaking]:
    """Raise *error* instead of the change number *at* that this thread makes below *root*."""
    now = Breaking(root, at, error, for_good, reading)
    _ACTIVE.append(now)
    try:
        yield now
    finally:
        _ACTIVE.remove(now)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _ACTIVE or threading.current_thread() is not threading.main_thread():
        return
    now = _ACTIVE[-1]
    if not _counts(now, event, arguments) or not _is_below(now.root, arguments[0]):
        return
    now.count += 1
    if now.count == now.at or (now.for_good and now.happened):
        raise now.error


def _counts(now: Breaking, event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return bool(arguments[2] & (os.O_WRONLY | os.O_RDWR)) is not now.reading
    return event in _CHANGES and not now.reading


def _is_below(root: Path, path: object) -> bool:
    """Whether *path* may be meant: a relative one is, because folders are removed by such."""
    return isinstance(path, str | Path) and (
        not Path(path).is_absolute() or Path(path).is_relative_to(root)
    )


sys.addaudithook(_hook)  # the one place that every way to change a file passes; it stays for good
