"""What became of the steps of a plan. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kbsync.errors import ExitCode, InterruptedRunError, KbsyncError
from kbsync.model import Key
from kbsync.plans.plan import Step, Target
from kbsync.stamp import Stamp


class Outcome(StrEnum):
    """What became of one step."""

    APPLIED = "ok"
    CONFLICT = "conflict"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One step and what became of it."""

    step: Step
    outcome: Outcome
    version: int | None = None
    """After the writes; None when the configuration is gone or was not read again."""
    already: bool = False
    """Live was as planned before anything was written."""
    written: int = 0
    """How many writes the platform confirmed."""
    uncertain: bool = False
    """One more write may have happened: its answer was lost."""
    settled: int = 0
    """How many answers were lost, of writes that were found carried out by reading."""
    failed_at: Key | None = None
    """The configuration or row whose write went wrong; None where reading did."""
    error: KbsyncError | None = None

    @property
    def touched(self) -> bool:
        return self.written > 0 or self.uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a run."""

    results: tuple[Result, ...]
    """In the order of the plan."""
    undone: tuple[Result, ...] = ()
    """Of taking the run back, where that was asked for."""
    left: Mapping[Key, str] = field(default_factory=dict)
    """What was not taken back, and why."""
    is_held: bool = True
    """Whether holds could be placed, where the plan was to place any."""

    @property
    def rejected(self) -> tuple[Result, ...]:
        """What was written instead of content that is to be held."""
        return tuple(each for each in self.results if each.step.rejected and each.touched)

    @property
    def exit_code(self) -> ExitCode:
        return exit_code(self.results)


class Extent(StrEnum):
    """How much of what the files of a commit say a plan was made for."""

    COMMIT = "commit"
    """All of it."""
    PART = "part"
    """Some configurations of it, or nobody knows which."""
    OTHER = "other"
    """It is no commit that the plan was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What is told beside a plan."""

    left: Mapping[Key, str] = field(default_factory=dict)
    """What it leaves as it is, and why."""
    notes: tuple[str, ...] = ()
    """What else a person should know."""


NOTHING_ASIDE = Aside()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run that is over, and what it was a run of."""

    report: Report
    target: Target
    stamp: Stamp
    plan_id: str
    """`""` for a plan that has none."""
    seconds: float
    extent: Extent = Extent.OTHER
    files: Mapping[Key, str] = field(default_factory=dict)
    """The file that declares an object, where the tree is known."""
    aside: Aside = NOTHING_ASIDE


def exit_code(results: Sequence[Result]) -> ExitCode:
    """What the shell is told of *results*."""
    errors = [result.error for result in results if result.error]
    if not errors:
        return ExitCode.DONE
    stop = next((error for error in errors if isinstance(error, InterruptedRunError)), None)
    if stop:
        return stop.exit_code
    touched = any(result.touched for result in results)
    return ExitCode.PARTLY_APPLIED if touched else errors[0].exit_code
