"""What became of the steps of a plan. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kbsync.errors import ExitCode, InterruptedRunError, KbsyncError
from kbsync.plan import Step


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
    written: int = 0
    """How many writes the platform confirmed."""
    uncertain: bool = False
    """One more write may have happened: its answer was lost."""
    error: KbsyncError | None = None

    @property
    def touched(self) -> bool:
        return self.written > 0 or self.uncertain


def exit_code(results: Sequence[Result]) -> ExitCode:
    """What the shell is told of *results*."""
    errors = [result.error for result in results if result.error]
    if not errors:
        return ExitCode.DONE
    if isinstance(errors[0], InterruptedRunError):
        return errors[0].exit_code
    touched = any(result.touched for result in results)
    return ExitCode.PARTLY_APPLIED if touched else errors[0].exit_code
