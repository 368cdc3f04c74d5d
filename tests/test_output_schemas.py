"""What commands write for programs is as the published schemas say, every kind of it."""

import importlib
import json

import pytest
from jsonschema import Draft7Validator

from kbsync.cli.main import COMMANDS
from kbsync.documents.validate import load_schema

COMPONENT = "keboola.ex-http"
ORDERS = f"{COMPONENT}/orders"
CONFIG = f"components/{COMPONENT}/configs/orders"
APPROVED = "--auto-approve"
SCHEMAS = {
    "plan": "plan",
    "apply": "result",
    "rollback": "result",
    "restore": "result",
    "copy": "result",
    "reset-state": "result",
    "diff": "diff",
    "drift": "drift",
    "show": "show",
    "effective": "effective",
    "history": "history",
    "runs": "runs",
    "holds": "holds",
    "graph": "graph",
    "components": "components",
    "doctor": "doctor",
}
YET_WITHOUT = {"explain"}
"""What these print is not settled."""
ROW = "name: {0}\nconfiguration: {{y: 1, '#token': 'KBC::ProjectSecure::fake-one'}}\n"
FILES = {
    f"{COMPONENT}/orders/config.yaml": (
        "name: Orders\nrowsSortOrder: [b, a]\nmetadata: {KBC.configuration.folderName: Sales}\n"
        "configuration: {x: 1, sql: [a, b, c]}\n"
    ),
    f"{COMPONENT}/orders/rows/a.yaml": ROW.format("A"),
    f"{COMPONENT}/orders/rows/b.yaml": ROW.format("B"),
    f"{COMPONENT}/users/config.yaml": "name: Users\nconfiguration: {x: 1}\n",
}
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [
            {
                "id": "orders",
                "name": "Orders",
                "configuration": {"x": 0, "sql": ["b", "c", "a"]},
                "rows": [
                    {"id": "a", "name": "A", "configuration": {"y": 0}, "state": {"n": 1}},
                    {"id": "old", "name": "Old", "configuration": {}, "isDisabled": True},
                ],
            },
            {"id": "mine", "name": "Mine", "configuration": {}},
        ],
    }
]


def validated(name, text):
    """Return the document *text*, which has to be as the schema *name* says."""
    schema, found = load_schema(name), json.loads(text)
    Draft7Validator.check_schema(schema)
    Draft7Validator(schema).validate(found)
    return found


def told(workspace, *arguments, schema=""):
    result = workspace.kbsync(*arguments, "--format", "json")

    assert result.exit_code == 0, result.output
    return validated(schema or SCHEMAS[arguments[0]], result.stdout)


@pytest.fixture
def workspace(start_workspace):
    """Deployed once, edited by hand in every way, rolled back in part."""
    workspace = start_workspace(FILES, LIVE)
    done = workspace.kbsync("apply", APPROVED, "-m", "First", "--overwrite-drift", "*")
    assert done.exit_code == 0, done.output
    return workspace


def edit_everything(workspace):
    """Let other people change what is there in every way that the platform has."""
    workspace.storage("PUT", CONFIG, {"name": "Ours", "configuration": {"sql": ["c", "a"]}})
    workspace.storage("PUT", CONFIG, {"rowsSortOrder": ["a", "b"]})
    workspace.storage("DELETE", f"{CONFIG}/rows/b")
    workspace.storage("POST", f"{CONFIG}/rows", {"rowId": "new", "name": "New"})
    workspace.storage("PUT", f"{CONFIG}/rows/a", {"isDisabled": True})


def json_commands():
    for name, module in COMMANDS.items():
        command = importlib.import_module(module).command
        for option in command.params:
            if option.name == "format_" and "json" in option.type.choices:
                yield name


def test_every_command_that_speaks_json_has_a_published_schema():
    assert {*json_commands()} - YET_WITHOUT == set(SCHEMAS)


@pytest.mark.parametrize("name", sorted({*SCHEMAS.values()}))
def test_every_schema_says_what_it_is_of(name):
    schema = load_schema(name)

    assert schema["title"]
    assert schema["description"].startswith("What ")


def test_a_difference_of_every_kind(workspace):
    edit_everything(workspace)
    kinds = {each["kind"] for each in told(workspace, "diff", ORDERS)["changes"]}

    assert kinds == {"create", "delete", "update", "reorder"}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((ORDERS,), id="live and the files"),
        pytest.param((ORDERS, "--from", "1", "--to", "2"), id="two versions"),
        pytest.param((f"{ORDERS}/a", "--from", "1", "--to", "live"), id="of a row"),
        pytest.param((f"{COMPONENT}/users",), id="no difference"),
    ],
)
def test_differences_between_any_two_contents(workspace, arguments):
    told(workspace, "diff", *arguments)


def test_a_difference_in_metadata(workspace):
    path = f"{COMPONENT}/orders/config.yaml"
    workspace.write({path: FILES[path].replace("Sales", "Other")})
    (change,) = told(workspace, "diff", ORDERS)["changes"]

    assert change["kind"] == "metadata change"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((ORDERS,), id="versions"),
        pytest.param((ORDERS, "--diff", "--limit", "50"), id="with changes to the oldest"),
        pytest.param((ORDERS, "--limit", "1"), id="some"),
        pytest.param((f"{ORDERS}/a", "--diff"), id="of a row"),
    ],
)
def test_histories(workspace, arguments):
    edit_everything(workspace)
    workspace.storage("DELETE", CONFIG)
    workspace.storage("POST", f"{CONFIG}/restore")
    workspace.kbsync("rollback", ORDERS, "--to-version", "1", APPROVED)
    found = told(workspace, "history", *arguments)

    assert found["versions"]


