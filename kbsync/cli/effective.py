"""`kbsync effective`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from kbsync.cli import completing, options
from kbsync.cli.session import Session
from kbsync.errors import UsageError
from kbsync.past.moment import Moment, Place, split_moment

if TYPE_CHECKING:
    from kbsync.effective import Effective
    from kbsync.graph.shared_code import Filled
    from kbsync.model import Resources
    from kbsync.past.snapshot import Snapshot
    from kbsync.past.subject import Subject


@click.command("effective")
@click.argument("object_", metavar="OBJECT[@VERSION]", shell_complete=completing.objects)
@click.option("--files", "from_files", is_flag=True, help="As the files say, not as it is live.")
@options.text_or_json
@click.pass_obj
def command(session: Session, object_: str, from_files: bool, format_: str) -> None:
    """Show what a component receives when a configuration runs, row by row.

    The configuration of each enabled row, in their order, over that of the configuration: by key,
    and in lists by place, as the platform does it. `processors` are left out; shared code is filled
    in, variables are not. With component/config/row only that row. Writes nothing.
    """
    from kbsync.cli.output import say, show, write
    from kbsync.effective import effective
    from kbsync.graph.shared_code import filled
    from kbsync.past.subject import find_subject
    from kbsync.render.snapshot import effective_json, effective_lines

    text, moment = _wanted(object_, from_files=from_files)
    tree = session.tree() if moment is Place.FILES else None
    with session.client() as client:
        subject = find_subject(session.settings, client, text, tree=tree)
        found = _configuration(subject, moment)
    project = {**subject.live.resources, **(tree.resources if tree else {})}
    code = filled(found.subject, project)
    found = replace(found, resources={**found.resources, found.key: code.resource})
    told = effective(found, subject.key if subject.key.is_row else None)
    if format_ == "json":
        write(effective_json(found, told))
    else:
        show(effective_lines(found, told))
    for line in (*_remarks(found, told), *_remarks_on_code(found, code, project)):
        say(line)


def _wanted(text: str, *, from_files: bool) -> tuple[str, Moment]:
    object_, moment = split_moment(text)
    if moment is None:
        return object_, Place.FILES if from_files else Place.LIVE
    if from_files and moment is not Place.FILES:
        raise UsageError(f"'{text}' names a version, and --files another; use one of them")
    return object_, moment


def _configuration(subject: Subject, moment: Moment) -> Snapshot:
    """Return the configuration, also for a row of it: what is around a row counts.

    Raises:
        UsageError: A row's version does not say what its configuration was at that time.
    """
    if subject.key.is_row and isinstance(moment, int):
        config = shlex.quote(str(subject.key.config))
        raise UsageError(
            f"{subject.key} has versions of its own, which do not tell its configuration",
            hint=f"Name a version of that: kbsync effective {config}@NUMBER",
        )
    subject.at(moment)
    return replace(subject, key=subject.key.config).at(moment)


def _remarks(found: Snapshot, told: Effective) -> Iterator[str]:
    """Tell what no document says."""
    if found.subject.is_disabled:
        yield f"{found.key} is disabled, so it does not run at all."
    for run in told.runs:
        if run.row and run.row.is_disabled:
            yield f"Row {run.row.key.row_id} is disabled: it runs only when a job names it."
    for row in told.disabled:
        yield f"Left out: row {row.key.row_id}, which is disabled."


def _remarks_on_code(found: Snapshot, code: Filled, project: Resources) -> Iterator[str]:
    """Tell which shared code was filled in."""
    from kbsync.render.lines import quoted

    today = ", as it is today" if isinstance(found.moment, int) else ""
    for row in code.used:
        name = f" {quoted(project[row].name)}" if project[row].name else ""
        yield f"Filled in: shared code {row}{name}{today}."
    for row in code.missing:
        yield f"Not filled in: shared code {row}, which does not exist."
