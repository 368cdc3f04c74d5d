"""Carries out a plan: configurations of a tier at the same time, tiers one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from kbsync.errors import AccessError, InterruptedRunError, KbsyncError
from kbsync.model import Key
from kbsync.plans.order import heights
from kbsync.plans.plan import Plan, Step, deletes_configuration
from kbsync.run.result import Outcome, Result
from kbsync.run.writing import Run, write_step
from kbsync.workers import Workers

_LAST_WRITES_S = 8.0
"""How long a run that was stopped waits for the writes in flight."""


class OnError(StrEnum):
    """What to do when a configuration cannot be written."""

    STOP = "stop"
    CONTINUE = "continue"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a plan is carried out."""

    parallelism: int = 8
    on_error: OnError = OnError.STOP
    skip_stale: bool = False
    """Pass over what moved since it was planned, and go on."""


DEFAULT_MANNER = Manner()


def apply(
    plan: Plan,
    run: Run,
    manner: Manner,
    *,
    on_result: Callable[[Result], None] = lambda result: None,
) -> tuple[Result, ...]:
    """Write every step of *plan* and return one result for each, in the order of the plan.

    After a failure no further step begins, unless *manner* says to go on; what was written stays.
    Never raises for what the platform answers. *on_result* hears of each step as it ends, in this
    thread. Once `run` was stopped the writes in flight end, and what did not begin is a result too.
    """
    results: dict[int, Result] = {}
    lost: dict[Key, Key] = {}
    """What must not begin, by the first of those that it would have to come after."""

    def note(result: Result) -> None:
        results[id(result.step)] = result
        on_result(result)
        if result.outcome is not Outcome.APPLIED and not _is_passed_over(result, manner):
            for key in waiting.get(result.step.key, ()):
                lost.setdefault(key, result.step.key)

    waiting = _waiting(plan.steps)
    for steps in _tiers(plan.steps):
        if not _is_over(results.values(), run, manner):
            for step in steps:
                if step.key in lost:
                    note(_not_run(step, lost[step.key]))
            for result in _written([step for step in steps if step.key not in lost], run, manner):
                note(result)
    error = InterruptedRunError() if run.stopped.is_set() else None
    for step in plan.steps:
        if id(step) not in results:
            note(Result(step=step, outcome=Outcome.NOT_RUN, error=error))
    return tuple(results[id(step)] for step in plan.steps)


def _tiers(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Group steps, which stand in the order of writing, that do not depend on each other."""
    height = heights(steps)
    for _, group in groupby(steps, lambda step: height[step.key]):
        yield list(group)


def _waiting(steps: Sequence[Step]) -> dict[Key, list[Key]]:
    """Return which steps come after each one because one of the two refers to the other."""
    found: dict[Key, list[Key]] = {}
    for step in steps:
        for needed in step.needs:
            first, then = step.key, needed
            if not deletes_configuration(step):
                first, then = then, first
            found.setdefault(first, []).append(then)
    return found


def _not_run(step: Step, first: Key) -> Result:
    how = "is needed by" if deletes_configuration(step) else "needs"
    done = "deleted" if deletes_configuration(step) else "written"
    error = KbsyncError(f"{step.key} {how} {first}, which was not {done}")
    return Result(step=step, outcome=Outcome.NOT_RUN, error=error)


def _written(steps: Sequence[Step], run: Run, manner: Manner) -> Iterator[Result]:
    """Write *steps* at the same time; yield their results as they come."""
    workers = Workers(
        lambda step: write_step(step, run),
        steps,
        count=manner.parallelism,
        is_last=lambda result: _is_over([result], run, manner),
    )
    deadline: float | None = None

    def patience() -> float | None:
        nonlocal deadline
        if deadline is None and run.stopped.is_set():
            workers.halt()
            deadline = time.monotonic() + _LAST_WRITES_S
        return deadline

    for _, result in workers.results(patience=patience):
        yield result
    for step in workers.running():
        error = InterruptedRunError()
        yield Result(step=step, outcome=Outcome.FAILED, uncertain=True, error=error)


def _is_over(results: Iterable[Result], run: Run, manner: Manner) -> bool:
    """Whether no further step may begin."""
    return run.stopped.is_set() or any(_ends_the_run(result, manner) for result in results)


def _ends_the_run(result: Result, manner: Manner) -> bool:
    if result.outcome in (Outcome.APPLIED, Outcome.NOT_RUN) or _is_passed_over(result, manner):
        return False
    # A token that is no longer accepted would be refused each time.
    return manner.on_error is not OnError.CONTINUE or isinstance(result.error, AccessError)


def _is_passed_over(result: Result, manner: Manner) -> bool:
    return result.outcome is Outcome.CONFLICT and manner.skip_stale
