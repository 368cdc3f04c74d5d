"""An S3-shaped service for file bodies: any signature is taken, path-style addresses only."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Iterator
from typing import IO
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request, send_file

from kbsync.emulator.bodies import query_number
from kbsync.emulator.calls import Call, current, no_content
from kbsync.emulator.errors import ApiError
from kbsync.emulator.front import SLASH
from kbsync.emulator.objects import (
    BUCKET,
    Object,
    delete_objects,
    find_object,
    list_objects,
    put_object,
)

routes = Blueprint("s3", __name__)
_KEY = "/<bucket>/<path:key>"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_PARTS = ".parts"
"""The bucket of parts whose upload is not complete; clients cannot name it."""
_CHUNK = 1024 * 1024
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class S3Error(ApiError):
    """An error in the words of S3."""

    mimetype = "application/xml"

    def body(self) -> str:
        parts = _element("Code", self.code) + _element("Message", self)
        return f"{_DECLARATION}<Error>{parts}</Error>"


@routes.get("/<bucket>")
def index(bucket: str) -> Response:
    """Both versions of the listing: they differ in how they page."""
    _require_bucket(bucket)
    given = request.args
    prefix, limit = given.get("prefix", ""), query_number(request, "max-keys", 1000)
    after = given.get("continuation-token") or given.get("start-after") or given.get("marker", "")
    found = list_objects(current().db, bucket, prefix, after=after, limit=limit + 1)
    page, is_more = found[:limit], len(found) > limit
    parts = [
        _element("Name", bucket),
        _element("Prefix", prefix),
        _element("KeyCount", len(page)),
        _element("MaxKeys", limit),
        _element("IsTruncated", "true" if is_more else "false"),
    ]
    if is_more:
        parts += [_element(name, page[-1].key) for name in ("NextContinuationToken", "NextMarker")]
    return _xml("ListBucketResult", parts + [_listed(item) for item in page])


@routes.get(_KEY)
def get(bucket: str, key: str) -> Response:
    """GET and HEAD, whole or in ranges; the body is sent from the disk."""
    _require_known()
    call = current()
    stored = find_object(call.db, bucket, _decoded(key)) if bucket == BUCKET else None
    if stored is None:
        raise S3Error(404, "NoSuchKey", "The specified key does not exist.")
    answer = send_file(
        call.blobs.path(stored.blob),
        mimetype=stored.content_type,
        etag=stored.etag,
        last_modified=stored.modified,
        conditional=True,
    )
    del answer.headers["Content-Disposition"]
    return answer


@routes.put(_KEY)
def put(bucket: str, key: str) -> Response:
    """A whole object, or one part of an upload."""
    _require_known("uploadId", "partNumber")
    _require_bucket(bucket)
    call, upload = current(), request.args.get("uploadId")
    if upload is not None:
        bucket, key = _PARTS, _part_key(upload, query_number(request, "partNumber", 0))
    stored = put_object(
        call.db,
        call.blobs,
        bucket,
        _decoded(key),
        _body(),
        content_type=request.content_type or "binary/octet-stream",
    )
    return Response(status=200, headers={"ETag": f'"{stored.etag}"'})


@routes.post(_KEY)
def post(bucket: str, key: str) -> Response:
    """Begin an upload in parts, or complete it."""
    _require_known("uploads", "uploadId")
    _require_bucket(bucket)
    key = _decoded(key)
    if "uploads" in request.args:
        upload = secrets.token_hex(16)
        names = {"Bucket": bucket, "Key": key, "UploadId": upload}
        parts = [_element(name, value) for name, value in names.items()]
        return _xml("InitiateMultipartUploadResult", parts)
    return _complete(current(), key, request.args.get("uploadId", ""))


@routes.delete(_KEY)
def delete(bucket: str, key: str) -> Response:
    """Remove an object, or give an upload up; there is no error when nothing is there."""
    _require_known("uploadId")
    call, upload = current(), request.args.get("uploadId")
    if upload is not None:
        delete_objects(call.db, list_objects(call.db, _PARTS, f"{upload}/"))
    elif bucket == BUCKET:
        stored = find_object(call.db, bucket, _decoded(key))
        delete_objects(call.db, [stored] if stored else [])
    return no_content()


def _complete(call: Call, key: str, upload: str) -> Response:
    """Join the parts that the request names, in its order."""
    parts = [find_object(call.db, _PARTS, _part_key(upload, number)) for number in _named_parts()]
    found = [part for part in parts if part is not None]
    if not parts or len(found) < len(parts):
        raise S3Error(400, "InvalidPart", "One or more of the specified parts was not found.")
    digests = b"".join(bytes.fromhex(part.etag) for part in found)
    etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(found)}"
    stored = put_object(
        call.db,
        call.blobs,
        BUCKET,
        key,
        _joined(call, found),
        content_type="binary/octet-stream",
        etag=etag,
    )
    delete_objects(call.db, list_objects(call.db, _PARTS, f"{upload}/"))
    names = {
        "Location": f"{request.host_url}s3/{BUCKET}/{key}",
        "Bucket": BUCKET,
        "Key": key,
        "ETag": f'"{stored.etag}"',
    }
    return _xml(
        "CompleteMultipartUploadResult",
        [_element(name, value) for name, value in names.items()],
    )


def _named_parts() -> list[int]:
    try:
        root = ElementTree.fromstring(request.get_data())
        return [int(item.text or "") for item in root.iter() if item.tag.endswith("PartNumber")]
    except (ElementTree.ParseError, ValueError):
        return []


def _joined(call: Call, parts: Iterable[Object]) -> Iterator[bytes]:
    for part in parts:
        with call.blobs.path(part.blob).open("rb") as file:
            yield from _chunks(file)


def _body() -> Iterator[bytes]:
    is_framed = request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-")
    return _unframed(request.stream) if is_framed else _chunks(request.stream)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: stream.read(_CHUNK), b"")


def _unframed(stream: IO[bytes]) -> Iterator[bytes]:
    """The content of an `aws-chunked` body: each chunk comes after its size in hex."""
    while size := _chunk_size(stream.readline()):
        while size > 0:
            chunk = stream.read(min(size, _CHUNK))
            if not chunk:
                raise S3Error(400, "IncompleteBody", "The body ends inside a chunk.")
            size -= len(chunk)
            yield chunk
        stream.readline()


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0], 16)
    except ValueError:
        raise S3Error(400, "IncompleteBody", "A chunk has no size.") from None


def _require_known(*parameters: str) -> None:
    """Refuse what S3 can do beside this: taken for a plain request it would do harm."""
    if "x-amz-copy-source" in request.headers:
        raise S3Error(501, "NotImplemented", "The emulator copies no objects.")
    for name in request.args:
        if name not in parameters and not name.lower().startswith("x-"):
            raise S3Error(501, "NotImplemented", f"The emulator knows no ?{name} of S3.")


def _require_bucket(bucket: str) -> None:
    if bucket != BUCKET:
        raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist")


def _part_key(upload: str, number: int) -> str:
    return f"{upload}/{number:05}"


def _decoded(key: str) -> str:
    return key.replace(SLASH, "/")


def _listed(item: Object) -> str:
    modified = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(item.modified))
    facts = {
        "Key": item.key,
        "LastModified": modified,
        "ETag": f'"{item.etag}"',
        "Size": item.size,
        "StorageClass": "STANDARD",
    }
    inner = "".join(_element(name, value) for name, value in facts.items())
    return f"<Contents>{inner}</Contents>"


def _element(name: str, value: object) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"


def _xml(root: str, parts: Iterable[str], status: int = 200) -> Response:
    text = f'{_DECLARATION}<{root} xmlns="{_NAMESPACE}">'
    return Response(
        f"{text}{''.join(parts)}</{root}>",
        status,
        mimetype="application/xml",
    )
