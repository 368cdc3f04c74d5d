"""Exports of tables: a job, then its slices as one CSV with its header."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from kbsync.api.client import StorageClient
from kbsync.errors import ApiError
from kbsync.model import JsonObject
from kbsync.tables.csvfile import CELL_LIMIT, GZIP
from kbsync.tables.download import Download
from kbsync.tables.exported_csv import DamagedError, RowCounter, expanded, header_line
from kbsync.tables.job import Job, StoppedError, UnknownJobError
from kbsync.tables.jobs import results_of, start_job
from kbsync.tables.s3 import BrokenError
from kbsync.tables.where import Condition, filters_json

_GZIP_WINDOW = 31
_FAST = 3
"""How hard to compress what came uncompressed: the network is rarely slower than this."""
_LONGEST_HEADER = 1024 * 1024

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which part of a table to export."""

    columns: tuple[str, ...]
    """In the order in which they come; all are named too, for the table may get more meanwhile."""
    conditions: tuple[Condition, ...] = ()
    changed_since: int | None = None
    """In seconds since 1970; None: whenever."""
    limit: int | None = None

    @property
    def is_for_all_rows(self) -> bool:
        return not self.conditions and self.changed_since is None and self.limit is None


def start_export(client: StorageClient, table_id: str, wish: Wish) -> Job:
    """Let the platform export, and return its job. Nothing in the project changes.

    So it is asked for again when nobody knows what became of the first time.
    """
    body: JsonObject = {"gzip": True, "format": "rfc", "columns": ",".join(wish.columns)}
    if wish.conditions:
        body["whereFilters"] = [*filters_json(wish.conditions)]
    if wish.changed_since is not None:
        body["changedSince"] = str(wish.changed_since)
    if wish.limit is not None:
        body["limit"] = wish.limit
    path = ("tables", table_id, "export-async")
    try:
        return start_job(client, "POST", *path, body=body)
    except StoppedError:
        raise
    except UnknownJobError:
        return start_job(client, "POST", *path, body=body)


def exported_file(job: Job) -> str:
    """Return the id of the file that an export made.

    Raises:
        ApiError: The job does not tell.
    """
    file = results_of(job).get("file")
    file_id = file.get("id") if isinstance(file, dict) else None
    if not isinstance(file_id, int | str):
        raise ApiError(f"The platform does not say which file {job.label} made")
    return str(file_id)


def copy_plain(download: Download, columns: Sequence[str], write: Write) -> int:
    """Write a whole export as CSV with one header, and return its number of rows.

    Raises:
        BrokenError: It cannot be fetched to its end; what was written is of no use.
    """
    counter = RowCounter()
    header = header_line(columns)
    if not download.place.is_sliced:
        header, texts = _headed(_text(download.pieces(download.place.key)), columns)
        write(header)
        _copy(texts, counter, write)
        return counter.rows
    write(header)
    for key in download.slices():
        _copy(_text(download.pieces(key)), counter, write)
    return counter.rows


def copy_gzipped(download: Download, columns: Sequence[str], write: Write) -> int:
    """Write a whole export as gzip, its slices as they come, and return its number of rows.

    Gzip files in a row are one gzip file, so that only the header needs to be made.

    Raises:
        BrokenError: As `copy_plain`.
    """
    counter = RowCounter()
    if not download.place.is_sliced:
        header, texts = _headed(_text(download.pieces(download.place.key)), columns)
        _compress(chain([header], texts), counter, write)
        return counter.rows - 1
    write(gzip.compress(header_line(columns), mtime=0))
    for key in download.slices():
        is_gzip, pieces = _opened(download.pieces(key))
        if is_gzip:
            for text in _expanded(_noted(pieces, write)):
                counter.feed(text)
            if not counter.is_at_an_end:
                counter.feed(b"\n")
                write(gzip.compress(b"\n", mtime=0))
        else:
            _compress(pieces, counter, write)
    return counter.rows


def read_rows(download: Download, columns: Sequence[str]) -> Iterator[list[str]]:
    """Yield the rows of an export, without the header."""

    def lines() -> Iterator[str]:
        for key in download.slices():
            texts = _text(download.pieces(key))
            if not download.place.is_sliced:
                _, texts = _headed(texts, columns)
            yield from _lines(texts)

    csv.field_size_limit(CELL_LIMIT)
    try:
        yield from csv.reader(lines())
    except (csv.Error, UnicodeDecodeError) as error:
        raise _damaged(str(error)) from None


def _lines(texts: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for text in texts:
        *whole, rest = (rest + text).split(b"\n")
        for line in whole:
            yield f"{line.decode()}\n"
    if rest:
        yield f"{rest.decode()}\n"


def _copy(texts: Iterator[bytes], counter: RowCounter, write: Write) -> None:
    for text in texts:
        counter.feed(text)
        write(text)
    if not counter.is_at_an_end:
        counter.feed(b"\n")
        write(b"\n")


def _compress(texts: Iterator[bytes], counter: RowCounter, write: Write) -> None:
    packer = zlib.compressobj(_FAST, wbits=_GZIP_WINDOW)
    _copy(texts, counter, lambda text: write(packer.compress(text)))
    write(packer.flush())


def _text(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces of a body without its compression, if it has any."""
    is_gzip, whole = _opened(pieces)
    return _expanded(whole) if is_gzip else whole


def _opened(pieces: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Return whether a body is gzipped, and all of it."""
    start = b""
    while len(start) < len(GZIP) and (piece := next(pieces, b"")):
        start += piece
    return start.startswith(GZIP), chain([start] if start else [], pieces)


def _expanded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from expanded(pieces)
    except DamagedError as error:
        raise _damaged(str(error)) from None


def _damaged(why: str) -> BrokenError:
    return BrokenError(f"A slice of the export is damaged: {why}", hint="Run this again.")


def _noted(pieces: Iterator[bytes], write: Write) -> Iterator[bytes]:
    for piece in pieces:
        write(piece)
        yield piece


def _headed(texts: Iterator[bytes], columns: Sequence[str]) -> tuple[bytes, Iterator[bytes]]:
    """Return the header and the rows of a file in one piece, which may begin with the header."""
    start = b""
    while b"\n" not in start and len(start) < _LONGEST_HEADER and (text := next(texts, b"")):
        start += text
    first, feed, rest = start.partition(b"\n")
    rows = rest if _cells(first) == list(columns) else first + feed + rest
    return header_line(columns), chain([rows] if rows else [], texts)


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8-sig", "replace")]), [])
    except csv.Error:
        # Some value is far longer than the name of any column.
        return []
