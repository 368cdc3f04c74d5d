"""One plan applied more than once, in a row or at the same time, changes each thing once."""

import subprocess
from contextlib import ExitStack

import pytest

from tests.reliability.harness import (
    PATIENCE_S,
    deletes_sent,
    picture,
    run,
    running,
)
from tests.reliability.project import APPLY

SAVED = ("apply", "plan.json", "--auto-approve")
ENTERED = 60
"""A request in the middle of the writes of a run."""
LOST = (0, 5)
"""A loser came too early, and was refused, or too late, and found everything done."""


def all_at_once(workspaces, *arguments):
    """Run kbsync in each of *workspaces* at the same time."""
    with ExitStack() as stack:
        processes = [stack.enter_context(running(each, *arguments)) for each in workspaces]
        ended = [process.communicate(timeout=PATIENCE_S) for process in processes]
    return [
        subprocess.CompletedProcess(arguments, process.returncode, *texts)
        for process, texts in zip(processes, ended, strict=True)
    ]


def check_all_at_once(bench, done, workspaces, arguments):
    ended = all_at_once(workspaces, *arguments)
    told = "\n".join(f"{each.returncode}\n{each.stdout}\n{each.stderr}" for each in ended)

    assert {each.returncode for each in ended} <= {*LOST}, told
    assert sum("Live is as planned" in each.stdout for each in ended) >= 1, told
    assert picture(workspaces[0]) == done, told
    removed = deletes_sent(workspaces[0])
    assert sorted(removed) == sorted(set(removed)), told


def test_a_plan_applied_again_writes_nothing(bench, done):
    workspace = bench.fresh()
    run(workspace, "plan", "--prune", "-o", "plan.json")
    first = run(workspace, *SAVED)
    workspace.forget_requests()
    second = run(workspace, *SAVED)

    assert (first.returncode, second.returncode) == (0, 0)
    assert workspace.writes() == []
    assert picture(workspace) == done


def test_a_plan_applied_again_on_another_machine_writes_nothing(bench, done):
    workspace, other = bench.fresh(), bench.folder()
    run(workspace, "plan", "--prune", "-o", "plan.json")
    (other.root / "plan.json").write_bytes((workspace.root / "plan.json").read_bytes())
    first = run(workspace, *SAVED)
    workspace.forget_requests()
    second = run(other, *SAVED)

    assert (first.returncode, second.returncode) == (0, 0)
    assert workspace.writes() == []
    assert picture(workspace) == done


@pytest.mark.parametrize("machines", [False, True], ids=["one folder", "other machines"])
def test_while_one_run_writes_another_one_is_refused(bench, done, machines):
    workspace = bench.fresh()
    other = bench.folder() if machines else workspace
    ended = []
    bench.wire.arm(lambda: ended.append(run(other, *APPLY)), at=ENTERED, when="before", cuts=False)
    first = run(workspace, *APPLY, "--parallelism", "1")
    bench.wire.disarm()

    assert [each.returncode for each in ended] == [5], ended[0].stderr
    assert "writing" in ended[0].stderr
    assert first.returncode == 0
    assert picture(workspace) == done


def at_once(bench, done, count, *, machines, saved):
    workspace = bench.fresh()
    workspaces = [workspace, *(bench.folder() for _ in range(count - 1))]
    if saved:
        run(workspace, "plan", "--prune", "-o", "plan.json")
        for each in workspaces[1:]:
            (each.root / "plan.json").write_bytes((workspace.root / "plan.json").read_bytes())
    if not machines:
        workspaces = [workspace] * count
    check_all_at_once(bench, done, workspaces, SAVED if saved else APPLY)


@pytest.mark.parametrize("machines", [False, True], ids=["one folder", "other machines"])
def test_three_at_once_make_one_version_for_each_change(bench, done, machines):
    at_once(bench, done, 3, machines=machines, saved=True)


@pytest.mark.slow
@pytest.mark.parametrize("round_", range(3))
@pytest.mark.parametrize("saved", [False, True], ids=["files", "saved plan"])
@pytest.mark.parametrize("machines", [False, True], ids=["one folder", "other machines"])
@pytest.mark.parametrize("count", [2, 4, 8])
def test_many_at_once_make_one_version_for_each_change(bench, done, count, machines, saved, round_):
    at_once(bench, done, count, machines=machines, saved=saved)
