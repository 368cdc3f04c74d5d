"""Storage jobs as text and as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from kbsync.model import Json, JsonObject
from kbsync.render.lines import Line, Role, clip, inert_line, printable
from kbsync.render.tables import table_lines
from kbsync.secrets import mask
from kbsync.tables.job import SUCCESS, Job

FORMAT_VERSION = 1
_HEAD = ("job", "created", "operation", "table", "status", "why")
_WIDEST = 60


def jobs_lines(jobs: Sequence[Job]) -> list[Line]:
    """Return a line for each job, under a line of headings."""
    if not jobs:
        return [Line("The project lists no Storage jobs.")]
    rows = [
        (
            job.id,
            job.created or "-",
            job.operation,
            job.table_id or "-",
            job.status,
            job.error.message if job.error else "",
        )
        for job in jobs
    ]
    shown = [tuple(clip(printable(cell), _WIDEST) for cell in row) for row in rows]
    return [inert_line(line) for line in table_lines(_HEAD, shown, [_role(job) for job in jobs])]


def job_lines(job: Job) -> list[Line]:
    """Return all there is to know of one job; the message of an error whole."""
    return [inert_line(line) for line in _job_lines(job)]


def _job_lines(job: Job) -> Iterator[Line]:
    of = f" of {job.table_id}" if job.table_id else ""
    yield Line(printable(f"Job {job.id}   {job.operation}{of}"), Role.HEADING)
    facts = {
        "Status": job.status,
        "Created": f"{job.created} by {job.author}" if job.author else job.created,
        "Started": job.started,
        "Ended": job.ended,
        "Run": job.run_id,
        "Code": job.error.code if job.error else "",
        "Exception": job.error.exception_id if job.error else "",
    }
    for name, value in facts.items():
        if value:
            role = _role(job) if name == "Status" else Role.PLAIN
            yield Line(f"{name:<11}{printable(value)}", role)
    if job.error:
        yield Line("Error", Role.DANGER)
        for line in (job.error.message or "the platform does not say why").split("\n"):
            yield Line(f"  {printable(line)}")
    yield from _part("Asked for", job.params)
    yield from _part("Results", job.results)


def _part(name: str, value: Json) -> Iterator[Line]:
    if value:
        yield Line(name)
        text = json.dumps(mask(value), ensure_ascii=False, indent=2)
        yield from (Line(f"  {printable(line)}") for line in text.split("\n"))


def _role(job: Job) -> Role:
    if not job.is_over:
        return Role.CHANGED
    return Role.PLAIN if job.status == SUCCESS else Role.DANGER


def jobs_json(jobs: Sequence[Job]) -> str:
    """Return the same for programs."""
    told: list[Json] = [_job(job) for job in jobs]
    return _text({"formatVersion": FORMAT_VERSION, "jobs": told})


def job_json(job: Job) -> str:
    """Return one job for programs."""
    return _text({"formatVersion": FORMAT_VERSION, **_job(job)})


def _job(job: Job) -> JsonObject:
    error: JsonObject | None = None
    if job.error:
        error = {
            "message": job.error.message,
            "code": job.error.code or None,
            "exceptionId": job.error.exception_id or None,
        }
    return {
        "id": job.id,
        "status": job.status,
        "isOver": job.is_over,
        "operation": job.operation,
        "tableId": job.table_id or None,
        "created": job.created or None,
        "started": job.started or None,
        "ended": job.ended or None,
        "runId": job.run_id or None,
        "author": job.author or None,
        "error": error,
        "operationParams": mask(job.params),
        "results": mask(job.results),
    }


def _text(facts: JsonObject) -> str:
    return json.dumps(facts, indent=2) + "\n"
