"""`kbsync table create`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.loading import checked, listed, load, reading_options, report, what_comes
from kbsync.cli.session import Session
from kbsync.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from kbsync.api.client import StorageClient
    from kbsync.tables.csvfile import Dialect


@click.command("create")
@click.argument("table_id", metavar="BUCKET/NAME")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option(
    "--primary-key",
    "key",
    multiple=True,
    metavar="A,B",
    help="The columns that tell rows apart.  [default: none]",
)
@reading_options
@options.auto_approve
@options.timeout
@click.pass_obj
def command(
    session: Session,
    table_id: str,
    file: Path,
    key: tuple[str, ...],
    dialect: Dialect,
    no_check: bool,
    auto_approve: bool,
    patience_s: float | None,
) -> None:
    """Make a table of a CSV file, plain or gzipped; its header names the columns.

    The bucket has to be there: in.c-main/orders is the table orders in the bucket in.c-main. Of
    rows with the same primary key the platform keeps one.
    """
    from kbsync.cli.asking import require_yes
    from kbsync.cli.output import tell
    from kbsync.tables.load import missing_key, start_create
    from kbsync.tables.s3 import require_s3
    from kbsync.tables.upload import LocalFile
    from kbsync.tables.where import split_columns

    require_s3()
    bucket_id, name = _split_id(table_id)
    primary_key = split_columns(key)
    if key and not primary_key:
        raise UsageError("--primary-key names no column", hint="Such as id, or id,date.")
    local = LocalFile(file)
    with session.storage() as client:
        _require_absent(client, bucket_id, name)
        facts = (
            None
            if no_check
            else checked(
                local,
                dialect,
                primary_key,
                lambda place, found: missing_key(place, found, primary_key),
            )
        )
        keyed = f"primary key {', '.join(primary_key)}" if primary_key else "no primary key"
        columns = f", columns {listed(facts.columns)}" if facts else ""
        made = f"A new table {bucket_id}.{name}: {keyed}{columns}"
        tell(what_comes(local, facts), made)
        require_yes("Create it?", auto_approve=auto_approve)
        job = load(
            session,
            client,
            local,
            lambda sent: start_create(client, bucket_id, name, sent, dialect, primary_key),
            patience_s=patience_s,
        )
    report(f"{bucket_id}.{name}", job)


def _split_id(text: str) -> tuple[str, str]:
    bucket_id, slash, name = text.rpartition("/")
    if not slash:
        bucket_id, _, name = text.rpartition(".")
    plain = name.replace("-", "").replace("_", "")
    if not bucket_id or not (plain.isascii() and plain.isalnum()):
        raise UsageError(
            f"'{text}' cannot be a new table; expected one such as in.c-main/orders",
            hint="A name has letters of English, digits, - and _.",
        )
    return bucket_id, name


def _require_absent(client: StorageClient, bucket_id: str, name: str) -> None:
    from kbsync.tables.reads import fetch_tables

    table_id = f"{bucket_id}.{name}"
    if any(table.id == table_id for table in fetch_tables(client, bucket_id)):
        raise RefusedError(
            f"{table_id} is there already", hint=f"Load it: kbsync table import {table_id} FILE"
        )
