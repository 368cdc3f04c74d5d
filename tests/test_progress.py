"""How far an apply is: a bar on a terminal, lines in a log, and the result untouched by both."""

import os
import pty
import re
import subprocess
import sys
import threading

import pytest

from kbsync.cli.bar import Tally
from kbsync.cli.waiting import Waits

COMPONENT = "keboola.ex-http"


def several(count):
    """Files and a live project in which *count* configurations differ."""
    ids = [f"c{number:02}" for number in range(count)]
    files = {
        f"{COMPONENT}/{each}/config.yaml": f"name: {each}\nconfiguration: {{x: 1}}\n"
        for each in ids
    }
    configs = [{"id": each, "name": each, "configuration": {}} for each in ids]
    return files, [{"id": COMPONENT, "configurations": configs}]


def on_terminal(workspace, *arguments, **environment):
    """What a command writes to stdout, a pipe, and to stderr, a terminal; and its exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kbsync", *arguments],
        cwd=workspace.root,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, **workspace.environment, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    parts = []
    reader = threading.Thread(target=lambda: parts.extend(everything(ours)))
    reader.start()
    output, _ = process.communicate(timeout=30)
    reader.join(timeout=10)
    os.close(ours)
    return output.decode(), b"".join(parts).decode(), process.returncode


def everything(terminal):
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # how Linux says that the other end is closed
            return
        if not part:
            return
        yield part


def log(result):
    """The lines on stderr without what is another at each run."""
    return re.sub(r"\d+\.\d s", "N s", result.stderr).splitlines()


def test_a_terminal_shows_a_bar_and_the_result_has_no_trace_of_it(start_workspace):
    workspace = start_workspace(*several(3))
    output, errors, code = on_terminal(workspace, "apply", "--auto-approve", "--parallelism", "1")

    assert code == 0
    assert re.search(r"\b2/3  [\d.]+/s  0:0\d left", errors)
    assert "Applying 3 configurations" not in errors
    assert "\x1b" not in output
    assert "Applied 3 of 3" in output


def test_the_bar_counts_what_failed(start_workspace):
    workspace = start_workspace(*several(3))
    workspace.fault(method="PUT", path="c01$", action="status", status=400)
    _, errors, code = on_terminal(
        workspace, "apply", "--auto-approve", "--parallelism", "1", "--on-error", "continue"
    )

    assert code == 6
    assert "2/3  1 failed" in errors


def test_the_bar_counts_down_while_the_platform_wants_to_be_left_alone(start_workspace):
    workspace = start_workspace(*several(1))
    maintenance = {
        "status": 503,
        "body": {"status": "maintenance"},
        "headers": {"Retry-After": "1"},
    }
    workspace.fault(method="PUT", path="c00$", action="status", times=1, **maintenance)
    _, errors, code = on_terminal(workspace, "apply", "--auto-approve", KBSYNC_MAX_WAIT="10")

    assert code == 0
    assert re.search(r"0/1  waiting 1 s: ", errors)


def test_a_plan_counts_down_on_a_terminal_too(start_workspace):
    workspace = start_workspace(*several(1))
    maintenance = {
        "status": 503,
        "body": {"status": "maintenance"},
        "headers": {"Retry-After": "1"},
    }
    workspace.fault(method="GET", path="verify", action="status", times=1, **maintenance)
    _, errors, code = on_terminal(workspace, "plan", KBSYNC_MAX_WAIT="10")

    assert code == 0
    assert re.search(r"\r\x1b\[KWaiting 1 s: .+\.\r\x1b\[K", errors)


@pytest.mark.parametrize(
    "environment",
    [{"NO_COLOR": "1"}, {"CI": "true"}, {"TERM": "dumb"}],
    ids=["no colour", "pipeline", "dumb terminal"],
)
def test_some_terminals_get_lines_instead(start_workspace, environment):
    workspace = start_workspace(*several(2))
    _, errors, _ = on_terminal(workspace, "apply", "--auto-approve", **environment)

    assert "\x1b" not in errors
    assert errors.splitlines()[0] == "Applying 2 configurations..."


def test_a_log_of_every_request_is_not_written_over(start_workspace):
    workspace = start_workspace(*several(2))
    _, errors, _ = on_terminal(workspace, "-v", "apply", "--auto-approve")

    assert "\x1b" not in errors
    assert "Applying 2 configurations..." in errors


def test_a_log_tells_the_start_and_the_end(start_workspace):
    workspace = start_workspace(*several(2))

    assert log(workspace.kbsync("apply", "--auto-approve")) == [
        "Applying 2 configurations...",
        "Applied 2 in N s.",
    ]


def test_a_log_of_many_tells_the_quarters(start_workspace):
    workspace = start_workspace(*several(22))

    assert log(workspace.kbsync("apply", "--auto-approve")) == [
        "Applying 22 configurations...",
        "25 %: 6 of 22, N s",
        "50 %: 11 of 22, N s",
        "75 %: 17 of 22, N s",
        "Applied 22 in N s.",
    ]


def test_a_log_tells_failures_at_once(start_workspace):
    workspace = start_workspace(*several(2))
    workspace.fault(method="PUT", path="c00$", action="status", status=400)
    lines = log(workspace.kbsync("apply", "--auto-approve", "--on-error", "continue"))

    assert (lines[0], lines[-1]) == ("Applying 2 configurations...", "Applied 1, failed 1 in N s.")
    assert [line for line in lines if line.startswith(f"Failed: {COMPONENT}/c00: PUT branch/")]


def test_nothing_is_said_twice_where_both_streams_end_in_one_place(start_workspace):
    workspace = start_workspace(*several(1))
    done = subprocess.run(
        [sys.executable, "-m", "kbsync", "apply", "--auto-approve"],
        cwd=workspace.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **workspace.environment},
        text=True,
        check=True,
    )

    assert done.stdout.count("Applied 1") == 1


def test_many_workers_that_wait_for_one_reason_say_it_once(capsys):
    waits = Waits()
    workers = [threading.Thread(target=waits, args=("maintenance", 5.0)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    waits("no connection", 2.0)
    waits("too short to tell", 0.5)

    assert capsys.readouterr().err == "Waiting 5 s: maintenance.\nWaiting 2 s: no connection.\n"


def test_whoever_shows_the_run_hears_of_pauses_instead_of_the_log(capsys):
    waits, heard = Waits(), []
    with waits.told_by(lambda why, seconds: heard.append((why, seconds))):
        waits("maintenance", 5.0)
    waits("maintenance", 6.0)

    assert heard == [("maintenance", 5.0)]
    assert capsys.readouterr().err == "Waiting 6 s: maintenance.\n"


def test_the_tally_shows_the_longest_pause_and_nothing_that_moves_the_cursor():
    tally = Tally(2)
    tally.wait("short", 5.0)
    tally.wait("evil \x1b[2J", 100.0)

    assert str(tally) == "0/2  waiting 100 s: evil \\u001b[2J"


def test_steps_beyond_the_plan_do_not_break_the_tally():
    tally = Tally(1)
    tally.count(failed=True)
    tally.count(failed=False)

    assert str(tally).startswith("2/2  1 failed  ")
