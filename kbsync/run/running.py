"""A run: everything around the writes of a plan. Lock, lease, journal, and the end of all three."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from kbsync.api.client import StorageClient
from kbsync.change import Activation
from kbsync.errors import (
    AccessError,
    ApiError,
    ExitCode,
    InterruptedRunError,
    KbsyncError,
    RefusedError,
)
from kbsync.model import Key
from kbsync.plans.holds import Hold
from kbsync.plans.plan import Plan, deletes_configuration
from kbsync.plans.writes import SCHEDULER_SERVICE, requests_for
from kbsync.run.apply import Manner, OnError, apply
from kbsync.run.deleted import note_deleted
from kbsync.run.encrypting import encryptions_of
from kbsync.run.forgotten import KeptStates
from kbsync.run.holding import Holding
from kbsync.run.journal import FileJournal, JournalError, read_runs
from kbsync.run.lease import Lease
from kbsync.run.lock import locked
from kbsync.run.result import Report, Result, exit_code
from kbsync.run.signals import gently
from kbsync.run.undoing import take_back
from kbsync.run.writing import Run
from kbsync.stamp import Stamp

_AROUND = 2
"""Requests for the lease: one to take it, one to give it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who hears of a run while it goes on, in the main thread."""

    on_result: Callable[[Result], None] = lambda result: None
    on_undone: Callable[[Result], None] = lambda result: None
    """What became of taking a step back."""
    tell: Callable[[str], None] = lambda text: None
    """What people should know that is no result."""


def requests_of(plan: Plan) -> int:
    """How many requests running *plan* takes when nothing goes wrong."""
    if not plan:
        return 0
    notes = 2 * _deletes(plan) + any(step.rejected for step in plan.steps)
    return requests_for(plan.steps) + _AROUND + notes + encryptions_of(plan) + _activates(plan)


def run_plan(
    plan: Plan,
    client: StorageClient,
    *,
    root: Path,
    stamp: Stamp,
    plan_id: str,
    manner: Manner,
    ears: Ears,
    holds: Mapping[Key, Hold] | None = None,
) -> Report:
    """Write *plan*, and take back what was written if it fails and *manner* says so.

    *holds* are those of the branch when the plan was made; new content ends them.

    Raises:
        StaleError: Another run is writing, here or elsewhere. Nothing was written.
        RefusedError: The plan deletes configurations and there is no lease to be had.
        JournalError: There is no place for the journal. Nothing was written.
        ApiError: The scheduler service, which the plan needs, is not to be found. Nothing was
            written.
    """
    if _activates(plan):
        # Now, when nothing is written yet.
        client.find_service(SCHEDULER_SERVICE)
    with locked(root):
        # Whoever holds the lock of this folder knows that the earlier runs of this folder are over.
        over = {record.run for record in read_runs(root)}
        # Before the lease: a run that is killed while it takes it is known as well.
        journal = FileJournal(
            root,
            stamp,
            plan=plan_id,
            stack=plan.target.stack,
            project=plan.target.project_id,
            branch=plan.target.branch,
            objects=[str(step.key) for step in plan.steps],
        )
        lease = Lease(client, stamp.run, _holder())
        run = Run(
            client=client,
            message=str(stamp),
            journal=journal,
            forgotten=KeptStates(root, stamp.run, plan.target),
            may_delete=lambda: lease.is_held,
        )
        outcome = "broke off"
        try:
            # To the very end: whoever stops the run shall hear what it did, and nothing stays held.
            with gently(run.stop), _leased(lease, plan, run, over.__contains__, ears):
                if _deletes(plan):
                    note_deleted(plan, client, stamp.run)
                holding = Holding(holds or {}, client, ears.tell)
                is_held = holding.place(plan, stamp, _holder())
                report = _carried_out(plan, run, stamp, manner, ears)
                report = replace(report, is_held=is_held)
                holding.settle(report)
                outcome = report.exit_code.name.lower()
        except KbsyncError as error:
            outcome = error.exit_code.name.lower()
            raise
        finally:
            try:
                journal.end(outcome)
            except JournalError as error:  # what was written must be told all the same
                ears.tell(str(error))
    return report


def _carried_out(plan: Plan, run: Run, stamp: Stamp, manner: Manner, ears: Ears) -> Report:
    results = apply(plan, run, manner, on_result=ears.on_result)
    failed = exit_code(results) is not ExitCode.DONE
    if manner.on_error is not OnError.ROLLBACK or not failed or run.stopped.is_set():
        return Report(results=results)
    ears.tell("Taking back what was written.")
    back = str(replace(stamp, message=f"Take back: {stamp.message}", rolls_back=()))
    undone, left = take_back(plan, results, run, back, manner, on_result=ears.on_undone)
    return Report(results=results, undone=undone, left=left)


@contextmanager
def _leased(
    lease: Lease, plan: Plan, run: Run, is_over: Callable[[str], bool], ears: Ears
) -> Iterator[None]:
    try:
        _take(lease, plan, run, is_over, ears)
        yield
    finally:
        lease.release()


def _take(lease: Lease, plan: Plan, run: Run, is_over: Callable[[str], bool], ears: Ears) -> None:
    """Take *lease*, if it is to be had or needed."""
    try:
        notices = lease.take(is_over)
    except (AccessError, ApiError) as error:
        if isinstance(error, AccessError) and error.status == 401:
            raise  # whatever comes next would be refused as well
        if _deletes(plan):
            raise RefusedError(
                f"There is no lease to be had on the branch, without which nothing is deleted: "
                f"{error}",
                hint="Two runs that delete the same configuration would purge it. "
                "Use a token that may write the metadata of the branch.",
            ) from None
        ears.tell(f"There is no lease to be had on the branch: {error}. Going on without.")
        notices = []
    if run.stopped.is_set():
        raise InterruptedRunError
    for notice in notices:
        ears.tell(notice)


def _deletes(plan: Plan) -> bool:
    return any(deletes_configuration(step) for step in plan.steps)


def _activates(plan: Plan) -> bool:
    return any(isinstance(change, Activation) for change in plan.changes)


def _holder() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # a user without a name
        return socket.gethostname()
