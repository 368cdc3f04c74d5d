"""CSV as tables are loaded from it and read back. Pure but for the streams it is given."""

from __future__ import annotations

import csv
import gzip
import io
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from kbsync.emulator.bodies import Body
from kbsync.emulator.errors import ApiError

Source = Callable[[], IO[bytes]]
"""Opens one piece of CSV, plain or gzipped."""
Row = Sequence[str | None]

_GZIP = b"\x1f\x8b"
_CELL_LIMIT = 16 * 1024 * 1024
_NAME_LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How cells are told apart. Enclosure and escape character may be empty."""

    delimiter: str = ","
    enclosure: str = '"'
    escaped_by: str = ""


def read_dialect(given: Body) -> Dialect:
    """The dialect that a request names.

    Raises:
        ApiError: A character is not a single one, or both ways of quoting are given.
    """
    delimiter = given.text("delimiter", "tables") if given.has("delimiter") else ","
    escaped_by = given.text("escapedBy", "tables")
    default = "" if escaped_by else '"'
    enclosure = given.text("enclosure", "tables") if given.has("enclosure") else default
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise invalid_csv(f'Invalid CSV params: the delimiter must be one character: "{delimiter}"')
    if len(enclosure) > 1 or len(escaped_by) > 1:
        raise invalid_csv("Invalid CSV params: enclosure and escapedBy are single characters")
    if enclosure and escaped_by:
        raise invalid_csv("Invalid CSV params: give either enclosure or escapedBy")
    return Dialect(delimiter=delimiter, enclosure=enclosure, escaped_by=escaped_by)


def read_rows(sources: Iterable[Source], dialect: Dialect) -> Iterator[list[str]]:
    """The records of all pieces, one after another; empty lines are none.

    Raises:
        ApiError: Something in them is not CSV, not UTF-8 or not gzip, once it is reached.
    """
    for source in sources:
        with source() as stream:
            try:
                yield from _records(stream, dialect)
            except (csv.Error, UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
                raise invalid_csv(f"The CSV file cannot be read: {error}") from error


def write_rows(rows: Iterable[Row]) -> Iterator[bytes]:
    """Records as the API exports them: every cell enclosed, lines ended by a line feed."""
    for row in rows:
        cells = ('"' + (cell or "").replace('"', '""') + '"' for cell in row)
        yield (",".join(cells) + "\n").encode()


def column_name(text: str) -> str:
    """A header's cell as the name of a column: ASCII letters, digits and inner underscores."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "_", plain).strip("_")


def check_columns(names: Sequence[str]) -> None:
    """Refuse a header that cannot be one.

    Raises:
        ApiError: There are no names, one is empty or too long, or two differ in case at most.
    """
    if not names or names == [""]:
        raise ApiError(
            400, "storage.tables.validation.noColumns", "The table must have at least one column."
        )
    for name in names:
        if not 0 < len(name) <= _NAME_LIMIT:
            raise _invalid_column(name)
    lower = [name.lower() for name in names]
    twice = sorted({name for name in names if lower.count(name.lower()) > 1})
    if twice:
        raise ApiError(
            400,
            "storage.tables.validation.invalidColumnName",
            f"Duplicate columns: {', '.join(twice)}",
        )


def require_column_name(name: str) -> None:
    """Refuse a name that a header could not give a column.

    Raises:
        ApiError: It is empty, too long, or has other characters.
    """
    if not 0 < len(name) <= _NAME_LIMIT or name != column_name(name):
        raise _invalid_column(name)


def _invalid_column(name: str) -> ApiError:
    return ApiError(
        400,
        "storage.tables.validation.invalidColumnName",
        f'Invalid column name "{name}": 1 to {_NAME_LIMIT} alphanumeric characters and'
        " underscores are allowed. Underscore is not allowed on the beginning.",
    )


def invalid_csv(message: str) -> ApiError:
    return ApiError(400, "invalidCsv", message)


def _records(stream: IO[bytes], dialect: Dialect) -> Iterator[list[str]]:
    csv.field_size_limit(_CELL_LIMIT)
    with io.TextIOWrapper(_plain(stream), encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(
            text,
            delimiter=dialect.delimiter,
            quotechar=dialect.enclosure or None,
            quoting=csv.QUOTE_MINIMAL if dialect.enclosure else csv.QUOTE_NONE,
            escapechar=dialect.escaped_by or None,
            strict=True,
        )
        yield from filter(None, reader)


def _plain(stream: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    """*stream* without its compression, if it has any."""
    start = stream.read(len(_GZIP))
    stream.seek(0)
    return gzip.open(stream) if start == _GZIP else stream
