"""Buckets: create, list, change, delete."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from kbsync.emulator.access import manage_buckets, read_bucket, write_bucket
from kbsync.emulator.bodies import query_flag
from kbsync.emulator.calls import Call, answer_value, body, current, no_content
from kbsync.emulator.catalog import (
    STAGES,
    Bucket,
    find_bucket,
    insert_bucket,
    list_buckets,
    list_tables,
    save_bucket,
)
from kbsync.emulator.data_metadata import bucket_entries
from kbsync.emulator.errors import ApiError, invalid_parameter, not_implemented
from kbsync.emulator.jobs import accept_job
from kbsync.emulator.stock import bucket_detail, bucket_json

routes = Blueprint("buckets", __name__)
_ONE = "/buckets/<id:bucket>"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,96}")
_BACKENDS = ("snowflake", "bigquery")
_UNSERVED = ("sourceProjectId", "sourceBucketId", "path", "externalSchema")


@routes.get("/buckets")
def index() -> Response:
    call = current()
    include = request.args.get("include", "").split(",")
    answers: list[dict[str, Any]] = []
    for bucket in list_buckets(call.db, call.branch.id):
        if call.token.may_use_bucket(bucket.id, writes=False):
            item = bucket_json(call.db, bucket)
            if "metadata" in include:
                item["metadata"] = bucket_entries(call.db, bucket)
            if "linkedBuckets" in include:
                item["linkedBucket"] = []
            answers.append(item)
    return answer_value(answers)


@routes.get(_ONE)
def detail(bucket: str) -> Response:
    call, found = read_bucket(bucket)
    return answer_value(bucket_detail(call.db, found))


@routes.post("/buckets")
def create() -> Response:
    call = manage_buckets()
    given = body()
    for name in _UNSERVED:
        if given.has(name):
            raise not_implemented(f"The emulator has no linked or external buckets ({name})")
    name = _valid_name("name", given.text("name", "buckets"))
    stage = given.text("stage", "buckets") or "in"
    if stage not in STAGES:
        raise invalid_parameter("buckets", "stage", "Must be one of in, out.")
    backend = given.text("backend", "buckets") or "snowflake"
    if backend not in _BACKENDS:
        raise invalid_parameter("buckets", "backend", f"Must be one of {', '.join(_BACKENDS)}.")
    display_name = _valid_name("displayName", given.text("displayName", "buckets") or name)
    bucket_id = f"{stage}.c-{name}"
    _require_new(call, bucket_id, stage, display_name)
    bucket = insert_bucket(
        call.db,
        call.branch.id,
        bucket_id,
        display_name=display_name,
        description=given.text("description", "buckets"),
        color=given.text("color", "buckets") or None,
        backend=backend,
    )
    return answer_value(bucket_detail(call.db, bucket), 201)


@routes.put(_ONE)
def update(bucket: str) -> Response:
    call, found = write_bucket(bucket)
    given = body()
    changed = found
    if given.has("displayName"):
        name = _valid_name("displayName", given.text("displayName", "buckets"))
        if name != found.display_name:
            _require_new(call, "", found.stage, name)
        changed = replace(changed, display_name=name)
    if given.has("color"):
        changed = replace(changed, color=given.text("color", "buckets") or None)
    save_bucket(call.db, changed)
    result = bucket_detail(call.db, find_bucket(call.db, call.branch.id, found.id))
    if "async" in request.args and query_flag(request, "async"):
        return accept_job(call, "bucketUpdate", {"bucketId": found.id}, result)
    return answer_value(result)


@routes.delete(_ONE)
def delete(bucket: str) -> Response:
    call = manage_buckets()
    found = find_bucket(call.db, call.branch.id, bucket)
    _require_empty(call, found)
    call.db.execute("DELETE FROM bucket WHERE pk = ?", (found.pk,))
    if query_flag(request, "async"):
        params = {"bucketId": found.id, "force": query_flag(request, "force")}
        return accept_job(call, "bucketDelete", params, None)
    return no_content()


def _require_empty(call: Call, bucket: Bucket) -> None:
    count = len(list_tables(call.db, bucket))
    if count and not query_flag(request, "force"):
        raise ApiError(
            400,
            "buckets.deleteNotEmpty",
            f"Only empty buckets can be deleted. There are {count} tables in the bucket.",
        )


def _require_new(call: Call, bucket_id: str, stage: str, display_name: str) -> None:
    """Ids are unique in a branch, display names in a stage of it."""
    for other in list_buckets(call.db, call.branch.id):
        same_name = other.display_name.lower() == display_name.lower() and other.stage == stage
        if same_name or other.id == bucket_id:
            taken = display_name if same_name else bucket_id
            raise ApiError(
                400,
                "storage.buckets.alreadyExists",
                f'The display name "{taken}" already exists in project.',
            )


def _valid_name(field: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise invalid_parameter(
            "buckets",
            field,
            "Only alphanumeric characters dash and underscores are allowed, 1 to 96 of them.",
        )
    return name
