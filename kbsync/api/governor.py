"""How fast all workers together may ask: learns from what the platform refuses. Pure.

Asks for no time: whoever uses it tells what time it is, in seconds of any steady clock.
"""

from __future__ import annotations

from collections import deque

_WINDOW_S = 1.0
_CAUTION = 0.85
"""How much of what was too fast is tried next."""
_FEW = 5
"""Fewer accepted requests than these do not tell how many would have been."""
_SLOWEST = 0.1
_FASTEST = 1000.0
"""Requests per second; faster ones need no governing."""


class Governor:
    """Spaces the starts of requests. Without a refusal it never makes anybody wait.

    A refusal closes the gate for as long as the platform asks, and slows down: at first to what the
    platform accepted in the last second, later to a part of the rate that was too fast. From there
    the rate grows, by a hundredth per second at first, because the limit is near, then ever faster,
    because it may be gone. A rate that is hardly more than a guess doubles each second instead.
    """

    def __init__(self) -> None:
        self._base: float | None = None
        """The rate after the newest refusal; None before the first."""
        self._refused = 0.0
        """When that was."""
        self._opens = 0.0
        self._next = 0.0
        self._accepted: deque[float] = deque()
        """When, while the limit is not known."""
        self._guesses = True
        """Whether the rate still is what was accepted, because no rate of ours was refused."""

    def rate(self, now: float) -> float | None:
        """Requests per second that are let through; None when nothing limits them."""
        if self._base is None:
            return None
        calm_s = max(now - self._opens, 0.0)
        if self._guesses and len(self._accepted) < _FEW:
            return min(self._base * 2 ** min(calm_s, 20.0), _FASTEST)
        return min(self._base * (1 + calm_s / 100 + (calm_s / 40) ** 3), _FASTEST)

    def turn(self, now: float) -> float:
        """Return 0 and count a request that starts *now*, or after how many seconds to ask again.

        Nobody stands in line: a refusal holds back all who have not started.
        """
        rate = self.rate(now)
        if rate is None:
            return 0.0
        start = max(self._next, self._opens)
        if start > now:
            return start - now
        self._next = now + 1 / rate
        return 0.0

    def refused(self, now: float, started: float, retry_after_s: float) -> None:
        """Slow down: a request that began at *started* was one too many."""
        rate = self.rate(started)
        self._opens = max(self._opens, now + retry_after_s)
        if rate is not None and started <= self._refused:
            return  # of the same storm: it had left before anybody knew
        self._guesses = rate is None
        self._base = self._accepted_lately(now) if rate is None else max(rate * _CAUTION, _SLOWEST)
        self._refused = now
        self._next = self._opens + 1 / self._base

    def accepted(self, now: float, started: float) -> None:
        """Note that a request that began at *started* was not refused."""
        if self._base is None:
            self._accepted.append(now)
        elif self._guesses and started <= self._refused:
            # Answers come in any order: this one counts for the guess as well.
            self._accepted.append(now)
            self._base = self._accepted_lately(self._refused)

    def _accepted_lately(self, now: float) -> float:
        while self._accepted and self._accepted[0] <= now - _WINDOW_S:
            self._accepted.popleft()
        return max(len(self._accepted), 1) / _WINDOW_S * _CAUTION
