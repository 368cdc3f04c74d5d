"""What people are told while a request waits: a countdown on a terminal, lines in a log."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kbsync.cli.output import is_live_terminal, say
from kbsync.render.lines import clip, printable

Teller = Callable[[str, float], None]
"""Hears why a request waits, and for how many seconds."""

_WORTH_TELLING_S = 1.0
_QUIET_S = 10.0
"""A log hears the same reason at most this often, however many workers wait for it."""


class Waits:
    """Hears of every pause, from any thread, and tells of those that are worth it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._log = _Log()
        self._told_by: Teller | None = None
        self._countdown: _Countdown | None = None

    def __call__(self, why: str, seconds: float) -> None:
        if seconds < _WORTH_TELLING_S:
            return
        with self._lock:
            if self._told_by:
                self._told_by(why, seconds)
            elif is_live_terminal():
                self._count_down(why, seconds)
            else:
                self._log(why, seconds)

    @contextmanager
    def told_by(self, teller: Teller) -> Iterator[None]:
        """Let *teller* hear of pauses, in the thread that is about to pause."""
        with self._lock:
            self._told_by = teller
        try:
            yield
        finally:
            with self._lock:
                self._told_by = None

    def log(self, why: str, seconds: float) -> None:
        """Say it in a line on stderr, unless that was said a moment ago."""
        self._log(why, seconds)

    def _count_down(self, why: str, seconds: float) -> None:
        if self._countdown and self._countdown.is_alive():
            return
        self._countdown = _Countdown(why, seconds)
        self._countdown.start()


class _Log:
    def __init__(self) -> None:
        self._quiet_until: dict[str, float] = {}

    def __call__(self, why: str, seconds: float) -> None:
        now = time.monotonic()
        if now >= self._quiet_until.get(why, 0.0):
            self._quiet_until[why] = now + max(seconds, _QUIET_S)
            say(f"Waiting {seconds:.0f} s: {why}.")


class _Countdown(threading.Thread):
    """A line of a terminal that counts seconds down and then vanishes."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(daemon=True)
        self._why = printable(why)
        self._until = time.monotonic() + seconds

    def run(self) -> None:
        # A stream that is closed by now has nobody in front of it.
        with suppress(OSError, ValueError):
            while (left_s := self._until - time.monotonic()) > 0:
                self._write(f"Waiting {left_s:.0f} s: {self._why}.")
                time.sleep(min(left_s, 1.0))
            self._write("")

    @staticmethod
    def _write(text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{clip(text, width)}")
        sys.stderr.flush()
