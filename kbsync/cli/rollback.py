"""`kbsync rollback`."""

from __future__ import annotations

import click

from kbsync.cli import options
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
@options.result_format
@click.pass_obj
def command(
    session: Session,
    object_: str,
    to_version: int,
    auto_approve: bool,
    allowed: dict[str, int],
    message: str,
    format_: str,
) -> ExitCode:
    """Bring a configuration back to a recorded version.

    OBJECT is component/config, with the id or the name of the configuration. Name, description,
    isDisabled, configuration, rows and their order come back; component state and metadata stay.
    The plan is shown first. Files are left alone: put them in step, or the next apply undoes this.
    """
    from kbsync.cli.forms import form_of
    from kbsync.cli.planned import guards_of, show_plan
    from kbsync.cli.running import carry_out
    from kbsync.guards import refusals
    from kbsync.recall import plan_rollback
    from kbsync.result import Extent

    form = form_of(format_)
    with session.client() as client:
        planned = plan_rollback(session.settings, client, object_, to_version)
        if not planned.plan:
            done = f"{object_} has the content of version {to_version} already."
            form.nothing(planned.plan.target, done)
            return ExitCode.DONE
        show_plan(planned, "", None, out=form.plan)
        return carry_out(
            session,
            client,
            planned,
            refusals(planned.plan, guards_of(session, planned, allowed, ())),
            message=message or f"Roll back to version {to_version}",
            source=None,
            extent=Extent.OTHER,
            auto_approve=auto_approve,
            form=form,
        )
