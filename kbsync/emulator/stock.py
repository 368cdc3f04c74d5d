"""Buckets and tables as the API shows them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from flask import request

from kbsync.emulator.catalog import Bucket, Table, list_tables
from kbsync.emulator.data_metadata import bucket_entries, column_entries, table_entries


def bucket_json(
    db: sqlite3.Connection, bucket: Bucket, tables: Sequence[Table] | None = None
) -> dict[str, Any]:
    """A bucket without metadata; *tables* are its own, if they are known already."""
    tables = list_tables(db, bucket) if tables is None else tables
    uri = f"{request.host_url}v2/storage/buckets/{bucket.id}"
    return {
        "uri": uri,
        "id": bucket.id,
        "name": bucket.name,
        "displayName": bucket.display_name,
        "idBranch": bucket.branch_id,
        "stage": bucket.stage,
        "description": bucket.description,
        "tables": f"{uri}/tables",
        "created": bucket.created,
        "lastChangeDate": max([bucket.changed, *(table.changed for table in tables)]),
        "updated": bucket.changed,
        "isReadOnly": False,
        "dataSizeBytes": sum(table.size for table in tables),
        "rowsCount": sum(table.rows_count for table in tables),
        "isMaintenance": False,
        "backend": bucket.backend,
        "sharing": None,
        "hasExternalSchema": False,
        "isSnowflakeSharedDatabase": False,
        "databaseName": "EMULATOR",
        "path": bucket.id,
        "backendPath": ["EMULATOR", bucket.id],
        "color": bucket.color,
        "owner": None,
    }


def bucket_detail(db: sqlite3.Connection, bucket: Bucket) -> dict[str, Any]:
    return bucket_json(db, bucket) | {"metadata": bucket_entries(db, bucket)}


def table_json(table: Table) -> dict[str, Any]:
    """What every answer says about a table."""
    return {
        "uri": f"{request.host_url}v2/storage/tables/{table.id}",
        "id": table.id,
        "name": table.name,
        "displayName": table.display_name,
        "transactional": False,
        "primaryKey": list(table.primary_key),
        "indexType": None,
        "indexKey": [],
        "distributionType": None,
        "distributionKey": [],
        "syntheticPrimaryKeyEnabled": False,
        "created": table.created,
        "lastImportDate": table.imported,
        "lastChangeDate": table.changed,
        "rowsCount": table.rows_count,
        "dataSizeBytes": table.size,
        "isAlias": False,
        "isAliasable": True,
        "isTyped": bool(table.definition),
        "tableType": "table",
        "path": f"{table.bucket.id}/{table.name}",
    }


def table_detail(db: sqlite3.Connection, table: Table) -> dict[str, Any]:
    detail = table_json(table) | {
        "columns": list(table.columns),
        "metadata": table_entries(db, table),
        "columnMetadata": column_entries(db, table) or [],
        "attributes": [],
        "bucket": bucket_detail(db, table.bucket),
    }
    if table.definition:
        detail["definition"] = {
            "primaryKeysNames": list(table.primary_key),
            "columns": [{**column, "canBeFiltered": True} for column in table.definition],
        }
    return detail


def table_listed(
    db: sqlite3.Connection, table: Table, bucket: dict[str, Any], include: Collection[str]
) -> dict[str, Any]:
    """A table in a list, with the parts that *include* names; *bucket* is its `bucket_json`."""
    listed = table_json(table)
    if "buckets" in include:
        listed["bucket"] = bucket
    if "columns" in include:
        listed["columns"] = list(table.columns)
    if "metadata" in include:
        listed["metadata"] = table_entries(db, table)
    if "columnMetadata" in include:
        listed["columnMetadata"] = column_entries(db, table) or []
    if "attributes" in include:
        listed["attributes"] = []
    return listed
