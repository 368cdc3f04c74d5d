"""Starts Storage jobs, each just once whatever gets lost, and waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from kbsync.api.client import StorageClient
from kbsync.errors import AccessError, ApiError, ExitCode, KbsyncError, NotFoundError, Terminated
from kbsync.model import Json, JsonObject
from kbsync.run.run_id import new_run_id
from kbsync.tables.job import (
    SUCCESS,
    Job,
    JobFailedError,
    StillRunningError,
    StoppedError,
    UnknownJobError,
    read_job,
)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _GROWTH = 0.1, 10.0, 1.5
_PAGE = 100
_TRIES = 3
"""How often a job is looked for whose beginning was not answered."""


def start_job(
    client: StorageClient, method: str, *path: str, body: JsonObject | None = None
) -> Job:
    """Ask for something that the platform does as a job; *path* starts below the branch.

    It is asked for once. When the answer gets lost the job is looked for by a run id that only this
    request has, at most in the newest hundred jobs.

    Raises:
        AccessError: The token may not do this; no job was started.
        ApiError: The platform refused; no job was started.
        UnknownJobError: No answer came and no such job is listed: it may have been started.
        StoppedError: The same, because somebody stopped us.
    """
    run_id = new_run_id()
    try:
        return read_job(client.write(method, *path, body=body, run_id=run_id))
    except KeyboardInterrupt:
        raise _stopped(_unknown("Stopped before the platform answered", StoppedError)) from None
    except ApiError as error:
        if not error.may_have_happened:
            raise
        found = _find(client, run_id)
        if found is None:
            raise _unknown(str(error)) from None
        return found


def _unknown(why: str, kind: type[UnknownJobError] = UnknownJobError) -> UnknownJobError:
    return kind(
        f"{why}. Whether the platform has begun is not known",
        hint="Look for it among the newest jobs before you repeat this: kbsync job list",
    )


def _find(client: StorageClient, run_id: str) -> Job | None:
    with suppress(ApiError, AccessError):
        for attempt in range(1, _TRIES + 1):
            found = [job for job in newest_jobs(client, limit=_PAGE) if job.run_id == run_id]
            if found:
                return found[0]
            if attempt == _TRIES or not client.wait("the answer was lost", attempt):
                break
    return None


def newest_jobs(client: StorageClient, *, limit: int) -> tuple[Job, ...]:
    """Return the project's jobs, the newest first: one request, at most 100 of them."""
    found = client.jobs(limit=limit)
    if not isinstance(found, list):
        raise ApiError("The Storage API answered in an unexpected form: the jobs are not a list")
    return tuple(read_job(job) for job in found)


def fetch_job(client: StorageClient, job_id: str) -> Job:
    """Return a job as it is now.

    Raises:
        NotFoundError: The project has no such job.
    """
    try:
        return read_job(client.job(job_id))
    except NotFoundError:
        raise NotFoundError(
            f"The project has no Storage job {job_id}",
            hint="See them: kbsync job list. The jobs of the Queue, in which components run, are"
            " others.",
            status=404,
        ) from None


def wait_for(
    client: StorageClient,
    job: Job | JsonObject,
    *,
    patience_s: float | None,
    on_news: Callable[[Job], None] = lambda job: None,
) -> Job:
    """Return *job* when it has succeeded. *on_news* hears of every answer.

    Args:
        client: Where the job is.
        job: As it was when it was started. It may be over already.
        patience_s: How long to wait; None: as long as it takes. It is for our waiting alone, the
            platform knows nothing of it.
        on_news: What tells the person.

    Raises:
        JobFailedError: It ended otherwise.
        StillRunningError: *patience_s* are over, or somebody stopped us. The job goes on.
        UnknownJobError: The platform could not be asked any more. The job goes on.
    """
    current = job if isinstance(job, Job) else read_job(job)
    began, pause_s = time.monotonic(), _FIRST_PAUSE_S
    try:
        on_news(current)
        while not current.is_over:
            waited_s = time.monotonic() - began
            if patience_s is not None and waited_s >= patience_s:
                raise StillRunningError(current, f"Waited {waited_s:.0f} s")
            time.sleep(pause_s if patience_s is None else min(pause_s, patience_s - waited_s))
            pause_s = min(pause_s * _GROWTH, _LONGEST_PAUSE_S)
            current = _ask_again(client, current)
            on_news(current)
    except KeyboardInterrupt:
        raise _stopped(StillRunningError(current, "Stopped waiting")) from None
    if current.status != SUCCESS:
        raise JobFailedError(current)
    return current


def _ask_again(client: StorageClient, job: Job) -> Job:
    try:
        return fetch_job(client, job.id)
    except (ApiError, AccessError) as error:
        raise UnknownJobError(
            f"{error}. What becomes of {job.label} is not known; the platform goes on with it",
            hint=f"Look at it again: kbsync job show {job.id}",
        ) from None


def _stopped(error: KbsyncError) -> KbsyncError:
    """Return *error* with the exit code of somebody who stopped us."""
    error.exit_code = ExitCode.TERMINATED if Terminated.happened else ExitCode.INTERRUPTED
    return error


def results_of(job: Job) -> dict[str, Json]:
    """Return the results of a job as an object; the platform also writes `[]` and null for none."""
    return job.results if isinstance(job.results, dict) else {}
