"""What was rolled back is not written again by itself, from no machine."""

import json
import shutil

import pytest

from kbsync.change import Create, Delete, Reorder, Rollback, Update
from kbsync.compare.ignore import without_ignored
from kbsync.plans.fingerprint import ABSENT, Fingerprint, fingerprint, is_same, names_secrets
from kbsync.plans.holds import Hold, outcome, read_holds, rejecting
from kbsync.policy import IgnoreRule, parse_path_pattern
from kbsync.selectors import parse
from tests.builders import COMPONENT as MYSQL
from tests.builders import by_key, config, row
from tests.plans import step
from tests.test_rollback_run import (
    APPROVED,
    COMPONENT,
    CONFIGS,
    deploy,
    file_of,
    files,
    live,
    roll_back,
    x_of,
)

KEY = config().key


@pytest.fixture
def workspace(start_workspace):
    """a and b, deployed at x 1 and then at x 2, which was rolled back."""
    workspace = start_workspace(files(1, "a", "b"), live("a", "b"))
    deploy(workspace)
    workspace.write(files(2, "a", "b"))
    workspace.run = deploy(workspace)
    assert roll_back(workspace, workspace.run, "-m", "numbers are wrong").exit_code == 0
    return workspace


def held(workspace):
    found = json.loads(workspace.kbsync("holds", "--format", "json").stdout)
    return [each["configId"] for each in found["holds"]]


def test_no_apply_from_any_folder_writes_it_again(workspace):
    shutil.rmtree(workspace.root / ".kbsync")
    workspace.forget_requests()
    result = workspace.kbsync("apply", *APPROVED)

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert f"{COMPONENT}/a was rolled back from this content by run" in result.stderr
    assert "numbers are wrong" in result.stderr
    assert f"--lift-hold {COMPONENT}/a" in result.stderr


def test_a_plan_tells_who_held_it_when_and_why(workspace):
    plan = workspace.kbsync("plan")

    assert plan.exit_code == 0
    assert "Apply will refuse this: keboola.ex-http/a was rolled back" in plan.stdout
    assert "numbers are wrong" in plan.stdout


def test_a_saved_plan_is_refused_as_well(workspace, tmp_path):
    saved = str(tmp_path / "plan.json")
    workspace.kbsync("plan", "-o", saved)
    refused = workspace.kbsync("apply", saved, *APPROVED)
    lifted = workspace.kbsync("apply", saved, *APPROVED, "--lift-hold", "*")

    assert (refused.exit_code, lifted.exit_code) == (4, 0)
    assert x_of(workspace) == {"a": 2, "b": 2}


def test_other_content_ends_the_hold(workspace):
    workspace.write(file_of("a", 3))
    result = workspace.kbsync("apply", f"{COMPONENT}/a", *APPROVED)

    assert result.exit_code == 0, result.output
    assert held(workspace) == ["b"]


def test_a_hold_is_lifted_by_name_and_is_over_then(workspace):
    result = workspace.kbsync("apply", *APPROVED, "--lift-hold", "*/A", f"{COMPONENT}/a")

    assert result.exit_code == 0, result.output
    assert held(workspace) == ["b"]
    assert x_of(workspace) == {"a": 2, "b": 1}


def test_a_hold_stands_while_only_metadata_changes(workspace):
    workspace.write({f"{COMPONENT}/a/config.yaml": _with_folder(file_of("a", 1))})
    result = workspace.kbsync("apply", f"{COMPONENT}/a", *APPROVED)

    assert result.exit_code == 0, result.output
    assert held(workspace) == ["a", "b"]


def _with_folder(files):
    text = files[f"{COMPONENT}/a/config.yaml"]
    return f"{text}metadata: {{KBC.configuration.folderName: Sales}}\n"


def test_what_only_the_order_or_an_unmanaged_order_tells_apart(workspace):
    text = file_of("a", 2)[f"{COMPONENT}/a/config.yaml"].replace("rowsSortOrder: [r]\n", "")
    workspace.write({f"{COMPONENT}/a/config.yaml": text})

    assert workspace.kbsync("apply", f"{COMPONENT}/a", *APPROVED).exit_code == 4


def test_what_is_not_compared_does_not_end_a_hold(start_workspace):
    settings = "version: 1\nignore: [{in: '*', path: lastRun}]\n"
    workspace = start_workspace({"kbsync.yaml": settings, **files(1, "a")}, live("a"))
    deploy(workspace)
    workspace.storage("PUT", f"{CONFIGS}/a", {"configuration": {"x": 1, "lastRun": "today"}})
    workspace.write(file_of("a", 2))
    deploy(workspace)
    workspace.kbsync("rollback", f"{COMPONENT}/a", "--to-version", "2", *APPROVED)
    now = workspace.storage("GET", f"{CONFIGS}/a").json()["configuration"]

    assert now == {"x": 1}  # so apply would write x without the lastRun that was rejected with it
    assert workspace.kbsync("apply", *APPROVED).exit_code == 4


