"""When a schedule starts something, in words where there are good ones. Pure."""

from __future__ import annotations

import re

from kbsync.render.facts import Given, Words
from kbsync.render.lines import printable, quoted


def when_words(cron: str, timezone: str) -> Words:
    """Return when *cron*, five fields, starts something: `every day at 06:00 UTC`.

    What is not simple is told as it is written.
    """
    fields = cron.split()
    told = _told(*fields) if len(fields) == 5 else ""
    zone: Words = (" ", Given(printable(timezone))) if timezone else ()
    return (told or Given(quoted(cron)), *zone)


def _told(minute: str, hour: str, day: str, month: str, weekday: str) -> str:
    if month != "*":
        return ""
    if hour == day == weekday == "*":
        return _within_an_hour(minute)
    which, when = _days(day, weekday), _times(minute, hour)
    return f"{which} at {when}" if which and when else ""


def _within_an_hour(minute: str) -> str:
    if minute == "*":
        return "every minute"
    at = _numbers(minute, most=59)
    if len(at) == 1:
        return f"every hour at minute {at[0]}"
    step = _numbers(minute.removeprefix("*/"), most=59) if minute.startswith("*/") else []
    return f"every {step[0]} minutes" if step and step[0] and 60 % step[0] == 0 else ""


def _times(minute: str, hour: str) -> str:
    minutes, hours = _numbers(minute, most=59), _numbers(hour, most=23)
    if len(minutes) != 1 or not hours:
        return ""
    *first, last = [f"{each:02}:{minutes[0]:02}" for each in hours]
    return f"{', '.join(first)} and {last}" if first else last


def _days(day: str, weekday: str) -> str:
    if day == weekday == "*":
        return "every day"
    if weekday == "*":
        of_month = _numbers(day, most=31)
        return f"on day {of_month[0]} of each month" if len(of_month) == 1 else ""
    if day != "*":
        return ""
    if span := re.fullmatch(r"([0-7])-([0-7])", weekday):
        return f"{_DAYS[int(span[1])]} to {_DAYS[int(span[2])]}"
    of_week = _numbers(weekday, most=7)
    return f"every {_DAYS[of_week[0]]}" if len(of_week) == 1 else ""


_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _numbers(text: str, *, most: int) -> list[int]:
    """Return the numbers of a list such as `6,18`; nothing when it is another kind of field."""
    if not re.fullmatch(r"[0-9]{1,2}(,[0-9]{1,2})*", text):
        return []
    found = [int(each) for each in text.split(",")]
    return found if max(found) <= most else []
