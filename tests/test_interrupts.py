"""Stopping a real process in the middle of a write."""

import os
import pty
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from kbsync.run.journal import read_runs
from tests.processes import started

FILES = {
    f"keboola.ex-http/{name}/config.yaml": f"name: {name.title()}\nconfiguration: {{x: 1}}\n"
    for name in ("a", "b", "c")
}
LIVE = [
    {
        "id": "keboola.ex-http",
        "configurations": [
            {"id": name, "name": name.title(), "configuration": {}} for name in ("a", "b", "c")
        ],
    }
]


SIGNALS = pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "term"]
)


@contextmanager
def applying(workspace):
    """A run that writes one configuration after the other, in the middle of the second."""
    workspace.forget_requests()
    with kbsync(workspace, "apply", "--auto-approve", "--parallelism", "1") as process:
        wait_for(lambda: any(each.endswith("configs/b") for each in workspace.writes()))
        yield process


@SIGNALS
def test_an_interrupted_apply_ends_the_write_in_flight_and_begins_no_other(
    start_workspace, number, exit_code
):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/b$", action="delay", seconds=1)
    with applying(workspace) as process:
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)

    assert process.returncode == exit_code
    assert "Traceback" not in errors
    assert [word in output for word in ("ok        ", "failed    ")] == [True, False]
    assert "ok        keboola.ex-http/b" in output
    assert "not run   keboola.ex-http/c" in output
    assert read_ends(workspace) == ["interrupted" if exit_code == 130 else "terminated"]


def test_a_terminal_that_is_closed_ends_a_run_as_gently_though_the_shell_says_so_twice(
    start_workspace,
):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/b$", action="delay", seconds=1)
    with applying(workspace) as process:
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        process.send_signal(signal.SIGHUP)
        output, errors = process.communicate(timeout=10)

    assert (process.returncode, "Traceback" in errors) == (143, False)
    assert "ok        keboola.ex-http/b" in output
    assert "not run   keboola.ex-http/c" in output
    assert read_ends(workspace) == ["terminated"]


def test_a_run_that_is_to_outlive_its_terminal_does(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/b$", action="delay", seconds=1)
    workspace.environment |= {"TERM": "xterm", "NO_COLOR": "", "CI": ""}
    ours, theirs = pty.openpty()
    deaf = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    command = ("apply", "--auto-approve", "--parallelism", "1")
    with kbsync(workspace, *command, before=deaf, stdout=theirs, stderr=theirs) as process:
        wait_for(lambda: any(each.endswith("configs/b") for each in workspace.writes()))
        os.close(theirs)
        os.close(ours)
        process.send_signal(signal.SIGHUP)
        process.wait(timeout=10)

    assert process.returncode == 0
    assert read_ends(workspace) == ["done"]


def test_an_interrupted_apply_says_what_may_have_been_written(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/b$", action="delay", seconds=30)
    with applying(workspace) as process:
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)

    assert time.monotonic() - began < 10
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "ok        keboola.ex-http/a" in output
    assert "failed    keboola.ex-http/b" in output
    assert "may have been carried out" in output
    assert "not run   keboola.ex-http/c" in output


@SIGNALS
def test_who_is_asked_twice_to_stop_stops_at_once_and_loses_nothing(
    start_workspace, number, exit_code
):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/b$", action="delay", seconds=2, when="after")
    with applying(workspace) as process:
        process.send_signal(number)
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        took_s = time.monotonic() - began
    workspace.end_faults()

    assert (process.returncode, "Traceback" in errors) == (exit_code, False)
    assert took_s < 2
    assert "Stopped at once." in errors
    assert_goes_on(workspace)


@SIGNALS
def test_who_waits_for_the_platform_need_not_wait_to_stop(start_workspace, number, exit_code):
    workspace = start_workspace(FILES, LIVE)
    headers = {"Retry-After": "60"}
    workspace.fault(method="PUT", path="configs/b$", action="status", status=429, headers=headers)
    workspace.environment["KBSYNC_MAX_WAIT"] = "300"
    with applying(workspace) as process:
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)

    assert time.monotonic() - began < 5
    assert process.returncode == exit_code
    assert "Waiting 60 s: too many requests." in errors
    assert "ok        keboola.ex-http/a" in output
    assert "not run   keboola.ex-http/c" in output


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_run_loses_nothing_and_the_next_one_goes_on(start_workspace, when):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/b$", action="delay", seconds=3, when=when)
    with applying(workspace) as process:
        time.sleep(0.2)
        process.kill()
        process.wait(timeout=5)
    workspace.end_faults()
    wait_for(lambda: len(versions(workspace, "b")) == 2)

    assert read_ends(workspace) == [None]
    assert_goes_on(workspace)


def assert_goes_on(workspace):
    """The next run of the same folder does what is left, each write once."""
    result = workspace.kbsync("apply", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0
    assert [len(versions(workspace, name)) for name in ("a", "b", "c")] == [2, 2, 2]


def versions(workspace, name):
    return workspace.storage("GET", f"components/keboola.ex-http/configs/{name}/versions").json()


def read_ends(workspace):
    """How the runs of the folder ended, by their journals; the newest first."""
    return [run.end and run.end["outcome"] for run in read_runs(workspace.root)]


def test_an_interrupted_plan_says_that_nothing_was_written(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="GET", path="components", action="delay", seconds=20)
    with kbsync(workspace, "plan") as process:
        wait_for(lambda: any(each.endswith("/components") for each in workspace.requests()))
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)

    assert (process.returncode, output) == (130, "")
    assert errors.strip() == "Stopped. Nothing was written to the project."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"]], ids=" ".join)
def test_output_that_cannot_be_written_ends_the_command_before_any_write(start_workspace, command):
    workspace = start_workspace(FILES, LIVE)
    with Path("/dev/full").open("w") as full, kbsync(workspace, *command, stdout=full) as process:
        _, errors = process.communicate(timeout=20)

    assert (process.returncode, workspace.writes()) == (1, [])
    assert "No space left" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("command", ["plan", "drift", "validate"])
def test_without_an_output_the_command_says_so(start_workspace, command):
    workspace = start_workspace(FILES, LIVE)
    closed = ["sh", "-c", 'exec "$@" >&-', "sh"]
    with kbsync(workspace, command, before=closed) as process:
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "Error: the output is closed" in errors
    assert "Traceback" not in errors


def test_a_reader_that_goes_away_does_not_hide_what_apply_writes(start_workspace):
    workspace = start_workspace(FILES, LIVE, latency_ms=50)
    with kbsync(workspace, "apply", "--auto-approve", "--parallelism", "1") as process:
        assert process.stdout
        while "ok" not in process.stdout.readline():
            pass
        process.stdout.close()
        process.wait(timeout=20)
        assert process.stderr
        errors = process.stderr.read()

    assert process.returncode == 0
    assert "ok        keboola.ex-http/c" in errors
    assert "Applied 3 of 3" in errors


def test_a_reader_that_goes_away_ends_a_plan_quietly(start_workspace):
    workspace = start_workspace(FILES, LIVE, latency_ms=50)
    with kbsync(workspace, "plan") as process:
        assert process.stdout
        process.stdout.close()
        process.wait(timeout=20)
        assert process.stderr
        errors = process.stderr.read()

    assert (process.returncode, errors) == (1, "")


def kbsync(workspace, *arguments, before=(), **options):
    environment = {**os.environ, **workspace.environment}
    command = [*before, sys.executable, "-m", "kbsync", *arguments]
    return started(command, cwd=workspace.root, env=environment, **options)


def wait_for(condition, *, within_s=10):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
