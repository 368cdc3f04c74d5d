"""`--format json` of the commands that write: one document on stdout, as published."""

import json

import pytest
from jsonschema import Draft7Validator

from kbsync.documents.validate import load_schema

COMPONENT = "keboola.ex-http"
FILES = {
    f"{COMPONENT}/{name}/config.yaml": f"name: {name.title()}\nconfiguration: {{x: 1}}\n"
    for name in ("orders", "users")
}
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [
            {"id": name, "name": name.title(), "configuration": {}} for name in ("orders", "users")
        ],
    }
]
APPLY = ("apply", "--auto-approve", "--format", "json")


def document(result):
    """The whole of stdout, which has to be as the schema says."""
    found = json.loads(result.stdout)
    schema = load_schema("result")
    Draft7Validator.check_schema(schema)
    Draft7Validator(schema).validate(found)
    return found


def test_a_good_run_tells_what_was_done(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    result = workspace.kbsync(*APPLY, "-m", "First")
    found = document(result)

    assert result.exit_code == 0
    assert [found[name] for name in ("message", "commit", "outcome", "exitCode")] == [
        "First",
        None,
        "applied",
        0,
    ]
    assert found["counts"] == {"ok": 2, "conflict": 0, "failed": 0, "not run": 0}
    assert found["steps"][0] == {
        "componentId": COMPONENT,
        "configId": "orders",
        "name": "Orders",
        "outcome": "ok",
        "already": False,
        "versionBefore": 1,
        "versionAfter": 2,
        "writes": 1,
        "lostAnswersSettled": 0,
        "uncertain": False,
        "error": None,
        "file": f"{COMPONENT}/orders/config.yaml",
        "undo": f"kbsync rollback {COMPONENT}/orders --to-version 1",
        "schedule": None,
    }


def test_the_run_is_the_one_in_the_stamps_and_the_plan_the_one_that_was_shown(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    planned = json.loads(workspace.kbsync("plan", "--format", "json").stdout)
    found = document(workspace.kbsync(*APPLY))
    versions = workspace.storage("GET", f"components/{COMPONENT}/configs/users/versions").json()

    assert found["planId"] == planned["planId"]
    assert versions[0]["changeDescription"] == f"[kbsync run={found['runId']}]"


def test_the_plan_is_shown_on_stderr(start_workspace):
    workspace = start_workspace(FILES, LIVE)

    assert "Plan: 2 updates." in workspace.kbsync(*APPLY).stderr


def test_a_partial_run_tells_everything_and_why(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/users$", action="status", status=400)
    result = workspace.kbsync(*APPLY, "--on-error", "continue")
    found = document(result)
    (error,) = [step["error"] for step in found["steps"] if step["error"]]

    assert (result.exit_code, found["exitCode"], found["outcome"]) == (6, 6, "partly applied")
    assert found["counts"] == {"ok": 1, "conflict": 0, "failed": 1, "not run": 0}
    assert error["object"] == {"componentId": COMPONENT, "configId": "users"}
    assert (error["exitCode"], "HTTP 400" in error["message"]) == (8, True)


def test_a_run_that_wrote_nothing_is_not_applied(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs", action="status", status=403)
    result = workspace.kbsync(*APPLY)
    found = document(result)

    assert (result.exit_code, found["exitCode"], found["outcome"]) == (7, 7, "not applied")


def test_a_lost_answer_that_was_settled_is_counted(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="users$", when="after", action="reset", times=1)
    found = document(workspace.kbsync(*APPLY))

    assert [step["lostAnswersSettled"] for step in found["steps"]] == [0, 1]


def test_what_was_taken_back_is_listed(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/users$", action="status", status=400)
    rollback = ("--on-error", "rollback", "--parallelism", "1")
    found = document(workspace.kbsync(*APPLY, *rollback))

    assert (found["outcome"], found["left"]) == ("taken back", [])
    assert [step["configId"] for step in found["takenBack"]] == ["orders"]


def test_the_log_beside_it_does_not_count_what_was_taken_back_as_applied(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/users$", action="status", status=400)
    rollback = ("--on-error", "rollback", "--parallelism", "1")
    *_, last = workspace.kbsync(*APPLY, *rollback).stderr.splitlines()

    assert last.startswith("Applied 1, failed 1 in ")


@pytest.mark.parametrize(
    "command",
    [
        APPLY,
        ("rollback", f"{COMPONENT}/orders", "--to-version", "1", "--auto-approve", *APPLY[2:]),
    ],
    ids=["apply", "rollback"],
)
def test_nothing_to_do_is_a_document_too(start_workspace, command):
    live = [{"id": COMPONENT, "configurations": [{"id": "orders", "name": "O"}]}]
    files = {f"{COMPONENT}/orders/config.yaml": "name: O\n"}
    found = document(start_workspace(files, live).kbsync(*command))

    assert (found["outcome"], found["runId"], found["steps"]) == ("nothing to do", None, [])


def test_a_rollback_tells_the_same(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("apply", "--auto-approve")
    back = ("rollback", f"{COMPONENT}/orders", "--to-version", "1", "--auto-approve")
    found = document(workspace.kbsync(*back, "--format", "json"))
    (step,) = found["steps"]

    assert (found["outcome"], found["planId"], found["message"]) == (
        "applied",
        None,
        "Roll back to version 1",
    )
    assert (step["versionBefore"], step["versionAfter"]) == (2, 3)
    assert step["undo"] == f"kbsync rollback {COMPONENT}/orders --to-version 2"


def test_a_refusal_writes_no_document(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    result = workspace.kbsync("apply", "--format", "json")

    assert (result.exit_code, result.stdout) == (4, "")
    assert "--auto-approve" in result.stderr


def test_what_a_rollback_leaves_alone_is_told_with_the_reason(start_workspace):
    workspace = start_workspace(FILES, LIVE[:0])
    run = document(workspace.kbsync(*APPLY))["runId"]
    back = ("rollback", "--run", run, "--auto-approve", "--format", "json")
    found = document(workspace.kbsync(*back))

    assert (found["outcome"], found["exitCode"], found["isHeld"]) == ("nothing to do", 0, None)
    assert found["left"] == [
        {
            "componentId": COMPONENT,
            "configId": name,
            "reason": "created by the run; --include-created deletes it, to the trash",
        }
        for name in ("orders", "users")
    ]


def test_a_rollback_that_wrote_tells_what_it_left_too_and_that_the_rest_is_held(start_workspace):
    (component,) = LIVE
    workspace = start_workspace(
        FILES, [{**component, "configurations": component["configurations"][:1]}]
    )
    run = document(workspace.kbsync(*APPLY))["runId"]
    found = document(
        workspace.kbsync("rollback", "--run", run, "--auto-approve", "--format", "json")
    )

    assert (found["outcome"], found["isHeld"]) == ("applied", True)
    assert [each["configId"] for each in found["left"]] == ["users"]


def test_notes_are_told_to_programs_too(start_workspace):
    rows = [{"id": "r", "name": "R", "configuration": {}}]
    config = {"id": "orders", "name": "Orders", "configuration": {}, "rows": rows}
    workspace = start_workspace({}, [{"id": COMPONENT, "configurations": [config]}])
    path = f"components/{COMPONENT}/configs/orders/rows/r"
    workspace.storage("PUT", path, {"configuration": {"x": 1}})
    back = ("rollback", f"{COMPONENT}/orders/r", "--to-version", "1")
    found = document(workspace.kbsync(*back, "--auto-approve", "--format", "json"))
    again = document(workspace.kbsync(*back, "--auto-approve", "--format", "json"))

    assert [note.split(",")[0] for note in (*found["notes"], *again["notes"])] == [
        f"Row {COMPONENT}/orders/r is at its own v2",
        f"Row {COMPONENT}/orders/r is at its own v3",
    ]


def test_a_row_that_is_gone_is_left_under_its_own_id(start_workspace):
    rows = [{"id": "r", "name": "R", "configuration": {}, "state": {"n": 1}}]
    config = {"id": "orders", "name": "Orders", "configuration": {}, "rows": rows}
    workspace = start_workspace({}, [{"id": COMPONENT, "configurations": [config]}])
    options = ("--auto-approve", "--format", "json")
    run = document(workspace.kbsync("reset-state", f"{COMPONENT}/orders", *options))["runId"]
    workspace.storage("DELETE", f"components/{COMPONENT}/configs/orders/rows/r")
    (left,) = document(workspace.kbsync("reset-state", "--undo", run, *options))["left"]

    assert left["rowId"] == "r"
