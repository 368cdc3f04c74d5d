"""Saved plans: deterministic, strict, free of secrets, and exactly what apply then does."""

import json

import pytest
from hypothesis import assume, given

from kbsync.change import Create, Delete, Reorder, ResetState, SetMetadata, Update
from kbsync.documents.document import parse
from kbsync.documents.validate import check
from kbsync.errors import InvalidFilesError, RefusedError
from kbsync.model import Version
from kbsync.plan import Plan, Step, make_plan
from kbsync.plan_file import Source, dump_plan, load_plan
from kbsync.secrets import plain_secrets
from tests.builders import TARGET, by_key, config, live_with, row
from tests.strategies import configurations_with_rows

SOURCE = Source(commit="9c1e7d2", subject="Fix", dirty=True)


def every_change():
    key = config().key
    base = Version(number=3, identifier="01X", created="t", author="a", message="m")
    changes = (
        Create(row("new", configuration={"a": [1.0, {}, None]})),
        Update(config(), config(configuration={"script": ["SELECT 1;\nx"]})),
        Delete(row("old", rows_sort_order=None)),
        Reorder(key, ("a", "b"), ("b", "a")),
        SetMetadata(key, {}, {"k": "v"}),
        ResetState(key, "why", {row("a").key: {"n": 1}}),
    )
    return Plan(
        target=TARGET,
        steps=(Step(key=key, name="Orders", base=base, changes=changes),),
        unchanged=3,
        not_managed=(config("x").key,),
    )


def saved(plan, name="plan.json", files=None):
    return load_plan(dump_plan(plan, SOURCE, files or {}).encode(), name)


def test_a_plan_reads_back_as_it_was():
    plan = every_change()
    found = saved(plan)

    assert (found.plan, found.source) == (plan, SOURCE)


@given(configurations_with_rows(), configurations_with_rows())
def test_any_plan_reads_back_as_it_was(desired, live):
    both = [by_key(group[0], *group[1]) for group in (desired, live)]
    assume(not any(plain_secrets(item.configuration) for item in both[0].values()))
    plan = make_plan(TARGET, both[0], live_with(*both[1].values()), prune=True)

    assert dump_plan(saved(plan).plan, SOURCE, {}) == dump_plan(plan, SOURCE, {})


def test_it_keeps_where_texts_stand_in_the_tree():
    files = {(config().key, ("configuration", "script")): "c/code/a.sql"}

    assert saved(every_change(), files=files).files == files


def test_it_is_as_its_published_schema_says():
    text = dump_plan(every_change(), SOURCE, {})

    assert check(parse(text.encode(), "plan.json"), "plan") == []


def test_its_id_is_that_of_its_content():
    plan = every_change()
    other = make_plan(TARGET, {}, live_with())

    assert saved(plan).plan_id == saved(plan).plan_id != saved(other).plan_id


def test_what_live_holds_in_plain_text_is_left_out():
    live = config(configuration={"#p": "hunter2", "list": [{"name": "#q", "value": "hunter3"}]})
    desired = config(configuration={"#p": "KBC::ProjectSecure::x"})
    states = {row("a").key: {"#token": "hunter4"}}
    changes = (
        Update(live, desired),
        Delete(row("r", configuration={"#p": "hunter5"})),
        ResetState(live.key, "why", states),
    )
    plan = Plan(target=TARGET, steps=(Step(key=live.key, name="O", base=None, changes=changes),))

    assert "hunter" not in dump_plan(plan, None, {})


def test_a_plan_that_would_send_a_plain_secret_back_is_not_saved():
    live, desired = config(configuration={"#p": "hunter2"}), config(configuration={"#p": "hunter2"})
    step = Step(key=live.key, name="O", base=None, changes=(Update(live, desired),))

    with pytest.raises(RefusedError, match="in plain text") as caught:
        dump_plan(Plan(target=TARGET, steps=(step,)), None, {})
    assert "hunter" not in str(caught.value)


