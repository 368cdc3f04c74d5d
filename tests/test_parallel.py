"""Which requests of an apply may be under way at the same time."""

import pytest

EXTRACTOR, FLOW, VARIABLES = "keboola.ex-http", "keboola.flow", "keboola.variables"


def files(*names, rows=0):
    made = {}
    for name in names:
        made[f"{name}/config.yaml"] = "name: X\n"
        for number in range(rows):
            made[f"{name}/rows/r{number}.yaml"] = f"name: R{number}\n"
    return made


def test_a_slow_configuration_does_not_hold_up_the_others(start_workspace):
    workspace = start_workspace(
        files(f"{EXTRACTOR}/a", f"{EXTRACTOR}/b"),
        [
            {
                "id": EXTRACTOR,
                "configurations": [{"id": "a", "name": "Old"}, {"id": "b", "name": "Old"}],
            }
        ],
    )
    workspace.fault(method="PUT", path="configs/a$", action="delay", seconds=0.7)

    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0
    asked = [each for each in workspace.requests() if each.endswith(("configs/a", "configs/b"))]
    assert [each[-1] for each in asked if each.startswith("GET")][-2:] == ["b", "a"]


@pytest.mark.parametrize("parallelism", ["1", "8"])
def test_what_others_refer_to_is_finished_before_they_begin(start_workspace, parallelism):
    tree = files(f"{FLOW}/f", f"{EXTRACTOR}/a", f"{EXTRACTOR}/b", f"{VARIABLES}/v", rows=1)
    workspace = start_workspace(tree)
    workspace.fault(method="POST", path="keboola.variables.*rows$", action="delay", seconds=0.3)
    workspace.fault(method="POST", path="configs/a/rows$", action="delay", seconds=0.3)
    result = workspace.kbsync("apply", "--auto-approve", "--parallelism", parallelism)
    order = [each.split("components/")[1].split("/")[0] for each in workspace.writes()]

    assert result.exit_code == 0, result.output
    assert order == [VARIABLES] * 2 + [EXTRACTOR] * 4 + [FLOW] * 2


def test_the_requests_of_one_configuration_follow_each_other(start_workspace):
    workspace = start_workspace(files(f"{EXTRACTOR}/a", rows=5))
    for number in range(3):
        workspace.fault(
            method="POST", path="rows$", action="delay", seconds=0.1, skip=number, times=1
        )

    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0
    rows = workspace.storage("GET", f"components/{EXTRACTOR}/configs/a").json()["rows"]
    assert [row["id"] for row in rows] == ["r0", "r1", "r2", "r3", "r4"]


@pytest.mark.parametrize("parallelism", ["1", "3", "64"])
def test_any_number_at_a_time_gives_the_same_project(start_workspace, parallelism):
    names = [f"{EXTRACTOR}/c{number}" for number in range(12)]
    workspace = start_workspace(files(*names, rows=2))
    result = workspace.kbsync("apply", "--auto-approve", "--parallelism", parallelism)

    assert result.exit_code == 0, result.output
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0
    assert len(workspace.writes()) == 12 * 3


def test_a_failure_lets_what_runs_end_and_begins_nothing(start_workspace):
    names = [f"{EXTRACTOR}/c{number}" for number in range(6)]
    seed = [{"id": f"c{number}", "name": "Old"} for number in range(6)]
    workspace = start_workspace(files(*names), [{"id": EXTRACTOR, "configurations": seed}])
    workspace.fault(method="PUT", path="configs/c1$", action="status", status=400)
    workspace.fault(method="PUT", path="configs/c0$", action="delay", seconds=1)
    result = workspace.kbsync("apply", "--auto-approve", "--parallelism", "2")

    assert result.exit_code == 6
    assert [
        word in result.stdout
        for word in ("ok        keboola.ex-http/c0", "failed    keboola.ex-http/c1")
    ] == [True, True]
    assert "not run   keboola.ex-http/c5" in result.stdout
    assert len(workspace.writes()) == 2


def test_on_error_continue_writes_what_can_be_written(start_workspace):
    names = [f"{EXTRACTOR}/c{number}" for number in range(4)]
    seed = [{"id": f"c{number}", "name": "Old"} for number in range(4)]
    workspace = start_workspace(files(*names), [{"id": EXTRACTOR, "configurations": seed}])
    workspace.fault(method="PUT", path="configs/c0$", action="status", status=400)
    result = workspace.kbsync("apply", "--auto-approve", "--on-error", "continue")

    assert result.exit_code == 6
    assert result.stdout.count("  ok        ") == 3
