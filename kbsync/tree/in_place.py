"""Writes single files of a tree where they belong, each whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from kbsync.errors import UnfinishedError
from kbsync.tree.files import shown_path
from kbsync.tree.write import write_atomically


def write_files(root: Path, files: Mapping[str, bytes], *, done: str) -> None:
    """Write each file, in the order given; a link is followed. *done* is what happens to it.

    Raises:
        UnfinishedError: One cannot be written; those before it were.
    """
    for number, (file, data) in enumerate(files.items()):
        try:
            write_atomically((root / file).resolve(), data)
        except OSError as error:
            raise UnfinishedError(
                f"{shown_path(file)} cannot be written: {error.strerror}; "
                f"{number} of {len(files)} files were {done}",
                hint="Mend that and run this again.",
            ) from None


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet.

    Raises:
        FileExistsError: It is there; it stays as it is.
        OSError: It cannot be written; nothing is left of it.
    """
    temporary = path.with_name(f".kbsync-{secrets.token_hex(8)}")
    try:
        temporary.write_bytes(data)
        _place(temporary, path)
    finally:
        with suppress(OSError):  # what is left of it is no part of a tree
            temporary.unlink(missing_ok=True)


def _place(temporary: Path, path: Path) -> None:
    try:
        path.hardlink_to(temporary)  # unlike a rename, it never replaces what came in between
    except FileExistsError:
        raise
    except OSError:  # not every file system has such links
        if path.exists():
            raise FileExistsError from None
        temporary.rename(path)
