"""Told to stop at any request, a run ends what is in flight, says so, and can be run again."""

import signal

import pytest

from tests.reliability.harness import (
    is_write,
    journals,
    leases,
    log_of,
    picture,
    run,
    stopped_at,
)
from tests.reliability.project import APPLY
from tests.reliability.test_kill import ONE_BY_ONE, boundaries, length_of

EXIT = {signal.SIGINT: 130, signal.SIGTERM: 143}
SOON_S = 10


def check_stopped(bench, done, number, at, when, arguments=ONE_BY_ONE):
    workspace = bench.fresh()
    stopped = stopped_at(
        bench, workspace, number, at=at, when=when, arguments=arguments, within_s=SOON_S
    )
    told = f"{number.name} {when} request {at}: {stopped.stdout}{stopped.stderr}"
    writes = [entry for entry in log_of(workspace) if is_write(entry)]
    ends = [events[-1]["event"] for events in journals(workspace)]
    is_late = stopped.returncode == 0 and picture(workspace) == done

    assert stopped.returncode == EXIT[number] or is_late, told
    assert ends in ([], ["end"]), told
    # Once there is a write, the run ends in order, with a list of what became of everything.
    assert is_late or not writes or "  not run   " in stopped.stdout, told
    assert leases(workspace) == {}, told
    assert run(workspace, *arguments).returncode == 0, told
    assert picture(workspace) == done, told


@pytest.mark.parametrize(
    ("number", "at"), [(signal.SIGINT, 21), (signal.SIGTERM, 90)], ids=["SIGINT", "SIGTERM"]
)
def test_stopped_at_a_request_the_next_run_finishes(bench, done, number, at):
    check_stopped(bench, done, number, at, "before")


def test_stopped_with_eight_writes_in_flight_the_next_run_finishes(bench, done):
    check_stopped(bench, done, signal.SIGTERM, 60, "before", arguments=APPLY)


@pytest.mark.slow
@pytest.mark.parametrize("number", EXIT, ids=lambda number: number.name)
def test_stopped_at_every_request_the_next_run_finishes(bench, done, number):
    """Before a request with one signal, after it with the other: nothing happens in between."""
    first = list(EXIT).index(number)
    for at, when in boundaries(length_of(bench, ONE_BY_ONE), every=1)[first::2]:
        check_stopped(bench, done, number, at, when)
