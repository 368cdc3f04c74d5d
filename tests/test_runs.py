"""`kbsync runs`: what journals and stamps tell of the runs that wrote to a project."""

import json
import sys
from datetime import UTC, datetime

import pytest

from kbsync.model import Version
from kbsync.past.runs import Fate, State, fate, known_runs
from kbsync.past.trails import Trails
from kbsync.run.journal import RunRecord
from tests.builders import config, live_with, row
from tests.processes import started
from tests.test_lock import HOLD

COMPONENT = "keboola.ex-http"
ORDERS = f"{COMPONENT}/orders"
FILES = {
    f"{COMPONENT}/{name}/config.yaml": f"name: {name.title()}\nconfiguration: {{x: 1}}\n"
    for name in ("orders", "users")
}
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [
            {"id": name, "name": name.title(), "configuration": {}} for name in ("orders", "users")
        ],
    }
]
OLD, NEW = "01KAN5T0W8Z3V7Q2M4R6X9YBCD", "01KAN5T8F4H6J2K0N7P3S5T1VW"


def record(run=OLD, *, results=(), settled=(), unsettled=(), end=None):
    key = str(config("orders").key)
    return RunRecord(
        start={"run": run, "message": "m", "commit": "abc", "objects": [key]},
        results=results,
        settled=settled,
        unsettled=unsettled,
        end=end and {"outcome": end},
    )


def stamped(run, number=2, **fields):
    message = f"First [kbsync run={run} commit=abc]"
    return Version(number=number, identifier=f"ID-{number}", message=message, **fields)


def listed(workspace, *arguments):
    return json.loads(workspace.kbsync("runs", *arguments, "--format", "json").stdout)


