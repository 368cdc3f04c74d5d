"""What was rolled back is marked in the lists of runs and versions, and what is held."""

import json

import pytest
from jsonschema import Draft7Validator

from kbsync.documents.validate import load_schema
from kbsync.model import Version
from kbsync.past.history import told
from kbsync.past.runs import known_runs
from kbsync.past.trails import Trails
from kbsync.past.undone import with_undone
from kbsync.plans.holds import Hold
from tests.builders import config, row

COMPONENT = "keboola.ex-http"
NAMES = ("orders", "users")
APPROVED = "--auto-approve"
KEYS = {name: config(name).key for name in (*NAMES, "more")}
A, B, C, D = (f"01KAN5T{letter}W8Z3V7Q2M4R6X9YBCD" for letter in "0123")
"""Runs, the oldest first."""


def file_of(name, value):
    text = f"name: {name.title()}\nconfiguration: {{x: {value}}}\n"
    return {f"{COMPONENT}/{name}/config.yaml": text}


@pytest.fixture
def workspace(start_workspace):
    seed = [{"id": name, "name": name.title(), "configuration": {}} for name in NAMES]
    return start_workspace({}, [{"id": COMPONENT, "configurations": seed}])


def deploy(workspace, value, *names):
    """Write a value to some configurations, and return the id of the run."""
    for name in names:
        workspace.write(file_of(name, value))
    return run_of(workspace.kbsync("apply", APPROVED, "--format", "json", "--lift-hold", "*"))


