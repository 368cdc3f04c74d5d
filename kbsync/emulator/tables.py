"""Tables: create, list, detail, rename, delete."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.access import read_bucket, read_table, write_bucket, write_table
from kbsync.emulator.bodies import Body, query_flag
from kbsync.emulator.calls import Call, answer_value, body, current, no_content
from kbsync.emulator.catalog import (
    Bucket,
    Table,
    find_table,
    insert_table,
    list_buckets,
    list_tables,
    save_table,
)
from kbsync.emulator.data_metadata import bucket_entries
from kbsync.emulator.errors import ApiError, invalid_parameter, invalid_request
from kbsync.emulator.jobs import accept_job, run_job
from kbsync.emulator.stock import bucket_json, table_detail, table_listed
from kbsync.emulator.table_csv import Source, check_columns, read_rows
from kbsync.emulator.table_loads import (
    Options,
    load,
    read_header,
    read_options,
    sent_sources,
    stored_sources,
)
from kbsync.emulator.typed_columns import put_types, read_definition

routes = Blueprint("tables", __name__)
_ONE = "/tables/<id:table>"
_IN_BUCKET = "/buckets/<id:bucket>/tables"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,96}")
_DEFAULT_INCLUDE = ("buckets", "metadata")


@routes.get("/tables")
def index() -> Response:
    call = current()
    buckets = [
        bucket
        for bucket in list_buckets(call.db, call.branch.id)
        if call.token.may_use_bucket(bucket.id, writes=False)
    ]
    return answer_value([item for bucket in buckets for item in _listed(call, bucket)])


@routes.get(_IN_BUCKET)
def index_of_bucket(bucket: str) -> Response:
    return answer_value(_listed(*read_bucket(bucket)))


@routes.get(_ONE)
def detail(table: str) -> Response:
    call, found = read_table(table)
    return answer_value(table_detail(call.db, found))


@routes.post(_IN_BUCKET)
def create_now(bucket: str) -> Response:
    call, found = write_bucket(bucket)
    given = body()
    name = _new_name(call, found, given)
    key = _comma_key(given)
    table = _create_from_csv(call, found, name, key, sent_sources(given), read_options(given))
    return answer_value(table_detail(call.db, table), 201)


@routes.post(_IN_BUCKET + "-async")
def create_later(bucket: str) -> Response:
    call, found = write_bucket(bucket)
    given = body()
    name, key, options = _new_name(call, found, given), _comma_key(given), read_options(given)
    sources = stored_sources(call, given)

    def work() -> Any:
        table = _create_from_csv(call, found, name, key, sources, options)
        return table_detail(call.db, table)

    params = {"name": name, "primaryKey": list(key), "displayName": name}
    return run_job(call, "tableCreate", params, work)


@routes.post(_IN_BUCKET + "-definition")
def create_typed(bucket: str) -> Response:
    call, found = write_bucket(bucket)
    given = body()
    name = _new_name(call, found, given)
    columns = read_definition(given.value("columns"))
    names = [column["name"] for column in columns]
    check_columns(names)
    key = given.texts("primaryKeysNames", "tables")
    _check_key(names, key)
    table = insert_table(call.db, found, name, columns=names, primary_key=key, definition=columns)
    for column in table.definition:
        put_types(call.db, table, column)
    return accept_job(
        call,
        "tableDefinitionCreate",
        {"name": name, "primaryKeysNames": list(key)},
        table_detail(call.db, table),
    )


@routes.put(_ONE)
def update(table: str) -> Response:
    call, found = write_table(table)
    given = body()
    changed = found
    if given.has("displayName"):
        display_name = _valid_name("displayName", given.text("displayName", "tables"))
        if display_name != found.display_name:
            _require_new(call, found.bucket, "", display_name)
        changed = replace(found, display_name=display_name)
    result = table_detail(call.db, save_table(call.db, changed))
    if query_flag(request, "async"):
        params = {"displayName": changed.display_name}
        return accept_job(call, "tableUpdate", params, result, table_id=found.id)
    return answer_value(result)


@routes.delete(_ONE)
def delete(table: str) -> Response:
    call, found = write_table(table)
    call.db.execute("DELETE FROM data_table WHERE pk = ?", (found.pk,))
    if query_flag(request, "async"):
        params = {"force": query_flag(request, "force")}
        return accept_job(call, "tableDelete", params, None, table_id=found.id)
    return no_content()


def _listed(call: Call, bucket: Bucket) -> list[dict[str, Any]]:
    given = request.args.get("include")
    include = _DEFAULT_INCLUDE if given is None else given.split(",")
    tables = list_tables(call.db, bucket)
    shown = bucket_json(call.db, bucket, tables)
    if "metadata" in include:
        shown["metadata"] = bucket_entries(call.db, bucket)
    return [table_listed(call.db, table, shown, include) for table in tables]


def _create_from_csv(
    call: Call,
    bucket: Bucket,
    name: str,
    key: Sequence[str],
    sources: list[Source],
    options: Options,
) -> Table:
    """Make a table as wide as the header of its file, and load the file."""
    rows = read_rows(sources, options.dialect)
    header = read_header(rows, options, None)
    check_columns(header)
    _check_key(header, key)
    table = insert_table(call.db, bucket, name, columns=header, primary_key=key)
    load(call, table, header, rows, options)
    return find_table(call.db, call.branch.id, table.id)


def _new_name(call: Call, bucket: Bucket, given: Body) -> str:
    name = _valid_name("name", given.text("name", "tables"))
    _require_new(call, bucket, name, given.text("displayName", "tables") or name)
    return name


def _valid_name(field: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise invalid_parameter(
            "tables",
            field,
            "Only alphanumeric characters dash and underscores are allowed, 1 to 96 of them.",
        )
    return name


def _require_new(call: Call, bucket: Bucket, name: str, display_name: str) -> None:
    for other in list_tables(call.db, bucket):
        if other.name == name or other.display_name.lower() == display_name.lower():
            raise ApiError(
                400,
                "storage.buckets.tableAlreadyExists",
                f'The table "{other.name}" in the bucket already has the same display name'
                f' "{other.display_name}".',
            )


def _comma_key(given: Body) -> tuple[str, ...]:
    value = given.value("primaryKey")
    if value is not None and not isinstance(value, str | int):
        raise invalid_request(
            "primaryKey",
            "Give the columns as one text, with commas between them.",
            "storage.validation.primaryKey",
        )
    return tuple(name for name in str(value or "").split(",") if name)


def _check_key(columns: Sequence[str], key: Sequence[str]) -> None:
    unknown = [name for name in key if name not in columns]
    if unknown:
        raise ApiError(
            400,
            "storage.tables.validation.invalidPrimaryKeyColumns",
            f"Primary key columns not found in the table: {', '.join(unknown)}",
        )
