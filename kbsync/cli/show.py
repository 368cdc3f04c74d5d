"""`kbsync show`."""

from __future__ import annotations

from pathlib import Path

import click

from kbsync.cli import options


@click.command("show")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.plan_format
def command(file: Path, format_: str) -> None:
    """Show a saved plan, offline.

    FILE is what `kbsync plan -o FILE` wrote.
    """
    from kbsync.cli.planned import describe_source, show_plan
    from kbsync.cli.saved import planned_of, read_saved
    from kbsync.model import Live

    saved = read_saved(file)
    planned = planned_of(saved, Live(resources={}, versions={}, component_states={}))
    described = describe_source(f"plan {saved.plan_id}", saved.source)
    show_plan(planned, described, saved.source, format_, saved_as=saved.plan_id)
