"""Files: what the API knows about them. Their bodies go through the S3-shaped service."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from kbsync.emulator.bodies import query_flag, query_list, query_number
from kbsync.emulator.calls import Call, answer_value, body, current, no_content
from kbsync.emulator.errors import ApiError, access_denied, invalid_parameter, invalid_request
from kbsync.emulator.ids import timestamp
from kbsync.emulator.objects import BUCKET, REGION, delete_objects, find_object, list_objects
from kbsync.emulator.store import (
    delete_document,
    get_document,
    get_setting,
    list_documents,
    next_number,
    put_document,
)
from kbsync.emulator.table_csv import Source

routes = Blueprint("files", __name__)
_ONE = "/files/<id:file>"
_KIND = "file"
_MANIFEST = "manifest"
_MAX_AGE_DAYS = 15
_CREDENTIALS_HOURS = 12


@routes.post("/files/prepare")
def prepare() -> Response:
    call = current()
    call.token.require_write()
    given = body()
    name = given.text("name", "files")
    if not name:
        raise invalid_parameter("files", "name", "This value should not be blank.")
    if not given.flag("federationToken", "files"):
        raise invalid_parameter(
            "files", "federationToken", "Files are uploaded with a federation token only."
        )
    size = given.text("sizeBytes", "files")
    file = new_file(
        call,
        name,
        tags=given.texts("tags", "files"),
        is_sliced=given.flag("isSliced", "files"),
        is_encrypted=given.flag("isEncrypted", "files"),
        is_public=given.flag("isPublic", "files"),
        max_age_days=None if given.flag("isPermanent", "files") else _MAX_AGE_DAYS,
        size=int(size) if size.isdecimal() else None,
    )
    return answer_value(_shown(call, file) | _upload(file), 201)


@routes.get("/files")
def index() -> Response:
    call = current()
    if "tags" in request.args:
        raise invalid_request("tags", "This value should be of type array.", "storage.validation")
    query_flag(request, "showExpired")
    matching = [file for file in reversed(list_documents(call.db, _KIND)) if _matches(call, file)]
    offset = query_number(request, "offset", 0)
    page = matching[offset : offset + query_number(request, "limit", 100)]
    return answer_value([_shown(call, file) for file in page])


@routes.get(_ONE)
def detail(file: str) -> Response:
    call = current()
    found = find_file(call, file)
    shown = _shown(call, found)
    if query_flag(request, "federationToken"):
        shown |= {
            "s3Path": {"bucket": BUCKET, "key": found["key"]},
            "credentials": _credentials(),
        }
    return answer_value(shown)


@routes.delete(_ONE)
def delete(file: str) -> Response:
    call, found = _writable(file)
    delete_objects(call.db, list_objects(call.db, BUCKET, found["key"]))
    delete_document(call.db, _KIND, file)
    return no_content()


@routes.post(_ONE + "/tags")
def add_tag(file: str) -> Response:
    call, found = _writable(file)
    tag = body().text("tag", "files")
    if not tag:
        raise invalid_parameter("files", "tag", "This value should not be blank.")
    found["tags"] = list(dict.fromkeys([*found["tags"], tag]))
    put_document(call.db, _KIND, file, found)
    return answer_value(_shown(call, found), 201)


@routes.delete(_ONE + "/tags/<id:tag>")
def remove_tag(file: str, tag: str) -> Response:
    call, found = _writable(file)
    found["tags"] = [other for other in found["tags"] if other != tag]
    put_document(call.db, _KIND, file, found)
    return no_content()


@routes.put(_ONE + "/refresh")
def refresh(file: str) -> Response:
    call, found = _writable(file)
    return answer_value(_shown(call, found) | _upload(found))


def new_file(
    call: Call,
    name: str,
    *,
    tags: Sequence[str] = (),
    is_sliced: bool = False,
    is_encrypted: bool = True,
    is_public: bool = False,
    max_age_days: int | None = _MAX_AGE_DAYS,
    size: int | None = None,
) -> dict[str, Any]:
    """Note a file that is still without a body; None as *max_age_days* keeps it for ever."""
    number = next_number(call.db, _KIND, first=700001)
    project = get_setting(call.db, "project")["id"]
    run_id = request.headers.get("X-KBC-RunId")
    file = {
        "id": number,
        "created": timestamp(),
        "isPublic": is_public,
        "isSliced": is_sliced,
        "isEncrypted": is_encrypted,
        "name": name,
        "sizeBytes": size,
        "tags": list(dict.fromkeys(tags)),
        "maxAgeDays": max_age_days,
        "runIds": [run_id] if run_id else [],
        "creatorToken": {"id": call.author.id, "description": call.author.description},
        "uuid": str(uuid.uuid4()),
        "key": f"exp-15/{project}/files/{number}.{quote(name, safe='')}",
    }
    put_document(call.db, _KIND, str(number), file)
    return file


def find_file(call: Call, file_id: str) -> dict[str, Any]:
    found: dict[str, Any] | None = get_document(call.db, _KIND, file_id)
    if found is None:
        raise ApiError(404, "storage.files.notFound", f'File "{file_id}" not found')
    if not _may_see(call, found):
        raise access_denied()
    return found


def save_file(call: Call, file: dict[str, Any]) -> None:
    put_document(call.db, _KIND, str(file["id"]), file)


def file_sources(call: Call, file_id: str) -> list[Source]:
    """The pieces of an uploaded file, each to be opened when it is wanted."""
    file = find_file(call, file_id)
    keys = _slice_keys(call, file) if file["isSliced"] else [file["key"]]
    return [_source(call, file, key) for key in keys]


def slice_url(key: str) -> str:
    """How a manifest names a slice."""
    return f"s3://{BUCKET}/{key}"


def manifest_key(file: dict[str, Any]) -> str:
    return f"{file['key']}{_MANIFEST}"


def _slice_keys(call: Call, file: dict[str, Any]) -> list[str]:
    source = _source(call, file, manifest_key(file))
    try:
        with source() as stream:
            entries = json.load(stream)["entries"]
        return [entry["url"].removeprefix(slice_url("")) for entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ApiError(
            400, "storage.files.invalidManifest", "The manifest of the sliced file is not valid."
        ) from error


def _source(call: Call, file: dict[str, Any], key: str) -> Source:
    stored = find_object(call.db, BUCKET, key)
    if stored is None:
        raise ApiError(
            400, "storage.fileNotUploaded", f'File "{file["id"]}" was not uploaded: {key}'
        )
    path = call.blobs.path(stored.blob)
    return lambda: path.open("rb")


def _writable(file_id: str) -> tuple[Call, dict[str, Any]]:
    call = current()
    call.token.require_write()
    return call, find_file(call, file_id)


def _may_see(call: Call, file: dict[str, Any]) -> bool:
    own = file["creatorToken"]["id"] == call.author.id
    return own or bool(call.token.detail["canReadAllFileUploads"])


def _matches(call: Call, file: dict[str, Any]) -> bool:
    """Whether a file has all that the list's parameters ask for."""
    run_id = request.args.get("runId", "")
    words = request.args.get("q", "").replace("*", " ").split()
    return (
        _may_see(call, file)
        and set(query_list(request, "tags")) <= set(file["tags"])
        and (not run_id or run_id in file["runIds"])
        and query_number(request, "sinceId", 0) < file["id"]
        and file["id"] < query_number(request, "maxId", file["id"] + 1)
        and all(_has_word(file, word) for word in words)
    )


