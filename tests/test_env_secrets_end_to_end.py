"""Secrets from the environment, through the commands and an emulated project."""

import base64
import json

import pytest

COMPONENT = "keboola.ex-db-mysql"
CONFIG = f"{COMPONENT}/orders"
FILE = f"{CONFIG}/config.yaml"
FILES = {
    FILE: (
        "name: Orders\n"
        "configuration:\n"
        "  db:\n"
        '    "#password": !env DB_PASSWORD # rotated each quarter\n'
        "    host: db-1\n"
    )
}
VALUE = "fake-value-of-the-password"
ROTATED = "another-value-of-the-password"


@pytest.fixture
def workspace(start_workspace):
    """A project to which the files were applied once."""
    found = start_workspace(FILES)
    assert found.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE).exit_code == 0
    found.forget_requests()
    return found


def live(workspace):
    (component,) = workspace.project()
    (config,) = component["configurations"]
    return config


def password(workspace):
    return live(workspace)["configuration"]["db"]["#password"]


def test_the_first_apply_encrypts_before_it_writes(start_workspace):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE)

    assert result.exit_code == 0, result.output
    assert password(workspace).startswith("KBC::ProjectSecure::")
    assert VALUE not in json.dumps(workspace.project())
    assert VALUE not in result.output
    asked = workspace.requests()
    first = next(each for each in asked if not each.startswith("GET "))
    assert first.startswith("POST ")
    assert first.endswith("/encrypt")


def test_the_plan_after_it_is_empty(workspace):
    result = workspace.kbsync("plan", "--detailed-exitcode", DB_PASSWORD=VALUE)

    assert result.exit_code == 0, result.output
    assert all(each.startswith("GET ") for each in workspace.requests())


def test_applying_again_makes_no_version(workspace):
    before = live(workspace)
    result = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE)

    assert result.exit_code == 0, result.output
    assert live(workspace) == before
    assert workspace.writes() == []


def test_a_rotated_value_is_one_change(workspace):
    before = password(workspace)
    plan = workspace.kbsync("plan", DB_PASSWORD=ROTATED).output
    workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=ROTATED)

    assert "Plan: 1 update." in plan
    assert " → !env DB_PASSWORD" in plan
    assert password(workspace) != before
    assert plan_code(workspace, DB_PASSWORD=ROTATED) == 0


def plan_code(workspace, **environment):
    return workspace.kbsync("plan", "--detailed-exitcode", **environment).exit_code


def test_with_another_token_a_secret_is_written_once_more(workspace):
    token = {"KEBOOLA_TOKEN": "another-token", "DB_PASSWORD": VALUE}

    assert plan_code(workspace, **token) == 2
    assert workspace.kbsync("apply", "--auto-approve", **token).exit_code == 0
    assert plan_code(workspace, **token) == 0


def test_without_the_value_a_plan_takes_the_secret_for_unchanged_and_says_so(workspace):
    result = workspace.kbsync("plan", "--detailed-exitcode")

    assert result.exit_code == 0
    assert "1 secret variable not set here, taken for unchanged" in result.stdout


def test_what_changes_for_another_reason_keeps_its_ciphertext(workspace):
    before = password(workspace)
    workspace.write({FILE: FILES[FILE].replace("db-1", "db-2")})
    result = workspace.kbsync("apply", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert live(workspace)["configuration"]["db"] == {"#password": before, "host": "db-2"}
    assert not any("encrypt" in each for each in workspace.requests())


@pytest.mark.parametrize("value", ["", None, "\udc80"], ids=["empty", "missing", "not text"])
def test_a_value_that_is_not_there_is_refused_before_anything_is_written(start_workspace, value):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=value)

    assert result.exit_code == 4, result.output
    assert f"{CONFIG} ({FILE}): the environment variable DB_PASSWORD is n" in result.stderr
    assert all(each.startswith("GET ") for each in workspace.requests())


def test_an_edit_of_the_live_secret_is_drift(workspace):
    path = f"components/{COMPONENT}/configs/orders"
    edited = {"db": {"#password": "KBC::ProjectSecure::by-hand", "host": "db-1"}}
    workspace.storage("PUT", path, {"configuration": edited})
    plan = workspace.kbsync("plan", DB_PASSWORD=VALUE)
    apply = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE)

    assert "! reverts an edit" in plan.stdout
    assert apply.exit_code == 4
    assert password(workspace) == "KBC::ProjectSecure::by-hand"


