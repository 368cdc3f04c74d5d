"""Columns of typed tables, and what the platform itself notes about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from kbsync.emulator.catalog import Table
from kbsync.emulator.data_metadata import SYSTEM, put_table_entry
from kbsync.emulator.errors import invalid_request
from kbsync.emulator.table_csv import require_column_name


def read_definition(columns: Any) -> list[dict[str, Any]]:
    """The columns of a request that makes a typed table, complete.

    Raises:
        ApiError: There are none, or one has no valid name.
    """
    if not isinstance(columns, list) or not columns:
        raise invalid_request("columns", "At least one column is needed.")
    return [_read_column(item) for item in columns]


def typed_column(name: str, definition: Any, basetype: Any) -> dict[str, Any]:
    """One column: a text that may be null, as far as nothing else is said."""
    require_column_name(name)
    given = definition if isinstance(definition, Mapping) else {}
    return {
        "name": name,
        "definition": {"type": "VARCHAR", "nullable": True, "length": None, **given},
        "basetype": basetype or "STRING",
    }


def put_types(db: sqlite3.Connection, table: Table, column: Mapping[str, Any]) -> None:
    """Note the type of a column in its metadata, as the platform does."""
    definition = column["definition"]
    entries = {
        "KBC.datatype.type": str(definition["type"]),
        "KBC.datatype.nullable": "1" if definition["nullable"] else "",
        "KBC.datatype.basetype": str(column["basetype"]),
    }
    if definition["length"] is not None:
        entries["KBC.datatype.length"] = str(definition["length"])
    for key, value in entries.items():
        put_table_entry(db, table, column["name"], SYSTEM, key, value)


def _read_column(item: Any) -> dict[str, Any]:
    if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
        raise invalid_request("columns", "A column needs a name.")
    return typed_column(item["name"], item.get("definition"), item.get("basetype"))
