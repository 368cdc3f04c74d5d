"""Starts the command line."""

from __future__ import annotations

import gc
import signal
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    # A plan makes hundreds of thousands of objects and drops few of them: looking through them for
    # cycles as often as Python would takes a twentieth of its time.
    gc.set_threshold(50_000, 20, 20)
    from kbsync.cli.main import cli

    signal.signal(signal.SIGTERM, _terminate)
    closed = getattr(signal, "SIGHUP", None)  # not on Windows
    if closed and signal.getsignal(closed) is not signal.SIG_IGN:  # `nohup` goes on
        signal.signal(closed, _terminate)
    cli()
    raise SystemExit  # the command has exited already; this tells the type checker so


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    from kbsync.errors import Terminated

    Terminated.happened = True
    raise Terminated


if __name__ == "__main__":
    main()
