"""Rows that are there more than once, among any number of rows, in little memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

_DIGEST = 16
_SHARES = 64
"""A share is looked through in memory: at 100 bytes a row, 100 million rows need about 150 MB."""


def find_duplicates(rows: Iterable[Sequence[str]], *, most: int) -> frozenset[bytes]:
    """Return the digests of at most *most* rows that are there twice. Needs 16 bytes of disk a row.

    Raises:
        OSError: There is no room for that.
    """
    with TemporaryDirectory(prefix="kbsync-") as folder:
        paths = [Path(folder) / str(number) for number in range(_SHARES)]
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("wb")) for path in paths]
            for row in rows:
                digest = digest_of(row)
                files[digest[0] % _SHARES].write(digest)
        found: set[bytes] = set()
        for path in paths:
            found.update(_twice(path))
            if len(found) >= most:
                break
    return frozenset(sorted(found)[:most])


def digest_of(row: Sequence[str]) -> bytes:
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(cell)}:{cell}" for cell in row)
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST).digest()


def count_duplicates(
    rows: Iterable[Sequence[str]], digests: frozenset[bytes]
) -> dict[tuple[str, ...], int]:
    """Return the rows that *digests* mean and how often each is there."""
    return dict(Counter(tuple(row) for row in rows if digest_of(row) in digests))


def _twice(path: Path) -> Iterator[bytes]:
    seen: set[bytes] = set()
    with path.open("rb") as file:
        while digest := file.read(_DIGEST):
            if digest in seen:
                yield digest
            seen.add(digest)
