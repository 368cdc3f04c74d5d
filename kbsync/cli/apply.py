"""`kbsync apply`."""

from __future__ import annotations

from pathlib import Path

import click

from kbsync.cli import options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode


@click.command("apply")
@click.argument("selectors", nargs=-1, metavar="[FILE | SELECTOR...]")
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
    """Make the project as the files say.

    Shows the plan, asks, writes.

    With the FILE of a saved plan (`kbsync plan -o plan.json`) exactly that plan is applied; the
    files need not be there. It is refused when something it touches has moved since.

    Each configuration is read again just before it is written; if somebody changed it since the
    plan, nothing is written to it and the run stops. After the writes it is read back and compared.

    Exit code 0: all applied. 6, 130 and 143: some of it, the list says what. 3 to 8: nothing.
    """
    from kbsync.cli.saved import apply_saved, is_plan_file

    if len(selectors) == 1 and is_plan_file(selectors[0]):
        return apply_saved(
            session,
            Path(selectors[0]),
            allowed=allowed,
            overwritable=overwritable,
            message=message,
            auto_approve=auto_approve,
        )
    from kbsync.cli.planned import (
        carry_out,
        describe_source,
        guards_of,
        planning,
        show_plan,
        source_of,
    )

    source = source_of(session)
    with planning(session, selectors, prune=prune) as (client, planned):
        show_plan(planned, describe_source(session.folder, source), source)
        return carry_out(
            session,
            client,
            planned.plan,
            guards_of(session, planned, allowed, overwritable),
            message=message,
            source=source,
            auto_approve=auto_approve,
        )