def run_of(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["runId"]


def roll_back(workspace, *arguments):
    return run_of(workspace.kbsync("rollback", *arguments, APPROVED, "--format", "json"))


def marks(workspace, *arguments):
    """By run: how much of it was rolled back, and whether any of it is held."""
    found = json.loads(workspace.kbsync(*(arguments or ("runs",)), "--format", "json").stdout)
    return {run["runId"]: (run["rolledBack"], run["isHeld"]) for run in found["runs"]}


def elsewhere(start_workspace, workspace):
    """The same project, seen from a folder without journals."""
    other = start_workspace({}, folder="elsewhere")
    other.environment = workspace.environment
    return other


def test_a_run_that_was_rolled_back_is_marked_here_and_elsewhere(start_workspace, workspace):
    run = deploy(workspace, 1, *NAMES)
    back = roll_back(workspace, "--run", run)
    other = elsewhere(start_workspace, workspace)
    listed, shown = workspace.kbsync("runs").stdout, workspace.kbsync("runs", run).stdout

    assert marks(workspace) == {run: ("wholly", True), back: ("no", False)}
    assert marks(other, "history", "--all") == {run: ("wholly", True), back: ("no", False)}
    assert "   applied, rolled back, held\n" in listed
    assert "Result   applied, rolled back, held\n" in shown
    assert f"  ok         {COMPONENT}/orders   v1 → v2   rolled back by run {back}, held\n" in shown
    assert "Undo" not in shown
    assert f"Back     what run {run} wrote\n" in workspace.kbsync("runs", back).stdout


def test_the_journal_of_a_rollback_tells_what_it_takes_back(workspace):
    run = deploy(workspace, 1, *NAMES)
    back = roll_back(workspace, "--run", run)
    lines = [
        json.loads(line)
        for path in sorted(workspace.root.glob(".kbsync/runs/*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    schema = Draft7Validator(load_schema("journal"))

    assert [error.message for line in lines for error in schema.iter_errors(line)] == []
    assert {line["run"]: line.get("rollback") for line in lines if line["event"] == "start"} == {
        run: None,
        back: [run],
    }


def test_one_run_tells_of_each_object_what_became_of_it(workspace):
    run = deploy(workspace, 1, *NAMES)
    back = roll_back(workspace, "--run", run, f"{COMPONENT}/users")
    found = json.loads(workspace.kbsync("runs", run, "--format", "json").stdout)

    assert (found["rolledBack"], found["isHeld"], found["rollsBack"]) == ("partly", True, [])
    assert [(each["rolledBackBy"], each["isHeld"]) for each in found["objects"]] == [
        (None, False),
        (back, True),
    ]
    assert "Result   applied, partly rolled back, held\n" in workspace.kbsync("runs", run).stdout
    assert f"Undo with:\n  kbsync rollback {COMPONENT}/orders --to-version 1\n" in (
        workspace.kbsync("runs", run).stdout
    )


def test_the_undo_that_a_small_run_was_told_marks_it_too(workspace):
    run = deploy(workspace, 1, "orders")
    back = roll_back(workspace, f"{COMPONENT}/orders", "--to-version", "1")

    assert marks(workspace) == {run: ("wholly", True), back: ("no", False)}


def test_a_rollback_that_was_rolled_back_takes_nothing_back(start_workspace, workspace):
    run = deploy(workspace, 1, *NAMES)
    back = roll_back(workspace, "--run", run)
    again = roll_back(workspace, "--run", back)
    other = elsewhere(start_workspace, workspace)
    expected = {run: ("no", False), back: ("wholly", False), again: ("no", False)}

    assert marks(workspace) == expected
    assert marks(other, "history", "--all") == expected


def test_what_was_rolled_back_stays_so_when_the_hold_is_over(workspace):
    run = deploy(workspace, 1, *NAMES)
    back = roll_back(workspace, "--run", run)
    later = deploy(workspace, 2, *NAMES)

    assert marks(workspace) == {
        run: ("wholly", False),
        back: ("no", False),
        later: ("no", False),
    }


def test_a_deletion_that_came_back_is_marked(start_workspace, workspace):
    workspace.write(file_of("orders", 1))
    run = run_of(workspace.kbsync("apply", APPROVED, "--prune", "--format", "json"))
    roll_back(workspace, "--run", run)
    other = elsewhere(start_workspace, workspace)

    assert marks(workspace)[run] == ("wholly", True)
    assert marks(other)[run] == ("wholly", True)


def test_a_deletion_that_was_restored_is_marked(workspace):
    workspace.write(file_of("orders", 1))
    first = run_of(workspace.kbsync("apply", APPROVED, "--prune", "--format", "json"))
    run_of(workspace.kbsync("restore", f"{COMPONENT}/users", APPROVED, "--format", "json"))
    second = run_of(workspace.kbsync("apply", APPROVED, "--prune", "--format", "json"))
    back = run_of(workspace.kbsync("restore", f"{COMPONENT}/users", APPROVED, "--format", "json"))
    found = marks(workspace)
    (users,) = json.loads(workspace.kbsync("runs", second, "--format", "json").stdout)["objects"]

    assert (found[first], found[second]) == (("partly", False), ("wholly", False))
    assert (users["rolledBackBy"], users["isHeld"]) == (back, False)


@pytest.mark.parametrize("command", [("runs",), ("history", "--all")], ids="-".join)
def test_a_token_that_may_not_read_holds_still_lists_the_runs(workspace, command):
    run = deploy(workspace, 1, *NAMES)
    back = roll_back(workspace, "--run", run)
    workspace.fault(method="GET", path="branch/default/metadata", action="status", status=403)

    assert marks(workspace, *command) == {run: ("wholly", None), back: ("no", None)}
    assert workspace.kbsync(*command).exit_code == 0


def test_a_history_tells_which_versions_were_taken_back_and_are_held(workspace):
    deploy(workspace, 1, *NAMES)
    run = deploy(workspace, 2, *NAMES)
    roll_back(workspace, "--run", run)
    found = json.loads(
        workspace.kbsync("history", f"{COMPONENT}/orders", "--format", "json").stdout
    )["versions"]
    text = workspace.kbsync("history", f"{COMPONENT}/orders").stdout

    assert [(each["version"], each["rolledBackBy"], each["isHeld"]) for each in found] == [
        (4, None, False),
        (3, 4, True),
        (2, None, False),
        (1, None, False),
    ]
    assert [line.endswith("rolled back by v4, held") for line in text.splitlines()[2:]] == [
        False,
        True,
        False,
        False,
    ]


def test_a_history_costs_one_request_more_and_does_without_it(workspace):
    deploy(workspace, 1, "orders")
    workspace.fault(method="GET", path="branch/default/metadata", action="status", status=403)
    result = workspace.kbsync("history", f"{COMPONENT}/orders", "--format", "json")

    assert result.exit_code == 0
    assert [each["isHeld"] for each in json.loads(result.stdout)["versions"]] == [None, None]


def version(number, message):
    return Version(number=number, identifier=f"ID-{number}", message=message)


def wrote(run, back=""):
    return f"m [kbsync run={run}{f' rollback={back}' if back else ''}]"


@pytest.mark.parametrize(
    ("messages", "undone"),
    [
        pytest.param([wrote(A), wrote(B)], {}, id="nothing"),
        pytest.param([wrote(A), wrote(B, A)], {1: 2}, id="the run before"),
        pytest.param([wrote(A), "by hand", wrote(B, A)], {1: 3}, id="an edit by hand is no run"),
        pytest.param([wrote(A), wrote(B), wrote(C, f"{B},{A}")], {1: 3, 2: 3}, id="two"),
        pytest.param([wrote(A), wrote(B, A), wrote(C, B)], {2: 3}, id="a rollback rolled back"),
        pytest.param(
            ["x", wrote(A), "Rollback to version 1"], {2: 3}, id="by the platform's own rollback"
        ),
        pytest.param(
            ["x", wrote(A), "Rollback to version 1 of the API"], {}, id="what only reads like it"
        ),
    ],
)
def test_versions_that_were_taken_back_know_by_which(messages, undone):
    versions = [version(number, each) for number, each in enumerate(messages, start=1)][::-1]
    found = told(KEYS["orders"], versions)

    assert {
        each.version.number: each.rolled_back_by for each in found if each.rolled_back_by
    } == undone


def test_the_number_in_a_rollback_of_a_row_is_not_its_own():
    versions = [version(3, "Rollback to version 1"), version(2, wrote(A)), version(1, "x")]

    assert [each.rolled_back_by for each in told(row("a").key, versions)] == [None, None, None]


def runs_of(messages, holds=None):
    """The runs of histories, each the messages of a configuration from the oldest."""
    versions = {
        KEYS[name]: [version(n, each) for n, each in enumerate(texts, start=1)][::-1]
        for name, texts in messages.items()
    }
    trails = Trails(versions=versions, is_whole=True)
    return with_undone(known_runs([], trails, is_running=False), holds)


def hold(name, *runs, by=D):
    return {
        KEYS[name]: Hold(
            key=KEYS[name], rejected=(), run=by, holder="h", time="t", message="m", runs=runs
        )
    }


@pytest.mark.parametrize(
    ("messages", "holds", "lost", "held"),
    [
        pytest.param({"orders": [wrote(A)]}, {}, {}, (), id="nothing"),
        pytest.param(
            {"orders": [wrote(A), wrote(B, A)], "users": [wrote(A), wrote(B, A)]},
            {},
            {"orders": B, "users": B},
            (),
            id="all of it",
        ),
        pytest.param(
            {"orders": [wrote(A), wrote(B, A)], "users": [wrote(A)]},
            {},
            {"orders": B},
            (),
            id="a part of it",
        ),
        pytest.param(
            {"orders": [wrote(A), wrote(B, A), wrote(C, B)], "users": [wrote(A), wrote(B, A)]},
            {},
            {"users": B},
            (),
            id="brought back in a part",
        ),
        pytest.param(
            {"orders": [wrote(A)], "users": [wrote(B, A)]},
            {},
            {},
            (),
            id="not what the run did not touch",
        ),
        pytest.param(
            {"orders": [wrote(A)], "users": [wrote(A)]},
            hold("orders", A),
            {"orders": D},
            ("orders",),
            id="a hold is a trace of its own",
        ),
        pytest.param(
            {"orders": [wrote(A)]}, hold("orders", B), {}, (), id="a hold for another run"
        ),
        pytest.param(
            {"orders": [wrote(A)]}, hold("users", A), {}, (), id="a hold on something else"
        ),
    ],
)
def test_runs_know_what_of_them_was_rolled_back(messages, holds, lost, held):
    found = {run.run: run for run in runs_of(messages, holds)}[A]

    assert found.rolled_back == {str(KEYS[name]): by for name, by in lost.items()}
    assert found.held == {str(KEYS[name]) for name in held}


def test_two_rollbacks_of_one_object_hold_what_both_rejected(workspace):
    runs = [deploy(workspace, value, "orders") for value in (1, 2)]
    for run in reversed(runs):
        roll_back(workspace, "--run", run)
    (hold,) = json.loads(workspace.kbsync("holds", "--format", "json").stdout)["holds"]

    assert (hold["rejectedRuns"][0], {*hold["rejectedRuns"]}) == (runs[0], {*runs})
    assert [marks(workspace)[run] for run in runs] == [("wholly", True)] * 2


def test_a_rollback_that_was_taken_back_takes_nothing_back(start_workspace, workspace):
    run = deploy(workspace, 1, *NAMES)
    workspace.fault(method="POST", path="users/versions/./rollback$", action="status", status=400)
    options = ("--on-error", "rollback", "--parallelism", "1")
    failed = workspace.kbsync("rollback", "--run", run, APPROVED, *options)
    other = elsewhere(start_workspace, workspace)

    assert failed.exit_code == 6, failed.output
    assert marks(workspace)[run] == ("no", False)
    assert marks(other, "history", "--all")[run] == ("no", False)
