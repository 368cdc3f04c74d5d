"""What apply did, as text. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from kbsync.plan import Step, deletes_configuration
from kbsync.render.lines import Line, Role, plural, printable
from kbsync.render.outline import count_text
from kbsync.result import Outcome, Result

_ROLES = {
    Outcome.APPLIED: Role.ADDED,
    Outcome.CONFLICT: Role.DANGER,
    Outcome.FAILED: Role.DANGER,
    Outcome.NOT_RUN: Role.MUTED,
}


def result_lines(result: Result) -> list[Line]:
    """One line for a step, and why where it went wrong."""
    role = _ROLES[result.outcome]
    head = f"  {result.outcome:<9} {result.step.key}   {_what(result)}"
    lines = [Line(head.rstrip(), role)]
    if result.error:
        lines.append(Line(f"            {printable(str(result.error))}", role))
        lines.append(Line(f"            {_written(result)}", role))
    return lines


def _what(result: Result) -> str:
    step = result.step
    if result.outcome is not Outcome.APPLIED:
        return count_text(step.changes)
    if deletes_configuration(step):
        return "deleted, to the trash"
    before = f"v{step.base.number} → " if step.base else "created "
    return f"{before}v{result.version}   {count_text(step.changes)}"


def _written(result: Result) -> str:
    if result.uncertain:
        return "The last request may have been carried out: its answer was lost."
    if result.written:
        return f"{plural(result.written, 'request')} of this configuration had been written."
    return "Nothing was written to this configuration."


def summary(results: Sequence[Result], run: str) -> list[Line]:
    """The counts, and what to do next."""
    counts = {
        outcome: sum(1 for result in results if result.outcome is outcome) for outcome in Outcome
    }
    if counts[Outcome.APPLIED] == len(results):
        return [
            Line(f"Applied {len(results)} of {len(results)}: live is as planned. Run {run}"),
            *_undo(results),
        ]
    words = {
        Outcome.APPLIED: "applied",
        Outcome.FAILED: "failed",
        Outcome.CONFLICT: "conflict",
        Outcome.NOT_RUN: "not run",
    }
    parts = [f"{counts[outcome]} {word}" for outcome, word in words.items() if counts[outcome]]
    touched = any(result.touched for result in results)
    return [
        Line(f"{', '.join(parts).capitalize()}. Run {run}", Role.DANGER),
        Line("See what is left with `kbsync plan`." if touched else "Nothing was written."),
        *_undo(results),
    ]


def _undo(results: Sequence[Result]) -> list[Line]:
    commands = [_undo_command(result.step) for result in results if _has_undo(result)]
    return [Line("Undo with:"), *(Line(f"  {command}") for command in commands)] if commands else []


def _has_undo(result: Result) -> bool:
    """Whether a rollback would undo it: metadata and component state are in no version."""
    step = result.step
    if step.base is None or deletes_configuration(step) or not result.touched:
        return False
    return result.version != step.base.number


def _undo_command(step: Step) -> str:
    assert step.base
    return f"kbsync rollback {shlex.quote(str(step.key))} --to-version {step.base.number}"
