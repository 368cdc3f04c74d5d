"""`plan --reset-state` and `apply --reset-state`: component state forgotten in the same plan."""

import json
import re
from pathlib import Path

import pytest

from kbsync.change import Delete, ResetState, Update
from kbsync.plans.resets import ByHand, with_resets
from kbsync.selectors import parse
from tests.builders import config, live_with, row
from tests.test_reset_state import (
    ALL,
    APPROVED,
    COMPONENT,
    CONFIGS,
    LIVE,
    ORDERS,
    SECRET,
    USERS,
    put_state,
    run_of,
    states,
)

ORDERS_KEY = config("orders").key
A, B = ORDERS_KEY.row("a"), ORDERS_KEY.row("b")


@pytest.fixture
def workspace(start_workspace):
    found = start_workspace(live=LIVE)
    found.kbsync("pull")
    return found


def change(workspace, name="users"):
    """Let the files say something else."""
    file = workspace.root / COMPONENT / name / "config.yaml"
    file.write_text(file.read_text().replace("configuration: {}", "configuration: {x: 1}"))


@pytest.fixture
def plan_file(workspace):
    """Where a plan is saved, outside the tree."""
    return str(workspace.root.parent / "plan.json")


def save(workspace, plan_file, *arguments):
    result = workspace.kbsync("plan", "-o", plan_file, *arguments)

    assert result.exit_code == 0, result.output


def by_hand(*selectors, reason="why"):
    return ByHand(selectors=tuple(map(parse, selectors)), reason=reason)


def asked(*selectors):
    live = live_with(
        config("orders"),
        row("a"),
        row("b"),
        config("users"),
        states={ORDERS_KEY: {"unused": 1}, A: {"n": 1}, config("users").key: {"n": 2}},
    )
    return by_hand(*selectors).resets(live, {})


@pytest.mark.parametrize(
    ("selectors", "resets", "empty"),
    [
        pytest.param((), {}, (), id="nothing"),
        pytest.param(("*/orders",), {ORDERS_KEY: {A: {"n": 1}}}, (B,), id="rows of one"),
        pytest.param(("*/orders/a",), {A: {A: {"n": 1}}}, (), id="a row"),
        pytest.param(("*/orders/b",), {}, (B,), id="an empty row"),
        pytest.param(
            ("*",),
            {
                ORDERS_KEY: {A: {"n": 1}},
                config("users").key: {config("users").key: {"n": 2}},
            },
            (B,),
            id="all",
        ),
    ],
)
def test_what_is_named_is_found_where_the_state_is(selectors, resets, empty):
    found = asked(*selectors)

    assert {each.key: each.targets for each in found.resets} == resets
    assert found.empty == empty
    assert all(each.by_hand and each.reason == "why" for each in found.resets)


RESET = ResetState(ORDERS_KEY, "why", {A: {"n": 1}, B: {"n": 2}}, by_hand=True)
UPDATE = Update(row("a"), row("a", configuration={"x": 1}))


@pytest.mark.parametrize(
    ("changes", "targets"),
    [
        pytest.param([], {A: {"n": 1}, B: {"n": 2}}, id="nothing else"),
        pytest.param([UPDATE], {A: {"n": 1}, B: {"n": 2}}, id="an update"),
        pytest.param([Delete(row("a"))], {B: {"n": 2}}, id="a row that is deleted"),
        pytest.param([ResetState(A, "file", {A: {"n": 1}})], {B: {"n": 2}}, id="reset by a file"),
        pytest.param([Delete(config("orders"), (A, B))], None, id="all of it deleted"),
    ],
)
def test_nothing_is_forgotten_twice_or_for_nothing(changes, targets):
    found = with_resets(changes, [RESET])
    resets = [] if targets is None else [ResetState(ORDERS_KEY, "why", targets, by_hand=True)]

    assert found == [*changes, *resets]


def test_one_plan_holds_the_changes_and_the_resets(workspace):
    change(workspace)
    workspace.forget_requests()
    shown = workspace.kbsync("plan", "--reset-state", f"{COMPONENT}/Users", "--reset-state", ORDERS)
    nothing = workspace.writes()
    done = workspace.kbsync(
        "apply", APPROVED, "--overwrite-drift", "*", "--reset-state", USERS, "-m", "again"
    )

    assert (shown.exit_code, nothing) == (0, [])
    assert "Plan: 3 state resets, 1 update." in shown.stdout
    assert '↺  component state is forgotten: "reset by hand"' in shown.stdout
    assert SECRET not in shown.output
    assert done.exit_code == 0, done.output
    assert '↺  component state is forgotten: "again"' in done.stdout
    assert f"\n  kbsync reset-state --undo {run_of(done)}\n" in done.stdout
    assert states(workspace) == {name: state for name, state in ALL.items() if name != "users"}
    assert "No changes" in workspace.kbsync("plan").stdout


