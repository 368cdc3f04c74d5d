"""Where the services beside Storage are, and which of them may see the token. Pure."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from kbsync.model import Json
from kbsync.stack import is_loopback


def address_of(index: Json, service: str) -> str:
    """Return the base URL of *service*, without a slash at the end.

    `""` when the *index* of the stack tells none, or none that anything may be sent to.
    """
    found = index.get("services") if isinstance(index, dict) else None
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict) and each.get("id") == service:
            url = each.get("url")
            if isinstance(url, str) and _parts(url):
                return url.rstrip("/")
    return ""


def belongs_to(url: str, stack: str) -> bool:
    """Whether a service at *url* is of the same stack, so that it may see the token.

    Its name is that of the stack but for the first label: `scheduler.keboola.com` beside
    `connection.keboola.com`. On this machine any port is.
    """
    service, home = _parts(url), _parts(stack)
    if not service or not home:
        return False
    ours, theirs = home.hostname or "", service.hostname or ""
    if is_loopback(ours) or is_loopback(theirs):
        return is_loopback(ours) and is_loopback(theirs)
    domain = ours.partition(".")[2]
    return theirs == ours or ("." in domain and theirs.partition(".")[2] == domain)


def _parts(url: str) -> SplitResult | None:
    """Return the parts of *url*; None when nothing may be sent there."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not host or parts.username is not None or parts.query or parts.fragment:
        return None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    return parts if is_safe else None
