"""One request over HTTP, once: an answer, or why there is none. The only home of requests."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from kbsync import __version__
from kbsync.api.answers import Answer
from kbsync.api.retry import Fate
from kbsync.errors import RefusedError
from kbsync.model import UNADDRESSABLE, Json
from kbsync.stack import is_loopback

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 120.0
"""Between two pieces of an answer."""
ANSWER_TIMEOUT_S = 600.0
"""For all of it."""
_PIECE = 1 << 20
_CONNECTIONS = 64
"""That are kept open: as many as may ask at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request."""

    method: str
    path: tuple[str, ...]
    """Segments, not percent-encoded."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    is_idempotent: bool = False
    """Of what is no GET: asking twice does no more than asking once."""
    run_id: str = ""
    """What the platform notes on the job that this request starts; `""`: nothing."""

    def __post_init__(self) -> None:
        found = next((segment for segment in self.path if segment in UNADDRESSABLE), "")
        if found:
            raise RefusedError(
                f"{self}: '{found}' is an id that no address can hold, so nothing was asked",
                hint="Give that object another id in Keboola, or leave its configuration out with "
                "`scope` in kbsync.yaml.",
            )

    @property
    def route(self) -> str:
        return "/".join(quote(segment, safe="", errors="surrogatepass") for segment in self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.route or '/'}"

    @property
    def repeatable(self) -> bool:
        """Whether a lost answer is no reason to look before asking again.

        A write of a configuration is not: what became of it is settled by a read, which is not for
        this module to make.
        """
        return self.method == "GET" or self.is_idempotent


class NoAnswerError(Exception):
    """No answer came, and what that means for another try."""

    def __init__(self, fate: Fate, words: str) -> None:
        super().__init__(words)
        self.fate = fate
        self.words = words


class Wire:
    """A pool of connections to one stack, or to a service beside it. For several threads."""

    def __init__(self, stack: str, token: str, root: str) -> None:
        """*root* is where every path starts, below *stack*; an empty *token* is not sent."""
        self._url = f"{stack}/{root}"
        self._session = _session(stack, token)

    def close(self) -> None:
        self._session.close()

    def send(self, call: Call) -> Answer:
        """Send *call* once and return what comes back, whatever its status.

        Raises:
            NoAnswerError: Nothing came, or not all of it.
        """
        body = None if call.body is None else json.dumps(call.body).encode()
        try:
            with self._session.request(
                call.method,
                f"{self._url}{call.route}",
                params=call.query,
                data=body,
                headers=_headers(call),
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(
                    request=str(call),
                    status=response.status_code,
                    headers=response.headers,
                    content=_read(response),
                )
        except (requests.RequestException, UnicodeError) as error:
            raise NoAnswerError(*_explained(error)) from None


def _headers(call: Call) -> dict[str, str]:
    kind = {} if call.body is None else {"Content-Type": "application/json"}
    return kind | ({"X-KBC-RunId": call.run_id} if call.run_id else {})


def _session(stack: str, token: str) -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = f"kbsync/{__version__}"
    if token:
        session.headers["X-StorageApi-Token"] = token
    # Without this, requests would add credentials from ~/.netrc for the host.
    session.auth = lambda request: request
    # Cookies are what a session shares between threads; nobody needs them.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if is_loopback(urlsplit(stack).hostname or ""):
        session.trust_env = False
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS, pool_block=False)
    session.mount(stack, adapter)
    return session


def _read(response: requests.Response) -> bytes:
    """Return the whole body.

    Raises:
        requests.RequestException: It broke off, or came too slowly.
    """
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    pieces = []
    for piece in response.iter_content(_PIECE):
        pieces.append(piece)
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return b"".join(pieces)


def _explained(error: Exception) -> tuple[Fate, str]:
    text = str(error)
    match error:
        case requests.exceptions.ProxyError():
            return Fate.FINAL, "the proxy refused the connection"
        case requests.exceptions.SSLError():
            return Fate.FINAL, "the TLS certificate was not accepted"
        case requests.ConnectTimeout():
            return Fate.NOT_SENT, f"no connection within {CONNECT_TIMEOUT_S:.0f} s"
        case requests.ReadTimeout():
            return Fate.UNKNOWN, f"no answer within {READ_TIMEOUT_S:.0f} s"
        case requests.exceptions.ChunkedEncodingError():
            return Fate.UNKNOWN, "the answer broke off"
        case requests.ConnectionError() if "NewConnectionError" in text:
            return Fate.NOT_SENT, "no connection"
        case requests.ConnectionError() if "NameResolutionError" in text:
            return Fate.NOT_SENT, "the name of the host is not known"
        case requests.ConnectionError():
            return Fate.UNKNOWN, "the connection broke off"
        case _:
            return Fate.FINAL, "the connection failed"
