"""What is wrong with a file, and where. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One thing to mend in one file. Sorts by place, so a report reads top to bottom."""

    file: str
    """Relative to the tree, with forward slashes."""
    line: int
    """From 1; 0 when the problem is the file as a whole."""
    column: int
    """From 1; 0 when the problem is the line or file as a whole."""
    what: str
    """What was found and what was expected, in one sentence without a full stop. Never a secret."""
    todo: str = ""
    """What to do about it, as an imperative sentence without a full stop."""

    def __str__(self) -> str:
        place = ":".join(
            [self.file, *(str(number) for number in (self.line, self.column) if number)]
        )
        return f"{place}: {self.what}" + (f"; {self.todo}" if self.todo else "")


class ProblemError(Exception):
    """Raised inside reading code to stop at one problem; `load` collects them all."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
