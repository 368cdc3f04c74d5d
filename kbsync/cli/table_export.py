"""`kbsync table export`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.session import Session
from kbsync.errors import RefusedError

if TYPE_CHECKING:
    from kbsync.api.client import StorageClient
    from kbsync.tables.catalog import Table
    from kbsync.tables.download import Download
    from kbsync.tables.export import Wish

_STDOUT = "-"


@click.command("export")
@click.argument("table_id", metavar="TABLE")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="Where to write it; - is stdout. The file appears when it is whole.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there already.")
@click.option("--gzip", "is_gzip", is_flag=True, help="Keep it compressed, for FILE.gz.")
@options.columns
@options.where
@click.option(
    "--changed-since",
    metavar="TIME",
    help="Only rows that an import added or changed since, such as 2026-11-21T09:40+01:00 or "
    "'2026-11-21 09:40 Europe/Prague'. Without a zone: that of this machine.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many rows.")
@options.timeout
@click.pass_obj
def command(
    session: Session,
    table_id: str,
    output: str,
    force: bool,
    is_gzip: bool,
    columns: tuple[str, ...],
    where: tuple[str, ...],
    changed_since: str | None,
    limit: int | None,
    patience_s: float | None,
) -> None:
    """Write a table, or a part of it, to a file as CSV with a header.

    Rows come in the platform's order. The file is written beside its name and moved to it when it
    is whole, so that nothing is left of an export that breaks off. What breaks off is gone on with
    where that is possible. Changes nothing in the project.
    """
    from kbsync.cli.output import is_terminal, say, tell, write_bytes
    from kbsync.tables.reads import fetch_table
    from kbsync.tables.s3 import require_s3
    from kbsync.tables.target import check_target, whole_file

    require_s3()
    wish = _wish(columns, where, changed_since, limit)
    path = Path(output)
    if output != _STDOUT:
        check_target(path, overwrite=force)
    elif is_terminal(sys.stdout):
        raise RefusedError(
            "Values are written as they are, and a terminal obeys some of them",
            hint=f"To look at some rows: kbsync table preview {table_id}. Or put | less behind it.",
        )
    with session.storage() as client:
        table = fetch_table(client, table_id)
        wish = _fitting(wish, table)
        download = _exported(session, client, table, wish, patience_s)
        with closing(download):
            if output == _STDOUT:
                rows = _copied(download, table, wish, write_bytes, is_gzip=is_gzip)
            else:
                with whole_file(path, overwrite=force) as write:
                    rows = _copied(download, table, wish, write, is_gzip=is_gzip)
    _note_difference(table, wish, rows)
    if output == _STDOUT:
        say(f"Exported {_rows(rows)} of {table.id}.")
    else:
        tell(f"Exported {_rows(rows)} of {table.id} to {path}.")


def _wish(
    columns: Sequence[str], where: Sequence[str], changed_since: str | None, limit: int | None
) -> Wish:
    from kbsync.past.instant import parse_instant
    from kbsync.tables.export import Wish
    from kbsync.tables.where import parse_condition, split_columns

    since = parse_instant(changed_since, datetime.now(UTC)) if changed_since else None
    return Wish(
        columns=split_columns(columns),
        conditions=tuple(map(parse_condition, where)),
        changed_since=int(since.timestamp()) if since else None,
        limit=limit,
    )


def _fitting(wish: Wish, table: Table) -> Wish:
    """Return *wish* with all columns named, once it is sure that *table* has them."""
    from kbsync.tables.where import check_columns

    check_columns(table, [*wish.columns, *(each.column for each in wish.conditions)])
    return replace(wish, columns=wish.columns or table.column_names)


def _exported(
    session: Session, client: StorageClient, table: Table, wish: Wish, patience_s: float | None
) -> Download:
    """Let the platform export, and return the way to the file."""
    from kbsync.cli.watching import News
    from kbsync.tables.download import Download
    from kbsync.tables.export import exported_file, start_export
    from kbsync.tables.jobs import wait_for

    job = start_export(client, table.id, wish)
    job = wait_for(client, job, patience_s=patience_s, on_news=News())
    return Download(client, exported_file(job), patience_s=session.max_wait_s)


def _copied(
    download: Download,
    table: Table,
    wish: Wish,
    write: Callable[[bytes], object],
    *,
    is_gzip: bool,
) -> int:
    from kbsync.cli.meter import measured
    from kbsync.tables.export import copy_gzipped, copy_plain

    copy = copy_gzipped if is_gzip else copy_plain
    with measured(table.id, None) as on_bytes:

        def counted(data: bytes) -> None:
            write(data)
            on_bytes(len(data))

        return copy(download, wish.columns, counted)


def _note_difference(table: Table, wish: Wish, rows: int) -> None:
    from kbsync.cli.output import say

    if wish.is_for_all_rows and table.rows not in (None, rows):
        say(
            f"{table.id} had {_rows(table.rows or 0)} when this began, the export has"
            f" {_rows(rows)}: an import came in between, or the platform counts late."
        )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
