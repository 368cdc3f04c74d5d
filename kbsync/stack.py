"""The address of a Keboola stack, as people write it, to the URL that requests start with. Pure."""

from __future__ import annotations

import ipaddress
import re

_EXAMPLE = "https://connection.keboola.com"
_API_PATHS = ("", "/v2/storage")
_ADDRESS = re.compile(
    r"""
    (?: (?P<scheme> [a-z]+ ) :// )?
    (?P<host> [a-z0-9] (?: [a-z0-9.-]* [a-z0-9] )? | \[ [0-9a-f:.]+ \] )
    (?: : (?P<port> [1-9][0-9]{0,4} ) )?
    (?P<path> (?: /[a-z0-9._-]* )* )
    """,
    re.VERBOSE | re.ASCII,
)


def normalize_stack(text: str) -> str:
    """Return the base URL of a stack given as host or URL: `https://connection.keboola.com`.

    Raises:
        ValueError: It is no such address. The message is for people and repeats nothing of it.
    """
    if "@" in text:
        raise ValueError("an address must not hold a user or password; leave them out")
    if "?" in text or "#" in text:
        raise ValueError(f"expected an address without ? and #, such as {_EXAMPLE}")
    found = _ADDRESS.fullmatch(text.strip().lower())
    if found is None or not _is_reachable(found["host"], found["port"]):
        raise ValueError(f"expected an address such as {_EXAMPLE}")
    scheme = found["scheme"] or "https"
    if scheme not in ("http", "https"):
        raise ValueError(f"a stack is reached by https; expected an address such as {_EXAMPLE}")
    if scheme == "http" and not is_loopback(found["host"]):
        raise ValueError("http would send the token in clear; write https")
    if found["path"].rstrip("/") not in _API_PATHS:
        raise ValueError(f"expected the address of a stack without a path, such as {_EXAMPLE}")
    return f"{scheme}://{found['host']}" + (f":{found['port']}" if found["port"] else "")


def _is_reachable(host: str, port: str | None) -> bool:
    return int(port or 0) < 2**16 and (not host.startswith("[") or _address(host) is not None)


def is_loopback(host: str) -> bool:
    """Whether *host* can only be this machine."""
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
