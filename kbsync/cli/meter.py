"""How far a transfer is, on stderr: one line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kbsync.cli.output import is_live_terminal, say
from kbsync.render.lines import clip, printable
from kbsync.render.storage import size_text

_LIVE_S, _LOG_S = 0.2, 15.0
"""How often it is told."""


@contextmanager
def measured(
    what: str, total: int | None, now: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[int], None]]:
    """Yield what hears of every so many bytes, from any thread.

    Args:
        what: What is on its way.
        total: In bytes; None: not known.
        now: A clock in seconds that never goes back.
    """
    meter = _Meter(what, total, now)
    try:
        yield meter.add
    finally:
        meter.end()


class _Meter:
    def __init__(self, what: str, total: int | None, now: Callable[[], float]) -> None:
        self._what, self._total, self._now = what, total, now
        self._done = 0
        self._lock = threading.Lock()
        self._is_live = is_live_terminal()
        self._began = self._told = now()

    def add(self, count: int) -> None:
        with self._lock:
            self._done += count
            now = self._now()
            if now - self._told >= (_LIVE_S if self._is_live else _LOG_S):
                self._told = now
                self._tell(now)

    def end(self) -> None:
        if self._is_live:
            _overwrite("")

    def _tell(self, now: float) -> None:
        rate = size_text(int(self._done / (now - self._began)))
        of = ""
        if self._total:
            of = f" of {size_text(self._total)} ({100 * self._done // self._total} %)"
        text = f"{self._what}: {size_text(self._done)}{of}, {rate}/s"
        if self._is_live:
            _overwrite(text)
        else:
            say(text)


def _overwrite(text: str) -> None:
    # A stream that is closed by now has nobody in front of it.
    with suppress(OSError, ValueError):
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{clip(printable(text), width)}")
        sys.stderr.flush()
