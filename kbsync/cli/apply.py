"""`kbsync apply`."""

from __future__ import annotations

import click

from kbsync.cli import options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode


@click.command("apply")
@options.selectors
@options.auto_approve
@options.prune
@options.allow
@options.overwrite_drift
@options.message(default="the subject of the git commit")
@click.pass_obj
def command(
    session: Session,
    selectors: tuple[str, ...],
    auto_approve: bool,
    prune: bool,
    allowed: dict[str, int],
    overwritable: tuple[str, ...],
    message: str,
) -> ExitCode:
    """Make the project as the files say: show the plan, ask, write.

    Each configuration is read again just before it is written; if somebody changed it since the
    plan, nothing is written to it and the run stops. After the writes it is read back and compared.

    Exit code 0: all applied. 6: partly applied, the list says what. Others: nothing was written.
    """
    from kbsync.cli.planned import carry_out, describe_source, guards_of, planning, show_plan

    with planning(session, selectors, prune=prune) as (client, planned):
        show_plan(planned, source=describe_source(session))
        return carry_out(
            session,
            client,
            planned.plan,
            guards_of(session, planned, allowed, overwritable),
            message=message,
            auto_approve=auto_approve,
        )
