"""Programs that a test starts, and ends whatever happens."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def started(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run *command* with its output captured; it is killed when the block ends.

    It hears Ctrl-C, whatever this process was told: a shell starts background jobs deaf to it.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        command,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **(pipes | options),
    ) as process:
        try:
            yield process
        finally:
            process.kill()
