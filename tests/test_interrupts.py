"""Stopping a real process in the middle of a write."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "term"]
)
def test_an_interrupted_apply_says_what_was_written(start_workspace, number, exit_code):
    workspace = start_workspace(FILES, LIVE)
    workspace.fault(method="PUT", path="configs/b$", action="delay", seconds=20)
    with kbsync(workspace, "apply", "--auto-approve") as process:
        wait_for(lambda: any(each.endswith("configs/b") for each in workspace.writes()))
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)

    assert process.returncode == exit_code
    assert "Traceback" not in errors
    assert "ok        keboola.ex-http/a" in output
    assert "failed    keboola.ex-http/b" in output
    assert "may have been carried out" in output
    assert "not run   keboola.ex-http/c" in output


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


def test_a_reader_that_goes_away_does_not_hide_what_apply_writes(start_workspace):
    workspace = start_workspace(FILES, LIVE, latency_ms=50)
    with kbsync(workspace, "apply", "--auto-approve") as process:
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


def kbsync(workspace, *arguments, **options):
    environment = {**os.environ, **workspace.environment}
    command = [sys.executable, "-m", "kbsync", *arguments]
    return started(command, cwd=workspace.root, env=environment, **options)


def wait_for(condition, *, within_s=10):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
