"""A rollback brings the files in step when it is asked to."""

import signal
import time

import pytest

from tests.test_interrupts import kbsync
from tests.test_rollback_run import (
    APPROVED,
    COMPONENT,
    deploy,
    file_of,
    files,
    live,
    roll_back,
)

A = f"{COMPONENT}/a/config.yaml"


@pytest.fixture
def workspace(start_workspace):
    workspace = start_workspace(files(1, "a", "b"), live("a", "b"))
    deploy(workspace)
    commented = {A: "# why: see the wiki\n" + file_of("a", 2)[A]}
    workspace.write(commented)
    workspace.run = deploy(workspace)
    workspace.write({f"{COMPONENT}/b/config.yaml": "name: B, edited here\nrowsSortOrder: [r]\n"})
    return workspace


def test_the_files_of_what_was_written_say_what_is_live_and_keep_their_comments(workspace):
    result = roll_back(workspace, workspace.run, "--write-tree")

    assert result.exit_code == 0, result.output
    assert workspace.files()[A].decode() == "# why: see the wiki\n" + file_of("a", 1)[A]
    assert "edited here" in workspace.files()[f"{COMPONENT}/b/config.yaml"].decode()
    assert "What was replaced or removed is kept in" in result.stderr
    assert "No changes" in workspace.kbsync("plan", f"{COMPONENT}/a").stdout


def test_what_is_back_already_gets_its_files_in_step_as_well(workspace):
    roll_back(workspace, workspace.run)
    result = roll_back(workspace, workspace.run, "--write-tree")

    assert result.stdout == "Nothing to do: 1 object is as wished already.\n"
    assert workspace.files()[A].decode() == "# why: see the wiki\n" + file_of("a", 1)[A]


def test_without_being_asked_it_leaves_the_files_alone(workspace):
    before = workspace.files()
    roll_back(workspace, workspace.run)

    assert workspace.files() == before


def test_files_that_are_not_valid_stop_it_before_anything_is_written(workspace):
    workspace.write({A: "nmae: x\n"})
    workspace.forget_requests()
    result = roll_back(workspace, workspace.run, "--write-tree")

    assert (result.exit_code, workspace.requests()) == (3, [])


def test_a_rollback_that_fails_leaves_the_files_alone(workspace):
    before = workspace.files()
    workspace.fault(method="POST", path="rollback$", action="status", status=400)
    result = roll_back(workspace, workspace.run, "--write-tree")

    assert result.exit_code == 8
    assert workspace.files() == before
    assert "The files are left as they are" in result.stderr


def test_what_was_deleted_loses_its_files(workspace):
    workspace.write(file_of("b", 1))
    workspace.write(file_of("new", 1))
    run = deploy(workspace)
    result = roll_back(workspace, run, "--include-created", "--write-tree")

    assert result.exit_code == 0, result.output
    assert f"{COMPONENT}/new/config.yaml" not in workspace.files()
    assert workspace.kbsync("apply", *APPROVED).exit_code == 0


@pytest.mark.parametrize("status", [500, 403], ids=["failure", "no right"])
def test_that_the_project_was_written_is_not_denied_when_the_files_cannot_follow(workspace, status):
    workspace.environment["KBSYNC_MAX_WAIT"] = "0"
    workspace.fault(method="GET", path="/components$", skip=2, action="status", status=status)
    result = roll_back(workspace, workspace.run, "--write-tree")

    assert result.exit_code == 6
    assert "Live is as planned" in result.stdout
    assert "The project is as planned, but the files are not in step with it" in result.stderr
    assert f"kbsync pull {COMPONENT}/a" in result.stderr
    assert "Nothing was written" not in result.stderr


def test_nor_is_it_when_somebody_stops_it_there(workspace):
    workspace.fault(method="GET", path="/components$", skip=2, action="delay", seconds=5)
    command = ("rollback", "--run", workspace.run, "--write-tree", *APPROVED)
    with kbsync(workspace, *command) as process:
        assert process.stdout
        while "Hold:" not in process.stdout.readline():
            pass
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    assert process.returncode == 143
    assert "The project is as planned, but the files are not in step with it" in errors
    assert "Nothing was written" not in errors
