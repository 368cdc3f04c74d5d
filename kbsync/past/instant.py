"""A moment as people write it. Knows the zones of this machine, asks no clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kbsync.errors import UsageError

EXAMPLES = "2026-11-21T09:40+01:00, '2026-11-21 09:40 Europe/Prague', 09:40"

_PARTS = re.compile(
    r"""
    (?: (?P<date> \d{4}-\d\d-\d\d ) (?: [T ]+ | $ ) )?
    (?: (?P<time> \d{1,2}:\d\d (?: :\d\d (?: \.\d+ )? )? ) )?
    \s* (?P<zone> \S.* )?
    """,
    re.VERBOSE,
)
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?")


def parse_instant(text: str, now: datetime) -> datetime:
    """Return the moment that *text* means, with its zone: that of this machine if it names none.

    Args:
        text: A date, a time or both, and an offset, `Z` or the name of a zone. Without a date it is
            today, there; without a time the day begins.
        now: With a zone.

    Raises:
        UsageError: It means no moment, two moments, or one to come.
    """
    found = _PARTS.fullmatch(text.strip())
    if found is None or not (found["date"] or found["time"]):
        raise _not_a_time(text)
    placed = _placer(found["zone"] or "", text)
    try:
        day = datetime.fromisoformat(found["date"]) if found["date"] else _today(placed, now)
        clock = time.fromisoformat((found["time"] or "00:00").rjust(5, "0"))
        wall = datetime.combine(day.date(), clock)
        moment, is_odd = placed(wall), _is_odd(placed, wall)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter beside the first and the last of all days
        raise _not_a_time(text) from None
    if is_odd:
        raise UsageError(
            f"'{text}' is there twice or not at all: the clocks are set then",
            hint=f"Write it with its offset from UTC, such as {EXAMPLES.split(',')[0]}.",
        )
    if moment > now:
        raise UsageError(
            f"'{text}' is still to come: it means {told(moment)}, and it is {told(now)}",
            hint=f"Write a time that is past, with its date, such as {EXAMPLES}.",
        )
    return moment


def told(moment: datetime) -> str:
    """*moment* in UTC, and where it was meant when that is another time of the day."""
    utc = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if not moment.utcoffset():
        return utc
    name = moment.tzname() or ""
    zone = name if re.fullmatch(r"[A-Z]+", name) else ""
    return f"{moment:%Y-%m-%d %H:%M:%S %z} {zone}".rstrip() + f", which is {utc}"


def _placer(zone: str, text: str) -> Callable[[datetime], datetime]:
    """Return what gives a wall clock time its zone; by default that of this machine."""
    if not zone:
        return datetime.astimezone
    known = _zone(zone, text)
    return lambda wall: wall.replace(tzinfo=known)


def _zone(zone: str, text: str) -> tzinfo:
    if zone.upper() in ("Z", "UTC"):
        return UTC
    offset = _OFFSET.fullmatch(zone)
    try:
        if offset:
            digits = f"{offset['sign']}{offset['hours']}:{offset['minutes'] or '00'}"
            found = datetime.fromisoformat(f"2000-01-01T00:00{digits}").tzinfo
            assert found
            return found
        return ZoneInfo(zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise UsageError(
            f"'{zone}' in '{text}' is no time zone known here",
            hint=f"Write an offset or a name, such as {EXAMPLES}.",
        ) from None


def _today(placed: Callable[[datetime], datetime], now: datetime) -> datetime:
    """The day it is where *placed* puts times."""
    here = placed(now.astimezone(UTC).replace(tzinfo=None))
    return now.astimezone(here.tzinfo if here.tzinfo else UTC)


def _is_odd(placed: Callable[[datetime], datetime], wall: datetime) -> bool:
    """Whether the clocks, being set forward or back, skip *wall* or show it twice."""
    early, late = placed(wall.replace(fold=0)), placed(wall.replace(fold=1))
    return early.utcoffset() != late.utcoffset()


def _not_a_time(text: str) -> UsageError:
    return UsageError(
        f"'{text}' is not a time", hint=f"Write it with its date and zone, such as {EXAMPLES}."
    )
