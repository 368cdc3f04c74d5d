"""`kbsync init`: a kbsync.yaml for the project of the token, or nothing at all."""

import os
import pty
import subprocess
import sys

import pytest

from kbsync.settings import load_settings
from kbsync.settings_text import settings_text
from tests.breaking import breaking
from tests.workspace import TOKEN

COMPONENT = "keboola.ex-http"
LIVE = {
    "project": {"id": 8341, "name": "Shop"},
    "components": [
        {
            "id": COMPONENT,
            "configurations": [{"id": "a", "name": "A", "configuration": {"x": 1}}],
        }
    ],
}
FILES = {f"{COMPONENT}/a/config.yaml": "name: A\nconfiguration: {x: 2}\n"}


def text(workspace, **options):
    given = {"environment": "prod", "project_id": 8341, "branch": "default", "token_env": ""}
    return settings_text(**{**given, "stack": workspace.server.url, **options})


def test_it_writes_the_settings_of_the_tokens_project_and_nothing_else(start_workspace):
    workspace = start_workspace(live=LIVE)
    result = workspace.kbsync("init")
    settings = load_settings(workspace.root, environment=None, environ={})

    assert result.exit_code == 0, result.output
    assert result.stdout == (
        f'Project  8341 "Shop"   {workspace.server.url}   branch default\nWrote kbsync.yaml.\n'
    )
    assert workspace.files() == {"kbsync.yaml": text(workspace).encode()}
    assert (settings.environment, settings.stack, settings.project_id, settings.branch) == (
        "prod",
        workspace.server.url,
        8341,
        "default",
    )
    assert not any(path.name == ".kbsync" for path in workspace.root.iterdir())
    assert workspace.requests() == ["GET tokens/verify"]
    assert workspace.kbsync("fmt", "--check").exit_code == 0


def test_every_answer_may_be_a_flag(start_workspace):
    workspace = start_workspace(live=LIVE)
    flags = ("--stack", workspace.server.url, "--project", "8341", "--env-name", "qa")
    result = workspace.kbsync(
        *("init", *flags, "--token-env", "QA_TOKEN", "--pull"),
        KEBOOLA_STACK_URL="",
        KEBOOLA_TOKEN="",
        QA_TOKEN=TOKEN,
    )

    assert result.exit_code == 0, result.output
    assert workspace.files()["kbsync.yaml"].decode() == text(
        workspace, environment="qa", token_env="QA_TOKEN"
    )
    assert [*workspace.files()] == ["kbsync.yaml", f"{COMPONENT}/a/config.yaml"]
    assert "Pulled: 1 object added" in result.stdout


def test_a_branch_is_looked_up(start_workspace):
    workspace = start_workspace(live=LIVE)
    made = workspace.storage("POST", "../../dev-branches", {"name": "B"})
    (default, *others) = sorted(
        workspace.storage("GET", "../../dev-branches").json(),
        key=lambda each: not each["isDefault"],
    )
    wrong = workspace.kbsync("init", "--branch", "77")
    assert made.status_code == 202
    assert wrong.exit_code == 64
    assert f"There are: {others[0]['id']} B, {default['id']} Main" in wrong.stderr
    assert workspace.files() == {}

    assert workspace.kbsync("init", "--branch", str(others[0]["id"])).exit_code == 0
    assert workspace.files()["kbsync.yaml"].decode() == text(workspace, branch=others[0]["id"])
    (workspace.root / "kbsync.yaml").unlink()

    assert workspace.kbsync("init", "--branch", str(default["id"])).exit_code == 0
    assert workspace.files()["kbsync.yaml"].decode() == text(workspace)


@pytest.mark.parametrize(
    ("flags", "environment", "code", "told"),
    [
        (
            (),
            {"KEBOOLA_STACK_URL": ""},
            64,
            "Hint: Add one, such as --stack connection.keboola.com",
        ),
        (("--stack", "a b"), {}, 64, "not a stack: expected an address"),
        (("--stack", "other.keboola.com"), {}, 64, "Run `unset KEBOOLA_STACK_URL` first"),
        ((), {"KEBOOLA_STACK_URL": "http://x.test"}, 3, "$KEBOOLA_STACK_URL: not a stack"),
        ((), {"KEBOOLA_TOKEN": ""}, 7, "`read -rs KEBOOLA_TOKEN && export KEBOOLA_TOKEN`"),
        (("--token-env", "MINE"), {}, 7, "MINE is not set"),
        (("--token-env", "1-fake-token"), {}, 64, "never the token itself"),
        (("--env-name", "a b"), {}, 64, "letters, digits, - and _"),
        (("--project", "1"), {}, 4, 'belongs to project 8341 "Shop", not to 1'),
        (("--project", "x"), {}, 64, "not a valid integer"),
    ],
)
def test_a_wrong_answer_is_told_and_nothing_is_written(
    start_workspace, flags, environment, code, told
):
    workspace = start_workspace(live=LIVE)
    result = workspace.kbsync("init", *flags, **environment)

    assert result.exit_code == code, result.output
    assert told in result.stderr
    assert "1-fake-token" not in result.output
    assert workspace.files() == {}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"action": "status", "status": 401}, 7),
        ({"action": "reset"}, 8),
        ({"action": "status", "status": 200, "body": "<html>"}, 8),
    ],
)
def test_without_an_answer_nothing_is_written(start_workspace, rule, code):
    workspace = start_workspace(live=LIVE)
    workspace.fault(method="GET", path="verify", **rule)
    result = workspace.kbsync("init", "--pull")

    assert result.exit_code == code
    assert "Nothing was written." in result.stderr
    assert workspace.files() == {}


