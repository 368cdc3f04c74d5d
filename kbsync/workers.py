"""Several jobs at a time, in threads that never keep the program from ending."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

_J = TypeVar("_J")
_R = TypeVar("_R")

READERS = 8
"""How many reads are made at the same time."""

_LOOK_UP_S = 0.1
"""How long a signal may stay unheard while results are waited for."""


class Workers(Generic[_J, _R]):
    """Does *work* on jobs, taken in order, at most *count* at a time."""

    def __init__(
        self,
        work: Callable[[_J], _R],
        jobs: Sequence[_J],
        *,
        count: int,
        is_last: Callable[[_R], bool] = lambda result: False,
    ) -> None:
        """After a result of which *is_last* says so, and after a bug, no further job is taken."""
        self._work = work
        self._is_last = is_last
        self._waiting = deque(jobs)
        self._running: set[int] = set()
        self._jobs = {id(job): job for job in jobs}
        self._done: SimpleQueue[tuple[_J, _R | BaseException]] = SimpleQueue()
        self._lock = threading.Lock()
        self._count = min(count, len(jobs))

    def results(self, *, patience: Callable[[], float | None]) -> Iterator[tuple[_J, _R]]:
        """Start, and yield each job with its result as it is done.

        Ends when nothing runs and nothing may be taken any more, or *patience* is over: it is asked
        again and again for the moment, by the steady clock, until which results are waited for, or
        None for as long as it takes. What *work* raises is raised here.
        """
        for _ in range(self._count):
            threading.Thread(target=self._loop, daemon=True).start()
        try:
            while self._is_busy():
                try:
                    job, result = self._done.get(timeout=_LOOK_UP_S)
                except Empty:
                    until = patience()
                    if until is not None and time.monotonic() > until:
                        return
                    continue
                if isinstance(result, BaseException):
                    raise result
                yield job, result
        finally:
            self.halt()

    def halt(self) -> None:
        """Let no further job be taken; those that are running go on."""
        with self._lock:
            self._waiting.clear()

    def running(self) -> list[_J]:
        """Return the jobs that were taken and have no result yet."""
        with self._lock:
            return [self._jobs[key] for key in self._running]

    def _is_busy(self) -> bool:
        with self._lock:
            return bool(self._waiting or self._running) or not self._done.empty()

    def _loop(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                job = self._waiting.popleft()
                self._running.add(id(job))
            result: _R | BaseException
            try:
                result = self._work(job)
                ends = self._is_last(result)
            except BaseException as error:  # it belongs to whoever waits for the result
                result, ends = error, True
            with self._lock:
                self._running.discard(id(job))
                if ends:
                    self._waiting.clear()
                self._done.put((job, result))


def in_parallel(work: Callable[[_J], _R], jobs: Sequence[_J], *, count: int) -> list[_R]:
    """Return what *work* returns for each job, in their order; raises what it raises first."""
    workers = Workers(work, jobs, count=count)
    found = {id(job): result for job, result in workers.results(patience=lambda: None)}
    return [found[id(job)] for job in jobs]
