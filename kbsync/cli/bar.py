"""The bar on a terminal while a plan is carried out; the only home of rich."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task
from rich.table import Column
from rich.text import Text

from kbsync.render.lines import printable


class Bar:
    """A bar on stderr, with counts, rate and the time that is left; what waits stands behind it."""

    def __init__(self, total: int) -> None:
        self._tally = Tally(total)
        self._progress = Progress(
            BarColumn(bar_width=24),
            _Facts(self._tally),
            console=Console(stderr=True, highlight=False),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("", total=total)

    def start(self) -> None:
        with suppress(OSError):  # a terminal that is closed by now must not end the run
            self._progress.start()

    def stop(self) -> None:
        """Take it off the terminal."""
        with suppress(OSError):
            self._progress.stop()

    def above(self, write: Callable[[], None]) -> None:
        """Let *write* put lines above the bar, on stdout or stderr."""
        self.stop()
        try:
            write()
        finally:
            self.start()

    def advance(self, *, failed: bool) -> None:
        self._tally.count(failed=failed)
        self._progress.update(self._task, completed=self._tally.done, total=self._tally.total)

    def wait(self, why: str, seconds: float) -> None:
        """Show a countdown behind the bar. From any thread."""
        self._tally.wait(why, seconds)


class Tally:
    """How far a run is. May be asked from several threads."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self._failed = 0
        self._start = time.monotonic()
        self._waits: dict[str, float] = {}
        self._lock = threading.Lock()

    def count(self, *, failed: bool) -> None:
        self.done += 1
        self._failed += failed
        # Taking back what was written adds steps nobody could foresee.
        self.total = max(self.total, self.done)

    def wait(self, why: str, seconds: float) -> None:
        with self._lock:
            self._waits[why] = max(time.monotonic() + seconds, self._waits.get(why, 0.0))

    def __str__(self) -> str:
        now = time.monotonic()
        parts = [f"{self.done}/{self.total}"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        if self.done:
            rate = self.done / max(now - self._start, 0.001)
            parts += [f"{rate:.1f}/s", f"{_clock((self.total - self.done) / rate)} left"]
        with self._lock:
            waits = [(until - now, why) for why, until in self._waits.items() if until > now]
        if waits:
            left_s, why = max(waits)
            parts.append(f"waiting {left_s:.0f} s: {printable(why)}")
        return "  ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


class _Facts(ProgressColumn):
    def __init__(self, tally: Tally) -> None:
        super().__init__(table_column=Column(no_wrap=True, overflow="ellipsis"))
        self._tally = tally

    def render(self, task: Task) -> Text:
        return Text(str(self._tally), no_wrap=True, overflow="ellipsis")
