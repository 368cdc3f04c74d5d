"""`--on-error`: what a failed run wrote is taken back, or what can be written is."""

import pytest

from tests.reliability.harness import is_write, log_of, picture, run, trash
from tests.reliability.project import APPLY, HTTP, contents

ROLLBACK = (*APPLY, "--parallelism", "1", "--on-error", "rollback")
SHOP = "keboola.ex-db-mysql"
REFUSAL = {"action": "status", "status": 400, "times": 1}


@pytest.fixture(scope="module")
def moments(bench):
    """The places of the writes among the requests of a run; another run has the same ones."""
    workspace = bench.fresh()
    assert run(workspace, *ROLLBACK).returncode == 0
    return [place for place, entry in enumerate(log_of(workspace)) if is_write(entry)]


def check_taken_back(bench, done, place):
    """The request at *place* is refused."""
    workspace = bench.fresh()
    before, _, trashed = picture(workspace)
    workspace.fault(path="/v2/storage/", skip=place, **REFUSAL)
    ended = run(workspace, *ROLLBACK)
    written = [each for each in log_of(workspace) if is_write(each) and each["status"] < 300]
    after, _, trashed_now = picture(workspace)
    made = {key for key in done[0] if key not in before}
    again = run(workspace, *APPLY)
    told = f"request {place}: {ended.stdout}{ended.stderr}"

    assert ended.returncode == (6 if written else 8), told
    assert after == before, told
    # What was made lies in the trash now; what lay there before is there again.
    assert trashed <= trashed_now <= trashed | made, told
    assert again.returncode == 0, again.stdout + again.stderr
    assert picture(workspace)[0] == done[0], told


def test_a_failure_at_some_writes_takes_everything_back(bench, done, moments):
    for place in moments[20::36]:
        check_taken_back(bench, done, place)


@pytest.mark.slow
def test_a_failure_at_any_write_takes_everything_back(bench, done, moments):
    for place in moments:
        check_taken_back(bench, done, place)


def test_an_edit_that_came_in_between_is_left_alone_and_named(bench, done, moments):
    workspace = bench.fresh()
    before = contents(workspace.project())
    edit = {"description": "theirs", "changeDescription": "hotfix"}
    path = f"components/{SHOP}/configs/shop-1"
    bench.wire.arm(
        lambda: workspace.storage("PUT", path, edit), at=moments[45], when="before", cuts=False
    )
    workspace.fault(path="/v2/storage/", skip=moments[50], **REFUSAL)
    ended = run(workspace, *ROLLBACK)
    bench.wire.disarm()
    now = contents(workspace.project())
    others = {key for key in before if key != (SHOP, "shop-1")}

    assert ended.returncode == 6
    assert "hotfix" in ended.stdout
    assert now[SHOP, "shop-1"]["description"] == "theirs"
    assert {key: now.get(key) for key in others} == {key: before[key] for key in others}


def test_going_on_writes_everything_else(bench, done):
    workspace = bench.fresh()
    workspace.fault(path="configs/shop-2$", method="PUT", **REFUSAL)
    workspace.fault(path="configs/feed-3/rows$", method="POST", **REFUSAL)
    ended = run(workspace, *APPLY, "--on-error", "continue")
    now = picture(workspace)
    failed = {(SHOP, "shop-2"), (HTTP, "feed-3")}
    again = run(workspace, *APPLY)

    assert ended.returncode == 6
    assert {key for key in done[0] if now[0][key] != done[0][key]} == failed
    assert now[2] == done[2] == trash(workspace)
    assert again.returncode == 0
    assert picture(workspace) == done