def test_a_history_that_may_not_tell_of_holds(workspace):
    workspace.fault(method="GET", path="default/metadata", action="status", status=403)
    found = told(workspace, "history", ORDERS)

    assert {each["isHeld"] for each in found["versions"]} == {None}


@pytest.mark.parametrize(
    "moment", ["live", "files", "1"], ids=["live", "the files", "a recorded version"]
)
@pytest.mark.parametrize("object_", [ORDERS, f"{ORDERS}/a"], ids=["configuration", "row"])
def test_objects_at_a_moment(workspace, object_, moment):
    told(workspace, "show", f"{object_}@{moment}")


def test_a_saved_plan_is_shown_as_it_was_saved(workspace):
    edit_everything(workspace)
    file = workspace.root.parent / "plan.json"
    workspace.kbsync("plan", "-o", str(file), "--reset-state", ORDERS)

    assert told(workspace, "show", str(file), schema="plan") == json.loads(file.read_text())


@pytest.mark.parametrize(
    "object_",
    [ORDERS, f"{ORDERS}/a", f"{COMPONENT}/users", f"{ORDERS}@1", f"{ORDERS}@files"],
    ids=["rows", "a row", "without rows", "a disabled row", "the files"],
)
def test_what_components_receive(workspace, object_):
    told(workspace, "effective", object_)


def test_drift_of_every_kind(workspace):
    edit_everything(workspace)
    workspace.storage("DELETE", f"components/{COMPONENT}/configs/users")
    new = {"configurationId": "later", "name": "Later"}
    workspace.storage("POST", f"components/{COMPONENT}/configs", new)
    workspace.write({f"{COMPONENT}/mine/config.yaml": "name: Theirs\n"})
    found = told(workspace, "drift")

    assert {change["kind"] for each in found["edited"] for change in each["changes"]} == {
        "create",
        "delete",
        "update",
    }
    assert [len(found[name]) for name in ("deleted", "unknown")] == [1, 1]


def test_no_drift(workspace):
    assert told(workspace, "drift", ORDERS)["edited"] == []


def test_checks_of_every_kind(workspace):
    found = told(workspace, "doctor")
    result = workspace.kbsync("doctor", "--format", "json", KEBOOLA_TOKEN="")

    assert found["exitCode"] == 0
    assert validated("doctor", result.stdout)["exitCode"] == result.exit_code == 7


def test_holds(workspace):
    none = told(workspace, "holds")["holds"]
    run = told(workspace, "runs")["runs"][0]["runId"]
    workspace.kbsync("rollback", "--run", run, APPROVED)
    (hold,) = told(workspace, "holds")["holds"]

    assert none == []
    assert hold["rejectedRuns"] == [run]


@pytest.mark.parametrize("command", [("runs",), ("history",), ("history", "--all")], ids=" ".join)
@pytest.mark.parametrize("token", ["", "test-token"], ids=["offline", "online"])
def test_runs_of_every_kind(start_workspace, workspace, command, token):
    other = start_workspace({}, folder="elsewhere")
    other.environment = workspace.environment
    run = told(workspace, "runs")["runs"][0]["runId"]
    workspace.fault(method="PUT", path="users$", action="status", status=400)
    workspace.write({f"{COMPONENT}/users/config.yaml": "name: Users\nconfiguration: {x: 2}\n"})
    workspace.kbsync("apply", APPROVED)
    workspace.kbsync("rollback", "--run", run, APPROVED)
    if command != ("history", "--all"):
        workspace.environment = {**workspace.environment, "KEBOOLA_TOKEN": token}
    found = told(workspace, *command, schema="runs")

    assert {each["result"] for each in found["runs"]} >= {"applied", "not applied"}
    assert told(other, *command, schema="runs")["runs"]


@pytest.mark.parametrize("token", ["", "test-token"], ids=["offline", "online"])
def test_one_run_with_answers_that_nobody_noted(workspace, token):
    (journal,) = workspace.root.glob(".kbsync/runs/*.jsonl")
    events = journal.read_text().splitlines()
    journal.write_text("\n".join(each for each in events if '"settled"' not in each))
    workspace.environment = {**workspace.environment, "KEBOOLA_TOKEN": token}
    found = told(workspace, "runs", journal.stem)

    assert found["unsettled"]


def test_one_run_that_only_stamps_know(start_workspace, workspace):
    other = start_workspace({}, folder="elsewhere")
    other.environment = workspace.environment
    run = told(workspace, "runs")["runs"][0]["runId"]

    assert told(other, "runs", run)["hasJournal"] is False


def test_the_commands_that_write(workspace):
    edit_everything(workspace)
    for arguments in (
        ("plan", "--reset-state", ORDERS),
        ("apply", APPROVED, "--overwrite-drift", "*", "--reset-state", f"{ORDERS}/a"),
        ("rollback", ORDERS, "--to-version", "1", APPROVED),
        ("copy", ORDERS, "--name", "Another", APPROVED),
        ("reset-state", ORDERS, APPROVED),
    ):
        told(workspace, *arguments)
    workspace.storage("DELETE", CONFIG)
    told(workspace, "restore", ORDERS, APPROVED)
