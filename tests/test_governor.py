"""The rate of requests, by a clock that a test moves."""

import heapq
import math
import random

import pytest

from kbsync.api.governor import Governor

SECONDS = 60


def test_nobody_waits_as_long_as_nothing_is_refused():
    governor = Governor()

    assert [governor.turn(0.0) for _ in range(1000)] == [0.0] * 1000
    assert governor.rate(0.0) is None


def test_after_a_refusal_nobody_starts_until_the_platform_said():
    governor = Governor()
    governor.turn(10.0)
    for _ in range(10):
        governor.accepted(10.0, 9.9)
    governor.refused(10.1, 10.0, 3.0)
    interval_s = 1 / 8.5

    assert governor.turn(10.1) == pytest.approx(3.0 + interval_s)
    assert governor.turn(13.0) == pytest.approx(0.1 + interval_s)
    assert governor.turn(13.3) == 0.0
    assert governor.turn(13.3) == pytest.approx(interval_s, rel=0.01)


def test_a_later_refusal_keeps_the_gate_closed_for_longer_and_never_for_less():
    governor = Governor()
    governor.refused(0.1, 0.0, 5.0)
    governor.refused(0.2, 0.0, 1.0)
    governor.refused(0.3, 0.0, 7.0)

    assert governor.turn(0.3) == pytest.approx(7.0)


def test_a_limit_that_is_a_mere_guess_is_soon_left_behind():
    governor = Governor()
    governor.refused(1.0, 0.9, 0.0)

    assert [governor.rate(1.0 + calm_s) for calm_s in (0, 1, 5)] == [0.85, 1.7, 27.2]


def test_the_first_rate_is_a_little_less_than_what_was_accepted_in_a_second():
    governor = Governor()
    for _ in range(20):
        governor.accepted(0.5, 0.4)
    for _ in range(10):
        governor.accepted(1.9, 1.8)
    governor.refused(2.0, 1.9, 0.0)

    assert governor.rate(2.0) == pytest.approx(8.5)


def test_one_storm_of_refusals_slows_down_once():
    governor = Governor()
    for _ in range(10):
        governor.accepted(0.9, 0.8)
    for _ in range(90):
        governor.refused(1.0, 0.8, 1.0)

    assert governor.rate(2.0) == pytest.approx(8.5)


def test_what_is_accepted_after_the_first_refusal_but_left_before_it_counts_too():
    governor = Governor()
    governor.refused(1.0, 0.8, 1.0)
    for _ in range(10):
        governor.accepted(1.01, 0.8)

    assert governor.rate(2.0) == pytest.approx(8.5)


def test_a_rate_that_was_too_fast_is_lowered_each_time():
    governor = Governor()
    for _ in range(10):
        governor.accepted(0.9, 0.8)
    governor.refused(1.0, 0.8, 0.0)
    governor.refused(1.5, 1.2, 0.0)
    governor.refused(2.0, 1.9, 0.0)

    assert governor.rate(2.0) == pytest.approx(8.5 * 0.85**2, rel=0.02)


def test_the_rate_grows_slowly_at_first_and_fast_when_nobody_minds():
    governor = Governor()
    for _ in range(10):
        governor.accepted(0.9, 0.8)
    governor.refused(1.0, 0.8, 0.0)
    grown = [governor.rate(1.0 + calm_s) / 8.5 for calm_s in (10, 40, 100)]

    assert grown == [pytest.approx(x, rel=0.02) for x in (1.12, 2.4, 17.6)]
    assert governor.rate(1e9) == 1000.0


@pytest.mark.parametrize("limit", [2, 5, 10, 30, 100, 300])
@pytest.mark.parametrize("workers", [8, 100])
@pytest.mark.parametrize("latency_s", [0.01, 0.3])
@pytest.mark.parametrize("says_when", [True, False], ids=["Retry-After", "no Retry-After"])
def test_many_workers_share_what_the_platform_lets_through(limit, workers, latency_s, says_when):
    sent, served = simulate(limit, workers, latency_s, burst=limit, says_when=says_when)
    possible = min(limit, workers / latency_s)

    assert rate(sent, 1, SECONDS) <= 1.2 * limit
    assert (
        max(rate(sent, second, second + 5) for second in range(1, SECONDS - 5)) <= 1.2 * limit + 1.5
    )
    assert rate(served, 1, SECONDS) >= 0.8 * possible


@pytest.mark.parametrize("limit", [2, 10, 100])
@pytest.mark.parametrize("workers", [8, 100])
@pytest.mark.parametrize("says_when", [True, False], ids=["Retry-After", "no Retry-After"])
def test_a_platform_that_allows_no_burst_gives_little_to_learn_from(limit, workers, says_when):
    sent, served = simulate(limit, workers, 0.01, burst=1, says_when=says_when)

    assert rate(sent, 1, SECONDS) <= 1.2 * limit
    assert rate(served, 1, SECONDS) >= 0.6 * limit


def rate(times, begin, end):
    return sum(begin <= time < end for time in times) / (end - begin)


def simulate(limit, workers, latency_s, *, burst, says_when):
    """Return when requests arrived, and which were served, as *limit* a second are."""
    dice, governor = random.Random(1), Governor()
    credit, last = float(burst), 0.0
    sent, served = [], []
    # What happens next: when, to whom, and what; for an answer also when its request started.
    agenda = [(0.0, worker, "ask", 0.0, 0) for worker in range(workers)]
    while agenda:
        now, worker, what, started, pause_s = heapq.heappop(agenda)
        if now >= SECONDS:
            return sent, served
        if what == "ask" and (wait_s := governor.turn(now)) > 0:
            next_ = (now + wait_s, worker, "ask", 0.0, 0)
        elif what == "ask":
            sent.append(now)
            credit, last = min(float(burst), credit + (now - last) * limit), now
            is_served = credit >= 1
            credit -= is_served
            served += [now] * is_served
            pause_s = math.ceil((1 - credit) / limit) if says_when and not is_served else 0
            answered = now + latency_s * dice.uniform(0.8, 1.2)
            next_ = (answered, worker, "yes" if is_served else "no", now, pause_s)
        elif what == "yes":
            governor.accepted(now, started)
            next_ = (now, worker, "ask", 0.0, 0)
        else:
            governor.refused(now, started, pause_s)
            next_ = (now + max(pause_s, 0.1) * dice.uniform(1, 1.25), worker, "ask", 0.0, 0)
        heapq.heappush(agenda, next_)
    raise AssertionError("somebody gave up")
