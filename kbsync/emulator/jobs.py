"""Storage jobs. Their work is done before they are answered; only the first answer says so not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.bodies import query_list, query_number
from kbsync.emulator.calls import Call, answer_value, current
from kbsync.emulator.errors import ApiError
from kbsync.emulator.ids import timestamp
from kbsync.emulator.store import get_document, list_documents, next_number, put_document

routes = Blueprint("jobs", __name__)

_METRICS = {
    "inCompressed": False,
    "inBytes": 0,
    "inBytesUncompressed": 0,
    "outCompressed": False,
    "outBytes": 0,
    "outBytesUncompressed": 0,
}


@routes.get("/jobs")
def index() -> Response:
    wanted = query_list(request, "storage_job_status")
    unwanted = query_list(request, "excluded_storage_job_status")
    jobs = [
        job
        for job in reversed(list_documents(current().db, "job"))
        if (not wanted or job["status"] in wanted) and job["status"] not in unwanted
    ]
    offset = query_number(request, "offset", 0)
    return answer_value(jobs[offset : offset + query_number(request, "limit", 20)])


@routes.get("/jobs/<id:job>")
def detail(job: str) -> Response:
    found = get_document(current().db, "job", job)
    if found is None:
        raise ApiError(404, "storage.jobs.notFound", f'Job "{job}" not found')
    return answer_value(found)


def run_job(
    call: Call,
    operation: str,
    params: Mapping[str, Any],
    work: Callable[[], Any],
    *,
    table_id: str | None = None,
) -> Response:
    """Do *work* as a job: what it refuses becomes the job's error, and its writes are undone."""
    error, mark = None, call.blobs.mark()
    call.db.execute("SAVEPOINT job")
    try:
        results = work()
    except ApiError as refused:
        call.db.execute("ROLLBACK TO job")
        call.blobs.rewind(mark)
        results, error = refused.extra.get("results"), _job_error(refused)
    call.db.execute("RELEASE job")
    return accept_job(call, operation, params, results, table_id=table_id, error=error)


def _job_error(error: ApiError) -> dict[str, Any]:
    exception_id = json.loads(error.body())["exceptionId"]
    return {
        "code": error.code,
        "message": str(error),
        "exceptionId": exception_id,
        "contextParams": [],
        "uuid": str(uuid.uuid4()),
    }


def accept_job(
    call: Call,
    operation: str,
    params: Mapping[str, Any],
    results: Any,
    *,
    table_id: str | None = None,
    error: Mapping[str, Any] | None = None,
) -> Response:
    """Answer 202 with a waiting job, whose first poll will find it finished.

    Args:
        call: The request whose work is done, or has failed.
        operation: The job's `operationName`.
        params: Its `operationParams`.
        results: Object, list or None; on failure the details next to *error*.
        table_id: The table it is about.
        error: `code`, `message` and so on, if the job is to fail.
    """
    number = next_number(call.db, "job", first=50001)
    waiting: dict[str, Any] = {
        "id": number,
        "status": "waiting",
        "url": f"{request.host_url}v2/storage/jobs/{number}",
        "tableId": table_id,
        "operationName": operation,
        "operationParams": params,
        "createdTime": timestamp(),
        "startTime": None,
        "endTime": None,
        "runId": request.headers.get("X-KBC-RunId"),
        "results": None,
        "creatorToken": {"id": str(call.author.id), "description": call.author.description},
        "metrics": _METRICS,
    }
    finished = {
        **waiting,
        "status": "error" if error else "success",
        "startTime": timestamp(),
        "endTime": timestamp(),
        "results": results,
    }
    if error:
        finished["error"] = error
    put_document(call.db, "job", str(number), finished)
    return answer_value(waiting, 202)
