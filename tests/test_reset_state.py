"""Component state is forgotten when it is asked for, kept on disk, and put back."""

import json
import re
import stat

import pytest

from kbsync.model import Key
from kbsync.plans.plan import Target
from kbsync.run.forgotten import KeptStates, read_thrown_away

RUN = "01KAN5T0W8Z3V7Q2M4R6X9YBCD"
COMPONENT = "keboola.ex-http"
CONFIGS = f"components/{COMPONENT}/configs"
ORDERS = f"{COMPONENT}/orders"
USERS = f"{COMPONENT}/users"
APPROVED = "--auto-approve"
SECRET = "fake-refresh-token"
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [
            {
                "id": "orders",
                "name": "Orders",
                "configuration": {},
                "state": {"unused": 1},
                "rows": [
                    {"id": "a", "name": "A", "configuration": {}, "state": {"since": 5}},
                    {"id": "b", "name": "B", "configuration": {}, "state": {"#token": SECRET}},
                    {"id": "c", "name": "C", "configuration": {}},
                ],
            },
            {"id": "users", "name": "Users", "configuration": {}, "state": {"since": 9}},
            {"id": "plain", "name": "Plain", "configuration": {}},
        ],
    }
]


@pytest.fixture
def workspace(start_workspace):
    return start_workspace(live=LIVE)


def states(workspace):
    """Every component state that is not empty, by configuration and row."""
    found = {}
    for config in workspace.project()[0]["configurations"]:
        found[config["id"]] = config.get("state")
        found |= {f"{config['id']}/{row['id']}": row.get("state") for row in config.get("rows", ())}
    return {name: state for name, state in found.items() if state}


def run_of(result):
    return re.search(r"Run (01[0-9A-Z]{24})", result.stdout)[1]


def kept(workspace, run):
    return workspace.root / ".kbsync" / "runs" / run / "component-states.json"


def put_state(workspace, path, state):
    workspace.storage("PUT", f"{CONFIGS}/{path}/state", {"state": state}).raise_for_status()


ALL = {
    "orders": {"unused": 1},
    "orders/a": {"since": 5},
    "orders/b": {"#token": SECRET},
    "users": {"since": 9},
}


@pytest.mark.parametrize(
    ("selectors", "forgotten"),
    [
        pytest.param([ORDERS], {"orders/a", "orders/b"}, id="the rows of a configuration"),
        pytest.param([f"{ORDERS}/b"], {"orders/b"}, id="a row alone"),
        pytest.param([f"{ORDERS}/[ab]"], {"orders/a", "orders/b"}, id="rows by a glob"),
        pytest.param([f"{COMPONENT}/Users"], {"users"}, id="a configuration without rows"),
        pytest.param([USERS, f"{ORDERS}/A"], {"users", "orders/a"}, id="several"),
        pytest.param([COMPONENT], {"orders/a", "orders/b", "users"}, id="a component"),
    ],
)
def test_what_is_named_is_forgotten_and_comes_back(workspace, selectors, forgotten):
    done = workspace.kbsync("reset-state", *selectors, APPROVED)
    after = states(workspace)
    back = workspace.kbsync("reset-state", "--undo", run_of(done), APPROVED)

    assert (done.exit_code, back.exit_code) == (0, 0), done.output + back.output
    assert after == {name: state for name, state in ALL.items() if name not in forgotten}
    assert states(workspace) == ALL


def test_the_plan_shows_what_will_be_forgotten_secrets_masked_and_asks(workspace):
    workspace.forget_requests()
    result = workspace.kbsync("reset-state", ORDERS, "-m", "load it all again")

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert '↺  component state is forgotten: "load it all again"' in result.stdout
    assert 'row a   {"since": 5}' in result.stdout
    assert "row b   {" in result.stdout
    assert SECRET not in result.output


def test_only_the_states_are_written_and_no_text_of_a_file_is_noted(workspace):
    workspace.forget_requests()
    result = workspace.kbsync("reset-state", ORDERS, APPROVED)
    writes = [f"PUT branch/default/{CONFIGS}/orders/rows/{row}/state" for row in "ab"]

    assert workspace.writes() == writes
    assert "2 state resets" in result.stdout
    assert f"Undo with:\n  kbsync reset-state --undo {run_of(result)}\n" in result.stdout


def test_the_number_of_requests_that_the_plan_tells_is_right(workspace):
    shown = workspace.kbsync("reset-state", ORDERS)
    told = int(re.search(r"Apply makes (\d+) requests", shown.stdout)[1])
    reading = len(workspace.requests())
    workspace.forget_requests()
    workspace.kbsync("reset-state", ORDERS, APPROVED)

    made = workspace.requests()

    assert len(made) == reading + told
    assert [each for each in made if each.endswith("configs/orders/metadata")] == []


