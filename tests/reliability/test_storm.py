"""A platform that says "too many requests" is obeyed: slower, to the end, and nothing twice."""

import random
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.reliability.harness import Bench, is_write, log_of, picture, run
from tests.reliability.project import APPLY, HTTP

IN_FLIGHT = 8
BY_WORDS = {
    "in seconds": "1",
    "as a date": None,
    "absent": None,
    "a day": "86400",
    "negative": "-5",
    "no number": "soon",
}
"""What `Retry-After` says."""


def headers_for(words):
    if words == "as a date":
        date = datetime.now(UTC) + timedelta(seconds=2)
        return {"Retry-After": format_datetime(date, usegmt=True)}
    return {} if BY_WORDS[words] is None else {"Retry-After": BY_WORDS[words]}


def check_obeys_a_limit(start_emulator, tmp_path, rate, *selectors):
    bench = Bench(tmp_path, start_emulator(rate_limit=rate))
    workspace = bench.fresh()
    start = time.monotonic()
    ended = run(workspace, *APPLY, *selectors)
    elapsed_s = time.monotonic() - start
    log = log_of(workspace)
    refused = sum(each["status"] == 429 for each in log)

    assert ended.returncode == 0, ended.stderr
    assert refused > 0
    assert len(log) <= 1.2 * (rate * elapsed_s + rate) + IN_FLIGHT, f"{refused} of {len(log)}"


def test_a_rate_limit_is_found_and_kept(start_emulator, tmp_path):
    check_obeys_a_limit(start_emulator, tmp_path, 20, f"{HTTP}/*")


@pytest.mark.slow
@pytest.mark.parametrize("rate", [10, 20, 40])
def test_any_rate_limit_is_found_and_kept(start_emulator, tmp_path, rate):
    check_obeys_a_limit(start_emulator, tmp_path, rate)


def busy(workspace, **rule):
    workspace.fault(action="status", status=429, path="/v2/storage/branch", **rule)


def check_rides_out(bench, done, words, share, seed):
    """So large a share of the requests of a run is refused, at random."""
    dice = random.Random(seed)
    workspace = bench.fresh()
    for _ in range(int(150 * share)):
        busy(workspace, times=1, skip=dice.randrange(150), headers=headers_for(words))
    ended = run(workspace, *APPLY)
    again = ended if ended.returncode == 0 else run(workspace, *APPLY)

    assert ended.returncode in (0, 6, 8), ended.stderr
    assert again.returncode == 0, again.stderr
    assert picture(workspace) == done


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.03, 0.06], ids=["a few", "many"])
@pytest.mark.parametrize("words", ["in seconds", "as a date", "absent", "negative", "no number"])
def test_many_refusals_are_waited_for(bench, done, words, share):
    check_rides_out(bench, done, words, share, 2)


@pytest.mark.parametrize("words", ["absent", "a day"])
def test_a_storm_without_end_ends_the_run_within_the_wait(bench, done, words):
    check_gives_up(bench, done, words, after=0)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 40, 90])
@pytest.mark.parametrize("words", BY_WORDS)
def test_no_storm_outlasts_the_wait(bench, done, words, after):
    check_gives_up(bench, done, words, after)


def check_gives_up(bench, done, words, after):
    """Every request from number *after* on is refused."""
    workspace = bench.fresh()
    busy(workspace, skip=after, headers=headers_for(words))
    start = time.monotonic()
    ended = run(workspace, *APPLY, KBSYNC_MAX_WAIT="2")
    elapsed_s = time.monotonic() - start
    written = [each for each in log_of(workspace) if is_write(each) and each["status"] < 300]
    workspace.end_faults()

    assert ended.returncode == (6 if written else 8), ended.stderr
    # Eight steps at once, each at most one write and one look, each within the wait.
    assert elapsed_s < 15
    assert run(workspace, *APPLY).returncode == 0
    assert picture(workspace) == done


def check_revoked(bench, done, after, parallelism):
    """The token is refused from request *after* on."""
    workspace = bench.fresh()
    refusal = {"error": "Invalid access token", "code": "storage.tokenInvalid"}
    path = "/v2/storage/"
    workspace.fault(action="status", status=401, path=path, skip=after, body=refusal)
    ended = run(workspace, *APPLY, "--parallelism", f"{parallelism}")
    written = [each for each in log_of(workspace) if is_write(each)]
    done_writes = [each for each in written if each["status"] < 300]
    workspace.end_faults()
    again = run(workspace, *APPLY)

    # Refused the lease, a plan that deletes is refused by a guard, whatever the token lacks.
    assert ended.returncode in ((6,) if done_writes else (7,)), ended.stdout + ended.stderr
    assert len(written) - len(done_writes) <= parallelism
    assert again.returncode == 0, again.stderr
    assert picture(workspace) == done


@pytest.mark.parametrize(("after", "parallelism"), [(2, 8), (90, 8)])
def test_a_token_that_is_revoked_ends_all_writing(bench, done, after, parallelism):
    check_revoked(bench, done, after, parallelism)


@pytest.mark.slow
@pytest.mark.parametrize("parallelism", [1, 8])
@pytest.mark.parametrize("after", range(0, 150, 10))
def test_a_token_revoked_at_any_time_ends_all_writing(bench, done, after, parallelism):
    check_revoked(bench, done, after, parallelism)
