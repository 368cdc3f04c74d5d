"""`kbsync runs`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from kbsync.cli import completing, options
from kbsync.cli.session import Session

if TYPE_CHECKING:
    from kbsync.api.client import StorageClient
    from kbsync.model import Live
    from kbsync.past.runs import Fate, KnownRun
    from kbsync.past.trails import Trails
    from kbsync.run.journal import RunRecord


@click.command("runs")
@click.argument("run", required=False, metavar="[RUN]", shell_complete=completing.runs)
@options.text_or_json
@click.pass_obj
def command(session: Session, run: str | None, format_: str) -> None:
    """List the runs that wrote to the project, the newest first.

    Known are those with a journal in this folder, and those whose stamp is on the newest version of
    something in the project: three requests. Without a stack or a token only the former are listed.
    What was rolled back since is marked so, and what is held; see `kbsync holds`.

    With RUN, one of them: what it did to each configuration, and what became of writes whose answer
    it did not come to note, as far as the project tells. Writes nothing.
    """
    from kbsync.cli.output import show, write
    from kbsync.errors import UsageError
    from kbsync.render.runs import run_json, run_lines, runs_json, runs_lines

    runs, live, fates = look(session, run)
    with_project = live is not None
    if run is None:
        text = format_ == "text"
        show(runs_lines(runs)) if text else write(runs_json(runs, with_project=with_project))
        return
    if not runs:
        raise UsageError(f"There is no run {run}", hint="List them: kbsync runs")
    if format_ == "json":
        write(run_json(runs[0], fates, with_project=with_project))
    else:
        show(run_lines(runs[0], fates))


def look(
    session: Session, run: str | None
) -> tuple[Sequence[KnownRun], Live | None, Sequence[Fate]]:
    """Return the runs, or only *run*; live, if it can be had; and the fates of its writes."""
    from kbsync.api.fetch import fetch_live
    from kbsync.cli.output import say
    from kbsync.errors import AccessError, ApiError
    from kbsync.past.tracing import fetch_newest_trails

    if not session.can_connect:
        say("No stack or no token is set: these are the runs of this folder alone.")
        return _known(session, run, None), None, ()
    try:
        with session.client() as client:
            live = fetch_live(client)
            runs = _known(session, run, fetch_newest_trails(client, live))
            record = runs[0].record if run and runs else None
            return runs, live, [*_fates(record, live, client)] if record else ()
    except (AccessError, ApiError) as error:
        say(f"The project cannot be asked: {error}")
        say("These are the runs of this folder alone.")
        return _known(session, run, None), None, ()


def _known(session: Session, run: str | None, trails: Trails | None) -> Sequence[KnownRun]:
    runs = runs_of(session, trails)
    return [each for each in runs if run is None or each.run == run.upper()]


def runs_of(session: Session, trails: Trails | None) -> Sequence[KnownRun]:
    """Return the runs that the journals of this folder and *trails* tell of, the newest first."""
    from kbsync.past.runs import known_runs
    from kbsync.past.undone import with_undone
    from kbsync.run.journal import read_runs
    from kbsync.run.lock import is_locked

    records = [record for record in read_runs(session.root) if _is_of_branch(session, record)]
    unfinished = any(record.end is None for record in records)
    runs = known_runs(records, trails, is_running=unfinished and is_locked(session.root))
    return with_undone(runs, trails.holds if trails else None)


def _is_of_branch(session: Session, record: RunRecord) -> bool:
    """Whether a run wrote to the branch of the settings, as far as they say which that is."""
    settings, start = session.settings, record.start
    return (
        settings.stack in ("", start.get("stack"))
        and settings.project_id in (None, start.get("project"))
        and settings.branch == start.get("branch")
    )


def _fates(record: RunRecord, live: Live, client: StorageClient) -> Iterator[Fate]:
    """Tell of each unsettled write what became of it: one request at most for each."""
    from kbsync.api.listing import read_versions
    from kbsync.model import key_of
    from kbsync.past.runs import fate

    for write in record.unsettled:
        key = key_of(str(write["object"])).config
        is_there = key in live.resources
        versions = read_versions(key, client.versions(key)) if is_there else ()
        yield fate(write, record, live, versions)