def test_the_runs_of_this_folder_are_listed_the_newest_first(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("apply", "--auto-approve", "-m", "First")
    back = ("rollback", ORDERS, "--to-version", "1", "--auto-approve")
    workspace.kbsync(*back)
    result = workspace.kbsync("runs")
    head, *lines = result.stdout.splitlines()

    assert (result.exit_code, result.stderr) == (0, "")
    assert head.split("  ")[0] == "run"
    assert [line.split()[-1] for line in lines] == ["1", "First"]
    assert [line.count("applied") for line in lines] == [1, 1]


def test_listing_costs_three_reads(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("apply", "--auto-approve")
    workspace.forget_requests()
    workspace.kbsync("runs")

    assert workspace.requests() == [
        "GET branch/default/search/component-configurations",
        "GET branch/default/components",
        "GET branch/default/metadata",
    ]


def test_a_run_of_another_machine_is_known_by_its_stamps(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    edit = {"configuration": {"x": 2}, "changeDescription": f"Nightly [kbsync run={OLD} commit=ab]"}
    workspace.storage("PUT", f"components/{COMPONENT}/configs/orders", edit)
    (run,) = listed(workspace)["runs"]

    (author,) = run.pop("authors")

    assert author.endswith("@emulator.test")
    assert run == {
        "runId": OLD,
        "started": "2025-11-22T07:00:13.832+00:00",
        "message": "Nightly",
        "commit": "ab",
        "result": "applied",
        "rolledBack": "no",
        "isHeld": False,
        "rollsBack": [],
        "hasJournal": False,
        "objects": [
            {
                "object": ORDERS,
                "outcome": None,
                "versionBefore": None,
                "versionAfter": 2,
                "rolledBackBy": None,
                "isHeld": False,
                "error": None,
            }
        ],
    }


def test_one_run_tells_its_versions_and_how_to_undo_it(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/users$", action="status", status=400)
    workspace.kbsync("apply", "--auto-approve", "--on-error", "continue", "-m", "First")
    (run,) = listed(workspace)["runs"]
    text = workspace.kbsync("runs", run["runId"].lower()).stdout

    assert run["result"] == "partly applied"
    assert f"Run {run['runId']}   " in text
    assert 'Message  "First"\nResult   partly applied\n' in text
    assert f"  ok         {ORDERS}   v1 → v2\n" in text
    assert f"  failed     {COMPONENT}/users\n             PUT branch/default/" in text
    assert text.endswith(f"Undo with:\n  kbsync rollback {ORDERS} --to-version 1\n")


@pytest.mark.parametrize(
    ("when", "told"), [("after", "carried out"), ("before", "not carried out so far")]
)
def test_what_a_killed_run_left_open_is_told_by_live(start_workspace, when, told):
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("apply", "--auto-approve", "--parallelism", "1")
    (journal,) = workspace.root.glob(".kbsync/runs/*.jsonl")
    run, events = journal.stem, journal.read_text().splitlines()
    killed = [event for event in events if '"intent"' in event or '"start"' in event]
    journal.write_text("\n".join(killed))
    if when == "before":
        other = start_workspace(FILES, LIVE, folder="other")
        workspace.environment = other.environment
        journal.write_text(journal.read_text().replace(workspace.server.url, other.server.url))
    found = listed(workspace, run)

    assert found["result"] == "killed"
    assert [write["live"] for write in found["unsettled"]] == [told, told]
    assert f"configs/orders   {told}\n" in workspace.kbsync("runs", run).stdout


def test_a_run_that_goes_on_is_told_from_one_that_was_killed(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("apply", "--auto-approve")
    (journal,) = workspace.root.glob(".kbsync/runs/*.jsonl")
    journal.write_text(journal.read_text().splitlines()[0])
    with started([sys.executable, "-c", HOLD, str(workspace.root)], stdin=-1) as process:
        assert process.stdout
        process.stdout.readline()
        (run,) = listed(workspace)["runs"]

    assert run["result"] == "still running"
    assert listed(workspace)["runs"][0]["result"] == "killed"


@pytest.mark.parametrize(
    "environment",
    [{"KEBOOLA_TOKEN": ""}, {"KEBOOLA_STACK_URL": ""}],
    ids=["no token", "no stack"],
)
def test_without_access_the_runs_of_this_folder_are_listed(start_workspace, environment):
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("apply", "--auto-approve", "-m", "First")
    result = workspace.kbsync("runs", **environment)

    assert result.exit_code == 0
    assert "First" in result.stdout
    assert result.stderr == (
        "No stack or no token is set: these are the runs of this folder alone.\n"
    )


def test_when_the_project_does_not_answer_the_journals_still_do(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("apply", "--auto-approve", "-m", "First")
    workspace.fault(method="GET", path="components", action="status", status=500)
    result = workspace.kbsync("runs")

    assert (result.exit_code, "First" in result.stdout) == (0, True)
    assert "The project cannot be asked: " in result.stderr


def test_a_run_that_nobody_knows_is_a_slip(start_workspace):
    result = start_workspace().kbsync("runs", OLD)

    assert result.exit_code == 64
    assert f"There is no run {OLD}" in result.stderr


def test_without_any_run_that_is_said(start_workspace):
    assert start_workspace().kbsync("runs").stdout == (
        "No run is known: neither a journal here nor a stamp in the project.\n"
    )


def test_runs_on_another_branch_are_left_out(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.kbsync("apply", "--auto-approve")
    (journal,) = workspace.root.glob(".kbsync/runs/*.jsonl")
    journal.write_text(journal.read_text().replace('"branch": "default"', '"branch": "77"'))
    live = workspace.kbsync("runs", KEBOOLA_TOKEN="")

    assert live.stdout.startswith("No run is known")


@pytest.mark.parametrize(
    ("end", "state"),
    [
        ("done", State.APPLIED),
        ("partly_applied", State.PARTLY),
        ("stale", State.NOT_APPLIED),
        ("terminated", State.INTERRUPTED),
        ("broke off", State.BROKE_OFF),
        (None, State.KILLED),
    ],
)
def test_a_journal_tells_how_its_run_ended(end, state):
    (run,) = known_runs([record(end=end)], None, is_running=False)

    assert run.state is state


def test_what_was_taken_back_needs_no_undo(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/users$", action="status", status=400)
    workspace.kbsync("apply", "--auto-approve", "--on-error", "rollback", "--parallelism", "1")
    (run,) = listed(workspace)["runs"]
    text = workspace.kbsync("runs", run["runId"]).stdout

    assert run["result"] == "taken back"
    assert f"  taken back {ORDERS}   v1 → v3\n" in text
    assert "Undo" not in text


def test_only_the_newest_run_without_an_end_can_be_the_one_that_is_running():
    runs = known_runs([record(OLD), record(NEW)], None, is_running=True)

    assert [run.state for run in runs] == [State.RUNNING, State.KILLED]


def test_a_row_counts_for_its_configuration():
    versions = {row("a").key: stamped(OLD, 7, author="ann")}
    trails = Trails(versions={key: [each] for key, each in versions.items()}, is_whole=False)
    (run,) = known_runs([], trails, is_running=False)

    assert (run.authors, run.started) == ((), datetime(2025, 11, 22, 7, 0, 13, 832000, UTC))
    assert [(each.object, each.after) for each in run.objects] == [
        (str(config("orders").key), None)
    ]


def intent(action, resource):
    return {"object": str(resource.key), "action": action, "request": "R", "number": 2}


HERE = live_with(config("orders"), row("a"), states={config("orders").key: {"since": 1}})
GONE = live_with()
ONE = (stamped(OLD), Version(number=1, identifier="ID-1"))


@pytest.mark.parametrize(
    ("action", "live", "versions", "told"),
    [
        pytest.param("delete", HERE, ONE, Fate.NOT_DONE, id="still there"),
        pytest.param("delete", GONE, (), Fate.DONE, id="gone"),
        pytest.param("create", GONE, (), Fate.NOT_DONE, id="not made"),
        pytest.param("create", HERE, ONE, Fate.DONE, id="made by this run"),
        pytest.param("create", HERE, ONE[1:], Fate.NOT_DONE, id="made by somebody else"),
        pytest.param("update", HERE, ONE, Fate.DONE, id="a version more"),
        pytest.param("update", HERE, (stamped(NEW),), Fate.NOT_DONE, id="of another run"),
        pytest.param("restore", HERE, ONE, Fate.DONE, id="out of the trash"),
        pytest.param("reset state", HERE, ONE, Fate.UNKNOWN, id="there is a state"),
        pytest.param("reset state", GONE, (), Fate.DONE, id="no state"),
        pytest.param("set metadata", HERE, ONE, Fate.UNKNOWN, id="has no history"),
    ],
)
def test_live_tells_what_became_of_a_write(action, live, versions, told):
    assert fate(intent(action, config("orders")), record(), live, versions) is told


def test_versions_that_the_run_knows_of_are_no_proof_of_the_write_it_does_not_know_of():
    before = {**intent("update", row("a")), "outcome": "done"}
    open_ = intent("update", config("orders"))
    known = record(settled=(before,), unsettled=(open_,))

    assert fate(open_, known, HERE, ONE) is Fate.NOT_DONE
    assert fate(open_, known, HERE, (stamped(OLD, 3), *ONE)) is Fate.DONE


def test_who_made_a_row_is_not_taken_for_who_ran_it(start_workspace):
    rows = [{"id": "r", "name": "R", "configuration": {}}]
    orders = {"id": "orders", "name": "Orders", "configuration": {}, "rows": rows}
    files = {
        f"{COMPONENT}/orders/config.yaml": "name: Orders\n",
        f"{COMPONENT}/orders/rows/r.yaml": "name: R\nconfiguration: {x: 1}\n",
    }
    workspace = start_workspace(files, [{"id": COMPONENT, "configurations": [orders]}])
    workspace.kbsync("apply", "--auto-approve")
    (run,) = listed(workspace)["runs"]

    assert [who.split("-")[0] for who in run["authors"]] == ["person"]
