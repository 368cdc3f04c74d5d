"""What a check found, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from kbsync.errors import ExitCode, InvalidFilesError, KbsyncError


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The end of one check. Holds no secret."""

    check: str
    verdict: Verdict
    said: str
    todo: str = ""
    exit_code: ExitCode = ExitCode.DONE
    """Of a failure: what other commands would exit with."""


def ok(check: str, said: str) -> Finding:
    return Finding(check=check, verdict=Verdict.OK, said=said)


def warning(check: str, said: str, todo: str) -> Finding:
    return Finding(check=check, verdict=Verdict.WARNING, said=said, todo=todo)


def failed(check: str, said: str, todo: str, exit_code: ExitCode) -> Finding:
    return Finding(check=check, verdict=Verdict.FAILED, said=said, todo=todo, exit_code=exit_code)


def not_checked(check: str, why: str) -> Finding:
    return Finding(check=check, verdict=Verdict.NOT_CHECKED, said=why)


def failed_by(check: str, error: KbsyncError) -> Finding:
    """Return the finding that *error*, on which other commands would end, stands for."""
    if not isinstance(error, InvalidFilesError):
        return failed(check, str(error), error.hint, error.exit_code)
    first, *others = error.problems
    more = f" ({error.count_text}: `kbsync validate` lists them)" if others else ""
    return failed(check, f"{first}{more}", error.hint, error.exit_code)


def tried(check: str, look: Callable[[], Finding]) -> Finding:
    """Return what *look* finds; an error that people can act on is a finding too."""
    try:
        return look()
    except KbsyncError as error:
        return failed_by(check, error)


def exit_code_of(findings: Iterable[Finding]) -> ExitCode:
    """Return that of the first failure."""
    codes = (each.exit_code for each in findings if each.verdict is Verdict.FAILED)
    return next(codes, ExitCode.DONE)
