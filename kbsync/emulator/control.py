"""The control endpoints: request log, faults, export and replacement of the project."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, request

from kbsync.emulator import jsontext, project
from kbsync.emulator.calls import answer, answer_value, current, no_content
from kbsync.emulator.errors import ApiError, EmulatorError
from kbsync.emulator.faults import parse_rules
from kbsync.emulator.front import CONTROL, Front
from kbsync.emulator.seed import check_seed

routes = Blueprint("control", __name__, url_prefix=CONTROL)

FRONT = "kbsync.emulator.front"
"""The application extension that holds its `Front`."""


@routes.get("/requests")
def requests() -> Response:
    return answer_value([asdict(entry) for entry in tuple(_front().log)])


@routes.delete("/requests")
def forget_requests() -> Response:
    _front().log.clear()
    return no_content()


@routes.post("/faults")
def add_faults() -> Response:
    _front().faults.add(_checked(parse_rules))
    return no_content()


@routes.delete("/faults")
def clear_faults() -> Response:
    _front().faults.clear()
    return no_content()


@routes.get("/project")
def export() -> Response:
    return answer(project.export_project(current().db))


@routes.put("/project")
def replace() -> Response:
    project.replace_project(current().db, _checked(check_seed))
    return no_content()


def _front() -> Front:
    front: Front = current_app.extensions[FRONT]
    return front


def _checked(parse: Any) -> Any:
    try:
        data = request.get_data()
        jsontext.check(data.decode("utf-8"))
        return parse(json.loads(data))
    except (ValueError, EmulatorError) as error:
        raise ApiError(400, "emulator.invalid", str(error)) from error
