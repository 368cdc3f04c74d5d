"""What people changed outside kbsync: who, when, why, which fields."""

import json

import pytest

COMPONENT = "keboola.ex-http"
CONFIGS = f"components/{COMPONENT}/configs"
FILES = {
    f"{COMPONENT}/a/config.yaml": "name: A\nrowsSortOrder: [x, y]\nconfiguration: {n: 1}\n",
    f"{COMPONENT}/a/rows/x.yaml": "name: X\n",
    f"{COMPONENT}/a/rows/y.yaml": "name: Y\n",
    f"{COMPONENT}/b/config.yaml": "name: B\n",
}


@pytest.fixture
def workspace(start_workspace):
    workspace = start_workspace(FILES)
    workspace.kbsync("apply", "--auto-approve")
    return workspace


def edit(workspace, **body):
    workspace.storage("PUT", f"{CONFIGS}/a", {"changeDescription": "hotfix", **body})


def test_what_kbsync_wrote_is_no_drift(workspace):
    result = workspace.kbsync("drift", "--detailed-exitcode")

    assert result.exit_code == 0
    assert "No drift" in result.stdout


def test_files_that_moved_on_are_no_drift(workspace):
    workspace.write({f"{COMPONENT}/b/config.yaml": "name: B2\n"})
    result = workspace.kbsync("drift", "--detailed-exitcode")

    assert result.exit_code == 0
    assert "the files are ahead in 1 configuration" in result.stdout


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"configuration": {"n": 2}}, "n   1 → 2"),
        ({"name": "Other"}, 'name   "A" → "Other"'),
        ({"description": "Mine"}, 'description   "" → "Mine"'),
        ({"isDisabled": True}, "isDisabled   false → true"),
        ({"rowsSortOrder": ["y", "x"]}, '"y"   2 → 1'),
    ],
    ids=["content", "name", "description", "disabled", "order"],
)
def test_an_edit_is_told_with_who_when_why_and_what(workspace, body, shown):
    edit(workspace, **body)
    result = workspace.kbsync("drift", "--detailed-exitcode")

    assert result.exit_code == 2
    assert shown in result.stdout
    assert '"hotfix"' in result.stdout
    assert "@emulator.test" in result.stdout
    assert f"kbsync pull {COMPONENT}/a" in result.stdout
    assert "Drift: 1 configuration edited, 0 deleted." in result.stdout


def test_rows_that_others_made_or_deleted_are_told(workspace):
    workspace.storage("POST", f"{CONFIGS}/a/rows", {"rowId": "z", "name": "Z"})
    workspace.storage("DELETE", f"{CONFIGS}/a/rows/x")
    shown = workspace.kbsync("drift").stdout

    assert 'row z  "Z" is created' in shown
    assert 'row x  "X" is deleted' in shown


def test_a_configuration_that_others_deleted_lies_in_the_trash(workspace):
    workspace.storage("DELETE", f"{CONFIGS}/b")
    result = workspace.kbsync("drift", "--detailed-exitcode")

    assert result.exit_code == 2
    assert "in the trash, by " in result.stdout
    assert "Drift: 0 configurations edited, 1 deleted." in result.stdout


def test_the_commands_it_prints_end_the_drift_either_way(workspace):
    edit(workspace, configuration={"n": 2})
    key = f"{COMPONENT}/a"

    assert workspace.kbsync("drift", "--detailed-exitcode").exit_code == 2
    assert workspace.kbsync("pull", key).exit_code == 0
    assert workspace.kbsync("drift", "--detailed-exitcode").exit_code == 0

    edit(workspace, configuration={"n": 3})
    arguments = ("apply", key, "--overwrite-drift", key, "--auto-approve")

    assert workspace.kbsync(*arguments).exit_code == 0
    assert workspace.kbsync("drift", "--detailed-exitcode").exit_code == 0


def test_programs_get_the_same_facts(workspace):
    edit(workspace, configuration={"n": 2, "#s": "hunter2"})
    workspace.storage("DELETE", f"{CONFIGS}/b")
    text = workspace.kbsync("drift", "--format", "json").stdout
    found = json.loads(text)

    assert [each["changeDescription"] for each in found["edited"][0]["edits"]] == ["hotfix"]
    assert [field["label"] for field in found["edited"][0]["changes"][0]["fields"]] == ["#s", "n"]
    assert [each["configId"] for each in found["deleted"]] == ["b"]
    assert "hunter2" not in workspace.kbsync("drift").stdout


def test_it_sends_nothing_but_get(workspace):
    edit(workspace, configuration={"n": 2})
    workspace.forget_requests()
    workspace.kbsync("drift")

    assert workspace.writes() == []
