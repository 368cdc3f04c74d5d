"""Tables on the move before a person: the question, the progress, and no data on a terminal."""

import os
import pty
import subprocess
import sys

import pytest

from kbsync.cli.meter import measured
from tests.workspace import TOKEN

TABLE = "in.c-main.words"
SEED = {
    "tables": [
        {"id": TABLE, "columns": ["id"], "primaryKey": ["id"], "rows": [["1"], ["2"]]},
        {"id": "in.c-main.seen", "columns": ["id"], "rows": []},
    ],
    "tokens": [{"id": "1", "token": TOKEN}],
}


@pytest.fixture
def workspace(start_workspace, monkeypatch):
    workspace = start_workspace({"words.csv": "id\n3\n"}, SEED)
    monkeypatch.chdir(workspace.root)
    return workspace


def on_terminal(workspace, *arguments, answer="", **options):
    """What a command writes to a terminal, and how it ends; *answer* is what the person types."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, **workspace.environment, "TERM": "xterm", "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "kbsync", "table", *arguments],
        cwd=workspace.root,
        env=environment,
        **{"stdin": theirs, "stdout": theirs, "stderr": theirs, **options},
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    parts = []
    while part := _read(ours):
        parts.append(part)
    os.close(ours)
    return b"".join(parts).decode(), process.wait(30)


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when the last writer has gone
        return b""


@pytest.mark.parametrize(
    ("answer", "code", "last"),
    [("y\n", 0, f"{TABLE} has 1 row now"), ("n\n", 4, "Error: Not done: the answer was no")],
    ids=["yes", "no"],
)
def test_a_person_is_asked_with_what_will_happen(workspace, answer, code, last):
    said, ended = on_terminal(workspace, "import", TABLE, "words.csv", answer=answer)

    assert ended == code, said
    assert f"It replaces all of {TABLE}: 2 rows there now\r\nImport it? [y/N]" in said
    assert last in said


def test_a_terminal_shows_how_far_an_export_is(workspace):
    workspace.fault(method="GET", path=r"_0_0\.csv", action="delay", seconds=1)
    said, ended = on_terminal(workspace, "export", TABLE, "-o", "out.csv")

    assert ended == 0, said
    assert f"\r\x1b[K{TABLE}: " in said
    assert said.endswith(f"\r\x1b[KExported 2 rows of {TABLE} to out.csv.\r\n")


def test_no_data_is_written_to_a_terminal(workspace):
    said, ended = on_terminal(workspace, "export", TABLE, "-o", "-")

    assert ended == 4
    assert f"kbsync table preview {TABLE}" in said


def test_a_log_hears_of_progress_now_and_then(capsys):
    clock = iter([0, 5, 16, 20, 31])
    with measured("Sending a.csv", 4_000_000, now=lambda: next(clock)) as on_bytes:
        for _ in range(4):
            on_bytes(1_000_000)

    assert capsys.readouterr().err.splitlines() == [
        "Sending a.csv: 2 MB of 4 MB (50 %), 125 kB/s",
        "Sending a.csv: 4 MB of 4 MB (100 %), 129 kB/s",
    ]


def test_an_alias_is_not_imported_into(workspace):
    alias = {"id": "in.c-main.seen", "isAlias": True, "sourceTable": {"id": TABLE}, "columns": []}
    workspace.fault(
        method="GET", path="tables/in.c-main.seen", action="status", status=200, body=alias
    )
    result = workspace.kbsync("table", "import", "in.c-main.seen", "words.csv", "--auto-approve")

    assert result.exit_code == 4
    assert f"in.c-main.seen only shows {TABLE}" in result.stderr
    assert "Import into that table" in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["export", TABLE, "-o", "out.csv"],
        ["import", TABLE, "words.csv"],
        ["create", "in.c-main/new", "words.csv"],
    ],
    ids=lambda command: command[0],
)
def test_without_amazons_client_it_says_what_to_install(workspace, monkeypatch, command):
    monkeypatch.setitem(sys.modules, "boto3", None)
    result = workspace.kbsync("table", *command)

    assert result.exit_code == 1, result.output
    assert "pip install 'kbsync[tables]'" in result.stderr
