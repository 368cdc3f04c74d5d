"""A copy that broke off is finished by the same command; no copy is made twice."""

import signal
from types import SimpleNamespace

import pytest

from tests.reliability.harness import Tripwire, run, stopped_at, versions
from tests.test_copy import (
    APPROVED,
    COMPONENT,
    CONFIGS,
    COPY,
    FOLDER,
    LIVE,
    ORDERS,
    configuration,
    content,
    label,
    labels,
)


@pytest.fixture
def workspace(start_workspace):
    workspace = start_workspace(live=LIVE)
    label(workspace, "orders", FOLDER)
    workspace.forget_requests()
    return workspace


def test_the_same_copy_again_is_a_conflict_and_makes_no_other(workspace):
    workspace.kbsync("copy", ORDERS, *APPROVED)
    before = workspace.project()
    again = workspace.kbsync("copy", ORDERS, *APPROVED)

    assert again.exit_code == 5
    assert f'{COPY} "Orders EU" is there already, just as this copy would be' in again.stderr
    assert workspace.project() == before


def test_a_copy_that_broke_off_is_finished_by_the_same_command(workspace):
    workspace.fault(
        method="POST", path="orders-eu/rows$", skip=1, times=1, action="status", status=400
    )
    first = workspace.kbsync("copy", ORDERS, *APPROVED)
    workspace.forget_requests()
    again = workspace.kbsync("copy", ORDERS, *APPROVED)

    assert (first.exit_code, again.exit_code) == (6, 0), first.output + again.output
    assert "broke off; this goes on with its copy." in again.stdout
    assert content(workspace, "orders-eu") == content(workspace, "orders")
    assert workspace.writes() == [
        f"POST branch/default/{CONFIGS}/orders-eu/rows",
        f"PUT branch/default/{CONFIGS}/orders-eu",
    ]


@pytest.mark.parametrize(
    ("what", "body"),
    [
        pytest.param("", {"description": "mine now"}, id="another content"),
        pytest.param("/rows/b", {"description": "mine now"}, id="another row"),
        pytest.param("/rows", {"rowId": "c"}, id="one row more"),
        pytest.param("", {"isDisabled": False}, id="enabled"),
    ],
)
def test_what_somebody_went_on_with_is_not_gone_on_with(workspace, what, body):
    workspace.fault(
        method="POST", path="orders-eu/rows$", skip=1, times=1, action="status", status=400
    )
    workspace.kbsync("copy", ORDERS, *APPROVED)
    method = "POST" if "rowId" in body else "PUT"
    workspace.storage(method, f"{CONFIGS}/orders-eu{what}", body).raise_for_status()
    workspace.forget_requests()
    again = workspace.kbsync("copy", ORDERS, *APPROVED)

    assert (again.exit_code, workspace.writes()) == (5, [])


def test_a_copy_of_another_version_is_not_gone_on_with_though_it_has_the_same_message(workspace):
    workspace.fault(
        method="POST", path="orders-eu/rows$", skip=1, times=1, action="status", status=400
    )
    workspace.kbsync("copy", ORDERS, *APPROVED, "-m", "For the EU")
    workspace.storage("PUT", f"{CONFIGS}/orders", {"configuration": {"x": 2}})
    workspace.forget_requests()
    again = workspace.kbsync("copy", ORDERS, *APPROVED, "-m", "For the EU")
    first = workspace.kbsync("copy", f"{ORDERS}@1", *APPROVED, "-m", "For the EU")

    assert again.exit_code == 5
    assert first.exit_code == 0, first.output
    assert len(workspace.writes()) == 2


def test_a_copy_that_was_put_into_another_folder_stays_there(workspace):
    workspace.kbsync("copy", ORDERS, *APPROVED)
    label(workspace, "orders-eu", {**FOLDER, "value": "EU"})
    again = workspace.kbsync("copy", ORDERS, *APPROVED)

    assert again.exit_code == 5
    assert labels(workspace, "orders-eu") == {FOLDER["key"]: "EU"}


def test_what_somebody_took_away_is_not_put_back(workspace):
    workspace.kbsync("copy", ORDERS, *APPROVED)
    workspace.storage("DELETE", f"{CONFIGS}/orders-eu/rows/a").raise_for_status()
    workspace.forget_requests()
    again = workspace.kbsync("copy", ORDERS, *APPROVED)

    assert (again.exit_code, workspace.writes()) == (5, [])


MOMENTS = [(at, when) for at in range(1, 16) for when in ("before", "after")]


def check_killed(workspace, at, when):
    bench = SimpleNamespace(wire=Tripwire(workspace.server))
    arguments = ("copy", ORDERS, *APPROVED)
    stopped_at(bench, workspace, signal.SIGKILL, at=at, when=when, arguments=arguments)
    again = run(workspace, *arguments)

    assert again.returncode == 0, again.stdout + again.stderr
    assert content(workspace, "orders-eu") == content(workspace, "orders")
    assert labels(workspace, "orders-eu") == labels(workspace, "orders")
    # One for each write, whoever made it; and nothing else came to be.
    assert {key: number for key, number in versions(workspace).items() if len(key) == 2} == {
        (COMPONENT, "orders"): 1,
        (COMPONENT, "orders-eu"): 4,
        (COMPONENT, "users"): 1,
    }


@pytest.mark.parametrize(("at", "when"), MOMENTS[13::4])
def test_killed_at_some_requests_it_is_finished_and_not_made_twice(workspace, at, when):
    check_killed(workspace, at, when)


@pytest.mark.slow
@pytest.mark.parametrize(("at", "when"), MOMENTS)
def test_killed_at_any_request_it_is_finished_and_not_made_twice(workspace, at, when):
    check_killed(workspace, at, when)


def test_a_row_copied_by_a_run_that_was_killed_is_found_done(workspace):
    bench = SimpleNamespace(wire=Tripwire(workspace.server))
    arguments = ("copy", f"{ORDERS}/a", "--name", "New", "--auto-approve")
    stopped_at(bench, workspace, signal.SIGKILL, at=8, when="before", arguments=arguments)
    again = run(workspace, *arguments)

    assert (again.returncode, again.stdout) == (
        0,
        "Nothing to do: 1 object is as wished already.\n",
    )
    assert [row["id"] for row in configuration(workspace, "orders")["rows"]] == ["b", "a", "new"]


def test_the_files_of_a_copy_that_a_killed_run_had_made_are_written_too(workspace):
    workspace.kbsync("pull")
    bench = SimpleNamespace(wire=Tripwire(workspace.server))
    arguments = ("copy", ORDERS, *APPROVED, "--write-tree")
    stopped_at(bench, workspace, signal.SIGKILL, at=13, when="before", arguments=arguments)
    again = run(workspace, *arguments)

    assert (again.returncode, again.stdout) == (
        0,
        "Nothing to do: 1 object is as wished already.\n",
    )
    assert f"{COPY}/rows/a.yaml" in workspace.files()
    assert "No changes" in workspace.kbsync("plan").stdout
