"""Identifiers and timestamps in the API's spelling."""

from __future__ import annotations

import secrets
import time
from datetime import datetime

_FORMAT = "%Y-%m-%dT%H:%M:%S+0000"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid() -> str:
    """A new ULID, 26 upper-case characters: 48 bits of milliseconds, 80 of chance."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def timestamp(at: float | None = None) -> str:
    """A moment as Storage writes it, by default now: a numeric offset without a colon."""
    return time.strftime(_FORMAT, time.gmtime(at))


def service_timestamp() -> str:
    """Now, as the services beside Storage write it: an offset with a colon."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def has_passed(moment: str) -> bool:
    """Whether a timestamp with an offset lies in the past."""
    return datetime.fromisoformat(moment).timestamp() <= time.time()