def test_the_reset_text_of_a_file_counts_after_a_reset_by_hand(workspace):
    workspace.kbsync("pull")
    file = workspace.root / COMPONENT / "users" / "config.yaml"
    file.write_text(file.read_text() + "resetState: once\n")
    workspace.kbsync("reset-state", USERS, APPROVED, "-m", "once")
    put_state(workspace, "users", {"since": 10})

    assert "Plan: 1 state reset." in workspace.kbsync("plan").stdout


def test_what_a_file_resets_is_kept_and_comes_back_for_good(workspace):
    workspace.kbsync("pull")
    file = workspace.root / COMPONENT / "users" / "config.yaml"
    file.write_text(file.read_text() + "resetState: once\n")
    done = workspace.kbsync("apply", APPROVED)
    after = states(workspace)
    back = workspace.kbsync("reset-state", "--undo", run_of(done), APPROVED)

    assert f"kbsync reset-state --undo {run_of(done)}" in done.stdout
    assert "users" not in after
    assert back.exit_code == 0, back.output
    assert states(workspace) == ALL
    assert "No changes" in workspace.kbsync("plan").stdout


def test_what_is_kept_is_for_the_owner_alone_and_says_where_it_is_from(workspace):
    run = run_of(workspace.kbsync("reset-state", f"{ORDERS}/b", APPROVED))
    path = kept(workspace, run)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["component-states.json"]
    assert json.loads(path.read_text()) == {
        "run": run,
        "stack": workspace.server.url,
        "project": 1234,
        "branch": "default",
        "states": [
            {
                "componentId": COMPONENT,
                "configId": "orders",
                "rowId": "b",
                "state": {"#token": SECRET},
            }
        ],
    }


def test_the_state_is_on_the_disk_before_the_first_reset_leaves(workspace):
    workspace.fault(method="PUT", path="/state$", action="status", status=400)
    result = workspace.kbsync("reset-state", USERS, APPROVED)
    (path,) = workspace.root.glob(".kbsync/runs/*/component-states.json")

    assert result.exit_code != 0
    assert json.loads(path.read_text())["states"][0]["state"] == {"since": 9}
    assert states(workspace) == ALL


