"""Ctrl-C, SIGTERM and a closed terminal while the project is written: a request, then an order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from kbsync.errors import Terminated

_CLOSED = getattr(signal, "SIGHUP", None)
"""A terminal that closes; Windows has no word for it."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, *([_CLOSED] if _CLOSED else []))


@contextmanager
def gently(stop: Callable[[], None]) -> Iterator[None]:
    """Call *stop* for the first signal; the second does what it always did.

    Does nothing outside the main thread, which alone hears of signals. Who was started deaf to one,
    by `nohup` say, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    found = {number: signal.getsignal(number) for number in _SIGNALS}
    before = {number: each for number, each in found.items() if each is not signal.SIG_IGN}

    def heard(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            Terminated.happened = True
        for each, handler in before.items():
            # A shell that closes may say so twice, which is no impatience.
            signal.signal(each, signal.SIG_IGN if each == _CLOSED else handler)
        stop()

    for number in before:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
