"""`kbsync apply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbsync.cli import completing, options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from kbsync.run.apply import Manner


@click.command("apply")
@click.argument(
    "selectors",
    nargs=-1,
    metavar="[FILE | SELECTOR...]",
    shell_complete=completing.files_and_selectors,
)
@options.auto_approve
@options.prune
@options.allow
@options.overwrite_drift
@options.lift_hold
@options.reset_state
@options.message(default="the subject of the git commit")
@options.manner
@options.result_format
@click.pass_obj
def command(
    session: Session,
    selectors: tuple[str, ...],
    auto_approve: bool,
    prune: bool,
    allowed: dict[str, int],
    overwritable: tuple[str, ...],
    liftable: tuple[str, ...],
    forgotten: tuple[str, ...],
    message: str,
    manner: Manner,
    format_: str,
) -> ExitCode:
    """Make the project as the files say.

    Shows the plan, asks, writes.

    With the FILE of a saved plan (`kbsync plan -o plan.json`) exactly that plan is applied; the
    files need not be there. It is refused when something it touches has moved since.

    Each configuration is read again just before it is written; if somebody changed it since the
    plan, nothing is written to it and the run stops. After the writes it is read back and compared.

    Exit code 0: all applied. 6, 130 and 143: some of it, the list says what. 3 to 8: nothing.
    """
    from kbsync.cli.forms import form_of
    from kbsync.cli.saved import apply_saved, is_plan_file

    if len(selectors) == 1 and is_plan_file(selectors[0]):
        if forgotten:
            raise UsageError(
                "--reset-state says what to plan, and this plan is made already",
                hint="Save it in the plan: kbsync plan -o FILE --reset-state SELECTOR",
            )
        return apply_saved(
            session,
            Path(selectors[0]),
            allowed=allowed,
            overwritable=overwritable,
            liftable=liftable,
            message=message,
            auto_approve=auto_approve,
            manner=manner,
            form=form_of(format_),
        )
    from kbsync.cli.planned import (
        by_hand,
        describe_source,
        guards_of,
        id_of,
        planning,
        show_plan,
        source_of,
        with_holds,
    )
    from kbsync.cli.running import carry_out
    from kbsync.plans.guards import refusals
    from kbsync.run.result import Extent

    form, source = form_of(format_), source_of(session)
    wish = by_hand(forgotten, message)
    with planning(session, selectors, prune=prune, by_hand=wish) as (client, planned):
        planned = with_holds(planned, client)
        described = describe_source(session.folder, source) + session.in_environment
        plan_id = id_of(planned, source)
        show_plan(planned, described, source, plan_id=plan_id, root=session.root, out=form.plan)
        return carry_out(
            session,
            client,
            planned,
            refusals(planned.plan, guards_of(session, planned, allowed, overwritable, liftable)),
            message=message,
            source=source,
            extent=Extent.PART if selectors else Extent.COMMIT,
            auto_approve=auto_approve,
            form=form,
            manner=manner,
            plan_id=plan_id,
        )
