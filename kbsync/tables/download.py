"""The body of a stored file, piece by piece: slices in their order, credentials renewed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from kbsync.api.client import StorageClient
from kbsync.errors import ApiError
from kbsync.tables.files import S3Place, download_place
from kbsync.tables.s3 import S3, BrokenError, ExpiredError, Position

_MANIFEST = "manifest"
_MOST_MANIFEST = 64 * 1024 * 1024


class Download:
    """One file of the file service. Not for several threads."""

    def __init__(self, client: StorageClient, file_id: str, *, patience_s: float) -> None:
        """Ask where it is: one request.

        Raises:
            UnknownProviderError: Where kbsync cannot fetch it.
            ApiError: The stack does not tell.
        """
        self._client, self._file_id, self._patience_s = client, file_id, patience_s
        self.place = download_place(client, file_id)
        self._s3 = S3(self.place, patience_s=patience_s)

    def close(self) -> None:
        self._s3.close()

    def slices(self) -> Sequence[str]:
        """Return the keys of its bodies, in their order; of a file in one piece just that.

        Raises:
            ApiError: The manifest cannot be fetched, or names what is no part of the file.
        """
        if not self.place.is_sliced:
            return (self.place.key,)
        content = bytearray()
        for piece in self.pieces(f"{self.place.key}{_MANIFEST}"):
            content += piece
            if len(content) > _MOST_MANIFEST:
                raise _odd("is too long")
        return _keys(bytes(content), self.place)

    def pieces(self, key: str) -> Iterator[bytes]:
        """Yield one body. What was yielded is never yielded again.

        Raises:
            BrokenError: It cannot be fetched to its end.
        """
        position, renewed_at = Position(), -1
        while True:
            try:
                yield from self._s3.read(key, position)
                return
            except ExpiredError:
                if renewed_at == position.offset:
                    raise BrokenError(
                        "S3 says that new credentials of the stack have expired already",
                        hint="Run this again. If it stays, tell the platform's support.",
                    ) from None
                renewed_at = position.offset
                self._renew()

    def _renew(self) -> None:
        self._s3.close()
        self.place = download_place(self._client, self._file_id)
        self._s3 = S3(self.place, patience_s=self._patience_s)


def _keys(content: bytes, place: S3Place) -> tuple[str, ...]:
    """Read a manifest; the credentials are for the keys of this file alone."""
    try:
        manifest: Any = json.loads(content)
        urls = [entry["url"] for entry in manifest["entries"]]
    except (ValueError, KeyError, TypeError):
        raise _odd("is no manifest") from None
    start = f"s3://{place.bucket}/"
    if not all(isinstance(url, str) and url.startswith(start) for url in urls):
        raise _odd("names slices in another place")
    keys = tuple(url.removeprefix(start) for url in urls)
    if not all(key.startswith(place.key) for key in keys):
        raise _odd("names what is no part of it")
    return keys


def _odd(why: str) -> ApiError:
    return ApiError(f"The list of the slices of an export {why}", hint="Run this again.")