def test_selectors_of_the_plan_do_not_limit_what_is_forgotten(workspace):
    change(workspace)
    shown = workspace.kbsync("plan", f"{COMPONENT}/plain", "--reset-state", USERS)

    assert "Plan: 1 state reset." in shown.stdout


def test_what_remembers_nothing_is_no_change(workspace):
    shown = workspace.kbsync("plan", "--reset-state", f"{COMPONENT}/plain")

    assert (shown.exit_code, shown.stdout.count("No changes")) == (0, 1)


@pytest.mark.parametrize("command", [("plan",), ("apply", APPROVED)])
@pytest.mark.parametrize(
    ("selector", "settings", "code", "words"),
    [
        pytest.param(f"{COMPONENT}/usr", "", 64, f"Did you mean {USERS}", id="a slip"),
        pytest.param("a/b/c/d", "", 64, "a/b/c/d", id="no selector"),
        pytest.param(
            USERS,
            f"scope: {{exclude: [{USERS}]}}\n",
            64,
            "matches only what kbsync does not look after",
            id="outside the scope",
        ),
        pytest.param(
            USERS, f"protect: [{USERS}]\n", 4, "is protected: it may not be reset", id="protected"
        ),
        pytest.param(ORDERS, "limits: {resets: 1}\n", 4, "--allow resets=2", id="too many"),
    ],
)
def test_what_may_not_be_forgotten_is_refused(workspace, command, selector, settings, code, words):
    workspace.write({"kbsync.yaml": f"version: 1\n{settings}"})
    workspace.forget_requests()
    result = workspace.kbsync(*command, "--reset-state", selector)
    shown_only = command == ("plan",) and code == 4

    assert (result.exit_code, workspace.writes()) == (0 if shown_only else code, [])
    assert words in result.output


def test_a_saved_plan_forgets_what_it_showed_and_holds_no_secret(workspace, plan_file):
    change(workspace)
    save(workspace, plan_file, "--reset-state", ORDERS, "--reset-state", USERS)
    text = (workspace.root.parent / "plan.json").read_text()
    still = workspace.kbsync("plan", "--check", plan_file)
    done = workspace.kbsync("apply", plan_file, APPROVED, "--overwrite-drift", "*")

    assert SECRET not in text
    assert [
        found.get("byHand")
        for step in json.loads(text)["steps"]
        for found in step["changes"]
        if found["kind"] == "state reset"
    ] == [True, True]
    assert (still.exit_code, done.exit_code) == (0, 0), done.output
    assert states(workspace) == {"orders": {"unused": 1}}


def test_no_text_of_a_file_is_noted(workspace, plan_file):
    save(workspace, plan_file, "--reset-state", USERS)
    workspace.kbsync("apply", plan_file, APPROVED)
    metadata = workspace.storage("GET", f"{CONFIGS}/users/metadata").json()

    assert [each for each in metadata if "resetState" in each["key"]] == []


def test_a_state_that_a_job_stored_since_makes_the_plan_stale(workspace, plan_file):
    save(workspace, plan_file, "--reset-state", USERS)
    put_state(workspace, "users", {"since": 10})
    workspace.forget_requests()
    check = workspace.kbsync("plan", "--check", plan_file)
    result = workspace.kbsync("apply", plan_file, APPROVED)

    assert (check.exit_code, result.exit_code, workspace.writes()) == (5, 5, [])
    assert f"{USERS}: a job stored a newer component state" in result.stderr


def test_a_state_that_a_job_stores_while_the_plan_is_carried_out_is_not_lost(workspace):
    newer = ("PUT", f"{CONFIGS}/users/state", {"state": {"since": 10}})
    workspace.edit_before("GET", "configs/users$", edit=newer)
    result = workspace.kbsync("apply", APPROVED, "--reset-state", USERS)

    assert result.exit_code == 5, result.output
    assert states(workspace)["users"] == {"since": 10}


@pytest.mark.parametrize(
    ("since", "code"),
    [
        pytest.param({"since": 10}, 0, id="another state"),
        pytest.param({"since": 9}, 0, id="the state that the plan shows"),
        pytest.param({}, 0, id="nothing"),
    ],
)
@pytest.mark.parametrize("with_change", [False, True], ids=["the reset alone", "with an update"])
def test_a_plan_that_is_applied_twice_forgets_once(workspace, plan_file, since, code, with_change):
    if with_change:
        change(workspace)
    save(workspace, plan_file, "--reset-state", USERS)
    first = workspace.kbsync("apply", plan_file, APPROVED, "--overwrite-drift", "*")
    put_state(workspace, "users", since)
    workspace.forget_requests()
    again = workspace.kbsync("apply", plan_file, APPROVED, "--overwrite-drift", "*")

    assert (first.exit_code, again.exit_code, workspace.writes()) == (0, code, []), again.output
    assert states(workspace).get("users", {}) == since


