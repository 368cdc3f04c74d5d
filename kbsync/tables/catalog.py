"""Buckets and tables as the API tells of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from kbsync.errors import ApiError
from kbsync.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket. Times are texts as the platform writes them, `""` while there are none."""

    id: str
    name: str
    """What people call it."""
    description: str
    backend: str
    rows: int | None
    size: int | None
    """In bytes."""
    changed: str
    is_shared: bool
    """Other projects may link it."""
    linked_from: str
    """The bucket of another project that this one shows, with the project; `""` for an own one."""
    backend_path: tuple[str, ...]
    """Where its tables are in the database: the names from the outermost on; empty: not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column and its type, as far as somebody has told it."""

    name: str
    type: str = ""
    """`VARCHAR(255)`; `""` when nobody tells."""
    is_enforced: bool = False
    """Whether the database holds it to that type; else it is text, and the type a remark."""
    is_nullable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. *bucket* and *columns* are told by some answers only."""

    id: str
    name: str
    """What people call it."""
    primary_key: tuple[str, ...]
    rows: int | None
    size: int | None
    created: str
    imported: str
    changed: str
    alias_of: str
    """The table that it shows; `""` for an own one."""
    bucket: Bucket | None = None
    columns: tuple[Column, ...] | None = None
    description: str = ""

    @property
    def bucket_id(self) -> str:
        return self.id.rpartition(".")[0]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns or ())


def read_buckets(found: Json) -> tuple[Bucket, ...]:
    return tuple(read_bucket(each) for each in _list(found, "the list of buckets"))


def read_tables(found: Json) -> tuple[Table, ...]:
    return tuple(read_table(each) for each in _list(found, "the list of tables"))


def read_bucket(found: Any) -> Bucket:
    bucket = _object(found, "a bucket")
    path = bucket.get("backendPath")
    return Bucket(
        id=bucket["id"],
        name=_text(bucket.get("displayName")) or _text(bucket.get("name")),
        description=_text(bucket.get("description")),
        backend=_text(bucket.get("backend")),
        rows=_number(bucket.get("rowsCount")),
        size=_number(bucket.get("dataSizeBytes")),
        changed=_text(bucket.get("lastChangeDate")),
        is_shared=bool(bucket.get("sharing")),
        linked_from=_linked_from(bucket.get("sourceBucket")),
        backend_path=_texts(path) if isinstance(path, list) else (),
    )


def _linked_from(source: Any) -> str:
    if not isinstance(source, dict):
        return ""
    project = source.get("project")
    of = f" of project {project.get('id')}" if isinstance(project, dict) else ""
    return f"{_text(source.get('id'))}{of}"


def read_table(found: Any) -> Table:
    table = _object(found, "a table")
    source = table.get("sourceTable")
    bucket = table.get("bucket")
    return Table(
        id=table["id"],
        name=_text(table.get("displayName")) or _text(table.get("name")),
        primary_key=_texts(table.get("primaryKey")),
        rows=_number(table.get("rowsCount")),
        size=_number(table.get("dataSizeBytes")),
        created=_text(table.get("created")),
        imported=_text(table.get("lastImportDate")),
        changed=_text(table.get("lastChangeDate")),
        alias_of=(_text(source.get("id")) if isinstance(source, dict) else "")
        or ("another table" if table.get("isAlias") is True else ""),
        bucket=read_bucket(bucket) if isinstance(bucket, dict) else None,
        columns=_columns(table) if "columns" in table else None,
        description=_metadata(table.get("metadata")).get("KBC.description", ""),
    )


def _columns(table: Any) -> tuple[Column, ...]:
    enforced = _enforced(table.get("definition"))
    remarks = table.get("columnMetadata")
    remarks = remarks if isinstance(remarks, dict) else {}
    return tuple(
        enforced.get(name) or _remarked(name, _metadata(remarks.get(name)))
        for name in _texts(table["columns"])
    )


def _enforced(definition: Any) -> dict[str, Column]:
    """What the columns of a typed table are, by name."""
    listed = definition.get("columns") if isinstance(definition, dict) else None
    found = {}
    for column in listed if isinstance(listed, list) else ():
        types = column.get("definition") if isinstance(column, dict) else None
        if isinstance(types, dict) and isinstance(column.get("name"), str):
            found[column["name"]] = Column(
                name=column["name"],
                type=_type(_text(types.get("type")), _text(types.get("length"))),
                is_enforced=True,
                is_nullable=types.get("nullable") is not False,
            )
    return found


def _remarked(name: str, metadata: dict[str, str]) -> Column:
    """What components have noted of a column of text, for whoever makes a typed one of it."""
    told = metadata.get("KBC.datatype.type") or metadata.get("KBC.datatype.basetype", "")
    return Column(
        name=name,
        type=_type(told, metadata.get("KBC.datatype.length", "")),
        is_nullable=metadata.get("KBC.datatype.nullable", "1") not in ("", "0", "false"),
    )


def _type(name: str, length: str) -> str:
    return f"{name}({length})" if name and length else name


def _metadata(entries: Any) -> dict[str, str]:
    return {
        _text(entry.get("key")): _text(entry.get("value"))
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict)
    }


def workspace_name(table: Table) -> str:
    """Return what *table* is called in the SQL of a workspace; `""` where that is not known.

    Snowflake folds names to upper case and BigQuery ends them at a dash unless they are quoted.
    """
    bucket = table.bucket
    if bucket is None or not bucket.backend_path:
        return ""
    parts = (*bucket.backend_path, table.id.rpartition(".")[2])
    if bucket.backend == "bigquery":
        escaped = (part.replace("\\", "\\\\").replace("`", "\\`") for part in parts)
        return ".".join(f"`{part}`" for part in escaped)
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return those of *known* that look most like *name*: `a or b`; `""` when none does."""
    by_folded = {each.casefold(): each for each in known}
    close = get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.75)
    return " or ".join(by_folded[each] for each in close)


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return a hint with what looks most like *name*, or else *otherwise*."""
    close = nearest(name, known)
    return f"Did you mean {close}?" if close else otherwise


def _object(found: Any, what: str) -> Any:
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        raise _unexpected(f"{what} without an id")
    return found


def _list(found: Json, what: str) -> list[Json]:
    if not isinstance(found, list):
        raise _unexpected(f"{what} is not a list")
    return found


def _unexpected(what: str) -> ApiError:
    return ApiError(f"The Storage API answered in an unexpected form: {what}")


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
