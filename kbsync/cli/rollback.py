"""`kbsync rollback`."""

from __future__ import annotations

import click

from kbsync.cli import options
from kbsync.cli.output import show
from kbsync.cli.session import Session
from kbsync.errors import ExitCode


@click.command("rollback")
@click.argument("object_", metavar="OBJECT")
@click.option(
    "--to-version",
    type=click.IntRange(min=1),
    required=True,
    metavar="N",
    help="The recorded version to go back to.",
)
@options.auto_approve
@options.allow
@options.message(default="Roll back to version N")
@click.pass_obj
def command(
    session: Session,
    object_: str,
    to_version: int,
    auto_approve: bool,
    allowed: dict[str, int],
    message: str,
) -> ExitCode:
    """Bring a configuration back to a recorded version.

    OBJECT is component/config, with the id or the name of the configuration. Name, description,
    isDisabled, configuration, rows and their order come back; component state and metadata stay.
    The plan is shown first. Files are left alone: put them in step, or the next apply undoes this.
    """
    from kbsync.cli.planned import carry_out, guards_of, show_plan
    from kbsync.recall import plan_rollback
    from kbsync.render.lines import Line

    with session.client() as client:
        planned = plan_rollback(session.settings, client, object_, to_version)
        if not planned.plan:
            show([Line(f"{object_} has the content of version {to_version} already.")])
            return ExitCode.DONE
        show_plan(planned, "", None)
        return carry_out(
            session,
            client,
            planned.plan,
            guards_of(session, planned, allowed, ()),
            message=message or f"Roll back to version {to_version}",
            source=None,
            auto_approve=auto_approve,
        )
