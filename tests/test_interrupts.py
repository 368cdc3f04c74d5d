"""Stopping a real process in the middle of a write."""

import os
import signal
import sys
import time

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


def kbsync(workspace, *arguments):
    environment = {**os.environ, **workspace.environment}
    command = [sys.executable, "-m", "kbsync", *arguments]
    return started(command, cwd=workspace.root, env=environment)


def wait_for(condition, *, within_s=10):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
