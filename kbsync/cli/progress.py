"""How far a run is, on stderr: a bar on a terminal, a few lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kbsync.cli.output import is_live_terminal, say
from kbsync.cli.waiting import Waits
from kbsync.render.lines import plural
from kbsync.render.results import counts_text
from kbsync.run.result import Outcome, Result
from kbsync.run.running import Ears

_WORTH_QUARTERS = 20
"""Fewer steps are over before anybody wonders."""


@contextmanager
def watched(
    total: int, show: Callable[[Result], None], waits: Waits, *, says_all: bool
) -> Iterator[Ears]:
    """Yield what hears of a run of *total* steps, and shows how far it is until the end.

    *show* writes what became of a step. Unless stderr is a terminal, *says_all* tells whether
    failures and the end have to be said there too, because they are written nowhere else that its
    reader sees.
    """
    if is_live_terminal():
        with _bar(total, show, waits) as ears:
            yield ears
        return
    log = _Log(total, show, says_all=says_all)
    say(f"Applying {plural(total, 'configuration')}...")
    with waits.told_by(waits.log):
        yield Ears(on_result=log.on_result, on_undone=log.on_undone, tell=say)
    log.end()


@contextmanager
def _bar(total: int, show: Callable[[Result], None], waits: Waits) -> Iterator[Ears]:
    from kbsync.cli.bar import Bar

    bar = Bar(total)

    def on_result(result: Result) -> None:
        bar.above(lambda: show(result))
        bar.advance(failed=result.error is not None)

    bar.start()
    try:
        with waits.told_by(bar.wait):
            yield Ears(
                on_result=on_result,
                on_undone=on_result,
                tell=lambda text: bar.above(lambda: say(text)),
            )
    finally:
        bar.stop()


class _Log:
    """Lines for somebody who reads them later."""

    def __init__(self, total: int, show: Callable[[Result], None], *, says_all: bool) -> None:
        self._total = total
        self._show = show
        self._says_all = says_all
        self._results: list[Result] = []
        self._start = time.monotonic()

    def on_result(self, result: Result) -> None:
        self._tell(result)
        self._results.append(result)
        if result.outcome is not Outcome.NOT_RUN:
            self._quarter()

    def on_undone(self, result: Result) -> None:
        """Tell it, but count it as nothing that was applied."""
        self._tell(result)

    def _tell(self, result: Result) -> None:
        self._show(result)
        if self._says_all and result.error:
            first, *_ = str(result.error).split("\n")
            say(f"{result.outcome.capitalize()}: {result.step.key}: {first}")

    def end(self) -> None:
        if self._says_all:
            say(f"{counts_text(self._results)} in {self._seconds:.1f} s.")

    def _quarter(self) -> None:
        done, total = len(self._results), self._total
        if total < _WORTH_QUARTERS or done >= total:
            return
        quarter = 4 * done // total
        if quarter > 4 * (done - 1) // total:
            failed = sum(1 for result in self._results if result.error)
            told = f", {failed} failed" if failed else ""
            say(f"{25 * quarter} %: {done} of {total}{told}, {self._seconds:.1f} s")

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._start
