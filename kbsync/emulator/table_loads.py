"""Loading CSV into tables: sync from the request itself, async from a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.access import write_table
from kbsync.emulator.bodies import Body
from kbsync.emulator.calls import Call, answer_value, body
from kbsync.emulator.catalog import Table, save_table
from kbsync.emulator.errors import ApiError, invalid_request, not_implemented
from kbsync.emulator.files import file_sources
from kbsync.emulator.ids import timestamp
from kbsync.emulator.jobs import run_job
from kbsync.emulator.table_csv import (
    Dialect,
    Row,
    Source,
    check_columns,
    column_name,
    invalid_csv,
    read_dialect,
    read_rows,
)
from kbsync.emulator.table_rows import add_cells, clear_rows, put_rows

routes = Blueprint("table-loads", __name__)
_OTHER_SOURCES = ("snapshotId", "dataWorkspaceId", "sourceTableId", "dataUrl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a request wants its CSV to be understood."""

    dialect: Dialect
    incremental: bool
    columns: tuple[str, ...]
    """The header, if the request gives it; the file then has none."""
    without_headers: bool
    ignored_lines: int
    nulls: tuple[str, ...]
    """Values that are taken for null."""


@routes.post("/tables/<id:table>/import")
def load_now(table: str) -> Response:
    call, found = write_table(table)
    given = body()
    options = read_options(given)
    return answer_value(_load(call, found, sent_sources(given), options))


@routes.post("/tables/<id:table>/import-async")
def load_later(table: str) -> Response:
    call, found = write_table(table)
    given = body()
    options, sources = read_options(given), stored_sources(call, given)
    params = {
        "source": {"type": "file", "fileId": int(given.text("dataFileId", "tables"))},
        "params": {"incremental": options.incremental},
    }
    return run_job(
        call,
        "tableImport",
        params,
        lambda: _load(call, found, sources, options),
        table_id=found.id,
    )


def read_options(given: Body) -> Options:
    nulls = given.texts("treatValuesAsNull", "tables")
    if len(nulls) > 1:
        raise invalid_request(
            "treatValuesAsNull",
            "This collection should contain 1 element or less.",
            "storage.tables.validation",
        )
    ignored = given.text("ignoredLinesCount", "tables") or "0"
    if not ignored.isdecimal():
        raise invalid_request(
            "ignoredLinesCount", "This value should be a number.", "storage.tables.validation"
        )
    return Options(
        dialect=read_dialect(given),
        incremental=given.flag("incremental", "tables"),
        columns=tuple(map(column_name, given.texts("columns", "tables"))),
        without_headers=given.flag("withoutHeaders", "tables"),
        ignored_lines=int(ignored),
        nulls=nulls,
    )


def sent_sources(given: Body) -> list[Source]:
    """CSV inside the request: the part `data` of a multipart body, or the text `dataString`."""
    if "data" in request.files:
        return [lambda: request.files["data"].stream]
    if given.has("dataString"):
        text = given.text("dataString", "tables")
        return [lambda: io.BytesIO(text.encode())]
    raise invalid_request(
        "data", "Give the data as a file or as dataString.", "storage.tables.validation"
    )


def stored_sources(call: Call, given: Body) -> list[Source]:
    """The pieces of the file that `dataFileId` names."""
    for name in _OTHER_SOURCES:
        if given.has(name):
            raise not_implemented(f"The emulator loads tables from files only, not from {name}")
    file_id = given.text("dataFileId", "tables")
    if not file_id:
        raise invalid_request(
            "dataFileId", "A source of the data is missing.", "storage.tables.validation"
        )
    return file_sources(call, file_id)


def read_header(rows: Iterator[list[str]], options: Options, table: Table | None) -> list[str]:
    """The columns of a file, whose first line is read for it where there is a header."""
    next(islice(rows, options.ignored_lines, options.ignored_lines), None)
    if options.columns:
        return list(options.columns)
    if options.without_headers and table:
        return list(table.columns)
    return [column_name(cell) for cell in next(rows, [])]


def load(
    call: Call, table: Table, header: list[str], rows: Iterator[list[str]], options: Options
) -> dict[str, Any]:
    """Replace or add to the rows of *table* and return the result that the API reports.

    Raises:
        ApiError: The CSV does not fit. The table may then be half changed, for the caller to
            roll back.
    """
    table = _widened(call, table, header, options.dialect)
    if not options.incremental:
        clear_rows(call.db, table)
    count = put_rows(call.db, table, _arranged(table, header, rows, options.nulls))
    table = save_table(call.db, replace(table, imported=timestamp()))
    return {
        "transaction": None,
        "warnings": [],
        "importedColumns": header,
        "importedRowsCount": count,
        "totalRowsCount": table.rows_count,
        "totalDataSizeBytes": table.size,
    }


def _load(call: Call, table: Table, sources: list[Source], options: Options) -> dict[str, Any]:
    rows = read_rows(sources, options.dialect)
    return load(call, table, read_header(rows, options, table), rows, options)


def _widened(call: Call, table: Table, header: list[str], dialect: Dialect) -> Table:
    """*table* with the columns that only the file has."""
    missing = [name for name in table.columns if name not in header]
    if missing:
        raise ApiError(
            400,
            "csvImport.columnsNotMatch",
            "Some columns are missing in the csv file."
            f" Missing columns: {', '.join(missing)}."
            f" Expected columns: {', '.join(table.columns)}."
            f' Please check if the expected delimiter "{dialect.delimiter}" is used'
            " in the csv file.",
            results={"missingColumns": missing, "expectedColumns": list(table.columns)},
        )
    check_columns(header)
    extra = tuple(name for name in header if name not in table.columns)
    if extra and table.definition:
        raise ApiError(
            400,
            "csvImport.columnsNotMatch",
            "During the import of typed tables new columns can't be added."
            f' Extra columns found: "{", ".join(extra)}".',
        )
    add_cells(call.db, table, len(extra))
    return save_table(call.db, replace(table, columns=table.columns + extra))


def _arranged(
    table: Table, header: list[str], rows: Iterator[list[str]], nulls: tuple[str, ...]
) -> Iterator[Row]:
    """The rows of a file with their cells in the order of the table's columns."""
    places = [header.index(name) for name in table.columns]
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise invalid_csv(
                f"Row {number} of the CSV file has {len(row)} columns, expected {len(header)}"
            )
        yield [None if row[place] in nulls else row[place] for place in places]
