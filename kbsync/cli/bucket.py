"""`kbsync bucket`."""

from __future__ import annotations

import click

from kbsync.cli import options
from kbsync.cli.lazy import LazyGroup
from kbsync.cli.session import Session

COMMANDS = {"list": "kbsync.cli.bucket:list_command"}


@click.group("bucket", cls=LazyGroup, modules=COMMANDS)
def command() -> None:
    """Look at the buckets that tables are in."""


@click.command("list")
@options.text_or_json
@click.pass_obj
def list_command(session: Session, format_: str) -> None:
    """List the buckets of the branch that the token may see. Writes nothing."""
    from kbsync.cli.output import show, write
    from kbsync.render.storage import buckets_json, buckets_lines
    from kbsync.tables.reads import fetch_buckets

    with session.storage() as client:
        buckets = fetch_buckets(client)
    if format_ == "json":
        write(buckets_json(buckets))
    else:
        show(buckets_lines(buckets))
