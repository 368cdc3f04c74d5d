"""`kbsync reset-state`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kbsync.cli import completing, options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from kbsync.cli.recalling import Wish
    from kbsync.run.apply import Manner


@click.command("reset-state")
@options.selectors
@click.option(
    "--undo",
    metavar="RUN",
    shell_complete=completing.runs_with_states,
    help="Put back the component state that this run threw away.",
)
@options.auto_approve
@options.allow
@options.message(default="reset by hand")
@options.manner
@options.result_format
@click.pass_obj
def command(
    session: Session,
    selectors: tuple[str, ...],
    undo: str | None,
    auto_approve: bool,
    allowed: dict[str, int],
    message: str,
    manner: Manner,
    format_: str,
) -> ExitCode:
    """Let components forget what they remember, so that they load everything again.

    SELECTORs name configurations and rows; a configuration with rows keeps its component state in
    them. The plan shows what will be forgotten. It is saved first, in the folder of the run, so
    that --undo RUN can put it back.
    """
    from kbsync.cli.recalling import carry_out_recalled

    return carry_out_recalled(
        session,
        _wish(selectors, undo, message),
        allowed=allowed,
        overwritable=(),
        write_tree=False,
        message=message,
        auto_approve=auto_approve,
        manner=manner,
        format_=format_,
    )


def _wish(selectors: tuple[str, ...], undo: str | None, message: str) -> Wish:
    from kbsync.cli.recalling import ForgetStates, ReturnStates
    from kbsync.plans.resets import DEFAULT_REASON
    from kbsync.selectors import parse

    wanted = tuple(map(parse, selectors))
    if undo is not None:
        return ReturnStates(run=undo, selectors=wanted)
    if not wanted:
        raise UsageError(
            "Say whose component state is to be forgotten",
            hint="Such as: kbsync reset-state keboola.ex-aws-s3/orders",
        )
    return ForgetStates(selectors=wanted, reason=message or DEFAULT_REASON)
