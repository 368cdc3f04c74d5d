"""What people changed outside kbsync: who, when, why, which fields."""

import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kbsync.model import Version
from kbsync.plans.drift import Created, Drift, find_drift
from kbsync.plans.making import make_plan
from kbsync.render.drift_markdown import render_drift_markdown
from tests.builders import TARGET, by_key, config, live_with
from tests.test_scenarios import settled

GOLDENS = Path(__file__).parent / "drift"
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


def test_what_differs_and_was_never_written_by_kbsync_may_be_anybodys(start_workspace):
    workspace = start_workspace({f"{COMPONENT}/d/config.yaml": "name: D\n"})
    body = {"configurationId": "d", "name": "D", "configuration": {"n": 1}}
    workspace.storage("POST", CONFIGS, {**body, "changeDescription": "by hand"})
    result = workspace.kbsync("drift", "--detailed-exitcode")
    found = json.loads(workspace.kbsync("drift", "--format", "json").stdout)

    assert result.exit_code == 2
    assert "No drift" not in result.stdout
    assert "the files are ahead" not in result.stdout
    assert '"by hand"' in result.stdout
    assert f"look at it: kbsync plan {COMPONENT}/d" in result.stdout
    assert "Drift: 0 configurations edited, 0 deleted, 0 created, 1 unknown." in result.stdout
    assert [each["configId"] for each in found["unknown"]] == ["d"]
    assert found["ahead"] == 0


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
    assert "Drift: 1 configuration edited, 0 deleted, 0 created." in result.stdout


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
    assert "Drift: 0 configurations edited, 1 deleted, 0 created." in result.stdout


def test_a_configuration_that_others_made_is_told(workspace):
    time.sleep(1.1)  # the platform's times are in seconds
    body = {"configurationId": "mine", "name": "Mine", "changeDescription": "try it"}
    workspace.storage("POST", CONFIGS, body)
    result = workspace.kbsync("drift", "--detailed-exitcode")

    assert result.exit_code == 2
    assert f'{COMPONENT}/mine  "Mine"' in result.stdout
    assert "    +  made by person-" in result.stdout
    assert '"try it"' in result.stdout
    assert f"take it into the files: kbsync pull {COMPONENT}/mine" in result.stdout
    assert "Drift: 0 configurations edited, 0 deleted, 1 created." in result.stdout

    workspace.kbsync("pull", f"{COMPONENT}/mine")

    assert workspace.kbsync("drift", "--detailed-exitcode").exit_code == 0


STAMPED = Version(
    number=1, identifier="", created="2026-02-01T10:00:00+0100", message="Go [kbsync run=01X]"
)


@pytest.mark.parametrize(
    ("stamped", "made", "is_drift"),
    [
        pytest.param(STAMPED, "2026-02-01T10:00:01+0100", True, id="later"),
        pytest.param(STAMPED, "2026-02-01T09:00:01Z", True, id="later, told with another offset"),
        pytest.param(STAMPED, "2026-02-01T10:00:00+0100", False, id="in the same second"),
        pytest.param(STAMPED, "2026-02-01T09:59:59+0100", False, id="earlier"),
        pytest.param(STAMPED, "", False, id="nobody knows when"),
        pytest.param(STAMPED, "2026-02-01 10:00:01", False, id="without an offset"),
        pytest.param(STAMPED, "yesterday", False, id="no time"),
        pytest.param(
            replace(STAMPED, message="Go"), "2027-01-01T00:00:00Z", False, id="kbsync never wrote"
        ),
    ],
)
def test_what_has_no_files_is_drift_when_it_is_newer_than_all_that_kbsync_wrote(
    stamped, made, is_drift
):
    managed, other = config("a"), config("other")
    first = Version(number=1, identifier="", created=made, author="ann")
    live = replace(
        live_with(managed, other),
        versions={managed.key: stamped, other.key: first},
        first_versions={managed.key: stamped, other.key: first},
    )
    drift = find_drift(make_plan(TARGET, by_key(managed), live), live, {})
    expected = (Created(key=other.key, name="Other", first=first),) if is_drift else ()

    assert drift.created == expected


def test_an_issue_about_drift_has_the_texts_of_others_in_one_fence(workspace):
    edit(workspace, changeDescription="```\n@everyone <!-- [x](y)", configuration={"n": "````"})
    text = workspace.kbsync("drift", "--format", "markdown").stdout
    marker, _, title, _, fence, *lines = text.splitlines()

    assert marker == "<!-- kbsync-drift:1234:default -->"
    assert title == "### kbsync drift: 1 configuration edited, 0 deleted, 0 created"
    assert fence == "`````text"
    assert lines[-2:] == ["`````", ""]
    assert any("@everyone" in line for line in lines)


def test_an_issue_about_drift_is_never_longer_than_a_platform_takes():
    live = live_with(*(config(f"{number}" * 100) for number in range(1_000)))
    steps = make_plan(TARGET, {}, live, prune=True).steps
    version = Version(number=1, identifier="", author="ann", message="``" * 500)
    deleted = tuple((step, version) for step in steps)
    text = render_drift_markdown(Drift(target=TARGET, edited=(), deleted=deleted, ahead=0))

    assert 55_000 < len(text) <= 60_000
    assert "1000 deleted" in text
    assert re.search("^and [0-9]+ more lines, see `kbsync drift`$", text, re.MULTILINE)


def test_every_kind_of_drift_is_shown_in_text_and_in_json(workspace):
    workspace.write({f"{COMPONENT}/c/config.yaml": "name: C\nconfiguration: {n: 1}\n"})
    workspace.kbsync("apply", "--auto-approve")
    time.sleep(1.1)
    edit(workspace, isDisabled=True, rowsSortOrder=["y", "x"])
    workspace.storage("PUT", f"{CONFIGS}/a/rows/x", {"configuration": {"n": 2}, "name": "X"})
    workspace.storage("POST", f"{CONFIGS}/a/rows", {"rowId": "z", "name": "Z"})
    workspace.storage("DELETE", f"{CONFIGS}/b")
    workspace.storage("PUT", f"{CONFIGS}/c", {"configuration": {"n": 2}, "name": "C2"})
    workspace.storage("POST", CONFIGS, {"configurationId": "mine", "name": "Mine"})
    found = {
        "every-kind.txt": settled(workspace.kbsync("drift").stdout, workspace),
        "every-kind.json": settled(workspace.kbsync("drift", "--format", "json").stdout, workspace),
    }
    if os.environ.get("UPDATE_DRIFT"):
        for name, text in found.items():
            (GOLDENS / name).write_text(text)

    assert found == {name: (GOLDENS / name).read_text() for name in found}


def test_drift_costs_the_same_requests_however_much_others_made(workspace):
    for number in range(5):
        workspace.storage("POST", CONFIGS, {"configurationId": f"m{number}", "name": "M"})
    edit(workspace, configuration={"n": 2})
    workspace.forget_requests()
    workspace.kbsync("drift")

    assert len(workspace.requests()) == 4 + 2


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
