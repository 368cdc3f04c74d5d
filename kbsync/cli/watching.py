"""What people are told while a Storage job runs: a line now and then on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable

from kbsync.cli.output import say
from kbsync.tables.job import Job

_WORTH_TELLING_S = 2.0
_QUIET_S = 15.0
_LONG_S = 300.0
"""After so long, a line a minute is enough."""


class News:
    """Tells of a job that takes its time: when its status changes, and every so often."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """*now* is a clock in seconds that never goes back."""
        self._now = now
        self._began = now()
        self._told_at = 0.0
        self._told = ""

    def __call__(self, job: Job) -> None:
        if job.is_over:
            return
        waited_s = self._now() - self._began
        quiet_s = _QUIET_S if waited_s < _LONG_S else 4 * _QUIET_S
        is_due = waited_s - self._told_at >= quiet_s if self._told else waited_s >= _WORTH_TELLING_S
        if is_due or (self._told and job.status != self._told):
            self._told, self._told_at = job.status, waited_s
            label = f"{job.label[0].upper()}{job.label[1:]}"
            say(f"{label}: {job.status}, {waited_s:.0f} s so far.")