def test_pull_keeps_the_name_until_somebody_edits_the_secret(workspace):
    workspace.kbsync("pull")
    kept = (workspace.root / FILE).read_text()
    path = f"components/{COMPONENT}/configs/orders"
    edited = {"db": {"#password": "KBC::ProjectSecure::by-hand", "host": "db-3"}}
    workspace.storage("PUT", path, {"configuration": edited})
    workspace.kbsync("pull")

    assert kept == FILES[FILE]
    assert (workspace.root / FILE).read_text() == (
        FILES[FILE]
        .replace("!env DB_PASSWORD", "KBC::ProjectSecure::by-hand")
        .replace("db-1", "db-3")
    )
    assert plan_code(workspace) == 0


def test_pull_keeps_the_name_where_something_else_changed(workspace):
    config = live(workspace)["configuration"]
    config["db"]["host"] = "db-9"
    path = f"components/{COMPONENT}/configs/orders"
    workspace.storage("PUT", path, {"configuration": config})
    result = workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert (workspace.root / FILE).read_text() == FILES[FILE].replace("db-1", "db-9")


def test_pull_never_writes_a_name_that_only_the_project_says(start_workspace):
    configuration = {"#a": "!env KEBOOLA_TOKEN"}
    project = [{"id": "x.y", "configurations": [{"id": "a", "name": "A"}]}]
    project[0]["configurations"][0]["configuration"] = configuration
    workspace = start_workspace(live=project)
    result = workspace.kbsync("pull")

    assert "holds a secret in plain text" in result.output
    assert not any(path.endswith("config.yaml") for path in workspace.files())


SERVICE = {"method": "POST", "path": "/encrypt"}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"action": "status", "status": 500, "body": VALUE}, id="fails"),
        pytest.param({"action": "status", "status": 401, "body": VALUE}, id="wants a token"),
        pytest.param(
            {"action": "status", "status": 400, "body": {"error": f"bad: {VALUE}"}}, id="repeats it"
        ),
        pytest.param({"action": "status", "status": 302, "body": ""}, id="sends elsewhere"),
        pytest.param({"action": "reset"}, id="breaks off"),
        pytest.param({"action": "truncate"}, id="half an answer"),
        *(
            pytest.param({"action": "status", "status": 200, "body": body}, id=name)
            for name, body in {
                "nothing": "",
                "no JSON": f"<p>{VALUE}</p>",
                "a list": [],
                "another name": {"#OTHER": "KBC::ProjectSecure::fake"},
                "no name": {},
                "too many names": {
                    "#DB_PASSWORD": "KBC::ProjectSecure::fake",
                    "#MORE": "KBC::ProjectSecure::fake",
                },
                "plain text": {"#DB_PASSWORD": VALUE},
                "plain text in disguise": {"#DB_PASSWORD": f"KBC::ProjectSecure::{VALUE}"},
                "no text": {"#DB_PASSWORD": None},
                "empty text": {"#DB_PASSWORD": ""},
                "garbage": {"#DB_PASSWORD": "KBC::fake"},
            }.items()
        ),
    ],
)
def test_without_ciphertext_nothing_is_written(start_workspace, fault):
    workspace = start_workspace(FILES)
    workspace.fault(**SERVICE, **fault)
    result = workspace.kbsync("-v", "apply", "--auto-approve", DB_PASSWORD=VALUE)

    assert result.exit_code == 8, result.output
    assert "Nothing was written." in result.stderr
    assert VALUE not in result.output
    assert [each for each in workspace.project() if each["configurations"]] == []
    asked = [each for each in workspace.requests() if not each.startswith("GET ")]
    assert {each.rpartition("/")[2] for each in asked} == {"encrypt"}


@pytest.mark.parametrize(
    "services",
    [
        None,
        {},
        [],
        [{"id": "encryption"}],
        [{"id": "encryption", "url": 7}],
        [{"id": "encryption", "url": "http://encryption.example.test"}],
        [{"id": "encryption", "url": "https://user@encryption.example.test"}],
        [{"id": "encryption", "url": "https://[broken"}],
        [{"id": "encryption", "url": "ftp://encryption.example.test"}],
    ],
)
def test_a_value_is_sent_to_no_unsafe_address(start_workspace, services):
    workspace = start_workspace(FILES)
    body = {"services": services}
    workspace.fault(method="GET", path="exclude=components", action="status", status=200, body=body)
    result = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE)

    assert result.exit_code == 8, result.output
    assert "the stack tells no safe address of it" in result.stderr
    assert workspace.writes() == []


def test_a_stack_that_does_not_answer_where_its_services_are_stops_the_run(start_workspace):
    workspace = start_workspace(FILES)
    workspace.fault(method="GET", path="exclude=components", action="status", status=500)
    result = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE)

    assert result.exit_code == 8
    assert "Error: GET /: " in result.stderr
    assert workspace.writes() == []


