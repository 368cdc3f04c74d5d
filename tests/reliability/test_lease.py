"""A run that died elsewhere is waited for, by the platform's clock, and then taken over."""

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.reliability.harness import leases, picture, run, stopped_at
from tests.reliability.project import APPLY


def killed_elsewhere(bench):
    """A run that died in the middle on another machine; this machine's folder."""
    there = bench.fresh()
    stopped_at(bench, there, signal.SIGKILL, at=60, when="after")
    return bench.folder()


def expire(workspace):
    """Let the time of every lease be over."""
    for key, entry in leases(workspace).items():
        over = entry | {"until": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
        body = {"metadata": [{"key": key, "value": json.dumps(over)}]}
        assert workspace.storage("POST", "metadata", body).ok


def test_a_run_that_died_elsewhere_blocks_until_its_time_is_over(bench, done):
    here = killed_elsewhere(bench)
    before = picture(here)
    (held,) = leases(here)
    blocked = run(here, *APPLY)
    unchanged = picture(here) == before
    expire(here)
    taken_over = run(here, *APPLY)

    assert (blocked.returncode, unchanged) == (5, True)
    assert held.removeprefix("KBSYNC.lease.") in blocked.stderr
    assert taken_over.returncode == 0
    assert "ended without a word" in taken_over.stderr
    assert leases(here) == {}
    assert picture(here) == done


@pytest.mark.parametrize("days", [pytest.param(-1, marks=pytest.mark.slow), 1])
def test_the_time_of_a_lease_is_told_by_the_clock_of_the_platform(bench, done, days):
    there = bench.fresh()
    bench.wire.skew = timedelta(days=days)
    stopped_at(bench, there, signal.SIGKILL, at=60, when="after")
    here = bench.folder()
    (entry,) = leases(here).values()
    length = datetime.fromisoformat(entry["until"]) - datetime.now(UTC) - bench.wire.skew
    blocked = run(here, *APPLY)
    bench.wire.skew += timedelta(minutes=3)
    taken_over = run(here, *APPLY)

    assert timedelta(seconds=60) < length <= timedelta(seconds=121)
    assert (blocked.returncode, taken_over.returncode) == (5, 0)
    assert picture(here) == done


def test_a_plan_without_deletes_is_applied_where_no_lease_is_to_be_had(bench, done):
    workspace = bench.fresh()
    workspace.fault(action="status", status=403, method="POST", path="branch/default/metadata$")
    refused = run(workspace, *APPLY)
    untouched = run(workspace, "plan", "--detailed-exitcode").returncode
    applied = run(workspace, "apply", "--auto-approve", "keboola.ex-http/feed-*")

    assert (refused.returncode, untouched, applied.returncode) == (4, 2, 0)
    assert "Going on without" in applied.stderr