def test_a_hold_does_not_concern_what_writes_no_content(workspace):
    workspace.storage("PUT", f"{CONFIGS}/a", {"configuration": {"x": 2}})
    workspace.write({f"{COMPONENT}/a/config.yaml": _with_folder(file_of("a", 2))})
    result = workspace.kbsync("apply", f"{COMPONENT}/a", *APPROVED)

    assert result.exit_code == 0, result.output


def test_what_kbsync_wrote_is_held_even_where_somebody_edited_it(start_workspace):
    workspace = start_workspace(files(1, "a"), live("a"))
    deploy(workspace)
    workspace.write(file_of("a", 2))
    deploy(workspace)
    workspace.storage("PUT", f"{CONFIGS}/a", {"configuration": {"x": 7}})
    workspace.kbsync("rollback", f"{COMPONENT}/a", "--to-version", "1", *APPROVED)

    assert workspace.kbsync("apply", "--overwrite-drift", "*", *APPROVED).exit_code == 4


def test_a_second_rollback_further_back_keeps_what_was_held_before(workspace):
    workspace.kbsync("rollback", f"{COMPONENT}/a", "--to-version", "3", *APPROVED)
    assert held(workspace) == ["b"]  # back to what was held takes the rejection back
    workspace.kbsync("rollback", f"{COMPONENT}/a", "--to-version", "1", *APPROVED)

    assert held(workspace) == ["a", "b"]
    assert workspace.kbsync("apply", f"{COMPONENT}/a", *APPROVED).exit_code == 4


def test_what_a_run_created_and_a_rollback_deleted_is_not_created_again(start_workspace):
    workspace = start_workspace(files(1, "a"), live("a"))
    deploy(workspace)
    workspace.write(file_of("new", 1))
    run = deploy(workspace)
    roll_back(workspace, run, "--include-created")

    assert workspace.kbsync("apply", *APPROVED).exit_code == 4


def test_what_a_rollback_restored_is_not_deleted_again(start_workspace):
    workspace = start_workspace(files(1, "a", "b"), live("a", "b"))
    deploy(workspace)
    shutil.rmtree(workspace.root / COMPONENT / "b")
    run = deploy(workspace, "--prune")
    roll_back(workspace, run)

    assert workspace.kbsync("apply", "--prune", *APPROVED).exit_code == 4


def test_a_rollback_that_writes_nothing_leaves_no_hold(start_workspace):
    workspace = start_workspace(files(1, "a"), live("a"))
    deploy(workspace)
    workspace.write(file_of("a", 2))
    run = deploy(workspace)
    workspace.fault(method="POST", path="rollback$", action="status", status=400)
    result = roll_back(workspace, run)
    workspace.end_faults()

    assert result.exit_code == 8
    assert held(workspace) == []


def test_a_hold_that_somebody_lifted_meanwhile_is_no_matter(workspace):
    workspace.write(file_of("a", 3))
    workspace.fault(method="DELETE", path="metadata/", action="status", status=404, times=1)
    result = workspace.kbsync("apply", f"{COMPONENT}/a", *APPROVED)

    assert (result.exit_code, "could not be lifted" in result.stderr) == (0, False)


def test_a_hold_that_cannot_be_lifted_is_told_and_stops_nothing(workspace):
    workspace.write(file_of("a", 3))
    workspace.fault(method="DELETE", path="metadata/", action="status", status=501)
    result = workspace.kbsync("apply", f"{COMPONENT}/a", *APPROVED)

    assert (result.exit_code, "could not be lifted" in result.stderr) == (0, True)


def test_a_rollback_that_is_taken_back_leaves_no_hold(start_workspace):
    workspace = start_workspace(files(1, "a", "b"), live("a", "b"))
    deploy(workspace)
    workspace.write(files(2, "a", "b"))
    run = deploy(workspace)
    workspace.fault(method="POST", path="b/versions/./rollback$", action="status", status=400)
    result = roll_back(workspace, run, "--on-error", "rollback", "--parallelism", "1")
    workspace.end_faults()

    assert result.exit_code == 6, result.output
    assert x_of(workspace) == {"a": 2, "b": 2}
    assert held(workspace) == []


def test_a_rollback_goes_on_where_no_hold_can_be_placed(start_workspace):
    workspace = start_workspace(files(1, "a"), live("a"))
    deploy(workspace)
    workspace.write(file_of("a", 2))
    run = deploy(workspace)
    workspace.fault(method="POST", path="branch/default/metadata", action="status", status=403)
    result = roll_back(workspace, run)
    workspace.end_faults()

    assert result.exit_code == 0, result.output
    assert "No hold could be placed" in result.stderr
    assert "Hold:" not in result.stdout
    assert x_of(workspace) == {"a": 1}


def test_without_holds_that_is_said(start_workspace):
    workspace = start_workspace(files(1, "a"), live("a"))

    assert workspace.kbsync("holds").stdout == "There are no holds: every content may be written.\n"


