"""A file of this machine into the file service of the stack."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from kbsync.api.client import StorageClient
from kbsync.errors import KbsyncError, StaleError
from kbsync.tables.files import S3Place, forget, prepare_upload, renewed_upload
from kbsync.tables.s3 import S3, BrokenError, ExpiredError


class LocalFile:
    """A file as it was when it was looked at first."""

    def __init__(self, path: Path) -> None:
        """Look at it.

        Raises:
            KbsyncError: It is not there, or cannot be read.
        """
        self.path = path
        try:
            status = path.stat()
        except OSError as error:
            raise unreadable(path, error) from None
        if not stat.S_ISREG(status.st_mode):
            raise KbsyncError(
                f"{path} is no ordinary file", hint="It is read twice: put it into a file first."
            )
        self.size = status.st_size
        self._seen = _identity(status)

    def check_unchanged(self) -> None:
        """Refuse a file that somebody wrote to since.

        Raises:
            StaleError: What was brought may be half old and half new.
        """
        try:
            same = _identity(self.path.stat()) == self._seen
        except OSError:
            same = False
        if not same:
            raise StaleError(
                f"{self.path} was changed while it was read", hint="Run this again when it is done."
            )


def upload(
    client: StorageClient,
    file: LocalFile,
    *,
    patience_s: float,
    on_bytes: Callable[[int], None],
) -> str:
    """Bring *file* to the file service and return its id there.

    Whatever goes wrong, the service keeps nothing of it.

    Raises:
        UnknownProviderError: The stack keeps its files where kbsync cannot bring any.
        BrokenError: It could not be brought.
        StaleError: The file changed meanwhile.
    """
    place = prepare_upload(client, file.path.name, file.size)
    try:
        try:
            _write(place, file.path, patience_s, on_bytes)
        except ExpiredError:
            _write(renewed_upload(client, place), file.path, patience_s, on_bytes)
        file.check_unchanged()
    except ExpiredError:
        forget(client, place.file_id)
        raise BrokenError(
            "S3 says that new credentials of the stack have expired already",
            hint="Run this again. If it stays, tell the platform's support.",
        ) from None
    except BaseException:
        forget(client, place.file_id)
        raise
    return place.file_id


def unreadable(path: Path, error: OSError) -> KbsyncError:
    why = (error.strerror or "no reason given").lower()
    return KbsyncError(
        f"{path} cannot be read: {why}", hint="Check that it is there and whose it is."
    )


def _write(place: S3Place, path: Path, patience_s: float, on_bytes: Callable[[int], None]) -> None:
    s3 = S3(place, patience_s=patience_s)
    try:
        s3.write(path, on_bytes)
    except OSError as error:
        raise unreadable(path, error) from None
    finally:
        s3.close()


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns
