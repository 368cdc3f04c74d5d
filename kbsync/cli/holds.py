"""`kbsync holds`."""

from __future__ import annotations

import click

from kbsync.cli.session import Session
from kbsync.errors import ExitCode


@click.command("holds")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    help="text for people, json for programs.  [default: text]",
)
@click.pass_obj
def command(session: Session, format_: str) -> ExitCode:
    """List what was rolled back and may not be written again.

    A hold is put down by a rollback and respected by every plan and apply, from any machine. It
    ends by itself when the files say something else, or with `kbsync apply --lift-hold SELECTOR`.
    """
    from kbsync.api.fetch import fetch_target
    from kbsync.cli.output import show, write
    from kbsync.render.holds import holds_json, holds_lines
    from kbsync.run.holding import fetch_holds

    with session.client() as client:
        fetch_target(client, project_id=session.settings.project_id)
        holds = fetch_holds(client)
    if format_ == "json":
        write(holds_json(holds))
    else:
        show(holds_lines(holds))
    return ExitCode.DONE
