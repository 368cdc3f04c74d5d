"""`kbsync job`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.lazy import LazyGroup
from kbsync.cli.session import Session

if TYPE_CHECKING:
    from kbsync.tables.job import Job

COMMANDS = {
    "list": "kbsync.cli.job:list_command",
    "show": "kbsync.cli.job:show_command",
    "wait": "kbsync.cli.job:wait_command",
}


@click.group("job", cls=LazyGroup, modules=COMMANDS)
def command() -> None:
    """Look at Storage jobs: loads, exports and other work on tables that the platform queues.

    The jobs of the Queue, in which components run, are others, with ids of their own.
    """


@click.command("list")
@click.option(
    "--limit",
    type=click.IntRange(1, 100),
    default=20,
    metavar="N",
    help="How many, at most 100.  [default: 20]",
)
@options.text_or_json
@click.pass_obj
def list_command(session: Session, limit: int, format_: str) -> None:
    """List the newest Storage jobs of the project. Writes nothing."""
    from kbsync.cli.output import show, write
    from kbsync.render.jobs import jobs_json, jobs_lines
    from kbsync.tables.jobs import newest_jobs

    with session.storage() as client:
        jobs = newest_jobs(client, limit=limit)
    if format_ == "json":
        write(jobs_json(jobs))
    else:
        show(jobs_lines(jobs))


@click.command("show")
@click.argument("job_id", metavar="ID")
@options.text_or_json
@click.pass_obj
def show_command(session: Session, job_id: str, format_: str) -> None:
    """Show one Storage job as it is now: its status, what it was asked, what came of it.

    Why it failed is told in the platform's own words. Writes nothing.
    """
    from kbsync.tables.jobs import fetch_job

    with session.storage() as client:
        job = fetch_job(client, job_id)
    _show(job, format_)


@click.command("wait")
@click.argument("job_id", metavar="ID")
@options.timeout
@options.text_or_json
@click.pass_obj
def wait_command(session: Session, job_id: str, patience_s: float | None, format_: str) -> None:
    """Wait until a Storage job is over, and show it. Exits with 8 when it failed.

    Writes nothing: a job goes on whether somebody waits for it or not.
    """
    from kbsync.cli.watching import News
    from kbsync.tables.jobs import fetch_job, wait_for

    with session.storage() as client:
        job = fetch_job(client, job_id)
        job = wait_for(client, job, patience_s=patience_s, on_news=News())
    _show(job, format_)


def _show(job: Job, format_: str) -> None:
    from kbsync.cli.output import show, write
    from kbsync.render.jobs import job_json, job_lines

    if format_ == "json":
        write(job_json(job))
    else:
        show(job_lines(job))
