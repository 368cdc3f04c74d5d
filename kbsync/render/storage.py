"""Buckets and tables as text and as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from kbsync.model import Json, JsonObject
from kbsync.plans.plan_json import key_json
from kbsync.render.lines import Line, Role, clip, inert_line, plural, printable, quoted
from kbsync.render.tables import table_lines
from kbsync.tables.catalog import Bucket, Column, Table, workspace_name
from kbsync.tables.users import User, Users

FORMAT_VERSION = 1
_UNKNOWN = "?"
_WIDEST = 60


def size_text(size: int | None) -> str:
    """Return a number of bytes as people read it, in steps of a thousand."""
    if size is None:
        return _UNKNOWN
    amount, units = float(size), ["B", "kB", "MB", "GB", "TB", "PB"]
    while amount >= 999.5 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.0f} B" if units[0] == "B" else f"{amount:.3g} {units[0]}"


def count_text(count: int | None) -> str:
    return _UNKNOWN if count is None else f"{count:,}"


def buckets_lines(buckets: Sequence[Bucket]) -> list[Line]:
    """Return a line for each bucket, under a line of headings."""
    head = ("bucket", "name", "rows", "size", "last change", "backend", "")
    rows = [
        (
            bucket.id,
            bucket.name,
            count_text(bucket.rows),
            size_text(bucket.size),
            bucket.changed or "-",
            bucket.backend or "-",
            _bucket_note(bucket),
        )
        for bucket in buckets
    ]
    return _table(head, rows) if rows else [Line("No bucket.")]


def _bucket_note(bucket: Bucket) -> str:
    if bucket.linked_from:
        return f"linked from {bucket.linked_from}"
    return "shared" if bucket.is_shared else ""


def tables_lines(tables: Sequence[Table]) -> list[Line]:
    """Return a line for each table, under a line of headings."""
    head = ("table", "name", "rows", "size", "last import", "primary key", "")
    rows = [
        (
            table.id,
            table.name,
            count_text(table.rows),
            size_text(table.size),
            table.imported or "-",
            ", ".join(table.primary_key) or "-",
            _table_note(table),
        )
        for table in tables
    ]
    return _table(head, rows) if rows else [Line("No table.")]


def _table_note(table: Table) -> str:
    if table.bucket and table.bucket.linked_from:
        return f"linked from {table.bucket.linked_from}"
    return f"alias of {table.alias_of}" if table.alias_of else ""


_NUMBERS = ("rows", "size")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Line]:
    shown = [[clip(printable(cell), _WIDEST) for cell in row] for row in rows]
    for column, name in enumerate(head):
        if name in _NUMBERS:
            width = max(len(row[column]) for row in [head, *shown])
            for row in shown:
                row[column] = row[column].rjust(width)
    return [inert_line(line) for line in table_lines(head, shown)]


def table_detail_lines(table: Table, users: Users | None) -> list[Line]:
    """Return all there is to know of a table; *users* is None where nobody could be asked."""
    return [inert_line(line) for line in _detail(table, users)]


def _detail(table: Table, users: Users | None) -> Iterator[Line]:
    yield Line(printable(table.id), Role.HEADING)
    note = _table_note(table)
    facts = {
        "Name": quoted(table.name) if table.name else "",
        "Kind": f"{note[0].upper()}{note[1:]}" if note else "",
        "About": quoted(table.description) if table.description else "",
        "Primary key": ", ".join(table.primary_key) or "none",
        "Rows": count_text(table.rows),
        "Size": size_text(table.size),
        "Created": table.created,
        "Last import": table.imported or "never",
        "Last change": table.changed,
        "In workspaces": workspace_name(table) or "not told by the API",
    }
    for name, value in facts.items():
        if value:
            yield Line(f"{name:<15}{printable(value)}")
    columns = table.columns or ()
    yield Line("")
    yield Line(plural(len(columns), "column"), Role.HEADING)
    cells = [(column.name, _type(column), _column_note(table, column)) for column in columns]
    widths = [max([len(row[place]) for row in cells], default=0) for place in (0, 1)]
    for name, type_, told in cells:
        text = f"  {name.ljust(widths[0])}  {type_.ljust(widths[1])}  {told}"
        yield Line(printable(text).rstrip())
    if users:
        yield Line("")
        yield from _users("Read by", users.readers)
        yield from _users("Written by", users.writers)


def _type(column: Column) -> str:
    if column.is_enforced:
        return column.type + ("" if column.is_nullable else " not null")
    return "text"


def _column_note(table: Table, column: Column) -> str:
    parts = ["primary key"] if column.name in table.primary_key else []
    if column.type and not column.is_enforced:
        parts.append(f"noted as {column.type}")
    return ", ".join(parts)


def _users(heading: str, users: Sequence[User]) -> Iterator[Line]:
    if not users:
        yield Line(f"{heading} no configuration", Role.HEADING)
        return
    yield Line(heading, Role.HEADING)
    for user in users:
        implied = ", its own bucket" if user.is_implied else ""
        yield Line(f"  {user.key}  {quoted(user.name)}  ({user.where.value}{implied})")


def buckets_json(buckets: Sequence[Bucket]) -> str:
    """Return the same for programs."""
    told: list[Json] = [
        {
            "id": bucket.id,
            "name": bucket.name,
            "description": bucket.description,
            "backend": bucket.backend or None,
            "rowsCount": bucket.rows,
            "sizeBytes": bucket.size,
            "lastChange": bucket.changed or None,
            "isShared": bucket.is_shared,
            "linkedFrom": bucket.linked_from or None,
        }
        for bucket in buckets
    ]
    return _text({"buckets": told})


def tables_json(tables: Sequence[Table]) -> str:
    told: list[Json] = [_table_json(table) for table in tables]
    return _text({"tables": told})


def table_detail_json(table: Table, users: Users | None) -> str:
    columns: list[Json] = [
        {
            "name": column.name,
            "type": column.type or None,
            "isEnforced": column.is_enforced,
            "isNullable": column.is_nullable,
        }
        for column in table.columns or ()
    ]
    known: JsonObject = {"readers": None, "writers": None}
    if users:
        readers: list[Json] = [_user_json(user) for user in users.readers]
        writers: list[Json] = [_user_json(user) for user in users.writers]
        known = {"readers": readers, "writers": writers}
    return _text(
        {
            **_table_json(table),
            "description": table.description,
            "created": table.created or None,
            "lastChange": table.changed or None,
            "workspaceName": workspace_name(table) or None,
            "columns": columns,
            **known,
        }
    )


def _table_json(table: Table) -> JsonObject:
    return {
        "id": table.id,
        "name": table.name,
        "bucket": table.bucket_id,
        "primaryKey": list(table.primary_key),
        "rowsCount": table.rows,
        "sizeBytes": table.size,
        "lastImport": table.imported or None,
        "aliasOf": table.alias_of or None,
        "linkedFrom": (table.bucket.linked_from or None) if table.bucket else None,
    }


def _user_json(user: User) -> JsonObject:
    return {
        **key_json(user.key),
        "name": user.name,
        "where": user.where.value,
        "isImplied": user.is_implied,
    }


def _text(facts: JsonObject) -> str:
    return json.dumps({"formatVersion": FORMAT_VERSION, **facts}, indent=2) + "\n"