def test_no_value_is_sent_before_somebody_said_yes(start_workspace):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("apply", DB_PASSWORD=VALUE)

    assert result.exit_code == 4
    assert "There is no terminal to ask on" in result.stderr
    assert workspace.writes() == []


def test_a_service_that_fails_once_is_asked_again(start_workspace):
    workspace = start_workspace(FILES)
    workspace.fault(**SERVICE, action="status", status=503, times=1)
    result = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE, KBSYNC_MAX_WAIT="30")

    assert result.exit_code == 0, result.output


def test_a_saved_plan_names_the_variable_and_needs_it_when_applied(start_workspace, tmp_path):
    workspace = start_workspace(FILES)
    file = tmp_path / "plan.json"
    planned = workspace.kbsync("plan", "-o", str(file))
    text = file.read_text()
    refused = workspace.kbsync("apply", str(file), "--auto-approve")
    applied = workspace.kbsync("apply", str(file), "--auto-approve", DB_PASSWORD=VALUE)
    workspace.forget_requests()
    again = workspace.kbsync("apply", str(file), "--auto-approve", DB_PASSWORD=VALUE)

    assert planned.exit_code == 0, planned.output
    assert '"#password": "!env DB_PASSWORD"' in text
    assert refused.exit_code == 4
    assert applied.exit_code == 0, applied.output
    assert again.exit_code == 0, again.output
    assert workspace.writes() == []
    assert plan_code(workspace, DB_PASSWORD=VALUE) == 0


def test_a_run_that_broke_off_before_the_note_writes_the_secret_once_more(start_workspace):
    workspace = start_workspace(FILES)
    workspace.fault(
        method="POST", path="configs/orders/metadata", action="status", status=400, times=1
    )
    broken = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE)
    mended = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE)

    assert broken.exit_code == 6, broken.output
    assert mended.exit_code == 0, mended.output
    assert plan_code(workspace, DB_PASSWORD=VALUE) == 0


def test_a_note_whose_answer_is_lost_is_found_noted(start_workspace):
    workspace = start_workspace(FILES)
    workspace.fault(
        method="POST", path="configs/orders/metadata", action="reset", when="after", times=1
    )
    result = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=VALUE)

    assert result.exit_code == 0, result.output
    assert workspace.requests().count(f"POST branch/default/components/{CONFIG_PATH}/metadata") == 1


CONFIG_PATH = f"{COMPONENT}/configs/orders"


def test_one_request_encrypts_all_secrets_of_a_configuration(start_workspace):
    files = {
        f"{COMPONENT}/orders/config.json": (
            '{"name": "Orders", "configuration": {"#a": "!env A_SECRET", "#b": "!env B_SECRET"}}'
        ),
        f"{COMPONENT}/orders/rows/r.yaml": (
            'configuration:\n  values:\n  - name: "#v"\n    value: !env B_SECRET\n'
        ),
    }
    workspace = start_workspace(files)
    values = {"A_SECRET": "fake-value-a", "B_SECRET": "fake-value-b"}
    result = workspace.kbsync("apply", "--auto-approve", **values)
    config = live(workspace)
    workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert workspace.requests().count("POST /encryption/encrypt") == 1
    assert (
        config["rows"][0]["configuration"]["values"][0]["value"] == (config["configuration"]["#b"])
    )
    assert plan_code(workspace, **values) == 0
    assert {path: data.decode() for path, data in workspace.files().items()} | files == {
        path: data.decode() for path, data in workspace.files().items()
    }


def test_the_number_of_requests_is_told_exactly(workspace):
    workspace.kbsync("plan", DB_PASSWORD=ROTATED)
    reads = len(workspace.requests())
    workspace.forget_requests()
    result = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=ROTATED)

    assert f"Apply makes {len(workspace.requests()) - reads} requests." in result.stdout


def test_the_value_is_nowhere(start_workspace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = start_workspace(FILES)
    said = [
        workspace.kbsync("-v", *command, DB_PASSWORD=VALUE).output
        for command in (
            *(["plan", "--format", name] for name in ("text", "json", "markdown", "html")),
            ["plan", "-o", "plan.json"],
            ["show", "plan.json"],
            ["apply", "plan.json", "--auto-approve", "--format", "json"],
            ["drift"],
            ["pull"],
            ["validate"],
        )
    ]
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    everything = "".join(said).encode() + b"".join(written)

    assert VALUE.encode() not in everything
    assert base64.b64encode(VALUE.encode()).rstrip(b"=") not in everything
    assert b"DB_PASSWORD" in everything
    assert b"Traceback" not in everything