TEXT = dump_plan(every_change(), SOURCE, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(TEXT[: len(TEXT) // 2], "plan.json:", id="truncated"),
        pytest.param(TEXT.replace('"v"', '"w"'), "edited after it was made", id="edited"),
        pytest.param(
            TEXT.replace('"formatVersion": 1', '"formatVersion": 2'),
            "not a plan of format version 1",
            id="another version",
        ),
        pytest.param('{"a": 1}', "not a plan of format version 1", id="something else"),
        pytest.param("[]", "not a plan of format version 1", id="a list"),
        pytest.param(TEXT.replace('"steps"', '"step"'), "plan.json:", id="a missing part"),
        pytest.param(
            TEXT.replace('"unchanged": 3', '"unchanged": 3, "more": 1'),
            "unknown key 'more'",
            id="an unknown part",
        ),
        pytest.param(TEXT.replace('"kind": "create"', '"kind": "purge"'), "plan.json:", id="kind"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(text, words):
    with pytest.raises(InvalidFilesError) as caught:
        load_plan(text.encode(), "plan.json")

    assert words in str(caught.value)


COMPONENT = "keboola.ex-http"
FILES = {
    f"{COMPONENT}/{name}/config.yaml": f"name: {name}\nconfiguration: {{x: 1}}\n" for name in "ab"
}
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [{"id": name, "name": name, "configuration": {}} for name in "abc"],
    }
]


@pytest.fixture
def workspace(start_workspace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("plan", "-o", "plan.json")
    workspace.forget_requests()
    return workspace


def contents(workspace):
    return {
        config["id"]: config["configuration"] for config in workspace.project()[0]["configurations"]
    }


def test_exactly_the_saved_plan_is_applied_whatever_the_files_say_now(workspace):
    workspace.write({f"{COMPONENT}/a/config.yaml": "name: [broken"})
    result = workspace.kbsync("apply", "plan.json", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert contents(workspace) == {"a": {"x": 1}, "b": {"x": 1}, "c": {}}


def test_what_the_plan_does_not_touch_does_not_make_it_stale(workspace):
    workspace.storage("PUT", f"components/{COMPONENT}/configs/c", {"name": "other"})

    assert workspace.kbsync("plan", "--check", "plan.json").exit_code == 0
    assert workspace.kbsync("apply", "plan.json", "--auto-approve").exit_code == 0


def test_a_stale_plan_is_refused_as_a_whole_before_the_first_write(workspace):
    workspace.storage("PUT", f"components/{COMPONENT}/configs/b", {"name": "other"})
    checked = workspace.kbsync("plan", "--check", "plan.json")
    workspace.forget_requests()
    applied = workspace.kbsync("apply", "plan.json", "--auto-approve")

    assert (checked.exit_code, applied.exit_code, workspace.writes()) == (5, 5, [])
    assert "1 of 2 configurations changed since the plan was made" in applied.stderr


def test_a_plan_is_applied_once(workspace):
    first = workspace.kbsync("apply", "plan.json", "--auto-approve")
    second = workspace.kbsync("apply", "plan.json", "--auto-approve")

    assert (first.exit_code, second.exit_code) == (0, 5)


def test_checking_takes_three_reads(workspace):
    workspace.kbsync("plan", "--check", "plan.json")

    assert len(workspace.requests()) == 3


def test_a_plan_of_another_project_is_refused(workspace, start_workspace):
    other = start_workspace({}, {"components": LIVE, "project": {"id": 99}}, folder="other")
    result = other.kbsync("apply", "plan.json", "--auto-approve")

    assert (result.exit_code, other.writes()) == (4, [])
    assert "project 1234" in result.stderr


def test_an_edited_plan_is_refused_without_a_request(workspace):
    from pathlib import Path

    file = Path("plan.json")
    plan = json.loads(file.read_text())
    plan["steps"][0]["changes"][0]["after"]["name"] = "evil"
    file.write_text(json.dumps(plan))
    result = workspace.kbsync("apply", "plan.json", "--auto-approve")

    assert (result.exit_code, workspace.requests()) == (3, [])


def test_a_saved_plan_is_shown_as_it_was(workspace):
    shown = workspace.kbsync("show", "plan.json").stdout.splitlines()
    planned = workspace.kbsync("plan").stdout.splitlines()

    assert shown[2:] == planned[2:]
    assert shown[1].startswith("Files    plan ")


def test_json_on_stdout_is_the_saved_plan(workspace):
    from pathlib import Path

    printed = workspace.kbsync("plan", "--format", "json").stdout

    assert printed == Path("plan.json").read_text()


@pytest.mark.parametrize("place", ["no/such/folder\0", "/proc/plan.json"])
def test_an_unwritable_place_is_told(workspace, place):
    result = workspace.kbsync("plan", "-o", place)

    assert result.exit_code in (1, 64)
    assert "Traceback" not in result.output


def test_a_plan_file_that_is_not_there_is_told(workspace):
    result = workspace.kbsync("apply", "nope.json")

    assert (result.exit_code, workspace.requests()) == (3, [])
    assert "nope.json: cannot be read" in result.stderr