def test_without_a_place_to_keep_it_nothing_is_forgotten(workspace, monkeypatch):
    def refuse(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kbsync.run.forgotten._replace", refuse)
    result = workspace.kbsync("reset-state", USERS, APPROVED)

    assert result.exit_code == 1
    assert "Component state cannot be kept in" in result.output
    assert states(workspace) == ALL


def test_what_a_job_stored_meanwhile_is_what_is_kept(workspace):
    workspace.kbsync("pull")
    file = workspace.root / COMPONENT / "users" / "config.yaml"
    file.write_text(file.read_text() + "resetState: once\n")
    newer = ("PUT", f"{CONFIGS}/users/state", {"state": {"since": 10}})
    workspace.edit_before("GET", "configs/users$", edit=newer)
    done = workspace.kbsync("apply", APPROVED)
    after = states(workspace)
    workspace.kbsync("reset-state", "--undo", run_of(done), APPROVED)

    assert "users" not in after
    assert states(workspace)["users"] == {"since": 10}


def test_a_state_that_the_plan_did_not_show_is_not_forgotten(workspace):
    newer = ("PUT", f"{CONFIGS}/users/state", {"state": {"since": 10}})
    workspace.edit_before("GET", "configs/users$", edit=newer)
    result = workspace.kbsync("reset-state", USERS, APPROVED)

    assert result.exit_code == 5, result.output
    assert f"{USERS}: a job stored a newer component state" in result.output
    assert states(workspace)["users"] == {"since": 10}


def test_a_newer_state_is_shown_beside_the_one_that_comes_back(workspace):
    run = run_of(workspace.kbsync("reset-state", COMPONENT, APPROVED))
    put_state(workspace, "orders/rows/a", {"since": 6})
    result = workspace.kbsync("reset-state", "--undo", run)

    assert result.exit_code == 4
    assert 'row a   {"since": 6} → {"since": 5}' in result.stdout
    assert 'state   + {"since": 9}' in result.stdout
    assert SECRET not in result.output


def test_a_state_that_a_job_stored_since_the_plan_is_not_overwritten(workspace):
    run = run_of(workspace.kbsync("reset-state", USERS, APPROVED))
    newer = ("PUT", f"{CONFIGS}/users/state", {"state": {"since": 10}})
    workspace.edit_before("GET", "configs/users$", edit=newer)
    result = workspace.kbsync("reset-state", "--undo", run, APPROVED)

    assert result.exit_code == 5, result.output
    assert f"{USERS}: a job stored a newer component state" in result.output
    assert states(workspace)["users"] == {"since": 10}


def test_an_undo_can_be_undone(workspace):
    first = run_of(workspace.kbsync("reset-state", COMPONENT, APPROVED))
    put_state(workspace, "orders/rows/a", {"since": 6})
    before = states(workspace)
    second = workspace.kbsync("reset-state", "--undo", first, APPROVED)
    result = workspace.kbsync("reset-state", "--undo", run_of(second), APPROVED)

    assert f"kbsync reset-state --undo {run_of(second)}" in second.stdout
    assert result.exit_code == 0, result.output
    assert states(workspace) == before


def test_a_part_comes_back_when_it_is_named(workspace):
    run = run_of(workspace.kbsync("reset-state", COMPONENT, APPROVED))
    result = workspace.kbsync("reset-state", "--undo", run.lower(), f"{ORDERS}/a", APPROVED)

    assert result.exit_code == 0, result.output
    assert states(workspace) == {"orders": {"unused": 1}, "orders/a": {"since": 5}}


def test_what_is_gone_is_left_and_told(workspace):
    run = run_of(workspace.kbsync("reset-state", COMPONENT, APPROVED))
    workspace.storage("DELETE", f"{CONFIGS}/orders/rows/b").raise_for_status()
    workspace.storage("DELETE", f"{CONFIGS}/users").raise_for_status()
    result = workspace.kbsync("reset-state", "--undo", run, APPROVED)

    assert result.exit_code == 0, result.output
    assert f"Left as it is: {ORDERS}/b   the row is gone" in result.stdout
    assert f"kbsync restore {USERS}" in result.stdout
    assert states(workspace)["orders/a"] == {"since": 5}


def test_there_is_nothing_to_do_twice(workspace):
    run = run_of(workspace.kbsync("reset-state", USERS, APPROVED))
    workspace.forget_requests()
    again = workspace.kbsync("reset-state", USERS, APPROVED)
    workspace.kbsync("reset-state", "--undo", run, APPROVED)
    writes = workspace.writes()
    back = workspace.kbsync("reset-state", "--undo", run, APPROVED)

    assert "Nothing to do: 1 object is as wished already." in again.stdout
    assert "Nothing to do: 1 object is as wished already." in back.stdout
    assert workspace.writes() == writes


def test_limits_and_protection_hold(workspace):
    workspace.write({"kbsync.yaml": f"version: 1\nlimits: {{resets: 1}}\nprotect: [{USERS}]\n"})
    workspace.forget_requests()
    many = workspace.kbsync("reset-state", ORDERS, APPROVED)
    protected = workspace.kbsync("reset-state", USERS, APPROVED)

    assert (many.exit_code, protected.exit_code, workspace.writes()) == (4, 4, [])
    assert "If you mean it: --allow resets=2" in many.stderr
    assert f"{USERS} is protected: it may not be reset" in protected.stderr
    assert workspace.kbsync("reset-state", ORDERS, APPROVED, "--allow", "resets=2").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param([], 64, "Say whose component state", id="nothing"),
        pytest.param([f"{COMPONENT}/order"], 64, f"Did you mean {ORDERS} or", id="a slip"),
        pytest.param(["--undo", "../../x"], 64, "is not the id of a run", id="no run"),
        pytest.param(
            ["--undo", RUN],
            4,
            f"{RUN}/component-states.json cannot be read",
            id="a run that is not of this folder",
        ),
    ],
)
def test_what_cannot_be_done_is_told(workspace, arguments, code, words):
    workspace.forget_requests()
    result = workspace.kbsync("reset-state", *arguments, APPROVED)

    assert (result.exit_code, workspace.writes()) == (code, [])
    assert words in result.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"run": 1}', '{"states": 5, "stack": "x"}'])
def test_a_damaged_file_is_told(workspace, text):
    run = run_of(workspace.kbsync("reset-state", USERS, APPROVED))
    kept(workspace, run).write_text(text)
    result = workspace.kbsync("reset-state", "--undo", run, APPROVED)

    assert result.exit_code == 4
    assert "component-states.json is damaged" in result.stderr


def test_the_states_of_another_project_are_refused(workspace):
    run = run_of(workspace.kbsync("reset-state", USERS, APPROVED))
    path = kept(workspace, run)
    path.write_text(path.read_text().replace('"project": 1234', '"project": 99'))
    result = workspace.kbsync("reset-state", "--undo", run, APPROVED)

    assert result.exit_code == 4
    assert "was of another project" in result.stderr


