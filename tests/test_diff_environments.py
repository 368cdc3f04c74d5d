"""`kbsync diff --env A --env B`: what differs between two projects of the same files."""

from __future__ import annotations

import json
import shutil

import pytest
from jsonschema import Draft7Validator

from kbsync.documents.validate import load_schema
from tests.trees import write_tree
from tests.workspace import Workspace

COMPONENT = "keboola.x"
FILES = {
    f"{COMPONENT}/a/config.yaml": (
        "name: A\nmetadata: {k: !var host}\nconfiguration:\n  host: !var host\n  n: 1\n"
        "  list: [{name: x, host: !var host, m: 1}]\n  '#p': !env DB\n"
    ),
    f"{COMPONENT}/a/config.dev.yaml": "name: A of dev\n",
    f"{COMPONENT}/a/rows/r.yaml": "name: R\nconfiguration: {a: !var host}\n",
    f"{COMPONENT}/b/config.yaml": "name: B\nconfiguration: {n: 1}\n",
}


@pytest.fixture
def workspace(start_emulator, tmp_path):
    servers = {name: start_emulator() for name in ("prod", "dev")}
    lines = ["version: 1", "default_environment: prod", "environments:"]
    for name, server in servers.items():
        lines.append(f"  {name}:")
        lines.append(f"    stack: {server.url}")
        lines.append(f"    token_env: TOKEN_{name.upper()}")
        lines.append(f"    variables: {{host: db-{name}}}")
    root = write_tree(tmp_path / "tree", {"kbsync.yaml": "\n".join(lines) + "\n", **FILES})
    workspace = Workspace(root, servers["prod"])
    workspace.environment = {
        "KEBOOLA_STACK_URL": "",
        "TOKEN_PROD": "token-of-prod",
        "TOKEN_DEV": "token-of-dev",
        "DB": "fake-value",
    }
    workspace.dev = Workspace(root, servers["dev"])
    for name in servers:
        done = workspace.kbsync("apply", "--auto-approve", "--env", name)
        assert done.exit_code == 0, done.output
    return workspace


def compare(workspace, *arguments):
    return workspace.kbsync("diff", "--env", "prod", "--env", "dev", *arguments)


def test_what_the_files_explain_is_no_difference(workspace):
    result = compare(workspace, "--detailed-exitcode")

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[3:] == [
        "2 configurations in both: 0 different, 1 different as the files say, 1 the same. "
        "0 only in prod, 0 only in dev."
    ]


def test_what_somebody_changed_is_one(workspace):
    a = f"components/{COMPONENT}/configs"
    workspace.dev.storage(
        "PUT",
        f"{a}/a",
        {
            "configuration": {
                "host": "db-dev",
                "n": 2,
                "list": [{"name": "x", "host": "db-dev", "m": 3}],
                "#p": "KBC::ProjectSecure::fake-one",
            }
        },
    )
    workspace.storage("PUT", f"{a}/a/rows/r", {"configuration": {"a": "edited"}})
    workspace.storage("POST", a, {"configurationId": "new", "name": "New"})
    workspace.dev.storage("DELETE", f"{a}/b")
    result = compare(workspace, "--detailed-exitcode")

    assert result.exit_code == 2, result.output
    assert result.stdout.splitlines()[3:] == [
        '  only in prod  keboola.x/b  "B"',
        '  only in prod  keboola.x/new  "New"',
        '  keboola.x/a  "A of dev"',
        "    ~  configuration",
        "         list[x].m   1 → 3",
        "         n   1 → 2",
        '    ~  row r  "R"',
        '         a   "edited" → "db-dev"',
        "",
        "1 configuration in both: 1 different, 0 different as the files say, 0 the same. "
        "2 only in prod, 0 only in dev.",
    ]


def test_a_secret_that_only_one_has_is_a_difference(workspace):
    path = f"components/{COMPONENT}/configs/b"
    secret = {"configuration": {"n": 1, "#s": "KBC::ProjectSecure::fake-one"}}
    workspace.storage("PUT", path, secret)
    result = compare(workspace, f"{COMPONENT}/b")

    assert '         #s   - "(secret) c:9e71732d"' in result.stdout.splitlines()


def test_programs_get_the_same(workspace):
    workspace.dev.storage("PUT", f"components/{COMPONENT}/configs/b", {"configuration": {"n": 2}})
    workspace.storage("DELETE", f"components/{COMPONENT}/configs/a/rows/r")
    told = json.loads(compare(workspace, "--format", "json").stdout)
    Draft7Validator(load_schema("comparison")).validate(told)

    assert (told["from"]["environment"], told["to"]["environment"]) == ("prod", "dev")
    assert (told["onlyInFrom"], told["onlyInTo"], told["explained"]) == ([], [], 0)
    assert [
        (each["configId"], each["name"], [change["kind"] for change in each["changes"]])
        for each in told["different"]
    ] == [("a", "A of dev", ["create"]), ("b", "B", ["update"])]


def test_without_files_the_projects_are_compared_as_they_are(workspace):
    shutil.rmtree(workspace.root / COMPONENT)
    result = compare(workspace, "--format", "json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)

    assert [each["configId"] for each in told["different"]] == ["a"]
    assert told["same"] == 1


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        pytest.param((), {"TOKEN_DEV": ""}, 7, "TOKEN_DEV is not set", id="no token"),
        pytest.param(("--env", "x"), {}, 64, "Leave out", id="three"),
        pytest.param(("--from", "1"), {}, 64, "Leave out", id="a version"),
        pytest.param(("keboola.x/zz",), {}, 64, "matches nothing", id="a selector of nothing"),
        pytest.param(("keboola.x/a/r",), {}, 64, "with its configuration", id="a row"),
    ],
)
def test_what_cannot_be_compared_is_refused(workspace, arguments, environment, code, said):
    result = workspace.kbsync("diff", "--env", "prod", "--env", "dev", *arguments, **environment)

    assert (result.exit_code, said in result.stderr) == (code, True), result.output


def test_one_environment_is_that_of_the_object(workspace):
    one = workspace.kbsync("diff", f"{COMPONENT}/a", "--env", "dev")
    none = workspace.kbsync("diff", "--env", "dev")

    assert (one.exit_code, none.exit_code) == (0, 64), one.output


def test_what_is_ignored_is_no_difference(workspace):
    settings = workspace.root / "kbsync.yaml"
    settings.write_text(settings.read_text() + 'ignore: [{in: "keboola.x/b", path: n}]\n')
    workspace.dev.storage("PUT", f"components/{COMPONENT}/configs/b", {"configuration": {"n": 2}})

    assert "1 the same. 0 only" in compare(workspace).stdout


def test_half_an_answer_is_no_difference(workspace):
    for path in ("components$", "search/"):
        workspace.fault(method="GET", path=path, action="status", status=200, body="[]")
    result = compare(workspace)

    assert (result.exit_code, result.stdout) == (8, "")
    assert "lists no configuration at all" in result.stderr
