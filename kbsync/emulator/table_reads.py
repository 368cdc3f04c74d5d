"""Reading tables: the preview, and exports into files."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.access import read_table
from kbsync.emulator.bodies import Body, read_query
from kbsync.emulator.calls import Call, answer_value, body
from kbsync.emulator.catalog import Table
from kbsync.emulator.errors import ApiError, invalid_request, not_implemented
from kbsync.emulator.files import find_file, manifest_key, new_file, save_file, slice_url
from kbsync.emulator.jobs import run_job
from kbsync.emulator.jsontext import dump
from kbsync.emulator.objects import BUCKET, put_object
from kbsync.emulator.store import get_document, put_document
from kbsync.emulator.table_csv import Row, write_rows
from kbsync.emulator.table_filters import Query, table_query
from kbsync.emulator.table_rows import select_rows

routes = Blueprint("table-reads", __name__)
_PREVIEW_ROWS, _MOST_PREVIEW_ROWS, _MOST_PREVIEW_COLUMNS = 100, 1000, 30
_PREVIEW_CHARACTERS = 16384
_SLICE_ROWS = 100_000
_EXPORT_MAX_AGE_DAYS = 2


@routes.get("/tables/<id:table>/data-preview")
def preview(table: str) -> Response:
    call, found = read_table(table)
    given = read_query(request)
    query = table_query(found, given, limit=_PREVIEW_ROWS)
    if not 0 < query.limit <= _MOST_PREVIEW_ROWS:
        raise invalid_request(
            "limit",
            f"This value should be between 1 and {_MOST_PREVIEW_ROWS}.",
            "storage.tables.validation",
        )
    columns = query.columns or found.columns
    rows = select_rows(call.db, found, query)
    match _format(given):
        case "json":
            return answer_value({"columns": list(columns), "rows": _json_rows(columns, rows)})
        case _:
            _check_width(columns)
            return Response(b"".join(write_rows([columns, *rows])), mimetype="text/csv")


@routes.post("/tables/<id:table>/export-async")
def export(table: str) -> Response:
    call, found = read_table(table)
    given = body()
    query = table_query(found, given)
    if given.text("fileType", "tables") == "parquet":
        raise not_implemented("The emulator exports CSV only, no parquet")
    if given.flag("includeInternalTimestamp", "tables"):
        raise not_implemented("The emulator exports no internal timestamps")
    if _format(given) == "json":
        raise not_implemented("The emulator exports CSV only, no JSON")
    is_gzipped = given.flag("gzip", "tables")
    params = {"columns": list(query.columns), "gzip": is_gzipped, "limit": max(query.limit, 0)}
    return run_job(
        call,
        "tableExport",
        params,
        lambda: _export(call, found, given, query, is_gzipped=is_gzipped),
        table_id=found.id,
    )


def _format(given: Body) -> str:
    name = given.text("format", "tables") or "rfc"
    if name not in ("rfc", "json"):
        raise invalid_request(
            "format", "The value should be rfc or json.", "storage.tables.validation"
        )
    return name


def _check_width(columns: tuple[str, ...]) -> None:
    if len(columns) > _MOST_PREVIEW_COLUMNS:
        raise ApiError(
            400,
            "storage.maxNumberOfColumnsExceed",
            f"At most {_MOST_PREVIEW_COLUMNS} columns can be previewed as CSV.",
        )


def _json_rows(columns: tuple[str, ...], rows: Iterable[Row]) -> list[list[dict[str, Any]]]:
    return [
        [
            {
                "columnName": name,
                "value": cell and cell[:_PREVIEW_CHARACTERS],
                "isTruncated": len(cell or "") > _PREVIEW_CHARACTERS,
            }
            for name, cell in zip(columns, row, strict=True)
        ]
        for row in rows
    ]


def _export(
    call: Call, table: Table, given: Body, query: Query, *, is_gzipped: bool
) -> dict[str, Any]:
    """Export into a new file, or find the one that holds just this already."""
    wanted = hashlib.sha256(dump(sorted(given.members.items())).encode()).hexdigest()
    cache_id = f"{table.pk}-{table.revision}-{wanted}"
    cached = get_document(call.db, "export", cache_id)
    if cached and get_document(call.db, "file", str(cached)):
        _note_run(call, str(cached))
        return {"file": {"id": cached}, "cacheHit": True}
    suffix = ".csv.gz" if is_gzipped else ".csv"
    file = new_file(
        call,
        f"{table.id}{suffix}",
        tags=("table-export",),
        is_sliced=True,
        max_age_days=_EXPORT_MAX_AGE_DAYS,
    )
    rows = select_rows(call.db, table, query)
    keys = []
    for number, chunks in enumerate(_slices(rows, is_gzipped=is_gzipped)):
        keys.append(f"{file['key']}_{number}_0_0{suffix}")
        put_object(call.db, call.blobs, BUCKET, keys[-1], chunks)
    manifest = {"entries": [{"url": slice_url(key), "mandatory": True} for key in keys]}
    put_object(call.db, call.blobs, BUCKET, manifest_key(file), [dump(manifest).encode()])
    put_document(call.db, "export", cache_id, file["id"])
    return {"file": {"id": file["id"]}, "cacheHit": False}


def _slices(rows: Iterable[Row], *, is_gzipped: bool) -> Iterator[Iterable[bytes]]:
    """The bodies of the slices, without headers. There is one even for no rows."""
    is_empty = True
    rest = iter(rows)
    while part := list(islice(rest, _SLICE_ROWS)):
        is_empty = False
        text = write_rows(part)
        yield [gzip.compress(b"".join(text))] if is_gzipped else text
    if is_empty:
        yield [gzip.compress(b"")] if is_gzipped else []


def _note_run(call: Call, file_id: str) -> None:
    """A file that serves several runs lists them all."""
    run_id = request.headers.get("X-KBC-RunId")
    if run_id:
        file = find_file(call, file_id)
        file["runIds"].append(run_id)
        save_file(call, file)
