"""The example is what newcomers learn from: it holds together and shows every kind of change."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "example-project"


@pytest.fixture
def workspace(start_workspace):
    live = json.loads((EXAMPLE / "live.json").read_text("utf-8"))
    workspace = start_workspace(live=live)
    hidden = shutil.ignore_patterns(".*")
    shutil.copytree(EXAMPLE, workspace.root, dirs_exist_ok=True, ignore=hidden)
    return workspace


def test_the_files_are_valid_in_every_environment(workspace):
    results = [workspace.kbsync(*env, "validate") for env in ([], ["--env", "prod"])]

    assert [result.stdout for result in results] == ["Valid: 5 configurations, 6 rows.\n"] * 2


def test_the_files_look_as_pull_would_write_them(workspace):
    assert workspace.kbsync("fmt", "--check").exit_code == 0


def test_what_the_configurations_refer_to_exists(workspace):
    workspace.kbsync("apply", "--auto-approve")
    project = workspace.project()
    found = by_id(project)
    tasks = [task["task"] for task in found["364510022"]["configuration"]["tasks"]]
    sets = {
        (config["id"], row["id"])
        for component in project["components"]
        if component["id"] == "keboola.variables"
        for config in component["configurations"]
        for row in config["rows"]
    }
    user = found["daily-revenue"]["configuration"]

    assert [task["configId"] for task in tasks if task["configId"] not in found] == []
    assert (user["variables_id"], user["variables_values_id"]) in sets


def test_the_plan_shows_every_kind_of_change(workspace):
    result = workspace.kbsync("plan", "--detailed-exitcode")

    assert result.exit_code == 2
    assert result.stderr == ""
    assert result.stdout.splitlines()[-3:] == [
        "Plan: 1 delete, 2 state resets, 3 updates, 2 creates, 1 metadata change, 1 reorder.",
        "3 unchanged, 1 difference ignored, 1 not managed. Apply makes 27 requests.",
        "Not managed (live, without files): keboola.ex-http/exchange-rates",
    ]


def test_after_apply_the_plan_is_empty_and_a_pull_changes_no_file(workspace):
    applied = workspace.kbsync("apply", "--auto-approve")
    planned = workspace.kbsync("plan", "--detailed-exitcode")
    before = files(workspace.root)
    pulled = workspace.kbsync("pull", "keboola.ex-aws-s3", "keboola.[!e]*")

    assert (applied.exit_code, planned.exit_code, pulled.exit_code) == (0, 0, 0)
    assert files(workspace.root) == before


def test_apply_leaves_alone_what_is_not_managed_or_ignored(workspace):
    before = by_id(workspace.project())
    workspace.kbsync("apply", "--auto-approve")
    after = by_id(workspace.project())

    assert after["exchange-rates"] == before["exchange-rates"]
    assert after["daily-revenue"]["configuration"]["runtime"] == {"backend": {"type": "medium"}}


def test_apply_forgets_the_state_of_the_extractor(workspace):
    def states():
        rows = by_id(workspace.project())["364479526"]["rows"]
        return [row.get("state", {}) for row in rows]

    before = states()
    workspace.kbsync("apply", "--auto-approve")

    assert {} not in before
    assert states() == [{}, {}]


def test_the_undo_commands_that_apply_prints_bring_contents_and_component_states_back(workspace):
    def states():
        return [row["state"] for row in by_id(workspace.project())["364479526"]["rows"]]

    before = contents(workspace.project()), states()
    applied = workspace.kbsync("apply", "--auto-approve").stdout
    for command in applied.partition("Undo with:\n")[2].splitlines():
        workspace.kbsync(*shlex.split(command.strip().removeprefix("kbsync ")), "--auto-approve")

    assert (contents(workspace.project()), states()) == before


def test_no_ciphertext_is_ever_shown(workspace):
    commands = (["plan"], ["-v", "apply", "--auto-approve"], ["pull"])
    output = "".join(workspace.kbsync(*command).output for command in commands)

    assert "(secret) changed" in output
    assert "KBC::" not in output


def files(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".kbsync" not in path.parts
    }


def by_id(project):
    """The configurations by their ids, but for the variables, whose id is also another's."""
    return {
        config["id"]: config
        for component in project["components"]
        if component["id"] != "keboola.variables"
        for config in component["configurations"]
    }


def contents(project):
    """What versions record of the configurations."""
    fields = ("name", "description", "isDisabled", "configuration")
    return {
        config_id: {
            **{field: config.get(field) for field in fields},
            "rows": [
                {"id": row["id"], **{field: row.get(field) for field in fields}}
                for row in config.get("rows", [])
            ],
        }
        for config_id, config in by_id(project).items()
    }