def test_programs_are_told_the_undo(workspace):
    result = workspace.kbsync("reset-state", USERS, APPROVED, "--format", "json")
    told = json.loads(result.stdout)

    assert told["undo"] == f"kbsync reset-state --undo {told['runId']}"


def test_a_run_that_is_taken_back_puts_the_secret_back_that_its_saved_plan_masks(workspace):
    workspace.kbsync("pull")
    for name in ("orders/rows/b", "users/config"):
        file = workspace.root / COMPONENT / f"{name}.yaml"
        file.write_text(file.read_text() + "resetState: once\n")
    plan = str(workspace.root.parent / "plan.json")
    workspace.kbsync("plan", "-o", plan)
    workspace.fault(method="PUT", path="users/state$", action="status", status=400)
    options = ("--on-error", "rollback", "--parallelism", "1")
    result = workspace.kbsync("apply", plan, APPROVED, *options)

    assert result.exit_code == 6, result.output
    assert states(workspace) == ALL


def test_the_list_of_runs_knows_how_to_put_it_back(workspace):
    run = run_of(workspace.kbsync("reset-state", USERS, APPROVED))
    workspace.fault(method="PUT", path="/state$", action="status", status=400)
    workspace.kbsync("reset-state", f"{ORDERS}/a", APPROVED)
    (refused,) = {path.stem for path in workspace.root.glob(".kbsync/runs/*.jsonl")} - {run}
    done, failed = (workspace.kbsync("runs", each).stdout for each in (run, refused))

    assert f"Undo with:\n  kbsync reset-state --undo {run}\n" in done
    assert "Undo" not in failed


def test_what_a_rollback_rejected_stays_held_when_component_state_is_reset(workspace):
    workspace.kbsync("pull")
    file = workspace.root / COMPONENT / "users" / "config.yaml"
    file.write_text(file.read_text().replace("configuration: {}", "configuration: {x: 1}"))
    workspace.kbsync("apply", APPROVED, "--overwrite-drift", "*")
    workspace.kbsync("rollback", USERS, "--to-version", "1", APPROVED)
    before = workspace.kbsync("holds").stdout
    workspace.kbsync("reset-state", USERS, APPROVED)

    assert USERS in before
    assert workspace.kbsync("holds").stdout == before


def test_a_run_that_broke_off_between_two_resets_is_finished_and_both_come_back(workspace):
    workspace.fault(method="PUT", path="rows/b/state$", action="status", status=400, times=1)
    broken = workspace.kbsync("reset-state", ORDERS, APPROVED)
    between = states(workspace)
    workspace.end_faults()
    again = workspace.kbsync("reset-state", ORDERS, APPROVED)
    for done in (again, broken):
        workspace.kbsync("reset-state", "--undo", run_of(done), APPROVED)

    assert (broken.exit_code, again.exit_code) == (6, 0), broken.output + again.output
    assert "orders/a" not in between
    assert states(workspace) == ALL


def test_a_reset_by_hand_is_done_even_when_its_reason_is_the_text_of_a_file(workspace):
    workspace.kbsync("pull")
    file = workspace.root / COMPONENT / "users" / "config.yaml"
    file.write_text(file.read_text() + "resetState: once\n")
    workspace.kbsync("apply", APPROVED)
    put_state(workspace, "users", {"since": 10})
    result = workspace.kbsync("reset-state", USERS, APPROVED, "-m", "once")

    assert result.exit_code == 0, result.output
    assert "users" not in states(workspace)


def test_what_somebody_else_has_reset_meanwhile_is_not_reset_again(workspace):
    empty = ("PUT", f"{CONFIGS}/users/state", {"state": {}})
    workspace.edit_before("GET", "configs/users$", edit=empty)
    workspace.forget_requests()
    result = workspace.kbsync("reset-state", USERS, APPROVED)

    assert (result.exit_code, workspace.writes()) == (0, []), result.output
    assert "already as planned" in result.stdout


def test_what_was_there_first_is_what_is_kept(tmp_path):
    key = Key(COMPONENT, "users")
    target = Target(stack="http://x", project_id=1, project_name="", branch="default")
    kept_states = KeptStates(tmp_path, RUN, target)
    kept_states.keep({key: {"since": 9}})
    kept_states.keep({key: {}, key.row("a"): {"since": 5}})
    states = {key: {"since": 9}, key.row("a"): {"since": 5}}

    assert kept_states.kept == states
    assert read_thrown_away(tmp_path, RUN).states == states
