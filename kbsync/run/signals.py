"""Ctrl-C and SIGTERM while the project is being written: first a request, then an order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from kbsync.errors import Terminated

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def gently(stop: Callable[[], None]) -> Iterator[None]:
    """Call *stop* for the first signal; the second does what it always did.

    Does nothing outside the main thread, which alone hears of signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def heard(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            Terminated.happened = True
        for each, handler in before.items():
            signal.signal(each, handler)
        stop()

    for number in _SIGNALS:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
