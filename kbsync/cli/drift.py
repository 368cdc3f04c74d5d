"""`kbsync drift`."""

from __future__ import annotations

import click

from kbsync.cli import options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode


@click.command("drift")
@options.selectors
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    help="How to show it: text for people, markdown for an issue, json for programs."
    "  [default: text]",
)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 when there is drift, 0 when there is none.",
)
@click.pass_obj
def command(
    session: Session, selectors: tuple[str, ...], format_: str, detailed_exitcode: bool
) -> ExitCode:
    """Show what people changed outside kbsync.

    What they edited, disabled, reordered, deleted or made: who, when, why, which fields, and the
    commands that keep it or undo it.

    Compared are the version that kbsync wrote last and live, where the files do not say what is
    live. Where kbsync never wrote, whose a difference is cannot be told; it is shown as unknown.
    A configuration without files is told when it was made after kbsync last wrote anything.
    Metadata and component state have no history, so they are not compared. Writes nothing.
    """
    from kbsync.api.fetch import fetch_trash
    from kbsync.cli.output import show, write, write_document
    from kbsync.cli.planned import planning
    from kbsync.plans.drift import find_drift
    from kbsync.render.drift import drift_json, drift_lines

    with planning(session, selectors, prune=False) as (client, planned):
        drift = find_drift(planned.plan, planned.live, fetch_trash(client))
    if format_ == "json":
        write(drift_json(drift))
    elif format_ == "markdown":
        from kbsync.render.drift_markdown import render_drift_markdown

        write_document(render_drift_markdown(drift))
    else:
        show(drift_lines(drift))
    return ExitCode.CHANGES if detailed_exitcode and drift else ExitCode.DONE
