"""`kbsync table import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.loading import (
    checked,
    listed,
    load,
    reading_options,
    report,
    rows_text,
    what_comes,
)
from kbsync.cli.session import Session
from kbsync.errors import RefusedError

if TYPE_CHECKING:
    from kbsync.tables.catalog import Table
    from kbsync.tables.csvfile import Dialect


@click.command("import")
@click.argument("table_id", metavar="TABLE")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option(
    "--incremental",
    is_flag=True,
    help="Add to the rows there are, instead of replacing all of them.",
)
@reading_options
@options.auto_approve
@options.timeout
@click.pass_obj
def command(
    session: Session,
    table_id: str,
    file: Path,
    incremental: bool,
    dialect: Dialect,
    no_check: bool,
    auto_approve: bool,
    patience_s: float | None,
) -> None:
    """Load a CSV file, plain or gzipped, into a table.

    Without --incremental the file replaces all rows. With it, a row whose primary key is in the
    table takes that row's place, every other one is added, and none is deleted; into a table
    without a primary key rows are only added, twice if the file is imported twice.

    Of rows in FILE with the same primary key the platform keeps one. Columns that only FILE has are
    added to the table. FILE is read once before it is sent: what it lacks is told with its line,
    and nothing leaves.
    """
    from kbsync.cli.asking import require_yes
    from kbsync.cli.output import tell
    from kbsync.tables.column_names import extra_columns
    from kbsync.tables.load import misfits, start_import
    from kbsync.tables.reads import fetch_table
    from kbsync.tables.s3 import require_s3
    from kbsync.tables.upload import LocalFile

    require_s3()
    local = LocalFile(file)
    with session.storage() as client:
        table = fetch_table(client, table_id)
        if table.alias_of:
            raise RefusedError(
                f"{table.id} only shows {table.alias_of}", hint="Import into that table."
            )
        facts = (
            None
            if no_check
            else checked(
                local,
                dialect,
                table.column_names,
                lambda place, found: misfits(place, found, table),
            )
        )
        lines = [what_comes(local, facts), _what_happens(table, incremental=incremental)]
        extra = extra_columns(table.column_names, facts.header) if facts else ()
        if extra:
            lines.append(f"The table gets new columns: {listed(extra)}")
        tell(*lines)
        require_yes("Import it?", auto_approve=auto_approve)
        job = load(
            session,
            client,
            local,
            lambda sent: start_import(client, table.id, sent, dialect, incremental=incremental),
            patience_s=patience_s,
            table=table,
        )
    report(table.id, job)


def _what_happens(table: Table, *, incremental: bool) -> str:
    if not incremental:
        return f"It replaces all of {table.id}: {rows_text(table.rows)} there now"
    if table.primary_key:
        key = ", ".join(table.primary_key)
        return (
            f"It is added to {table.id} ({rows_text(table.rows)}): a row with a known {key} takes"
            " the place of that row, none is deleted"
        )
    return (
        f"It is appended to {table.id} ({rows_text(table.rows)}), which has no primary key: what is"
        " there already is there twice then"
    )
