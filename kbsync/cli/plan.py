"""`kbsync plan`."""

from __future__ import annotations

import click

from kbsync.cli import options
from kbsync.cli.output import say
from kbsync.cli.session import Session
from kbsync.errors import ExitCode


@click.command("plan")
@options.selectors
@options.prune
@options.allow
@options.overwrite_drift
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 when there are changes, 0 when there are none.",
)
@click.pass_obj
def command(
    session: Session,
    selectors: tuple[str, ...],
    prune: bool,
    allowed: dict[str, int],
    overwritable: tuple[str, ...],
    detailed_exitcode: bool,
) -> ExitCode:
    """Show what apply would change. Writes nothing.

    SELECTOR limits the plan to some objects: component[/config[/row]], each part an id, a name or a
    glob, such as 'keboola.ex-*' or '*/orders'.
    """
    from kbsync.cli.planned import describe_source, guards_of, planning, show_plan
    from kbsync.guards import refusals

    with planning(session, selectors, prune=prune) as (_, planned):
        show_plan(planned, source=describe_source(session))
    for refusal in refusals(planned.plan, guards_of(session, planned, allowed, overwritable)):
        say(f"Apply will refuse this: {refusal}")
    changed = detailed_exitcode and bool(planned.plan)
    return ExitCode.CHANGES if changed else ExitCode.DONE
