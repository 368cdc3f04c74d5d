"""Changes of existing tables: primary key, columns, deletion of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.access import write_table
from kbsync.emulator.bodies import query_flag, read_query
from kbsync.emulator.calls import Call, answer_value, body, no_content
from kbsync.emulator.catalog import Table, save_table
from kbsync.emulator.data_metadata import drop_column_entries
from kbsync.emulator.errors import ApiError, invalid_request
from kbsync.emulator.jobs import accept_job, run_job
from kbsync.emulator.stock import table_detail
from kbsync.emulator.table_csv import require_column_name
from kbsync.emulator.table_filters import table_query
from kbsync.emulator.table_rows import add_cells, delete_rows, rekey_rows, remove_cells
from kbsync.emulator.typed_columns import put_types, typed_column

routes = Blueprint("table-changes", __name__)
_KEY = "/tables/<id:table>/primary-key"
_COLUMNS = "/tables/<id:table>/columns"
_ROWS = "/tables/<id:table>/rows"


@routes.post(_KEY)
def add_key(table: str) -> Response:
    call, found = write_table(table)
    columns = body().texts("columns", "tables")
    unknown = [name for name in columns if name not in found.columns]
    if not columns or unknown:
        raise _invalid_key(f"Unknown columns: {', '.join(unknown)}" if unknown else "No columns")
    if found.primary_key:
        raise _invalid_key(f'The table "{found.id}" has a primary key already')

    def work() -> Any:
        keyed = save_table(call.db, replace(found, primary_key=columns))
        rekey_rows(call.db, keyed)

    params = {"columns": list(columns)}
    return run_job(call, "tablePrimaryKeyAdd", params, work, table_id=found.id)


@routes.delete(_KEY)
def drop_key(table: str) -> Response:
    call, found = write_table(table)
    rekey_rows(call.db, save_table(call.db, replace(found, primary_key=())))
    return accept_job(call, "tablePrimaryKeyDelete", {}, None, table_id=found.id)


@routes.post(_COLUMNS)
def add_column(table: str) -> Response:
    call, found = write_table(table)
    given = body()
    name = given.text("name", "tables")
    require_column_name(name)
    if name.lower() in [other.lower() for other in found.columns]:
        raise ApiError(
            400,
            "storage.tables.columnAlreadyExists",
            f'The column "{name}" already exists in the table "{found.id}".',
        )
    changed = replace(found, columns=(*found.columns, name))
    if found.definition:
        column = typed_column(name, given.value("definition"), given.value("basetype"))
        changed = replace(changed, definition=(*found.definition, column))
        put_types(call.db, found, column)
    add_cells(call.db, found, 1)
    result = table_detail(call.db, save_table(call.db, changed))
    if query_flag(request, "async"):
        return accept_job(call, "tableColumnAdd", {"name": name}, result, table_id=found.id)
    return answer_value(result, 201)


@routes.delete(_COLUMNS + "/<id:column>")
def delete_column(table: str, column: str) -> Response:
    call, found = write_table(table)
    if column not in found.columns:
        raise ApiError(
            404,
            "storage.tables.columnNotExists",
            f'The column "{column}" does not exist in the table "{found.id}".',
        )
    if column in found.primary_key:
        raise ApiError(
            400,
            "storage.tables.cannotDeletePrimaryKeyColumn",
            f'The column "{column}" is part of the primary key and cannot be deleted.',
        )
    if found.columns == (column,):
        raise ApiError(
            400, "storage.tables.validation.noColumns", "The last column cannot be deleted."
        )
    _take_out(call, found, column)
    if query_flag(request, "async"):
        params = {"name": column}
        return accept_job(call, "tableColumnDelete", params, None, table_id=found.id)
    return no_content()


@routes.delete(_ROWS)
def delete_some_rows(table: str) -> Response:
    """Filters come as parameters or in the body; without any, deleting all must be confirmed."""
    call, found = write_table(table)
    given = body() if request.get_data() else read_query(request)
    if given.has("async"):
        raise invalid_request("async", "This field was not expected.")
    query = table_query(found, given)
    if not query.is_narrowed and not given.flag("allowTruncate", "tables"):
        raise ApiError(
            400,
            "storage.tables.validation.unintendedTruncation",
            "No filters have been specified, which will truncate the table,"
            " but the `allowTruncate` parameter was not set.",
        )
    count = delete_rows(call.db, found, query)
    save_table(call.db, found)
    results = {"deletedRows": count}
    return accept_job(call, "tableRowsDelete", {}, results, table_id=found.id)


def _take_out(call: Call, table: Table, column: str) -> None:
    (place,) = table.places([column])
    remove_cells(call.db, table, place)
    drop_column_entries(call.db, table, column)
    columns = tuple(name for name in table.columns if name != column)
    definition = tuple(item for item in table.definition if item["name"] != column)
    save_table(call.db, replace(table, columns=columns, definition=definition))


def _invalid_key(message: str) -> ApiError:
    return ApiError(400, "storage.validation.primaryKey", f"Invalid primary key: {message}.")
