"""What the commands that write have in common: guards, the question, the run, its report."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_live
from kbsync.cli.asking import require_yes
from kbsync.cli.forms import Form
from kbsync.cli.output import say
from kbsync.cli.progress import watched
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, InterruptedRunError, RefusedError
from kbsync.planning import Planned
from kbsync.plans.guards import Refusal
from kbsync.plans.plan_file import Source
from kbsync.run.apply import DEFAULT_MANNER, Manner
from kbsync.run.encrypting import check_variables, encrypt_plan
from kbsync.run.freshness import check_fresh
from kbsync.run.result import NOTHING_ASIDE, Aside, Ended, Extent
from kbsync.run.run_id import new_run_id
from kbsync.run.running import run_plan
from kbsync.stamp import Stamp


def carry_out(
    session: Session,
    client: StorageClient,
    planned: Planned,
    refused: Sequence[Refusal],
    *,
    message: str,
    source: Source | None,
    extent: Extent,
    auto_approve: bool,
    form: Form,
    manner: Manner = DEFAULT_MANNER,
    plan_id: str = "",
    rolls_back: tuple[str, ...] = (),
    aside: Aside = NOTHING_ASIDE,
) -> ExitCode:
    """Apply a plan that was shown, unless it is *refused* or the person says no.

    Raises:
        RefusedError: A guard or the person said no; nothing was written.
        StaleError: Live moved while the person read, or another run is writing. Nor was anything.
    """
    if refused:
        raise RefusedError("This plan may not be applied:\n" + "\n".join(map(str, refused)))
    plan = planned.plan
    if not plan:
        form.nothing(plan.target)
        return ExitCode.DONE
    check_variables(plan, os.environ, planned.declared)
    if not auto_approve:
        target = plan.target
        require_yes(
            f"Apply this to project {target.project_id}, branch {target.branch}?",
            auto_approve=False,
            todo="apply",
            done="applied",
        )
        check_fresh(plan, fetch_live(client))
    plan = encrypt_plan(plan, client, os.environ, planned.live.notes)
    stamp = replace(_stamp(source, message), rolls_back=rolls_back)
    start = time.monotonic()
    try:
        with watched(
            len(plan.steps),
            lambda result: form.result(result, planned.declared),
            session.waits,
            says_all=not form.tells_results,
        ) as ears:
            report = run_plan(
                plan,
                client,
                root=session.root,
                stamp=stamp,
                plan_id=plan_id,
                manner=manner,
                ears=ears,
                holds=planned.holds,
            )
    except KeyboardInterrupt:
        say(f"Stopped at once. The journal of run {stamp.run} knows what was written.")
        say(f"Look at it with `kbsync runs {stamp.run}`.")
        say("Run this again: it goes on from what is live.")
        return InterruptedRunError().exit_code
    ended = Ended(
        report=report,
        target=plan.target,
        stamp=stamp,
        plan_id=plan_id,
        seconds=time.monotonic() - start,
        extent=extent,
        files=planned.declared,
        aside=aside,
    )
    form.end(ended)
    return report.exit_code


def _stamp(source: Source | None, message: str) -> Stamp:
    if source is None:
        return Stamp(message=message, run=new_run_id())
    sha = source.commit[:12] + ("-dirty" if source.dirty else "")
    return Stamp(message=message or source.subject, run=new_run_id(), commit=sha)