@pytest.mark.parametrize("name", ["kbsync.yaml", "kbsync.json", "KBSYNC.YML"])
def test_settings_that_are_there_are_never_touched(start_workspace, name):
    workspace = start_workspace({name: "{}"}, LIVE)
    result = workspace.kbsync("init", "--yes")

    assert result.exit_code in (3, 64)
    assert name.lower() in result.stderr.lower()
    assert workspace.files() == {name: b"{}"}
    assert workspace.requests() == []


def test_a_part_of_a_tree_is_no_place_to_begin(start_workspace):
    workspace = start_workspace(FILES | {"kbsync.yaml": "version: 1\n"}, LIVE)
    workspace.root /= COMPONENT
    result = workspace.kbsync("init")

    assert result.exit_code == 64
    assert "This folder is a part of the tree in" in result.stderr
    assert {*workspace.files()} == {"a/config.yaml"}


def test_an_environment_of_settings_that_are_not_there_is_refused(start_workspace):
    workspace = start_workspace(live=LIVE)
    result = workspace.kbsync("--env", "dev", "init")

    assert result.exit_code == 64
    assert "--env-name" in result.stderr


def test_a_folder_with_configurations_keeps_them(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    result = workspace.kbsync("init")

    assert result.exit_code == 0, result.output
    assert workspace.files() == {"kbsync.yaml": text(workspace).encode()} | {
        name: each.encode() for name, each in FILES.items()
    }


def test_invalid_files_stop_a_pull_before_anything_is_written(start_workspace):
    workspace = start_workspace({f"{COMPONENT}/a/config.yaml": "name: 1\n"}, LIVE)
    result = workspace.kbsync("init", "--pull")

    assert result.exit_code == 3
    assert {*workspace.files()} == {f"{COMPONENT}/a/config.yaml"}


def test_a_pull_that_fails_leaves_the_settings_and_says_so(start_workspace):
    workspace = start_workspace(live=LIVE)
    workspace.fault(method="GET", path="components", action="status", status=500)
    result = workspace.kbsync("init", "--yes")

    assert result.exit_code == 8
    assert "kbsync.yaml is written; the project was not pulled. Once mended: kbsync pull" in (
        result.stderr
    )
    assert "Nothing was written" not in result.stderr
    assert {*workspace.files()} == {"kbsync.yaml"}


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_kbsync_yaml_is_written_whole_or_not_at_all(start_workspace, error):
    workspace = start_workspace(live=LIVE)
    codes = []
    for at in range(1, 9):
        with breaking(workspace.root, at, error) as broken:
            codes.append(workspace.kbsync("init").exit_code)

        found = {name: each for name, each in workspace.files().items() if name[0] != "."}

        assert found in ({}, {"kbsync.yaml": text(workspace).encode()})
        for name in workspace.files():
            (workspace.root / name).unlink()
        if not broken.happened:
            break
    assert codes[0] == (1 if isinstance(error, OSError) else 130)
    assert codes[-1] == 0


def on_terminal(workspace, *arguments, keys, **environment):
    """Run a command whose questions a person answers with *keys*; return code, stdout, stderr."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kbsync", "--project-dir", str(workspace.root), *arguments],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **workspace.environment, **environment},
        preexec_fn=os.setsid,
    )
    os.close(theirs)
    os.write(ours, keys.encode())
    out, err = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, out, err


def test_on_a_terminal_it_asks_only_what_it_cannot_find_out(start_workspace):
    workspace = start_workspace(live=LIVE)
    keys = f"nowhere at all\n{workspace.server.url}\n\n"
    code, out, err = on_terminal(workspace, "init", keys=keys, KEBOOLA_STACK_URL="")

    assert code == 0, err
    assert "Error: not a stack: expected an address" in err
    assert "Pull 1 configuration now? [Y/n]:" in err
    assert "Pulled: 1 object added" in out
    assert {*workspace.files()} == {"kbsync.yaml", f"{COMPONENT}/a/config.yaml"}


def test_over_files_that_are_there_it_pulls_only_when_told(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    code, out, err = on_terminal(workspace, "init", keys="\n")

    assert (code, "Pulled" in out) == (0, False), err
    assert "Pull 1 configuration now, over the 1 configuration that the files have? [y/N]:" in err
    assert (
        workspace.files()[f"{COMPONENT}/a/config.yaml"]
        == FILES[f"{COMPONENT}/a/config.yaml"].encode()
    )


@pytest.mark.parametrize("keys", ["\x04", "{url}\n\x04"], ids=["at the stack", "at the pull"])
def test_who_leaves_at_a_question_has_written_nothing(start_workspace, keys):
    workspace = start_workspace(live=LIVE)
    keys = keys.format(url=workspace.server.url)
    code, _, err = on_terminal(workspace, "init", keys=keys, KEBOOLA_STACK_URL="")

    assert code == 130, err
    assert "Stopped. Nothing was written to the project." in err
    assert workspace.files() == {}


def test_the_first_settings_of_a_pull_are_the_same(start_workspace):
    workspace = start_workspace(live=LIVE)
    workspace.kbsync("pull")

    assert workspace.files()["kbsync.yaml"].decode() == text(workspace)
