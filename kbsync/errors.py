"""Everything that can go wrong and be explained. Pure.

KbsyncError                   1   something a user can act on
|-- InvalidFilesError         3   files or settings; every problem at once
|-- RefusedError              4   a guard said no; nothing was written
|-- StaleError                5   live moved since the plan was made
|-- AccessError               7   token or permission
|-- ApiError                  8   the API or the network failed
|   `-- NotFoundError         8   the API does not know the thing asked for
|-- UnfinishedError           1   some files were written, not all
|-- UsageError               64   the command was typed wrong
`-- InterruptedRunError     130   Ctrl-C; 143 after SIGTERM
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kbsync.problems import Problem


class ExitCode(IntEnum):
    """What the shell is told. Published in README; never renumber."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    INVALID = 3
    REFUSED = 4
    STALE = 5
    PARTLY_APPLIED = 6
    ACCESS = 7
    API = 8
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


class KbsyncError(Exception):
    """Something a user can act on. Shown as a message and a hint, never as a traceback.

    The message says what and where; *hint* what to do next. Whether anything was written is
    said by the command that was running, because only it knows.
    """

    exit_code = ExitCode.FAILED
    nothing_was_written = True
    """Whether that is certain when this is raised."""
    may_have_happened = False
    """Whether the request that failed may have been carried out all the same."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InvalidFilesError(KbsyncError):
    """Files or settings are wrong. Raised before any request leaves."""

    exit_code = ExitCode.INVALID

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        self.count_text = "1 problem" if count == 1 else f"{count} problems"
        super().__init__(
            "\n".join(str(problem) for problem in self.problems),
            hint=f"Mend {'it' if count == 1 else 'them'} and run this again.",
        )


class RefusedError(KbsyncError):
    """A guard said no. Nothing was written."""

    exit_code = ExitCode.REFUSED


class StaleError(KbsyncError):
    """A live object is not as it was when the plan was made."""

    exit_code = ExitCode.STALE


class AccessError(KbsyncError):
    """The token is missing, wrong, or may not do this.

    `status` is 401 when it is not accepted at all, 403 when it may not do just this, 0 before it
    was shown to anybody.
    """

    exit_code = ExitCode.ACCESS

    def __init__(self, message: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class ApiError(KbsyncError):
    """The API refused a request, failed, or could not be reached.

    `status` is 0 when no answer came. After a lost answer a write may have happened all the same.
    """

    exit_code = ExitCode.API

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int = 0,
        code: str = "",
        exception_id: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.exception_id = exception_id
        self.may_have_happened = not 400 <= status < 500


class NotFoundError(ApiError):
    """The API does not know the thing asked for."""


class UnfinishedError(KbsyncError):
    """It went wrong after some files were written; the message says which."""

    nothing_was_written = False


class UsageError(KbsyncError):
    """The command was typed wrong."""

    exit_code = ExitCode.USAGE


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised where Ctrl-C would be."""

    happened = False
    """Whether it was; a library on the way may turn it into something else."""


class InterruptedRunError(KbsyncError):
    """Somebody stopped the run while it was writing."""

    may_have_happened = True

    def __init__(self) -> None:
        super().__init__("Interrupted")
        self.exit_code = ExitCode.TERMINATED if Terminated.happened else ExitCode.INTERRUPTED
