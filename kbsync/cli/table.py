"""`kbsync table`: the group, and the commands that only read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.lazy import LazyGroup
from kbsync.cli.output import say
from kbsync.cli.session import Session
from kbsync.errors import AccessError, ApiError, InvalidFilesError, RefusedError, UsageError

if TYPE_CHECKING:
    from kbsync.api.client import StorageClient
    from kbsync.model import Resources
    from kbsync.tables.users import Users

COMMANDS = {
    "list": "kbsync.cli.table:list_command",
    "show": "kbsync.cli.table:show_command",
    "preview": "kbsync.cli.table:preview_command",
    "export": "kbsync.cli.table_export",
    "import": "kbsync.cli.table_import",
    "create": "kbsync.cli.table_create",
    "primary-key": "kbsync.cli.table_key",
}


@click.group("table", cls=LazyGroup, modules=COMMANDS)
def command() -> None:
    """Look at Storage tables, and move data in and out of them.

    A table is named by its id, such as in.c-main.orders: stage, bucket, name.
    """


@click.command("list")
@click.option(
    "--bucket", "bucket_id", metavar="ID", default="", help="Only the tables of this one."
)
@options.text_or_json
@click.pass_obj
def list_command(session: Session, bucket_id: str, format_: str) -> None:
    """List the tables of the branch that the token may see. Writes nothing."""
    from kbsync.cli.output import show, write
    from kbsync.render.storage import tables_json, tables_lines
    from kbsync.tables.reads import fetch_tables

    with session.storage() as client:
        tables = fetch_tables(client, bucket_id)
    if format_ == "json":
        write(tables_json(tables))
    else:
        show(tables_lines(tables))


@click.command("show")
@click.argument("table_id", metavar="TABLE")
@options.text_or_json
@click.pass_obj
def show_command(session: Session, table_id: str, format_: str) -> None:
    """Show a table: its columns, primary key, size, and who reads and writes it.

    That is told by the files of this folder and by the live project. Also its name in the SQL of a
    workspace, which is another than the id that mappings use. Writes nothing.
    """
    from kbsync.cli.output import show, write
    from kbsync.render.storage import table_detail_json, table_detail_lines
    from kbsync.tables.reads import fetch_table

    with session.storage() as client:
        table = fetch_table(client, table_id)
        users = _users(session, client, table.id)
    if format_ == "json":
        write(table_detail_json(table, users))
    else:
        show(table_detail_lines(table, users))


def _users(session: Session, client: StorageClient, table_id: str) -> Users | None:
    """Who uses the table, by the files and by the project as far as they can be read.

    Three requests.
    """
    from kbsync.api.fetch import fetch_live, fetch_target
    from kbsync.tables.users import users_of

    desired = _files(session)
    try:
        # A token that sees only some components is refused: who is not seen may use it too.
        fetch_target(client, project_id=session.settings.project_id)
        live = fetch_live(client).resources
    except (AccessError, ApiError, RefusedError) as error:
        say(f"The configurations of the project cannot be listed: {error}")
        return users_of(table_id, desired, {}) if desired else None
    return users_of(table_id, desired, live)


def _files(session: Session) -> Resources:
    try:
        return session.tree().resources
    except (InvalidFilesError, RefusedError):
        say("The files of this folder cannot be read, so they are left out: kbsync validate")
        return {}


@click.command("preview")
@click.argument("table_id", metavar="TABLE")
@click.option(
    "--limit",
    type=int,
    default=100,
    metavar="N",
    help="How many rows, at most 1000.  [default: 100]",
)
@options.columns
@options.where
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "csv", "json"]),
    help="How to show it.  [default: text on a terminal, else csv]",
)
@click.pass_obj
def preview_command(
    session: Session,
    table_id: str,
    limit: int,
    columns: tuple[str, ...],
    where: tuple[str, ...],
    format_: str | None,
) -> None:
    """Show some rows of a table. Which ones is up to the platform. Writes nothing.

    Values that are longer than 16,384 characters are cut off by the platform; they are marked, and
    counted on stderr.
    """
    from kbsync.cli.output import is_terminal, show, write, write_document
    from kbsync.render.preview import harmless, preview_csv, preview_json, preview_lines
    from kbsync.tables.reads import fetch_page, fetch_table
    from kbsync.tables.where import check_columns, parse_condition, split_columns

    _check_limit(limit, table_id)
    conditions = [parse_condition(text) for text in where]
    wanted = split_columns(columns)
    with session.storage() as client:
        table = fetch_table(client, table_id)
        check_columns(table, [*wanted, *(each.column for each in conditions)])
        page = fetch_page(client, table.id, limit=limit, columns=wanted, conditions=conditions)
    match format_ or ("text" if is_terminal(sys.stdout) else "csv"):
        case "json":
            write(preview_json(table.id, page))
        case "csv":
            text = preview_csv(page)
            if is_terminal(sys.stdout):
                write(harmless(text))
            else:
                write_document(text)
        case _:
            import shutil

            show(preview_lines(page, shutil.get_terminal_size((100, 24)).columns))
    if page.cut:
        say(f"Values that the platform cut off: {page.cut}. Whole ones: kbsync table export")


def _check_limit(limit: int, table_id: str) -> None:
    from kbsync.tables.preview import MOST_ROWS

    if not 1 <= limit <= MOST_ROWS:
        raise UsageError(
            f"--limit {limit}: the platform previews 1 to {MOST_ROWS} rows",
            hint=f"For more of them: kbsync table export {table_id} -o FILE",
        )
