"""Loads of tables from a file that lies in the file service."""

from __future__ import annotations

from collections.abc import Sequence

from kbsync.api.client import StorageClient
from kbsync.model import JsonObject
from kbsync.problems import Problem
from kbsync.tables.catalog import Table
from kbsync.tables.column_names import extra_columns, missing_columns
from kbsync.tables.csvfile import CsvFacts, Dialect
from kbsync.tables.job import Job
from kbsync.tables.jobs import start_job


def start_import(
    client: StorageClient, table_id: str, file_id: str, dialect: Dialect, *, incremental: bool
) -> Job:
    """Let the platform load a stored file into a table. Raises as `start_job` does."""
    body: JsonObject = {"dataFileId": int(file_id), "incremental": incremental}
    body |= _dialect_json(dialect)
    return start_job(client, "POST", "tables", table_id, "import-async", body=body)


def start_create(
    client: StorageClient,
    bucket_id: str,
    name: str,
    file_id: str,
    dialect: Dialect,
    primary_key: Sequence[str],
) -> Job:
    """Let the platform make a table of a stored file. Raises as `start_job` does."""
    body: JsonObject = {"name": name, "dataFileId": int(file_id)}
    if primary_key:
        body["primaryKey"] = ",".join(primary_key)
    body |= _dialect_json(dialect)
    return start_job(client, "POST", "buckets", bucket_id, "tables-async", body=body)


def _dialect_json(dialect: Dialect) -> JsonObject:
    given: JsonObject = {"delimiter": dialect.delimiter, "enclosure": dialect.enclosure}
    if dialect.escaped_by:
        given["escapedBy"] = dialect.escaped_by
    return given


def misfits(name: str, facts: CsvFacts, table: Table) -> list[Problem]:
    """Tell what the platform would refuse: columns that are missing, or that nothing can be added.

    *name* is what people call the file.
    """
    problems = []
    columns = table.column_names
    missing = missing_columns(columns, facts.header)
    if missing:
        problems.append(
            Problem(
                name,
                1,
                0,
                f"the header lacks {_named(missing)}; {table.id} has {', '.join(columns)}",
                "add it, or check --delimiter",
            )
        )
    extra = extra_columns(columns, facts.header)
    if extra and any(column.is_enforced for column in table.columns or ()):
        what = f"{table.id} has no {_named(extra)}, and a table with types gets none by an import"
        problems.append(Problem(name, 1, 0, what, "take it out, or add it to the table first"))
    return problems


def missing_key(name: str, facts: CsvFacts, primary_key: Sequence[str]) -> list[Problem]:
    """Tell which columns of a wanted primary key a file does not have."""
    missing = [column for column in primary_key if column not in facts.columns]
    if not missing:
        return []
    what = f"the header lacks {_named(missing)} of the primary key; it has"
    todo = "check --primary-key; upper and lower case are different there"
    return [Problem(name, 1, 0, f"{what} {', '.join(facts.columns)}", todo)]


def _named(columns: Sequence[str]) -> str:
    return f"the column{'s' * (len(columns) > 1)} {', '.join(columns)}"
