"""Killed at any request, the scheduler service is told by the next run of what was written."""

import signal

import pytest

from kbsync.emulator.serve import start
from tests.reliability.harness import Bench, picture, run, stopped_at
from tests.reliability.project import APPLY, FLOW, SCHEDULER, config

ONE_BY_ONE = (*APPLY, "--parallelism", "1")


def schedule(hour, state="enabled"):
    target = {"componentId": FLOW, "configurationId": "flow", "mode": "run"}
    timing = {"cronTab": f"0 {hour} * * *", "timezone": "UTC", "state": state}
    return {"configuration": {"schedule": timing, "target": target}}


def project():
    """A schedule of every kind of change: made, changed, switched off in two ways, deleted."""
    flow = {"flow": config("Flow")}
    live = {name: config(name, **schedule(1)) for name in ("changed", "off", "disabled", "gone")}
    wished = {
        "made": config("made", **schedule(2)),
        "changed": config("changed", **schedule(3)),
        "off": config("off", **schedule(1, "disabled")),
        "disabled": config("disabled", isDisabled=True, **schedule(1)),
    }
    return {FLOW: flow, SCHEDULER: live}, {FLOW: flow, SCHEDULER: wished}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with start() as server:
        yield Bench(tmp_path_factory.mktemp("bench"), server, project())


def fresh(bench):
    workspace = bench.fresh()
    for each in workspace.service("GET", "schedules").json():
        workspace.service("DELETE", f"schedules/{each['id']}")
    for name in bench.live[SCHEDULER]:
        workspace.service("POST", "schedules", {"configurationId": name})
    workspace.forget_requests()
    return workspace


def active(workspace):
    found = workspace.service("GET", "schedules").json()
    return {each["configurationId"]: each["schedule"]["cronTab"] for each in found}


def check_killed(bench, done, at, when):
    workspace = fresh(bench)
    stopped_at(bench, workspace, signal.SIGKILL, at=at, when=when, arguments=ONE_BY_ONE)
    again = run(workspace, *ONE_BY_ONE)
    told = f"killed {when} request {at}: {again.stdout}{again.stderr}"

    assert again.returncode == 0, told
    assert active(workspace) == {"made": "0 2 * * *", "changed": "0 3 * * *"}, told
    assert picture(workspace) == done, told
    assert workspace.kbsync("plan", "--prune", "--detailed-exitcode").exit_code == 0, told


def moments_of(bench):
    workspace = fresh(bench)
    assert run(workspace, *ONE_BY_ONE).returncode == 0
    length = len(workspace.requests())
    moments = [(at, when) for at in range(1, length + 1) for when in ("before", "after")]
    return picture(workspace), moments


def test_killed_at_some_requests_the_next_run_tells_what_was_not_told(bench):
    done, moments = moments_of(bench)
    for at, when in moments[20::9]:
        check_killed(bench, done, at, when)


@pytest.mark.slow
def test_killed_at_any_request_the_next_run_tells_what_was_not_told(bench):
    done, moments = moments_of(bench)
    for at, when in moments:
        check_killed(bench, done, at, when)
