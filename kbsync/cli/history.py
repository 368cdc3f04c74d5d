"""`kbsync history`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from kbsync.cli import completing, options
from kbsync.cli.session import Session
from kbsync.errors import UsageError

if TYPE_CHECKING:
    from kbsync.past.trails import Trails

_VERSIONS = 20
_CHANGES = 5
"""How much is told where nobody says: a version with what it changed costs a request."""


@click.command("history")
@click.argument("object_", required=False, metavar="[OBJECT]", shell_complete=completing.objects)
@click.option(
    "--diff", "with_changes", is_flag=True, help="With OBJECT: what each version changed."
)
@click.option(
    "--all",
    "is_whole",
    is_flag=True,
    help="Without OBJECT: look at every version of every configuration, not only the newest.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"How many to tell of.  [default: {_VERSIONS}; with --diff {_CHANGES}]",
)
@options.text_or_json
@click.pass_obj
def command(
    session: Session,
    object_: str | None,
    with_changes: bool,
    is_whole: bool,
    limit: int | None,
    format_: str,
) -> None:
    """Show what happened: the runs, or the versions of one object, the newest first.

    OBJECT is component/config or component/config/row, by id or name. Without it these are the runs
    that `kbsync runs` lists. Writes nothing.
    """
    if object_ is None:
        if with_changes:
            raise UsageError("--diff is for one object", hint="kbsync history OBJECT --diff")
        _runs(session, limit or _VERSIONS, is_whole=is_whole, as_json=format_ == "json")
        return
    if is_whole:
        raise UsageError(
            "--all is for runs; of one object --limit says how many versions",
            hint=f"kbsync history {shlex.quote(object_)} --limit 1000",
        )
    count = limit or (_CHANGES if with_changes else _VERSIONS)
    _versions(session, object_, count, with_changes=with_changes, as_json=format_ == "json")


def _versions(
    session: Session, text: str, count: int, *, with_changes: bool, as_json: bool
) -> None:
    from kbsync.cli.output import say, show, write
    from kbsync.cli.planned import paint
    from kbsync.past.history import told
    from kbsync.past.subject import find_subject
    from kbsync.past.tracing import rejected_runs
    from kbsync.render.history import changes_lines, history_json, history_lines

    with session.client() as client:
        subject = find_subject(session.settings, client, text)
        # One more than is told: what the last one changed needs the one before.
        versions = subject.versions(count + 1)
        numbers = [version.number for version in versions] if with_changes else []
        contents = dict(zip(numbers, subject.all_at(numbers), strict=True))
        rejected = rejected_runs(client, subject.key)
    name = subject.live.resources[subject.key].name
    found = told(subject.key, versions, contents, rejected)[:count]
    has_older = len(versions) > count
    if as_json:
        write(history_json(subject.key, name, found, has_older=has_older))
    elif with_changes:
        show(changes_lines(subject.key, name, found, paint()))
    else:
        show(history_lines(subject.key, name, found))
    if has_older:
        say(f"There are older versions: --limit {count * 5}")
    if subject.key.is_row:
        say(
            "The platform does not tell who saved a row; the history of its configuration does:"
            f" kbsync history {shlex.quote(str(subject.key.config))}"
        )


def _runs(session: Session, count: int, *, is_whole: bool, as_json: bool) -> None:
    from kbsync.cli.output import say, show, write
    from kbsync.cli.runs import look, runs_of
    from kbsync.render.runs import runs_lines, whole_json

    if is_whole:
        runs, with_project = runs_of(session, _trails(session)), True
    else:
        runs, live, _ = look(session, None)
        with_project = live is not None
    told = runs[:count]
    if as_json:
        write(whole_json(told, with_project=with_project, is_whole=is_whole))
    else:
        show(runs_lines(told))
    if len(runs) > count:
        say(f"There are older runs: --limit {len(runs)}")
    if not is_whole:
        say(
            "Only the newest version of each configuration was looked at: a run that was written"
            " over since is missing, unless its journal is here. All versions: --all"
        )


def _trails(session: Session) -> Trails:
    """Read every version of every configuration."""
    from kbsync.api.fetch import fetch_deleted, fetch_live, fetch_target
    from kbsync.cli.output import say
    from kbsync.past.tracing import fetch_trails

    with session.client() as client:
        fetch_target(client, project_id=session.settings.project_id)
        live = fetch_live(client)
        count = sum(1 for key in live.resources if not key.is_row)
        say(f"Reading the versions of {count} configurations, with a request or more for each.")
        trails = fetch_trails(client, live)
        gone = fetch_deleted(client)
    if gone:
        say(f"Not looked at: {len(gone)} in the trash, whose versions the platform does not tell.")
    return trails
