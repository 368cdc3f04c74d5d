"""What stands before the application: request log, latency, rate limit, faults."""

from __future__ import annotations

import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, NoReturn, assert_never
from urllib.parse import quote, unquote_to_bytes

from kbsync.emulator.errors import error_body
from kbsync.emulator.faults import Edit, Faults, Rule

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL = "/_emulator"
"""Paths below it are not logged, slowed down, or failed."""

SLASH = "\ue000"
"""Stands for a percent-encoded slash while a path is routed; no client can send it by accident."""

SEVER = "kbsync.emulator.sever"
"""The key of the WSGI environment for a function that breaks the connection; `serve` puts it."""


_LOG_LENGTH = 100_000
"""So many of the newest requests are remembered."""


@dataclass(slots=True)
class Entry:
    """One line of the request log."""

    method: str
    path: str
    query: str
    status: int | None = None
    """None until answered, and when the connection was broken instead."""


@dataclass(slots=True)
class Reply:
    """A whole response, held back so that a fault can touch it."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Front:
    """A WSGI application around the real one."""

    app: WSGIApplication
    faults: Faults = field(default_factory=Faults)
    latency_s: float = 0.0
    rate_limit: float | None = None
    """Requests per second that are served; what comes faster is answered 429."""
    closing: threading.Event = field(default_factory=threading.Event)
    """Set when the server stops: nobody sleeps on."""
    log: deque[Entry] = field(default_factory=lambda: deque(maxlen=_LOG_LENGTH))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _credit: float = 1.0
    _credited: float = field(default_factory=time.monotonic)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = _sent_path(environ)
        environ["PATH_INFO"] = _routing_path(path)
        if path == CONTROL or path.startswith(CONTROL + "/"):
            return self.app(environ, start_response)
        entry = Entry(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""))
        self.log.append(entry)
        reply = self._interference(environ, entry)
        if reply is None:
            return self.app(environ, _noting(entry, start_response))
        entry.status = int(reply.status[:3])
        start_response(reply.status, reply.headers)
        return [reply.body]

    def _interference(self, environ: WSGIEnvironment, entry: Entry) -> Reply | None:
        """What is answered in the place of the real application, if anything is."""
        if self.latency_s:
            self.closing.wait(self.latency_s)
        if (wait_s := self._wait_s()) > 0:
            return _too_many(wait_s)
        rule = self.faults.take(entry.method, entry.path, entry.query)
        return None if rule is None else self._fail(rule, environ)

    def _fail(self, rule: Rule, environ: WSGIEnvironment) -> Reply:
        """Do what *rule* says, before or after the real application has done its part."""
        reply = _run(self.app, environ) if rule.when == "after" else None
        match rule.action:
            case "status":
                return _made_up(rule)
            case "truncate":
                return _truncated(reply or _made_up(rule))
            case "delay":
                self.closing.wait(rule.seconds)
                return reply or _run(self.app, environ)
            case "hang":
                self.closing.wait(rule.seconds)
                return _sever(environ)
            case "reset":
                return _sever(environ)
            case "edit":
                assert rule.edit
                refused = _do(self.app, rule.edit, environ)
                return refused or reply or _run(self.app, environ)
            case _:
                assert_never(rule.action)

    def _wait_s(self) -> float:
        """Spend one request of the rate limit; return how long the caller should have waited."""
        if self.rate_limit is None:
            return 0.0
        with self._lock:
            now = time.monotonic()
            most = max(1.0, self.rate_limit)
            self._credit = min(most, self._credit + (now - self._credited) * self.rate_limit)
            self._credited = now
            if self._credit < 1:
                return (1 - self._credit) / self.rate_limit
            self._credit -= 1
        return 0.0


def _noting(entry: Entry, start_response: StartResponse) -> StartResponse:
    """*start_response*, with the status written into the log on the way.

    Bodies go by without being held: files may be large.
    """

    def noted(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        entry.status = int(status[:3])
        return start_response(status, headers, exc_info)

    return noted


def _run(app: WSGIApplication, environ: WSGIEnvironment) -> Reply:
    """Call *app* and hold its whole response."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    late: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        started.append((status, headers))
        return late.append

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started[-1]
    return Reply(status, headers, b"".join(late) + body)


def _do(app: WSGIApplication, edit: Edit, environ: WSGIEnvironment) -> Reply | None:
    """Make the request of *edit*, which no log tells of; a reply when it was refused."""
    path, _, query = f"/v2/storage/{edit.path}".partition("?")
    made = {name: item for name, item in environ.items() if not name.startswith("HTTP_")}
    reply = _run(
        app,
        made
        | {
            "REQUEST_METHOD": edit.method,
            "REQUEST_URI": path,
            "PATH_INFO": _routing_path(path),
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(edit.body)),
            "wsgi.input": BytesIO(edit.body),
            "HTTP_HOST": environ.get("HTTP_HOST", "localhost"),
            "HTTP_X_STORAGEAPI_TOKEN": edit.token,
        },
    )
    if int(reply.status[:3]) < 400:
        return None
    said = f"{edit.method} {edit.path}: {reply.status}: {reply.body.decode(errors='replace')}"
    return _json_reply(500, error_body(f"Emulated edit refused: {said}", "emulator.edit"), ())


def _made_up(rule: Rule) -> Reply:
    return _json_reply(rule.status, rule.body, rule.headers)


def _too_many(wait_s: float) -> Reply:
    body = error_body("Too many requests", "emulator.rateLimit")
    return _json_reply(429, body, (("Retry-After", str(math.ceil(wait_s))),))


def _json_reply(status: int, body: str, headers: Iterable[tuple[str, str]]) -> Reply:
    data = body.encode()
    own = {"content-type": "application/json", "content-length": str(len(data))}
    given = {name.lower(): text for name, text in headers}
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Emulated"
    return Reply(f"{status} {phrase}", list((own | given).items()), data)


def _truncated(reply: Reply) -> Reply:
    """Announce the whole body and send half of it; the server then closes the connection."""
    return Reply(reply.status, reply.headers, reply.body[: len(reply.body) // 2])


def _sever(environ: WSGIEnvironment) -> NoReturn:
    if sever := environ.get(SEVER):
        sever()
    raise RuntimeError("this WSGI server cannot break connections; use `kbsync emulator`")


def _sent_path(environ: WSGIEnvironment) -> str:
    """The path as it was sent, still percent-encoded."""
    uri: str = environ.get("REQUEST_URI") or quote(environ["PATH_INFO"].encode("latin-1"))
    path = uri.split("?", 1)[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path


def _routing_path(path: str) -> str:
    """*path* decoded as WSGI wants it, without a trailing slash, encoded slashes kept apart."""
    kept = re.sub("%2f", quote(SLASH), path.rstrip("/"), flags=re.IGNORECASE)
    return unquote_to_bytes(kept).decode("latin-1")
