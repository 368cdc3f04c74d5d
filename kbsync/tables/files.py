"""The file service of a stack: where the body of a file lies, and the way to get there.

The API knows files, their bodies lie at a provider. It lends credentials for one file; they are in
no message and no repr.

Where a body is sent to: the provider's own address of the bucket and region that the stack names.
Only a stack on this machine may name another address, which has to be on this machine too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kbsync.api.client import StorageClient
from kbsync.errors import ApiError, KbsyncError
from kbsync.model import Json, JsonObject
from kbsync.stack import is_loopback

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_PROVIDERS = {"azure": "Azure Blob Storage", "gcp": "Google Cloud Storage"}


class UnknownProviderError(KbsyncError):
    """The stack keeps its files where kbsync cannot bring or fetch any."""

    def __init__(self, provider: str) -> None:
        name = _PROVIDERS.get(provider, provider or "a provider it does not name")
        super().__init__(
            f"This stack keeps its files at {name}, and kbsync moves data through Amazon S3 only",
            hint="Reading works everywhere: `kbsync table preview`. For this one use the platform's"
            " own forms or its official client.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the stack lends for one file, for some hours."""

    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    session: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """Where a body lies in Amazon S3, or is to be brought."""

    file_id: str
    bucket: str
    key: str
    """Of a sliced file: what the keys of its manifest and its slices begin with."""
    region: str
    endpoint: str
    """Of a stack on this machine; `""`: Amazon's own for the region."""
    credentials: Credentials
    is_sliced: bool = False
    size: int | None = None
    """In bytes, all slices together; None when the stack does not tell."""
    acl: str = ""
    encryption: str = ""
    """The two that an upload has to ask for."""


def prepare_upload(client: StorageClient, name: str, size: int) -> S3Place:
    """Announce a file of *size* bytes and return where to bring it.

    Repeated when its answer gets lost: a file that stays without a body is nothing, and vanishes by
    itself.

    Raises:
        UnknownProviderError: The stack keeps its files elsewhere.
        ApiError: The stack refuses, or names a place that nothing may be sent to.
    """
    body: JsonObject = {
        "name": re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII) or "data",
        "sizeBytes": size,
        "federationToken": True,
        "isEncrypted": True,
        "tags": ["kbsync"],
    }
    found = client.prepare_file(body)
    try:
        return _upload_place(found, client.stack)
    except KbsyncError:
        forget(client, _id_of(found))
        raise


def renewed_upload(client: StorageClient, place: S3Place) -> S3Place:
    """Return *place* with new credentials."""
    found = client.write("PUT", "files", place.file_id, "refresh")
    return _upload_place(found, client.stack)


def download_place(client: StorageClient, file_id: str) -> S3Place:
    """Return where the body of a file is to be fetched, with new credentials.

    Raises:
        UnknownProviderError: The stack keeps its files elsewhere.
        NotFoundError: There is no such file.
        ApiError: The stack names a place that nothing may be asked of.
    """
    found = client.read("files", file_id, query={"federationToken": "1"})
    file = _object(found)
    _require_aws(file)
    path = _object(file.get("s3Path"))
    return _place(file, path, file.get("credentials"), client.stack)


def forget(client: StorageClient, file_id: str) -> None:
    """Delete a file that never got its body; that it stays is no harm."""
    try:
        client.write("DELETE", "files", file_id)
    except KbsyncError:
        return


def _upload_place(found: Json, stack: str) -> S3Place:
    file = _object(found)
    _require_aws(file)
    params = _object(file.get("uploadParams"))
    return _place(file, params, params.get("credentials"), stack)


def _place(file: Any, path: Any, credentials: Json, stack: str) -> S3Place:
    """Read a place, which comes from outside and decides where data and credentials go.

    Raises:
        ApiError: Something in it is missing, or is nothing that S3 has.
    """
    bucket, key, region = (
        _text(value) for value in (path.get("bucket"), path.get("key"), file.get("region"))
    )
    if not (_BUCKET.fullmatch(bucket) and _REGION.fullmatch(region) and key):
        raise _odd("the place of a file")
    size = file.get("sizeBytes")
    return S3Place(
        file_id=_id_of(file),
        bucket=bucket,
        key=key,
        region=region,
        endpoint=_endpoint(stack, _text(file.get("url")), bucket),
        credentials=_credentials(credentials),
        is_sliced=file.get("isSliced") is True,
        size=size if isinstance(size, int) and size > 0 else None,
        acl=_text(path.get("acl")),
        encryption=_text(path.get("x-amz-server-side-encryption")),
    )


def _endpoint(stack: str, url: str, bucket: str) -> str:
    if not (_is_here(stack) and _is_here(url)):
        return ""
    start, found, _ = url.partition(f"/{bucket}/")
    return start if found else ""


def _is_here(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and is_loopback(parts.hostname or "")
    except ValueError:
        return False


def _credentials(found: Json) -> Credentials:
    given = _object(found)
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    key_id, secret, session = (_text(given.get(name)) for name in names)
    if not (key_id and secret and session):
        raise _odd("the credentials of a file")
    return Credentials(key_id=key_id, secret=secret, session=session)


def _require_aws(file: Any) -> None:
    provider = _text(file.get("provider"))
    if provider != "aws":
        raise UnknownProviderError(provider)


def _id_of(found: Json) -> str:
    file_id = _object(found).get("id")
    if not isinstance(file_id, int | str) or not str(file_id).isdecimal():
        raise _odd("a file")
    return str(file_id)


def _object(value: Json) -> Any:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _odd(what: str) -> ApiError:
    return ApiError(f"The Storage API answered in an unexpected form: {what} is not told in full")
