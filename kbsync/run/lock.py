"""One apply at a time in one folder: a lock that the system frees when its process dies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kbsync.errors import KbsyncError, StaleError


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the lock of the folder *root*.

    Raises:
        StaleError: Another process holds it.
        KbsyncError: The folder cannot be written.
    """
    path = root / ".kbsync" / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise KbsyncError(
            f"{path.parent} cannot be written: {error.strerror}",
            hint="A run needs its journal there. Make it writable.",
        ) from None
    with file:
        try:
            _lock(file)
        except (BlockingIOError, PermissionError):
            raise StaleError(
                "Another kbsync is writing from this folder",
                hint="Wait for its end and plan again.",
            ) from None
        except OSError as error:
            raise KbsyncError(
                f"{path} cannot be locked: {error.strerror}",
                hint="Two runs in one folder could not be told apart. Use another file system.",
            ) from None
        yield


def is_locked(root: Path) -> bool:
    """Whether another process holds the lock of the folder *root*; tries it for a moment."""
    try:
        with locked(root):
            return False
    except StaleError:
        return True
    except KbsyncError:  # nobody can write here
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