def _has_word(file: dict[str, Any], word: str) -> bool:
    """The part of Elastic's query language that is served: words, `name:` and `tags:`."""
    field, colon, value = word.rpartition(":")
    value = value.strip('"').lower()
    in_name = value in file["name"].lower()
    in_tags = value in [tag.lower() for tag in file["tags"]]
    match field if colon else "":
        case "name":
            return in_name
        case "tags":
            return in_tags
        case _:
            return in_name or in_tags


def _shown(call: Call, file: dict[str, Any]) -> dict[str, Any]:
    """A file as answered. Its size is that of what was uploaded, once there is something."""
    key = manifest_key(file) if file["isSliced"] else file["key"]
    url = f"{request.host_url}s3/{BUCKET}/{quote(key)}"
    stored = list_objects(call.db, BUCKET, file["key"])
    sizes = [item.size for item in stored if item.key != manifest_key(file)]
    run_ids = file["runIds"]
    shown = {name: value for name, value in file.items() if name != "key"}
    return shown | {
        "url": f"{url}?X-Amz-Expires=3600&X-Amz-Signature=emulated",
        "fileType": None,
        "provider": "aws",
        "region": REGION,
        "sizeBytes": sum(sizes) if sizes else file["sizeBytes"],
        "runId": run_ids[0] if run_ids else None,
    }


def _upload(file: dict[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {
        "key": file["key"],
        "bucket": BUCKET,
        "acl": "public-read" if file["isPublic"] else "private",
        "credentials": _credentials(),
    }
    if file["isEncrypted"]:
        params["x-amz-server-side-encryption"] = "AES256"
    return {"uploadParams": params}


def _credentials() -> dict[str, str]:
    """What S3 clients need to sign with; the emulator's service takes any signature."""
    return {
        "AccessKeyId": "EMULATED-KEY-ID",
        "SecretAccessKey": "emulated-secret",
        "SessionToken": "emulated-session",
        "Expiration": timestamp(time.time() + _CREDENTIALS_HOURS * 3600),
    }
