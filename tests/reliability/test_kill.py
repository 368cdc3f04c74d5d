"""Killed at any request, a run is finished by the next one: nothing lost, nothing twice."""

import random
import signal
import time

import pytest

from tests.reliability.harness import (
    deletes_sent,
    journals,
    leases,
    picture,
    run,
    running,
    stopped_at,
)
from tests.reliability.project import APPLY, HTTP

ONE_BY_ONE = (*APPLY, "--parallelism", "1")
SAVED = ("apply", "plan.json", "--auto-approve", "--parallelism", "1")


def plan(workspace):
    assert run(workspace, "plan", "--prune", "-o", "plan.json").returncode == 0


def requests_of(bench, arguments):
    """The requests of a whole run of *arguments*; another run sends the same ones."""
    workspace = bench.fresh()
    if arguments is SAVED:
        plan(workspace)
        workspace.forget_requests()
    assert run(workspace, *arguments).returncode == 0
    return workspace.requests()


def length_of(bench, arguments):
    return len(requests_of(bench, arguments))


def boundaries(length, *, every):
    """Every *every*-th of the moments before and after each request."""
    moments = [(at, when) for at in range(1, length + 1) for when in ("before", "after")]
    return moments[every // 2 :: every]


def check_killed(bench, done, arguments, at, when):
    workspace = bench.fresh()
    if arguments is SAVED:
        plan(workspace)
    killed = stopped_at(bench, workspace, signal.SIGKILL, at=at, when=when, arguments=arguments)
    again = run(workspace, *arguments)
    told = f"killed {when} request {at}: {again.stdout}{again.stderr}"

    assert (killed.returncode, again.returncode) == (-signal.SIGKILL, 0), told
    check_finished(workspace, done, told)
    if "No changes" not in again.stdout:
        # A run that has nothing to write does not look for what the one before it has left.
        assert leases(workspace) == {}, told
    if arguments is SAVED:
        check_no_more_to_do(workspace, arguments)


def check_finished(workspace, done, told):
    """Contents, versions and trash are as after one run that nothing happened to."""
    assert picture(workspace) == done, told
    assert workspace.kbsync("plan", "--prune", "--detailed-exitcode").exit_code == 0, told
    for events in journals(workspace):
        removed = [event["object"] for event in events if event.get("action") == "delete"]
        assert len(removed) == len(set(removed)), told


def check_no_more_to_do(workspace, arguments):
    workspace.forget_requests()

    assert run(workspace, *arguments).returncode == 0
    assert workspace.writes() == []


def test_the_project_takes_at_least_sixty_writes_one_version_for_each_that_makes_one(bench, done):
    workspace = bench.fresh()
    before = picture(workspace)[1]
    run(workspace, *APPLY)
    (events,) = journals(workspace)
    writes = [event["action"] for event in events if event["event"] == "intent"]
    grown = sum(
        number - before.get(key, 0)
        for key, number in picture(workspace)[1].items()
        if len(key) == 2
    )
    trashed, deleted_configurations = 2, 3
    unversioned = {"reset state", "set metadata", "activate schedule"}
    versioned = [each for each in writes if each not in unversioned]

    assert len(writes) >= 60
    assert len(deletes_sent(workspace)) == deleted_configurations
    assert set(writes) == {"create", "update", "delete"} | unversioned
    # Whatever lay in the trash had a version before it came back.
    assert grown - trashed == len(versioned) - deleted_configurations


def test_killed_at_some_requests_the_next_run_finishes(bench, done):
    for at, when in boundaries(length_of(bench, ONE_BY_ONE), every=100):
        check_killed(bench, done, ONE_BY_ONE, at, when)


def test_killed_while_it_takes_the_lease_the_next_run_goes_on_at_once(bench, done):
    sent = requests_of(bench, ONE_BY_ONE)
    at = 1 + sent.index("POST branch/default/metadata")

    check_killed(bench, done, ONE_BY_ONE, at, "after")


def test_killed_while_one_comes_back_from_the_trash_a_saved_plan_is_finished(bench, done):
    sent = requests_of(bench, SAVED)
    at = 1 + sent.index(f"POST branch/default/components/{HTTP}/configs")

    check_killed(bench, done, SAVED, at, "after")


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [ONE_BY_ONE, SAVED], ids=["files", "saved plan"])
@pytest.mark.parametrize("quarter", range(4))
def test_killed_at_any_request_the_next_run_finishes(bench, done, quarter, arguments):
    moments = boundaries(length_of(bench, arguments), every=1)
    for at, when in moments[quarter :: 4 if arguments is ONE_BY_ONE else 16]:
        check_killed(bench, done, arguments, at, when)


def check_killed_at_random(bench, done, seed):
    """Eight at a time, killed by the clock, again and again, then left alone."""
    dice = random.Random(seed)
    workspace = bench.fresh()
    for _ in range(dice.randint(1, 3)):
        with running(workspace, *APPLY) as process:
            time.sleep(dice.uniform(0.25, 0.6))
            process.kill()
    again = run(workspace, *APPLY)

    assert again.returncode == 0, f"seed {seed}: {again.stdout}{again.stderr}"
    check_finished(workspace, done, f"seed {seed}: {again.stdout}")


def test_killed_at_random_moments_the_next_run_finishes(bench, done):
    for seed in range(2):
        check_killed_at_random(bench, done, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_killed_at_many_random_moments_the_next_run_finishes(bench, done, seed):
    check_killed_at_random(bench, done, seed)
