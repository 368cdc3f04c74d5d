"""Buckets and tables of a branch, asked for. Reads the API only."""

from __future__ import annotations

from collections.abc import Sequence

from kbsync.api.client import StorageClient
from kbsync.errors import ApiError, NotFoundError
from kbsync.tables.catalog import (
    Bucket,
    Table,
    did_you_mean,
    read_buckets,
    read_table,
    read_tables,
)
from kbsync.tables.preview import Page, read_page
from kbsync.tables.where import Condition, filters_query


def fetch_buckets(client: StorageClient) -> tuple[Bucket, ...]:
    """Return the buckets that the token may see, by id: one request."""
    found = read_buckets(client.read("buckets", query={"include": "linkedBuckets"}))
    return tuple(sorted(found, key=lambda bucket: bucket.id))


def fetch_tables(client: StorageClient, bucket_id: str = "") -> tuple[Table, ...]:
    """Return the tables that the token may see, by id: one request. Of *bucket_id* alone, or all.

    Raises:
        NotFoundError: There is no such bucket; the hint names the nearest ones.
    """
    query = {"include": "buckets"}
    if not bucket_id:
        return _by_id(read_tables(client.read("tables", query=query)))
    try:
        return _by_id(read_tables(client.read("buckets", bucket_id, "tables", query=query)))
    except NotFoundError:
        known = [bucket.id for bucket in fetch_buckets(client)]
        raise NotFoundError(
            f"There is no bucket {bucket_id}",
            hint=did_you_mean(bucket_id, known, "See them: kbsync bucket list"),
            status=404,
        ) from None


def fetch_columns(client: StorageClient) -> dict[str, Table]:
    """Return all tables with the names of their columns, by id: one request."""
    query = {"include": "columns"}
    return {table.id: table for table in read_tables(client.read("tables", query=query))}


def fetch_table(client: StorageClient, table_id: str) -> Table:
    """Return one table with its columns and bucket: one request, one more when there is none.

    Raises:
        NotFoundError: There is no such table; the hint names the nearest ones.
    """
    try:
        return read_table(client.read("tables", table_id))
    except NotFoundError:
        raise NotFoundError(
            f"There is no table {table_id}", hint=_nearest(client, table_id), status=404
        ) from None


def _nearest(client: StorageClient, table_id: str) -> str:
    known = [table.id for table in fetch_tables(client)]
    same_name = [each for each in known if each.rpartition(".")[2] == table_id.rpartition(".")[2]]
    if same_name:
        return f"Did you mean {' or '.join(same_name[:3])}?"
    return did_you_mean(table_id, known, "See them: kbsync table list")


def fetch_page(
    client: StorageClient,
    table_id: str,
    *,
    limit: int,
    columns: Sequence[str] = (),
    conditions: Sequence[Condition] = (),
) -> Page:
    """Return the first *limit* rows of a table that meet all *conditions*: one request.

    Which rows are the first is up to the platform. It is asked for JSON, which tells NULL from
    nothing and which values were cut off, where CSV does neither.
    """
    query = {"format": "json", "limit": str(limit), **filters_query(conditions)}
    if columns:
        query["columns"] = ",".join(columns)
    try:
        return read_page(client.read("tables", table_id, "data-preview", query=query))
    except ApiError as error:
        if error.code == "storage.maxNumberOfColumnsExceed":
            error.hint = "Name some of them: --columns a,b. Or take all: kbsync table export"
        raise


def _by_id(tables: Sequence[Table]) -> tuple[Table, ...]:
    return tuple(sorted(tables, key=lambda table: table.id))
