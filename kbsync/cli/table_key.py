"""`kbsync table primary-key`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.lazy import LazyGroup
from kbsync.cli.session import Session
from kbsync.errors import KbsyncError, RefusedError, UsageError

if TYPE_CHECKING:
    from kbsync.api.client import StorageClient
    from kbsync.tables.catalog import Table

COMMANDS = {"set": "kbsync.cli.table_key:set_command"}
_EXAMPLES = 3


@click.group("primary-key", cls=LazyGroup, modules=COMMANDS)
def command() -> None:
    """Say which columns of a table tell its rows apart."""


@click.command("set")
@click.argument("table_id", metavar="TABLE")
@click.argument("columns", nargs=-1, required=True, metavar="COLUMNS...")
@click.option(
    "--no-check",
    is_flag=True,
    help="Do not look for rows that share a key before the old key is dropped; the platform looks"
    " after that, and if it finds some the old key is set again.",
)
@options.auto_approve
@options.timeout
@click.pass_obj
def set_command(
    session: Session,
    table_id: str,
    columns: tuple[str, ...],
    no_check: bool,
    auto_approve: bool,
    patience_s: float | None,
) -> None:
    """Give a table a primary key, in place of the one it has.

    The platform can only drop a key and add another, so in between the table has none. Where
    dropping the old key could uncover rows that share a new one, the columns of the key are
    exported and looked through first. If the platform refuses the new key all the same, the old
    one is set again.
    """
    from kbsync.cli.asking import require_yes
    from kbsync.cli.output import tell
    from kbsync.cli.watching import News
    from kbsync.tables.primary_key import KeyChange, key_text
    from kbsync.tables.reads import fetch_table
    from kbsync.tables.where import check_columns, split_columns

    key = split_columns(columns)
    if not key:
        raise UsageError("A primary key needs a column", hint="Such as id, or id,date.")
    with session.storage() as client:
        table = fetch_table(client, table_id)
        check_columns(table, key)
        was = f"Primary key of {table.id}: {key_text(table.primary_key)}"
        if table.primary_key == key:
            tell(f"{was}. Nothing to do.")
            return
        change = KeyChange(client, table, key, patience_s=patience_s, on_news=News())
        if change.needs_check and not no_check:
            _check_duplicates(session, client, table, key, patience_s)
        tell(f"{was} → {key_text(key)}")
        if table.primary_key:
            tell("In between the table has none: let no import run meanwhile.")
        require_yes("Set it?", auto_approve=auto_approve)
        change.carry_out()
    tell(f"Primary key of {table.id} is {key_text(key)}.")


def _check_duplicates(
    session: Session,
    client: StorageClient,
    table: Table,
    key: Sequence[str],
    patience_s: float | None,
) -> None:
    """Export the columns of *key* and look for rows that share them.

    Raises:
        RefusedError: There are some. Nothing was changed.
    """
    from kbsync.cli.output import say
    from kbsync.cli.watching import News
    from kbsync.tables.download import Download
    from kbsync.tables.duplicates import count_duplicates, find_duplicates
    from kbsync.tables.export import Wish, exported_file, read_rows, start_export
    from kbsync.tables.jobs import wait_for
    from kbsync.tables.s3 import require_s3

    require_s3()
    say(f"Looking for rows of {table.id} that share {', '.join(key)}...")
    job = start_export(client, table.id, Wish(columns=tuple(key)))
    job = wait_for(client, job, patience_s=patience_s, on_news=News())
    download = Download(client, exported_file(job), patience_s=session.max_wait_s)
    try:
        found = find_duplicates(read_rows(download, key), most=_EXAMPLES)
        if not found:
            return
        counts = count_duplicates(read_rows(download, key), found)
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        raise KbsyncError(
            f"The rows could not be looked through: {why}",
            hint="Make room in the folder for temporary files, or add --no-check.",
        ) from None
    finally:
        download.close()
    shown = "".join(f"\n  {_named(key, row)}: {count} rows" for row, count in counts.items())
    raise RefusedError(
        f"{', '.join(key)} cannot be the primary key of {table.id}: rows share it, such as{shown}",
        hint="Choose more columns, or remove rows first.",
    )


def _named(key: Sequence[str], row: Sequence[str]) -> str:
    return ", ".join(f"{name}={value[:60]!r}" for name, value in zip(key, row, strict=True))