def test_entries_of_others_in_the_metadata_are_no_holds():
    hold = Hold(key=KEY, rejected=(ABSENT,), run="R", holder="h", time="t", message="m")
    entries = [
        {"id": "1", "key": f"KBSYNC.hold.{KEY}", "value": hold.value},
        {"id": "2", "key": "KBSYNC.hold.a/b", "value": "{"},
        {"id": "3", "key": "KBSYNC.hold.a/c", "value": '{"rejected": [1]}'},
        {"id": "4", "key": "KBC.projectDescription", "value": "x"},
        {"id": "5", "key": "KBSYNC.hold.", "value": hold.value},
        {"id": "6", "key": "KBSYNC.hold.a", "value": hold.value},
        "nonsense",
    ]

    assert {key: each.rejected for key, each in read_holds(entries).items()} == {KEY: (ABSENT,)}
    assert read_holds({"error": "x"}) == {}


def of(*resources):
    return fingerprint(KEY, by_key(*resources))


def test_a_fingerprint_tells_contents_apart_and_nothing_else():
    base = of(config(configuration={"a": 1}), row("r"), row("s"))

    assert of(config(configuration={"a": 1}, metadata={"k": "v"}), row("s"), row("r")) == base
    assert of(config(configuration={"a": 1.0}), row("r"), row("s")).content != base.content
    assert of(config(configuration={"a": 1}), row("r")).content != base.content
    assert of(config(configuration={"a": 1}), row("r", name="x"), row("s")).content != base.content
    assert of(config(configuration={"a": 1}, is_disabled=True), row("r"), row("s")) != base
    reordered = of(config(configuration={"a": 1}, rows_sort_order=("s", "r")), row("r"), row("s"))
    assert (reordered.content == base.content, reordered.order == base.order) == (True, False)
    assert of() == ABSENT


def test_a_plain_secret_is_in_no_fingerprint():
    one, other = (of(config(configuration={"#p": text})) for text in ("hunter2", "letmein"))

    assert one == other


def test_a_secret_by_its_variable_is_compared_without_secrets():
    files_ = by_key(config(configuration={"#p": "!env PASSWORD", "x": 1}))
    written = of(config(configuration={"#p": "KBC::ProjectSecure::fake-one", "x": 1}))

    assert names_secrets(KEY, files_)
    assert is_same(fingerprint(KEY, files_), [written], blank=True, ordered=True)
    assert not is_same(fingerprint(KEY, files_), [written], blank=False, ordered=True)


def test_the_outcome_of_a_step_is_what_live_will_be():
    before = by_key(config(rows_sort_order=("r", "s")), row("r"), row("s"))
    new, changed = row("t"), row("s", name="S")
    planned = step(
        KEY,
        Create(new),
        Update(before[changed.key], changed),
        Delete(before[KEY.row("r")]),
        Reorder(KEY, ("s", "t"), ("t", "s")),
    )
    back = step(KEY, Rollback(KEY, 1, planned.changes))
    expected = by_key(config(rows_sort_order=("t", "s")), changed, new)

    assert outcome(planned, before) == expected
    assert outcome(back, before) == expected
    assert outcome(step(KEY, Delete(before[KEY], (KEY.row("r"), KEY.row("s")))), before) == {}


def test_going_back_to_what_is_held_rejects_nothing():
    one, two, three = (
        Fingerprint(content=text, without_secrets=text, order="") for text in ("1", "2", "3")
    )
    known = Hold(key=KEY, rejected=(one, two), run="R", holder="h", time="t", message="m")

    assert rejecting([three], one, known) == ()
    assert rejecting([one], three, known) == (one, two)
    assert rejecting([three], None, known) == (three, one, two)
    assert rejecting([three, three], two, None) == (three,)


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("a", {"b": {"c": 1, "d": 2}, "l": [{"t": 1, "n": "x"}]}),
        ("b.c", {"a": 1, "b": {"d": 2}, "l": [{"t": 1, "n": "x"}]}),
        ("b.*", {"a": 1, "l": [{"t": 1, "n": "x"}]}),
        ("l[*].t", {"a": 1, "b": {"c": 1, "d": 2}, "l": [{"n": "x"}]}),
        ("l[0]", {"a": 1, "b": {"c": 1, "d": 2}, "l": []}),
        ("gone.x", {"a": 1, "b": {"c": 1, "d": 2}, "l": [{"t": 1, "n": "x"}]}),
    ],
)
def test_what_is_ignored_is_left_out(path, left):
    full = {"a": 1, "b": {"c": 1, "d": 2}, "l": [{"t": 1, "n": "x"}]}
    rule = IgnoreRule(selector=parse(f"{MYSQL}/*"), path=parse_path_pattern(path))
    found = without_ignored(by_key(config(configuration=full)), [rule], {})

    assert found[KEY].configuration == left
