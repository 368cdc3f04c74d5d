"""The queue service: jobs that are created, and finished when they are looked at."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.bodies import Body, query_list, query_number
from kbsync.emulator.branches import find_branch
from kbsync.emulator.calls import Call, answer_value, body, current
from kbsync.emulator.errors import ServiceError
from kbsync.emulator.ids import service_timestamp
from kbsync.emulator.records import find_config
from kbsync.emulator.store import (
    get_document,
    get_setting,
    list_documents,
    next_number,
    put_document,
)

routes = Blueprint("queue", __name__)
_UNFINISHED = ("created", "waiting", "processing")
_MODES = ("run", "forceRun", "debug")


@routes.post("/jobs")
def create() -> Response:
    call = current()
    call.token.require_write()
    given = body()
    component, config = given.text("component"), given.text("config")
    if not component:
        raise _refused(400, "component: This value should not be blank.")
    if not config and not given.has("configData"):
        raise _refused(400, 'One of "config" and "configData" is needed.')
    if given.has("variableValuesId") and given.has("variableValuesData"):
        raise _refused(400, '"variableValuesId" and "variableValuesData" exclude each other.')
    if (given.text("mode") or "run") not in _MODES:
        raise _refused(400, f"mode: must be one of {', '.join(_MODES)}.")
    version = _config_version(call, given, component, config) if config else None
    job = _job(call, given, version)
    put_document(call.db, "queue-job", job["id"], job)
    return answer_value(job, 201)


@routes.get("/jobs/<id:job>")
def detail(job: str) -> Response:
    """The first look at a job finds it finished."""
    call = current()
    found = _find(call, job)
    if not found["isFinished"]:
        found |= {
            "status": "success",
            "isFinished": True,
            "startTime": found["createdTime"],
            "endTime": service_timestamp(),
            "durationSeconds": 0,
            "result": {
                "message": "The emulator runs nothing",
                "configVersion": found.pop("configVersion"),
                "input": {"tables": []},
                "output": {"tables": []},
            },
        }
        put_document(call.db, "queue-job", job, found)
    return answer_value(found)


@routes.post("/jobs/<id:job>/kill")
def kill(job: str) -> Response:
    call = current()
    call.token.require_write()
    found = _find(call, job)
    if found["status"] not in _UNFINISHED:
        raise _refused(400, f'Job "{job}" in status "{found["status"]}" cannot be killed.')
    killed = found | {"status": "terminated", "desiredStatus": "terminating", "isFinished": True}
    put_document(call.db, "queue-job", job, killed)
    return answer_value(killed)


@routes.get("/search/jobs")
def search() -> Response:
    found = [job for job in reversed(list_documents(current().db, "queue-job")) if _matches(job)]
    offset = query_number(request, "offset", 0)
    limit = min(query_number(request, "limit", 100), 500)
    return answer_value(found[offset : offset + limit])


@routes.get("/search/grouped-jobs")
def grouped() -> Response:
    groups: dict[tuple[str, str], list[Any]] = {}
    for job in reversed(list_documents(current().db, "queue-job")):
        if _matches(job):
            groups.setdefault((job["component"], job["config"]), []).append(job)
    return answer_value(
        [
            {"group": {"componentId": component, "configId": config}, "jobs": jobs}
            for (component, config), jobs in groups.items()
        ]
    )


def _matches(job: dict[str, Any]) -> bool:
    for name in ("component", "config", "status", "branchId"):
        wanted = query_list(request, name) or tuple(filter(None, [request.args.get(name)]))
        if wanted and job[name] not in wanted:
            return False
    return True


def _find(call: Call, job: str) -> dict[str, Any]:
    found: dict[str, Any] | None = get_document(call.db, "queue-job", job)
    if found is None:
        raise _refused(404, f'Job "{job}" not found')
    return found


def _config_version(call: Call, given: Body, component: str, config: str) -> str:
    """The version of the stored configuration that would run."""
    branch = find_branch(call.db, given.text("branchId") or None)
    found = find_config(call.db, branch.id, component, config)
    if found is None or found.is_deleted:
        raise _refused(400, f'Configuration "{config}" of component "{component}" not found')
    return str(found.version)


def _job(call: Call, given: Body, version: str | None) -> dict[str, Any]:
    number = str(next_number(call.db, "queue-job", first=900001))
    project = get_setting(call.db, "project")
    return {
        "id": number,
        "runId": number,
        "parentRunId": "",
        "project": {"id": str(project["id"]), "name": project["name"]},
        "token": {"id": str(call.author.id), "description": call.author.description},
        "status": "created",
        "desiredStatus": "processing",
        "mode": given.text("mode") or "run",
        "component": given.text("component"),
        "config": given.text("config"),
        "configData": given.value("configData") or [],
        "configRowIds": list(given.texts("configRowIds")),
        "tag": given.value("tag"),
        "createdTime": service_timestamp(),
        "startTime": None,
        "endTime": None,
        "durationSeconds": None,
        "result": [],
        "usageData": [],
        "isFinished": False,
        "url": f"{request.host_url}queue/jobs/{number}",
        "branchId": given.text("branchId") or None,
        "variableValuesId": given.value("variableValuesId"),
        "variableValuesData": given.value("variableValuesData") or {"values": []},
        "backend": given.value("backend") or [],
        "metrics": {"storage": {"inputTablesBytesSum": 0}, "backend": {"size": None}},
        "behavior": {"onError": None},
        "parallelism": given.value("parallelism"),
        "type": "standard",
        "configVersion": version,
    }


def _refused(status: int, message: str) -> ServiceError:
    return ServiceError(status, message, "job-queue")
