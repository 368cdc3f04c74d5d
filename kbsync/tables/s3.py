"""Bodies of files in Amazon S3, by Amazon's own client. The only home of boto3.

Nothing but what the stack says decides where it goes: the profiles and addresses that a machine may
have for other work with Amazon are left aside.
"""

from __future__ import annotations

import importlib.util
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbsync.api.answers import CHECK_NETWORK
from kbsync.errors import ApiError, KbsyncError
from kbsync.tables.files import S3Place

_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S = 10, 60
_TRIES = 5
"""For one request, by Amazon's client; and for one body that keeps breaking off, without a byte
of progress between two breaks."""
_PIECE = 1024 * 1024
_PART = 16 * 1024 * 1024
_PARTS_AT_ONCE = 4
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
_LONGEST_PAUSE_S = 8.0
_VARIABLES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, "", None),
    "credentials_file": (None, None, "", None),
    "csm_enabled": (None, None, False, None),
}


class ExpiredError(Exception):
    """The credentials are no longer good."""


class BrokenError(ApiError):
    """S3 refused, or could not be reached, however often it was tried."""


def require_s3() -> None:
    """Make sure that Amazon's client is there.

    Raises:
        KbsyncError: It is not installed.
    """
    if importlib.util.find_spec("boto3") is None:
        raise KbsyncError(
            "Moving data needs Amazon's client, which is not installed",
            hint="Install it: pip install 'kbsync[tables]'",
        )


@dataclass(slots=True)
class Position:
    """How far a body was read: what is needed to go on."""

    offset: int = 0
    """In bytes."""
    etag: str = ""
    """Of the body that was begun; `""` before that."""


class S3:
    """One place through its credentials."""

    def __init__(self, place: S3Place, *, patience_s: float) -> None:
        """*patience_s* is for one body: how long the pauses may be, all together."""
        self._place = place
        self._patience_s = patience_s
        self._client = amazon_client(place, _TRIES if patience_s > 0 else 1)

    def __repr__(self) -> str:
        return f"S3({self._place.bucket!r})"

    def close(self) -> None:
        self._client.close()

    def read(self, key: str, position: Position) -> Iterator[bytes]:
        """Yield the body of *key* from *position* on, going on where it breaks off.

        *position* is kept in step, and stands behind what was yielded whatever is raised.

        Raises:
            ExpiredError: New credentials are needed.
            BrokenError: S3 refuses, fails, or has another body there by now.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        tries, waited_s = 0, 0.0
        while True:
            before = position.offset
            try:
                yield from self._rest(key, position)
                return
            except ClientError as error:
                raise _refused(error, f"S3 does not give {key}") from None
            except (BotoCoreError, OSError) as error:
                tries = 1 if position.offset > before else tries + 1
                pause_s = min(0.2 * 2**tries, _LONGEST_PAUSE_S) * random.uniform(0.8, 1.2)
                if tries >= _TRIES or waited_s + pause_s > self._patience_s:
                    raise _broken(
                        error, f"{key} broke off after {position.offset:,} bytes"
                    ) from None
                waited_s += pause_s
                time.sleep(pause_s)

    def _rest(self, key: str, position: Position) -> Iterator[bytes]:
        wanted = {"Bucket": self._place.bucket, "Key": key}
        if position.etag:
            wanted |= {"IfMatch": position.etag, "Range": f"bytes={position.offset}-"}
        answer = self._client.get_object(**wanted)
        position.etag = answer["ETag"]
        with closing(answer["Body"]) as body:
            for piece in body.iter_chunks(_PIECE):
                position.offset += len(piece)
                yield piece

    def write(self, path: Path, on_bytes: Callable[[int], None]) -> None:
        """Bring the file *path* to the place, in parts when it is big; *on_bytes* hears of it.

        Raises:
            ExpiredError: New credentials are needed; nothing is there.
            BrokenError: S3 refuses or fails; nothing is there.
            OSError: The file cannot be read; nothing is there.
        """
        from boto3.exceptions import S3UploadFailedError
        from boto3.s3.transfer import TransferConfig
        from botocore.exceptions import BotoCoreError, ClientError

        place = self._place
        given = {"ACL": place.acl, "ServerSideEncryption": place.encryption}
        what = f"S3 does not take {path.name}"
        try:
            self._client.upload_file(
                str(path),
                place.bucket,
                place.key,
                ExtraArgs={name: value for name, value in given.items() if value},
                Callback=on_bytes,
                Config=TransferConfig(
                    multipart_threshold=_PART,
                    multipart_chunksize=_PART,
                    max_concurrency=_PARTS_AT_ONCE,
                    # What is one part goes without threads, which Ctrl-C would wait for.
                    use_threads=path.stat().st_size >= _PART,
                ),
            )
        except S3UploadFailedError as error:
            # It says the same in words alone.
            cause = error.__cause__ or error.__context__
            raise (
                _refused(cause, what) if isinstance(cause, ClientError) else _broken(error, what)
            ) from None
        except ClientError as error:
            raise _refused(error, what) from None
        except BotoCoreError as error:
            raise _broken(error, what) from None


def amazon_client(place: S3Place, tries: int) -> Any:
    """Return Amazon's own client for *place*; *tries* are for one request."""
    from boto3.session import Session
    from botocore.config import Config
    from botocore.session import Session as CoreSession

    is_here = bool(place.endpoint)
    return Session(botocore_session=CoreSession(session_vars=_VARIABLES)).client(
        "s3",
        region_name=place.region,
        endpoint_url=place.endpoint or None,
        aws_access_key_id=place.credentials.key_id,
        aws_secret_access_key=place.credentials.secret,
        aws_session_token=place.credentials.session,
        config=Config(
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            retries={"total_max_attempts": tries, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path" if is_here else "auto"},
            ignore_configured_endpoint_urls=True,
            defaults_mode="legacy",
            use_fips_endpoint=False,
            use_dualstack_endpoint=False,
            **({"proxies": {}} if is_here else {}),
        ),
    )


def _refused(error: Any, what: str) -> Exception:
    """What an answer of S3 means; it is told by its code, for its text may hold what was signed."""
    told = error.response.get("Error", {})
    code = str(told.get("Code", "")) or "no reason given"
    if code in _EXPIRED:
        return ExpiredError()
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return BrokenError(f"{what}: {code} (HTTP {status})", hint="Run this again.", status=status)


def _broken(error: Exception, what: str) -> BrokenError:
    words = type(error).__name__.removesuffix("Error")
    told = "".join(f" {char.lower()}" if char.isupper() else char for char in words).strip()
    return BrokenError(f"{what}: {told}", hint=CHECK_NETWORK)
