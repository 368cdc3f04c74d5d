"""What a request that failed means, and how long to wait before the next try. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto

LONGEST_PAUSE_S = 60.0
"""However long the platform says to stay away, it is asked again after this."""


class Fate(Enum):
    """What became of a request that did not succeed."""

    FINAL = auto()
    """Refused: the same request would be refused again."""
    BUSY = auto()
    """Not carried out: too many requests, maintenance, a lock. Worth waiting for."""
    NOT_SENT = auto()
    """Not carried out: no connection."""
    UNKNOWN = auto()
    """No answer, or the platform broke: it may have been carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request that failed, as far as trying again is concerned."""

    fate: Fate
    words: str
    """What people are told while they wait."""
    retry_after_s: float | None = None
    """How long the platform asks to stay away."""


def judge(status: int, code: str, body: Mapping[str, object], retry_after_s: float | None) -> Fate:
    """Return what an answer with an error *status* means.

    409 is a lock only with `versionConflict`, and 501 says that there is no such function: neither
    is worth a second try otherwise. Maintenance is a 503 that says so, or when to come back.
    """
    if status in (423, 429) or (status == 409 and code.endswith("versionConflict")):
        return Fate.BUSY
    if status == 503 and (body.get("status") == "maintenance" or retry_after_s is not None):
        return Fate.BUSY
    if status == 408 or (status >= 500 and status != 501):
        return Fate.UNKNOWN
    return Fate.FINAL


def retry_after(header: str, now: datetime) -> float | None:
    """Return the seconds that *header*, a number or a date, asks to wait; None when it is neither.

    Never below zero, never above `LONGEST_PAUSE_S`.
    """
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    # A number that is none compares false with everything.
    return min(max(seconds, 0.0), LONGEST_PAUSE_S) if seconds == seconds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long to try."""

    max_wait_s: float = 300.0
    """For one request, all pauses together. Zero: the first failure is the last."""
    attempts: int = 8
    """After failures that are no invitation to come back."""
    first_s: float = 0.1
    longest_s: float = 5.0

    def pause(self, failure: Failure, attempt: int, waited_s: float) -> float | None:
        """Return how long to wait before trying again, or None to give up.

        Args:
            failure: The newest one.
            attempt: How many tries there were: 1 or more.
            waited_s: All pauses so far.
        """
        if failure.fate is Fate.FINAL:
            return None
        if failure.fate is not Fate.BUSY and attempt >= self.attempts:
            return None
        pause = min(self.first_s * 2 ** min(attempt - 1, 30), self.longest_s)
        pause = max(pause, failure.retry_after_s or 0.0)
        return pause if waited_s + pause <= self.max_wait_s else None
