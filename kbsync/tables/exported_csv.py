"""CSV as it comes out of exports, in pieces of bytes: expanded, counted, headed. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence

_GZIP_WINDOW = 31
_MOST_AT_ONCE = 4 * 1024 * 1024
"""In bytes: a small piece may expand a thousandfold."""
_ALL_BUT_MARKS = bytes(set(range(256)) - set(b'"\n'))


class DamagedError(Exception):
    """What came is not the gzip that it begins as."""


def header_line(columns: Sequence[str]) -> bytes:
    """Return the names of the columns as the line that exports leave out."""
    return (",".join('"' + name.replace('"', '""') + '"' for name in columns) + "\n").encode()


def expanded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what gzipped *pieces* hold; several gzip files in a row are one.

    Raises:
        DamagedError: It is no gzip, or not all of it; what was yielded is right so far.
    """
    member = zlib.decompressobj(_GZIP_WINDOW)
    begun = False
    for piece in pieces:
        rest = piece
        while rest:
            try:
                found = member.decompress(rest, _MOST_AT_ONCE)
            except zlib.error as error:
                raise DamagedError(str(error)) from None
            begun = not member.eof
            if found:
                yield found
            rest = member.unconsumed_tail
            if member.eof:
                rest = member.unused_data
                member = zlib.decompressobj(_GZIP_WINDOW)
    if begun:
        raise DamagedError("the gzip ends too early")


class RowCounter:
    """Counts records in pieces of CSV: line feeds that stand outside of quotes."""

    def __init__(self) -> None:
        self.rows = 0
        self._quoted = False
        self._open = False

    def feed(self, piece: bytes) -> None:
        if not piece:
            return
        self._open = not piece.endswith(b"\n")
        marks = (b'"' if self._quoted else b"") + piece.translate(None, _ALL_BUT_MARKS)
        # Two quotes next to each other change nothing, and nearly all of them are.
        parts = marks.replace(b'""', b"").split(b'"')
        self.rows += sum(part.count(b"\n") for part in parts[::2])
        self._quoted = len(parts) % 2 == 0

    @property
    def is_at_an_end(self) -> bool:
        """Whether the next byte begins a new line."""
        return not self._open
