"""The Storage API over HTTP: one request at a time, every failure an error that explains itself.

The only home of requests. Never writes by itself: `send` does what a `Write` says.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from kbsync import __version__
from kbsync.errors import AccessError, ApiError, NotFoundError
from kbsync.model import Json, Key
from kbsync.stack import is_loopback
from kbsync.writes import Write, path_of

_log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 120.0

_PROXY = "the network, a proxy, or $KEBOOLA_STACK_URL"


class StorageClient:
    """One branch of one project, through one token. The token is in no message and no repr."""

    def __init__(self, stack: str, token: str, *, branch: str = "default") -> None:
        """*stack* is a base URL such as `https://connection.keboola.com`."""
        self.stack = stack
        self.branch = branch
        self._token = token
        self._session = requests.Session()
        self._session.headers.update(
            {"X-StorageApi-Token": token, "User-Agent": f"kbsync/{__version__}"}
        )
        # Without this, requests would add credentials from ~/.netrc for the host.
        self._session.auth = lambda request: request
        if is_loopback(urlsplit(stack).hostname or ""):
            self._session.trust_env = False

    def __repr__(self) -> str:
        return f"StorageClient({self.stack!r}, branch={self.branch!r})"

    def close(self) -> None:
        self._session.close()

    # -- reads

    def verify_token(self) -> Json:
        return self._request("GET", ("tokens", "verify"))

    def components(self) -> Json:
        """Every configuration with rows and component state. Not paged by the API."""
        query = {"include": "configuration,rows,state"}
        return self._request("GET", (*self._branch, "components"), query=query)

    def configuration_metadata(self) -> Json:
        """The metadata of all configurations that have some."""
        path = (*self._branch, "search", "component-configurations")
        return self._request("GET", path, query={"include": "filteredMetadata"})

    def deleted(self) -> Json:
        """The trash, in the listing's shape."""
        query = {"isDeleted": "true"}
        return self._request("GET", (*self._branch, "components"), query=query)

    def configuration(self, key: Key) -> Json:
        """One configuration with its rows and component state.

        Raises:
            NotFoundError: It does not exist, or it lies in the trash.
        """
        return self._request("GET", (*self._branch, *path_of(key)))

    def metadata(self, key: Key) -> Json:
        return self._request("GET", (*self._branch, *path_of(key), "metadata"))

    def versions(self, key: Key, *, limit: int = 100, offset: int = 0) -> Json:
        """The recorded versions, newest first, without content."""
        query = {"limit": str(limit), "offset": str(offset)}
        return self._request("GET", (*self._branch, *path_of(key), "versions"), query=query)

    def version(self, key: Key, number: int) -> Json:
        """One recorded version with its content and rows."""
        return self._request("GET", (*self._branch, *path_of(key), "versions", str(number)))

    # -- the one write

    def send(self, write: Write) -> Json:
        """Carry out *write*.

        Raises:
            AccessError: The token may not do this; nothing was written.
            ApiError: With a `status` of 400 to 499 nothing was written; otherwise the write may
                have happened: read before you repeat it.
        """
        return self._request(write.method, (*self._branch, *write.path), body=write.body)

    @property
    def _branch(self) -> tuple[str, str]:
        return ("branch", self.branch)

    def _request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: Json = None,
    ) -> Json:
        route = "/".join(quote(segment, safe="", errors="surrogatepass") for segment in path)
        url = f"{self.stack}/v2/storage/{route}"
        try:
            response = self._session.request(
                method,
                url,
                params=query,
                data=None if body is None else json.dumps(body).encode(),
                headers={} if body is None else {"Content-Type": "application/json"},
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,
            )
        except (requests.RequestException, UnicodeError) as error:
            raise self._unreachable(method, route, error) from None
        _log.info("%s %s %d", method, route, response.status_code)
        return self._answer(method, route, response)

    def _answer(self, method: str, route: str, response: requests.Response) -> Json:
        if response.status_code >= 300:
            raise self._refused(method, route, response)
        if response.status_code == 204 or not response.content:
            return None
        try:
            return _parse(response.content)
        except ValueError:
            kind = response.headers.get("Content-Type", "no content type")
            raise ApiError(
                f"{method} {route}: the answer of {self.stack} is not JSON ({kind})",
                hint=f"Is this a Keboola stack? Check {_PROXY}.",
                status=response.status_code,
            ) from None

    def _unreachable(self, method: str, route: str, error: Exception) -> ApiError:
        reason = {
            requests.exceptions.ProxyError: "the proxy refused the connection",
            requests.exceptions.SSLError: "the TLS certificate was not accepted",
            requests.ConnectTimeout: f"no connection within {CONNECT_TIMEOUT_S:.0f} s",
            requests.ReadTimeout: f"no answer within {READ_TIMEOUT_S:.0f} s",
            requests.exceptions.ChunkedEncodingError: "the answer broke off",
        }
        text = next((text for kind, text in reason.items() if isinstance(error, kind)), "")
        if not text:
            text = "no connection" if "refused" in str(error) else "the connection failed"
        return ApiError(
            f"{method} {route}: {text} ({self.stack})",
            hint=f"Check {_PROXY}.",
        )

    def _refused(
        self, method: str, route: str, response: requests.Response
    ) -> AccessError | ApiError:
        status = response.status_code
        facts = _error_facts(response.content)
        said = self._safe(facts.get("error", "")) or f"HTTP {status}"
        details = ", ".join(
            [f"HTTP {status}"] * (said != f"HTTP {status}")
            + [self._safe(facts[name]) for name in ("code", "exceptionId") if name in facts]
        )
        message = f"{method} {route}: {said}" + (f" ({details})" if details else "")
        if status == 401:
            return AccessError(
                message, hint=f"Check the token: it must belong to a project of {self.stack}."
            )
        if status == 403:
            return AccessError(message, hint="Use a token with the right to do this.")
        kind = NotFoundError if status == 404 else ApiError
        return kind(
            message,
            hint=_hint(status),
            status=status,
            code=facts.get("code", ""),
            exception_id=facts.get("exceptionId", ""),
        )

    def _safe(self, text: str) -> str:
        """Drop the token from what the server says, should it ever repeat it."""
        return text.replace(self._token, "(token)") if self._token else text


def _parse(content: bytes) -> Json:
    def refuse(constant: str) -> Json:
        raise ValueError(f"{constant} is not JSON")

    try:
        parsed: Json = json.loads(content, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return parsed


def _error_facts(content: bytes) -> dict[str, str]:
    try:
        body: Any = _parse(content)
    except ValueError:
        return {}
    if not isinstance(body, dict):
        return {}
    return {name: str(value) for name, value in body.items() if isinstance(value, str | int)}


def _hint(status: int) -> str:
    if status == 404:
        return ""
    if status == 503:
        return "The stack may be under maintenance. Try again later."
    if status == 429:
        return "Too many requests. Try again in a minute."
    if status >= 500:
        return "The platform failed. Try again; if it stays, give its support the exception id."
    if status >= 400:
        return "The platform did not accept this. The message says which part."
    return f"Redirects are not followed. Check {_PROXY}."
