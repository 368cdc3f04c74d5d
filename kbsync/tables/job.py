"""A Storage job as the API tells of it, and how one can fail to end well. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kbsync.errors import ApiError, ExitCode, KbsyncError
from kbsync.model import Json, JsonObject
from kbsync.secrets import mask_text

SUCCESS = "success"
_RUNNING = ("waiting", "processing")
_OVER = (SUCCESS, "error", "terminated", "cancelled")
"""Storage jobs have the first two of these; the others are those of the Queue, should they come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job failed, in the platform's words."""

    message: str
    code: str
    exception_id: str

    def __str__(self) -> str:
        details = ", ".join(text for text in (self.code, self.exception_id) if text)
        said = self.message or "the platform does not say why"
        return f"{said} ({details})" if details else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. Times are texts as the platform writes them, `""` while there are none."""

    id: str
    status: str
    operation: str
    """`tableImport`, `tableExport` and so on."""
    table_id: str
    created: str
    started: str
    ended: str
    run_id: str
    author: str
    error: JobError | None
    params: JsonObject
    results: Json
    """What the operation made; after a failure it may hold details of that."""

    @property
    def is_over(self) -> bool:
        return self.status in _OVER or (self.status not in _RUNNING and bool(self.ended))

    @property
    def label(self) -> str:
        """`job 501 (tableImport of in.c-main.orders)`."""
        of = f" of {self.table_id}" if self.table_id else ""
        return f"job {self.id} ({self.operation}{of})"


def read_job(found: Json) -> Job:
    """Read a job.

    Raises:
        ApiError: It has no id or no status, so nothing can be known of it.
    """
    job: Any = found if isinstance(found, dict) else {}
    if not isinstance(job.get("id"), int | str) or not isinstance(job.get("status"), str):
        raise ApiError("The Storage API answered in an unexpected form: a job without id or status")
    author = job.get("creatorToken")
    params = job.get("operationParams")
    return Job(
        id=str(job["id"]),
        status=job["status"],
        operation=_text(job.get("operationName")) or "operation",
        table_id=_text(job.get("tableId")),
        created=_text(job.get("createdTime")),
        started=_text(job.get("startTime")),
        ended=_text(job.get("endTime")),
        run_id=_text(job.get("runId")),
        author=_text(author.get("description")) if isinstance(author, dict) else "",
        error=_error(job),
        params=params if isinstance(params, dict) else {},
        results=job.get("results"),
    )


def _error(job: Any) -> JobError | None:
    error = job.get("error")
    if job["status"] in (SUCCESS, *_RUNNING):
        return None
    known = error if isinstance(error, dict) else {}
    return JobError(
        message=mask_text(_text(known.get("message"))),
        code=_text(known.get("code")),
        exception_id=_text(known.get("exceptionId")),
    )


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


class JobFailedError(KbsyncError):
    """The platform gave a job up. What it says is shown whole."""

    exit_code = ExitCode.API
    nothing_was_written = False

    def __init__(self, job: Job) -> None:
        super().__init__(
            f"{job.label} ended as {job.status}: {job.error}",
            hint=f"All there is to know of it: kbsync job show {job.id}",
        )
        self.job = job


class StillRunningError(KbsyncError):
    """Nobody waits for a job any more; it goes on, and nothing is lost."""

    exit_code = ExitCode.API
    nothing_was_written = False

    def __init__(self, job: Job, why: str) -> None:
        super().__init__(
            f"{why} for {job.label}, which is {job.status}; the platform goes on with it",
            hint=f"Look at it again: kbsync job show {job.id}",
        )
        self.job = job


class UnknownJobError(KbsyncError):
    """An answer was lost, and with it what becomes of something that was asked for."""

    exit_code = ExitCode.API
    nothing_was_written = False
    may_have_happened = True


class StoppedError(UnknownJobError):
    """Somebody stopped us before the answer came."""
