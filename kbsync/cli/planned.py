"""What the commands that show and apply plans have in common."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict

import click

from kbsync import git, ulid
from kbsync.apply import apply, requests_for
from kbsync.cli.output import say, show, show_whatever_happens, write, write_document
from kbsync.cli.session import Session
from kbsync.client import StorageClient
from kbsync.errors import ExitCode, InterruptedRunError, RefusedError
from kbsync.guards import Guards, Refusal, refusals
from kbsync.plan import Plan
from kbsync.plan_file import Source, dump_plan
from kbsync.planning import Planned, names_of, plan_project
from kbsync.render.plan import plan_lines
from kbsync.render.results import result_lines, summary
from kbsync.result import exit_code
from kbsync.selectors import matches_any, parse
from kbsync.stamp import Stamp


@contextmanager
def planning(
    session: Session, selectors: Sequence[str], *, prune: bool
) -> Iterator[tuple[StorageClient, Planned]]:
    """Read the files, then the project, and compare. Nothing leaves before the files are valid."""
    wanted = [parse(text) for text in selectors]
    tree = session.tree()
    with session.client() as client:
        yield client, plan_project(session.settings, tree, client, selectors=wanted, prune=prune)


def show_plan(
    planned: Planned,
    described: str,
    source: Source | None,
    format_: str = "text",
    refused: Sequence[Refusal] = (),
) -> None:
    """Write the plan to stdout.

    *described* says in words where its files come from; *refused* is why apply will refuse it,
    which a document for other people has to say itself.
    """
    plan, files = planned.plan, planned.files
    if format_ == "json":
        write(dump_plan(plan, source, files))
        return
    requests, reasons = requests_for(plan.steps), [str(refusal) for refusal in refused]
    if format_ == "markdown":
        from kbsync.render.markdown import render_markdown

        write_document(
            render_markdown(
                plan, requests=requests, source=described, files=files, refusals=reasons
            )
        )
    elif format_ == "html":
        from kbsync.render.html import render_html

        write_document(
            render_html(plan, requests=requests, source=described, files=files, refusals=reasons)
        )
    else:
        show(plan_lines(plan, requests=requests, source=described, files=files))


def source_of(session: Session) -> Source | None:
    """The commit the files are at; None when they are not in git."""
    commit = git.describe(session.root)
    if commit is None:
        return None
    return Source(commit=commit.sha, subject=commit.subject, dirty=commit.dirty)


def describe_source(folder: str, source: Source | None) -> str:
    """Where the files come from: *folder*, and the commit when it is in git."""
    if source is None:
        return f"{folder}, not in git"
    edited = ", with uncommitted changes" if source.dirty else ""
    return f"{folder} at commit {source.commit[:10]}{edited}"


def guards_of(
    session: Session, planned: Planned, allowed: Mapping[str, int], overwritable: Sequence[str]
) -> Guards:
    """The rules of the settings, and what the command line allows beyond them."""
    settings = session.settings
    live_names = names_of(planned.live.resources)
    named = [parse(text) for text in overwritable]
    return Guards(
        limits=asdict(settings.limits),
        allowed=allowed,
        # What is protected by a name stays so when the same commit gives it another.
        protected=lambda key: any(
            matches_any(settings.protect, key, each) for each in (planned.names, live_names)
        ),
        overwritable=lambda key: matches_any(named, key, planned.names),
    )


def carry_out(
    session: Session,
    client: StorageClient,
    plan: Plan,
    guards: Guards,
    *,
    message: str,
    source: Source | None,
    auto_approve: bool,
) -> ExitCode:
    """Apply a plan that was shown, after the guards and the person agree.

    Raises:
        RefusedError: A guard or the person said no; nothing was written.
    """
    found = refusals(plan, guards)
    if found:
        raise RefusedError("This plan may not be applied:\n" + "\n".join(map(str, found)))
    if not plan:
        return ExitCode.DONE
    if not auto_approve:
        _ask(plan)
    stamp = _stamp(source, message)
    try:
        results = apply(
            plan,
            client,
            message=str(stamp),
            on_result=lambda result: show_whatever_happens(result_lines(result)),
        )
        show_whatever_happens(summary(results, stamp.run))
    except KeyboardInterrupt as stop:
        # Between two writes: within one, apply itself turns this into a result.
        say(f"Stopped. What is listed was written, in run {stamp.run}; see `kbsync plan`.")
        return InterruptedRunError(stop).exit_code
    return exit_code(results)


def _ask(plan: Plan) -> None:
    if not sys.stdin.isatty():
        raise RefusedError(
            "There is no terminal to ask on",
            hint="To apply without a question, add --auto-approve.",
        )
    target = plan.target
    question = f"Apply this to project {target.project_id}, branch {target.branch}?"
    if not click.confirm(question, err=True):
        raise RefusedError("Not applied: the answer was no")


def _stamp(source: Source | None, message: str) -> Stamp:
    if source is None:
        return Stamp(message=message, run=new_run_id())
    sha = source.commit[:12] + ("-dirty" if source.dirty else "")
    return Stamp(message=message or source.subject, run=new_run_id(), commit=sha)


def new_run_id() -> str:
    return ulid.new(time.time_ns() // 1_000_000, os.urandom(10))
