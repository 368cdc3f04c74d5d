"""The demo is the first thing a newcomer runs: it must work, and clean up after itself."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import started

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "example-project"
DEMO = (sys.executable, str(ROOT / "docs" / "demo.py"))


@pytest.fixture(scope="module")
def output():
    before = files()
    done = subprocess.run(
        DEMO,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"},
        timeout=120,
        check=False,
    )
    assert (done.returncode, files()) == (0, before), done.stdout
    return done.stdout


def test_the_demo_shows_each_command_before_its_output(output):
    assert re.findall(r"^\$ (kbsync \S+)", output, re.MULTILINE) == [
        "kbsync validate",
        "kbsync plan",
        "kbsync apply",
        "kbsync plan",
        "kbsync rollback",
        "kbsync plan",
    ]


@pytest.mark.parametrize(
    ("pattern", "step"),
    [
        pytest.param(r"^Valid: ", 0, id="the files are valid"),
        pytest.param(r"^    \+  configuration is created", 1, id="a create"),
        pytest.param(r"^    ~  configuration", 1, id="an update"),
        pytest.param(r"^           @@ -2,9 \+2,9 @@", 1, id="an SQL hunk"),
        pytest.param(r"^           \+    SUM\(", 1, id="a new line of SQL"),
        pytest.param(r"^    -  row weekly .* is deleted", 1, id="a row delete"),
        pytest.param(r"^    ↕  order of rows", 1, id="a reorder"),
        pytest.param(r"^    ↺  component state is forgotten", 1, id="a state reset"),
        pytest.param(r"^         isDisabled   true → false", 1, id="a switch"),
        pytest.param(r"^    ~  metadata", 1, id="metadata"),
        pytest.param(r"^Applied 5 of 5 in ", 2, id="the apply"),
        pytest.param(r"^No changes: ", 3, id="an empty plan"),
        pytest.param(r"^    ⇄  back to the content of v7", 4, id="a rollback"),
        pytest.param(r"^Applied 1 of 1 in ", 4, id="the rollback is done"),
        pytest.param(r"^Plan: 1 update\.$", 5, id="what differs from the files again"),
    ],
)
def test_the_demo_shows(output, pattern, step):
    outputs = re.split(r"^\$ kbsync ", output, flags=re.MULTILINE)[1:]

    assert re.search(pattern, outputs[step], re.MULTILINE)


def test_the_emulator_is_stopped_at_the_end(output):
    (port,) = set(re.findall(r"http://127\.0\.0\.1:(\d+)", output))

    assert is_free(int(port))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_emulator_is_stopped_when_the_demo_is(number):
    with started(DEMO) as demo:
        assert demo.stdout
        port = int(demo.stdout.readline().rpartition(":")[2])
        demo.send_signal(number)
        demo.communicate(timeout=60)

    assert demo.returncode == 128 + number
    assert is_free(port)


def files():
    """Every file of the example but kbsync's own notes."""
    return {
        path: path.read_bytes()
        for path in EXAMPLE.rglob("*")
        if path.is_file() and ".kbsync" not in path.parts
    }


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
