"""A file that is there only when it is whole: written beside its name, then moved to it."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kbsync.errors import KbsyncError, RefusedError

_BUFFER = 1024 * 1024
_NAME_LENGTH = 40
"""Of the name in a temporary one, which is longer and must fit as well."""


class NotWrittenError(KbsyncError):
    """The file could not be written; nothing of it is left."""


def check_target(path: Path, *, overwrite: bool) -> None:
    """Refuse what must not be written to, before anything is fetched for it.

    Raises:
        RefusedError: A file is there and *overwrite* is not set, or it is no ordinary file.
        NotWrittenError: The folder is not there.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        folder = path.resolve().parent
        if not folder.is_dir():
            shown = folder if path.is_symlink() else path.parent
            raise NotWrittenError(
                f"{path} cannot be written: there is no folder {shown}",
                hint="Make the folder, or choose another one.",
            ) from None
        return
    except OSError as error:
        raise _not_written(path, error) from None
    if not stat.S_ISREG(mode):
        raise RefusedError(
            f"{path} is no file that could be replaced",
            hint="Name a file that is not there yet, or write to stdout: -o -",
        )
    if not overwrite:
        raise RefusedError(f"{path} is there already", hint="To replace it, add --force.")


@contextmanager
def whole_file(path: Path, *, overwrite: bool) -> Iterator[Callable[[bytes], object]]:
    """Yield what writes to the file *path*, which appears when the block ends without an error.

    Until then only the owner may read what is there, and whatever ends the block early, nothing of
    it is left. A link is followed. Another file that came meanwhile is replaced only if *overwrite*
    is set.

    Raises:
        NotWrittenError: The disk is full, or the like.
        RefusedError: A file came meanwhile.
    """
    real = path.resolve()
    temporary = None
    try:
        descriptor, name = tempfile.mkstemp(
            dir=real.parent, prefix=f".{real.name[:_NAME_LENGTH]}.", suffix=".part"
        )
        temporary = Path(name)
        with os.fdopen(descriptor, "wb", buffering=_BUFFER) as file:
            yield _guarded(file.write, path)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(real))
        _place(temporary, real, overwrite=overwrite)
    except OSError as error:
        raise _not_written(path, error) from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _guarded(write: Callable[[bytes], object], path: Path) -> Callable[[bytes], object]:
    """Make an error of *write* one of the file's: in the block there are other ones to go wrong."""

    def guarded(data: bytes) -> object:
        try:
            return write(data)
        except OSError as error:
            raise _not_written(path, error) from None

    return guarded


def _mode(path: Path) -> int:
    """The mode of the file that is to be replaced, or that of a new one."""
    with suppress(OSError):
        return stat.S_IMODE(path.stat().st_mode)
    # There is no way to ask for the mask without setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _place(temporary: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise RefusedError(
            f"{path} came into being meanwhile", hint="To replace it, add --force."
        ) from None
    except OSError:
        # Some file systems have no links.
        if path.exists():
            raise
        temporary.replace(path)


def _not_written(path: Path, error: OSError) -> NotWrittenError:
    why = (error.strerror or "no reason given").lower()
    return NotWrittenError(
        f"{path} cannot be written: {why}",
        hint="Nothing of it is left. Make room or choose another folder, and run this again.",
    )
