"""Takes back what a run has written, after it failed: reads what there is, plans, applies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_configuration, fetch_recorded, fetch_trash, fetch_versions
from kbsync.errors import NotFoundError
from kbsync.model import Key, Version
from kbsync.plans.plan import Plan, Step, deletes_configuration, version_before
from kbsync.run.apply import Manner, OnError, apply
from kbsync.run.result import Result
from kbsync.run.undo import Found, plan_undo
from kbsync.run.writing import Run
from kbsync.workers import in_parallel


def take_back(
    plan: Plan,
    results: Sequence[Result],
    run: Run,
    message: str,
    manner: Manner,
    *,
    on_result: Callable[[Result], None],
) -> tuple[tuple[Result, ...], Mapping[Key, str]]:
    """Bring every configuration that *results* touched back to what it was before.

    Returns a result for each one that was written, and why others were left alone. *message* is the
    stamp of the new versions.
    """
    touched = [result.step for result in results if result.touched]
    trash = fetch_trash(run.client) if any(map(deletes_configuration, touched)) else {}

    def find(step: Step) -> Found:
        return replace(_find(step, run.client, trash), states=run.forgotten.kept)

    found = in_parallel(find, touched, count=manner.parallelism)
    undo = plan_undo(
        results, {step.key: each for step, each in zip(touched, found, strict=True)}, run.message
    )
    undone = apply(
        Plan(target=plan.target, steps=undo.steps),
        replace(run, message=message),
        replace(manner, on_error=OnError.CONTINUE),
        on_result=on_result,
    )
    return undone, undo.left


def _find(step: Step, client: StorageClient, trash: Mapping[Key, Version]) -> Found:
    try:
        live = fetch_configuration(client, step.key)
    except NotFoundError:
        return Found(live=None, recorded={}, since=(), trashed=trash.get(step.key))
    if step.base is None:
        return Found(live=live, recorded={}, since=_versions(step, client), trashed=None)
    recorded = fetch_recorded(client, step.key, step.base.number, live)
    return Found(live=live, recorded=recorded, since=_versions(step, client), trashed=None)


def _versions(step: Step, client: StorageClient) -> tuple[Version, ...]:
    """Return those that were made since *step* was planned."""
    return fetch_versions(client, step.key, after=version_before(step))
