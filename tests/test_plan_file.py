"""Saved plans: deterministic, strict, free of secrets, and exactly what apply then does."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kbsync.canonical import canonical, digest
from kbsync.change import Create, Delete, Reorder, ResetState, SetMetadata, Update
from kbsync.documents.document import parse
from kbsync.documents.validate import check
from kbsync.errors import InvalidFilesError, RefusedError
from kbsync.graph.impact import Impact, Peer, Schedule
from kbsync.graph.links import Dangling, Link
from kbsync.model import Version
from kbsync.plans.making import make_plan
from kbsync.plans.plan import Plan, Step
from kbsync.plans.plan_file import Source, dump_plan, load_plan
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
        ResetState(key, "why", {row("b").key: {"n": 2}}, by_hand=True),
    )
    return Plan(
        target=TARGET,
        steps=(Step(key=key, name="Orders", base=base, changes=changes, impact=every_impact()),),
        unchanged=3,
        not_managed=(config("x").key,),
        dangling=(
            Dangling(link=Link(key, ("tasks", 0, "task"), row("gone").key), is_deleted=True),
            Dangling(link=Link(row("a").key, (), config("x").key), file="a.yaml", line=3, column=1),
        ),
    )


def every_impact():
    peer = Peer(config("x").key, "X")
    return Impact(
        readers={"in.c-main.orders": (peer, Peer(row("a").key, ""))},
        writers={"in.c-main.orders": (peer,)},
        used_by=(peer,),
        run_by=(peer,),
        schedules=(Schedule(peer, "0 4 * * *", "UTC", enabled=True),),
    )


def saved(plan, name="plan.json", files=None):
    return load_plan(dump_plan(plan, SOURCE, files or {}).encode(), name)


def test_a_plan_reads_back_as_it_was():
    plan = every_change()
    found = saved(plan)

    assert (found.plan, found.source) == (plan, SOURCE)


def test_a_plan_of_an_older_kbsync_still_reads():
    document = json.loads(dump_plan(every_change(), SOURCE, {}))
    del document["dangling"]
    for step in document["steps"]:
        del step["impact"]
    document["planId"] = digest(canonical({**document, "planId": ""}))[:16]
    (step,) = every_change().steps
    plan = replace(every_change(), dangling=(), steps=(replace(step, impact=Impact()),))

    assert load_plan(json.dumps(document).encode(), "plan.json").plan == plan


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


@pytest.mark.parametrize("name", ["kbsync.yaml", "plan.json", "plan"])
@pytest.mark.parametrize(
    "data", [b"version: 1\n", b'{"planId": "', b"\xff", b"{}"], ids=["yaml", "cut", "bytes", "{}"]
)
def test_what_is_no_plan_is_told_by_its_own_name_and_with_what_to_do(name, data):
    with pytest.raises(InvalidFilesError) as caught:
        load_plan(data, name)

    assert {problem.file for problem in caught.value.problems} == {name}
    assert {problem.todo for problem in caught.value.problems} == {
        "make a new one with `kbsync plan -o`"
    }


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


DATA = TEXT.encode()


@pytest.mark.parametrize("part", range(50))
def test_a_plan_that_was_cut_short_anywhere_is_refused(part):
    with pytest.raises(InvalidFilesError):
        load_plan(DATA[: len(DATA) * part // 50], "plan.json")


@given(st.integers(0, len(DATA) - 2), st.integers(1, 255))
def test_a_plan_with_a_damaged_byte_is_refused_or_says_the_same(place, mask):
    damaged = bytearray(DATA)
    damaged[place] ^= mask
    try:
        found = load_plan(bytes(damaged), "plan.json")
    except InvalidFilesError:
        return

    assert found == load_plan(DATA, "plan.json")


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
    workspace.forget_requests()
    second = workspace.kbsync("apply", "plan.json", "--auto-approve")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert [each for each in workspace.writes() if "/configs/" in each] == []


def test_checking_takes_three_reads(workspace):
    workspace.kbsync("plan", "--check", "plan.json")

    assert len(workspace.requests()) == 3


BRANCH = "version: 1\nenvironments: {prod: {branch: 77}}\n"


@pytest.mark.parametrize(
    ("files", "project", "words"),
    [
        pytest.param({}, {"id": 99}, "but this is project 99, branch default", id="project"),
        pytest.param({"kbsync.yaml": BRANCH}, {}, "project 1234, branch 77", id="branch"),
        pytest.param({}, {}, "but this is project 1234, branch default, at http", id="stack"),
    ],
)
@pytest.mark.parametrize(
    "command", [["apply", "plan.json", "--auto-approve"], ["plan", "--check", "plan.json"]]
)
def test_a_plan_of_another_place_is_refused(
    workspace, start_workspace, command, files, project, words
):
    live = {"components": LIVE} | ({"project": project} if project else {})
    other = start_workspace(files, live, folder="other")
    result = other.kbsync(*command)

    assert (result.exit_code, other.writes()) == (4, [])
    assert "The plan is for project 1234, branch default, at http://" in result.stderr
    assert words in result.stderr
    assert other.requests() == ["GET tokens/verify"]


def test_an_edited_plan_is_refused_without_a_request(workspace):
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
    printed = workspace.kbsync("plan", "--format", "json").stdout

    assert printed == Path("plan.json").read_text()


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("no/such/plan.json", "there is no folder no/such"),
        ("folder", "it is a folder"),
        ("plan.json/more.json", "there is no folder plan.json"),
        ("locked/plan.json", "it may not be written"),
        ("locked.json", "it may not be written"),
    ],
)
def test_a_place_where_no_plan_can_be_saved_is_told_before_any_request(
    workspace, monkeypatch, place, why
):
    Path("folder").mkdir()
    Path("locked").mkdir()
    Path("locked.json").write_text("kept")
    # A superuser may write anywhere, so what the system answers others is said here.
    monkeypatch.setattr("os.access", lambda path, mode: not Path(path).name.startswith("locked"))
    result = workspace.kbsync("plan", "-o", place)

    assert (result.exit_code, workspace.requests()) == (1, [])
    assert f": {why}" in result.stderr
    assert "Hint: Choose another place for -o." in result.stderr
    assert Path("locked.json").read_text() == "kept"


@pytest.mark.parametrize("place", ["/dev/full", "/proc/plan.json"])
def test_a_place_that_takes_nothing_is_told(workspace, place):
    result = workspace.kbsync("plan", "-o", place)

    assert result.exit_code == 1
    assert f"The plan cannot be saved in {place}: " in result.stderr
    assert not Path("/dev/full").is_file()


def test_a_link_stays_a_link(workspace):
    Path("link.json").symlink_to("plan.json")
    Path("plan.json").write_text("old")

    assert workspace.kbsync("plan", "-o", "link.json").exit_code == 0
    assert Path("link.json").is_symlink()
    assert load_plan(Path("plan.json").read_bytes(), "plan.json").plan.steps


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "broken.json:1"),
        (b"\xff\xfe{}", "broken.json:"),
        (b"\0" * 100, "broken.json:"),
        (b"version https://git-lfs.github.com/spec/v1\n", "broken.json:"),
        (b"[" * 100_000, "broken.json:"),
        (b'{"formatVersion": 1}', "is missing; make a new one with `kbsync plan -o`"),
        (b'{"formatVersion": 2}', "not a plan of format version 1; make a new one"),
    ],
    ids=["empty", "UTF-16", "zeros", "pointer", "deep", "parts missing", "version"],
)
@pytest.mark.parametrize(
    "command", [["apply", "broken.json", "--auto-approve"], ["show", "broken.json"]], ids=" ".join
)
def test_a_file_that_is_no_plan_stops_a_command_before_any_request(
    workspace, command, content, words
):
    Path("broken.json").write_bytes(content)
    result = workspace.kbsync(*command)

    assert (result.exit_code, workspace.requests()) == (3, [])
    assert words in result.stderr


def test_a_folder_is_no_plan_file(workspace):
    Path("folder.json").mkdir()
    result = workspace.kbsync("apply", "folder.json", "--auto-approve")

    assert (result.exit_code, workspace.requests()) == (3, [])
    assert "folder.json: cannot be read: Is a directory" in result.stderr


def test_a_plan_file_that_is_not_there_is_told(workspace):
    result = workspace.kbsync("apply", "nope.json")

    assert (result.exit_code, workspace.requests()) == (3, [])
    assert "nope.json: cannot be read" in result.stderr