def test_where_nobody_knows_of_the_first_time_a_newer_state_is_kept(workspace, plan_file):
    save(workspace, plan_file, "--reset-state", USERS)
    workspace.kbsync("apply", plan_file, APPROVED)
    put_state(workspace, "users", {"since": 10})
    for journal in (workspace.root / ".kbsync" / "runs").glob("*.jsonl"):
        journal.unlink()
    again = workspace.kbsync("apply", plan_file, APPROVED)

    assert again.exit_code == 5, again.output
    assert states(workspace)["users"] == {"since": 10}


def test_what_a_run_took_back_is_forgotten_when_the_plan_is_applied_again(workspace, plan_file):
    save(workspace, plan_file, "--reset-state", f"{ORDERS}/a", "--reset-state", USERS)
    workspace.fault(method="PUT", path="users/state$", action="status", status=400)
    options = (APPROVED, "--parallelism", "1")
    failed = workspace.kbsync("apply", plan_file, *options, "--on-error", "rollback")
    between = states(workspace)
    workspace.end_faults()
    again = workspace.kbsync("apply", plan_file, *options)

    assert (failed.exit_code, again.exit_code) == (6, 0), failed.output + again.output
    assert between == ALL
    assert states(workspace) == {"orders": {"unused": 1}, "orders/b": {"#token": SECRET}}


def test_a_run_that_broke_off_is_finished_by_the_same_plan(workspace, plan_file):
    save(workspace, plan_file, "--reset-state", ORDERS)
    workspace.fault(method="PUT", path="rows/b/state$", action="status", status=400)
    broken = workspace.kbsync("apply", plan_file, APPROVED)
    put_state(workspace, "orders/rows/a", {"since": 6})
    workspace.end_faults()
    again = workspace.kbsync("apply", plan_file, APPROVED)

    assert (broken.exit_code, again.exit_code) == (6, 0), broken.output + again.output
    assert states(workspace)["orders/a"] == {"since": 6}
    assert "orders/b" not in states(workspace)


def test_a_saved_plan_holds_no_secret_of_a_text_in_a_state(workspace, plan_file):
    inside = {"cursor": json.dumps({"page": 4, "#key": "in-the-text"})}
    put_state(workspace, "users", inside)
    save(workspace, plan_file, "--reset-state", f"{COMPONENT}/users")
    saved = Path(plan_file).read_text()
    put_state(workspace, "users", {"cursor": json.dumps({"page": 5, "#key": "in-the-text"})})
    stale = workspace.kbsync("apply", plan_file, APPROVED)
    put_state(workspace, "users", inside)
    applied = workspace.kbsync("apply", plan_file, APPROVED)

    assert "in-the-text" not in saved
    assert (stale.exit_code, applied.exit_code) == (5, 0)


def test_the_undo_puts_back_what_a_saved_plan_forgot_secrets_too(workspace, plan_file):
    save(workspace, plan_file, "--reset-state", COMPONENT)
    done = workspace.kbsync("apply", plan_file, APPROVED)
    after = states(workspace)
    back = workspace.kbsync("reset-state", "--undo", run_of(done), APPROVED)

    assert re.search(r"Undo with:\n  kbsync reset-state --undo 01\w{24}\n", done.stdout)
    assert after == {"orders": {"unused": 1}}
    assert back.exit_code == 0, back.output
    assert states(workspace) == ALL


def test_a_saved_plan_takes_no_more_resets(workspace, plan_file):
    save(workspace, plan_file, "--reset-state", USERS)
    applied = workspace.kbsync("apply", plan_file, APPROVED, "--reset-state", ORDERS)
    checked = workspace.kbsync("plan", "--check", plan_file, "--reset-state", ORDERS)

    assert (applied.exit_code, checked.exit_code) == (64, 64)
    assert "kbsync plan -o FILE --reset-state SELECTOR" in applied.stderr
    assert states(workspace) == ALL


def test_the_number_of_requests_that_the_plan_tells_is_right(workspace):
    change(workspace)
    arguments = ("--overwrite-drift", "*", "--reset-state", COMPONENT)
    workspace.forget_requests()
    told = int(re.search(r"Apply makes (\d+)", workspace.kbsync("plan", *arguments).stdout)[1])
    reading = len(workspace.requests())
    workspace.forget_requests()
    result = workspace.kbsync("apply", APPROVED, *arguments)

    assert result.exit_code == 0, result.output
    assert len(workspace.requests()) == reading + told
