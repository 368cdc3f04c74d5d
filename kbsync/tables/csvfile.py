"""CSV that is about to be loaded: read once from end to end, every flaw with its line. Pure.

Streams come in opened; nothing is kept but the header and a count, so size does not matter.
"""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from gzip import BadGzipFile, GzipFile
from typing import IO, NoReturn

from kbsync.errors import InvalidFilesError
from kbsync.model import quote_segment
from kbsync.problems import Problem
from kbsync.tables.column_names import flaws, folded

GZIP = b"\x1f\x8b"
_ZIP, _UTF16 = b"PK\x03\x04", (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
CELL_LIMIT = 16 * 1024 * 1024
"""No backend takes a longer value; a quote that is never closed would make the rest one cell."""
_LINE_LIMIT = 4 * CELL_LIMIT
_MOST_PROBLEMS = 10
_CANDIDATES = {",": "','", ";": "';'", "\t": "tab", "|": "'|'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How cells are told apart. Of enclosure and escape character one at least is empty."""

    delimiter: str = ","
    enclosure: str = '"'
    escaped_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFacts:
    """What a sound file says of itself."""

    header: tuple[str, ...]
    """As the file has it."""
    rows: int
    """Without the header, and without empty lines."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The header as the platform makes it the names of columns."""
        return tuple(map(folded, self.header))


@dataclass(slots=True)
class _Reading:
    """One pass over a file, and how far it is."""

    name: str
    stream: IO[bytes]
    line: int = 0
    """The newest line that was read, from 1."""
    problems: list[Problem] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        for raw in iter(partial(self.stream.readline, _LINE_LIMIT), b""):
            self.line += 1
            if len(raw) >= _LINE_LIMIT:
                what = f"the line has more than {_LINE_LIMIT:,} bytes"
                self.stop(what, "check the line ends and the quotes before it")
            try:
                yield raw.decode("utf-8-sig" if self.line == 1 else "utf-8")
            except UnicodeDecodeError as error:
                what = f"this is not UTF-8 (byte 0x{raw[error.start]:02x})"
                self.stop(what, "save the file as UTF-8", column=error.start + 1)

    def note(self, what: str, todo: str, *, line: int = 0, column: int = 0) -> None:
        self.problems.append(Problem(self.name, line or self.line, column, what, todo))
        if len(self.problems) >= _MOST_PROBLEMS:
            raise InvalidFilesError(self.problems)

    def stop(self, what: str, todo: str, *, line: int = 0, column: int = 0) -> NoReturn:
        self.note(what, todo, line=line, column=column)
        raise InvalidFilesError(self.problems)


def check_csv(
    stream: IO[bytes], name: str, dialect: Dialect, *, known: Sequence[str] = ()
) -> CsvFacts:
    """Read *stream*, plain or gzipped, to its end and return what it holds.

    Args:
        stream: At its beginning, and seekable.
        name: What people call it.
        dialect: How it was written.
        known: The columns that are expected, if any are: they tell a wrong delimiter.

    Raises:
        InvalidFilesError: It is no such CSV: the first ten flaws, or the first after which nothing
            can be told.
        OSError: It cannot be read.
    """
    start = stream.read(4)
    stream.seek(0)
    shown = name if name.isprintable() else quote_segment(name)
    reading = _Reading(shown, _plain(stream, start))
    if start.startswith(_ZIP):
        reading.stop("this is a zip archive or a workbook", "unpack it, or save it as CSV")
    if start.startswith(_UTF16):
        reading.stop("this is UTF-16", "save the file as UTF-8")
    try:
        return _checked(reading, dialect, known)
    except (EOFError, BadGzipFile, zlib.error) as error:
        what = f"the gzip file is damaged: {str(error).lower() or 'it ends too early'}"
        reading.stop(what, "make it again, or copy it again")


def _plain(stream: IO[bytes], start: bytes) -> IO[bytes]:
    # GzipFile has all of the methods that are used here.
    return GzipFile(fileobj=stream) if start.startswith(GZIP) else stream  # type: ignore[return-value]


def _checked(reading: _Reading, dialect: Dialect, known: Sequence[str]) -> CsvFacts:
    records = _records(reading, dialect)
    header = next(records, [])
    if not header:
        reading.stop("the file is empty", "it needs a header line with the names of the columns")
    _check_header(reading, header, dialect, known)
    rows = 0
    width = len(header)
    for row in records:
        rows += 1
        if len(row) != width:
            what = f"the row has {_count(row)}, the header {_count(header)}"
            reading.note(what, "look for a delimiter or a quote too many or too few")
    if reading.problems:
        raise InvalidFilesError(reading.problems)
    return CsvFacts(header=tuple(header), rows=rows)


def _records(reading: _Reading, dialect: Dialect) -> Iterator[list[str]]:
    """The records of the file; empty lines are none."""
    csv.field_size_limit(CELL_LIMIT)
    reader = csv.reader(
        reading.lines(),
        delimiter=dialect.delimiter,
        quotechar=dialect.enclosure or None,
        quoting=csv.QUOTE_MINIMAL if dialect.enclosure else csv.QUOTE_NONE,
        escapechar=dialect.escaped_by or None,
        strict=True,
    )
    while True:
        begun = reading.line + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            reading.stop(*_explained(str(error), dialect), line=begun)
        if row is None:
            return
        if row:
            yield row


def _explained(said: str, dialect: Dialect) -> tuple[str, str]:
    """What the csv module means, and what to do."""
    quote = dialect.enclosure
    if "unexpected end" in said or "field limit" in said or "field larger" in said:
        return (
            f"a {quote} is opened here and not closed" if quote else "a value is far too long",
            f"close it, or write {quote}{quote} for a {quote} inside a value"
            if quote
            else "cut it",
        )
    if "new-line" in said:
        return "the lines end with a carriage return alone", "let them end with a line feed"
    if "expected after" in said:
        todo = f"write {quote}{quote} for a {quote} inside a value"
        return f"something stands between a closing {quote} and the next delimiter", todo
    return f"this is not CSV: {said}", "check the delimiter and the quotes"


def _check_header(
    reading: _Reading, header: Sequence[str], dialect: Dialect, known: Sequence[str]
) -> None:
    other = _better_delimiter(header, dialect, known)
    if other:
        reading.stop(
            f"the header is one column, {header[0][:60]!r}",
            f"the delimiter seems to be {_CANDIDATES[other]}: add --delimiter {_CANDIDATES[other]}",
        )
    for what, todo in flaws(header):
        reading.note(what, todo)


def _better_delimiter(header: Sequence[str], dialect: Dialect, known: Sequence[str]) -> str:
    """Return the delimiter that this header was most likely written with, if it is another."""
    if len(header) > 1:
        return ""
    wanted = {name.lower() for name in known}
    counts = {}
    for other in _CANDIDATES:
        if other != dialect.delimiter and other in header[0]:
            parts = re.split(re.escape(other), header[0])
            hits = sum(folded(part).lower() in wanted for part in parts)
            counts[other] = (hits, len(parts))
    return max(counts, key=lambda other: counts[other], default="")


def _count(cells: Sequence[str]) -> str:
    return "1 column" if len(cells) == 1 else f"{len(cells)} columns"
