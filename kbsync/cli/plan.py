"""`kbsync plan`."""

from __future__ import annotations

from pathlib import Path

import click

from kbsync.cli import options
from kbsync.cli.output import say
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, UsageError


@click.command("plan")
@options.selectors
@options.prune
@options.allow
@options.overwrite_drift
@options.lift_hold
@options.reset_state
@click.option(
    "-o",
    "--out",
    type=click.Path(readable=False, path_type=Path),
    help="Save the plan in this file, to be applied as it is: kbsync apply FILE.",
)
@click.option(
    "--check",
    "check_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tell whether a saved plan still holds: exit 0, or 5 when live has moved.",
)
@options.plan_format
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
    liftable: tuple[str, ...],
    forgotten: tuple[str, ...],
    out: Path | None,
    check_file: Path | None,
    format_: str,
    detailed_exitcode: bool,
) -> ExitCode:
    """Show what apply would change. Writes nothing.

    SELECTOR limits the plan to some objects: component[/config[/row]], each part an id, a name or a
    glob, such as 'keboola.ex-*' or '*/orders'.
    """
    from kbsync.cli.planned import (
        by_hand,
        describe_source,
        guards_of,
        planning,
        show_plan,
        source_of,
        with_holds,
    )
    from kbsync.plans.guards import refusals

    if check_file:
        if selectors or out or prune or forgotten:
            raise UsageError(
                "--check takes no selector, --prune, --reset-state or -o: it looks at FILE"
            )
        from kbsync.cli.saved import check_saved

        return check_saved(session, check_file)
    if out:
        from kbsync.cli.saved import check_place

        check_place(out)
    source = source_of(session)
    with planning(session, selectors, prune=prune, by_hand=by_hand(forgotten)) as (client, planned):
        planned = with_holds(planned, client)
        refused = refusals(
            planned.plan, guards_of(session, planned, allowed, overwritable, liftable)
        )
        described = describe_source(session.folder, source) + session.in_environment
        show_plan(planned, described, source, format_, refused, root=session.root)
    # As text the plan says so itself.
    for refusal in refused if format_ != "text" else ():
        say(f"Apply will refuse this: {refusal}")
    if out:
        from kbsync.cli.saved import save_plan

        save_plan(planned, source, out, refused)
    changed = detailed_exitcode and bool(planned.plan)
    return ExitCode.CHANGES if changed else ExitCode.DONE
