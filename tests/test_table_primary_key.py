"""`kbsync table primary-key set`: the new key, or the old one back, or the way to get it back."""

import os
import signal
import subprocess
import sys
import time

import pytest
import requests

from tests.workspace import TOKEN

TABLE = "in.c-main.words"
ROWS = [["1", "a", "x"], ["2", "b", "x"], ["3", "c", "y"]]
FAILED = {
    "action": "status",
    "status": 200,
    "body": {
        "id": 9,
        "status": "error",
        "operationName": "tablePrimaryKeyAdd",
        "error": {"message": "the database said no", "code": "fake.no"},
    },
}


@pytest.fixture
def start(start_workspace):
    def start_one(key=("id",), rows=ROWS, **options):
        table = {
            "id": TABLE,
            "columns": ["id", "word", "kind"],
            "primaryKey": list(key),
            "rows": rows,
        }
        tokens = [
            {"id": "1", "token": TOKEN},
            {"id": "2", "token": "limited", "bucketPermissions": {"in.c-main": "read"}},
        ]
        return start_workspace(live={"tables": [table], "tokens": tokens}, **options)

    return start_one


def set_key(workspace, *arguments, **options):
    return workspace.kbsync(
        "table", "primary-key", "set", TABLE, *arguments, "--auto-approve", **options
    )


def key(workspace):
    url = f"{workspace.server.url}/v2/storage/tables/{TABLE}"
    answer = requests.get(url, headers={"X-StorageApi-Token": TOKEN}, timeout=10)
    return answer.json()["primaryKey"]


def changes(workspace):
    return [each.split()[0] for each in workspace.requests() if each.endswith("/primary-key")]


def test_a_key_takes_the_place_of_another(start):
    workspace = start()
    result = set_key(workspace, "word")

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"Primary key of {TABLE}: id → word",
        "In between the table has none: let no import run meanwhile.",
        f"Primary key of {TABLE} is word.",
    ]
    assert key(workspace) == ["word"]


@pytest.mark.parametrize("columns", [["id,word"], ["id", "word"], ["id, word"]])
def test_columns_are_written_either_way(start, columns):
    workspace = start()
    set_key(workspace, *columns)

    assert key(workspace) == ["id", "word"]


def test_a_first_key_is_just_added(start):
    workspace = start(key=())
    result = set_key(workspace, "id")

    assert result.exit_code == 0, result.output
    assert changes(workspace) == ["POST"]
    assert key(workspace) == ["id"]


def test_the_same_key_is_nothing_to_do(start):
    workspace = start()
    result = set_key(workspace, "id")

    assert result.stdout == f"Primary key of {TABLE}: id. Nothing to do.\n"
    assert changes(workspace) == []


def test_a_key_with_more_columns_needs_no_look_at_the_rows(start):
    workspace = start()
    set_key(workspace, "id,kind")

    assert [each for each in workspace.requests() if "export" in each] == []
    assert key(workspace) == ["id", "kind"]


def test_rows_that_share_the_new_key_are_found_before_the_old_one_is_dropped(start):
    workspace = start()
    result = set_key(workspace, "kind")

    assert result.exit_code == 4, result.output
    assert "rows share it, such as\n  kind='x': 2 rows\n" in result.stderr
    assert "Nothing was written." in result.stderr
    assert changes(workspace) == []


def test_huge_values_are_looked_through_as_well(start):
    workspace = start(rows=[["1", "x" * 200_000, "a"], ["2", "x" * 200_000, "b"]])
    result = set_key(workspace, "word")

    assert result.exit_code == 4, result.output
    assert "rows share it" in result.stderr


@pytest.mark.parametrize("old", [["id"], []], ids=["with an old key", "without"])
def test_what_the_platform_finds_leaves_the_old_key(start, old):
    workspace = start(key=old)
    result = set_key(workspace, "kind", "--no-check")

    assert result.exit_code == 8, result.output
    assert "has duplicate values in the table" in result.stderr
    assert f"The primary key of {TABLE} is {', '.join(old) or 'none'}" in result.stderr
    assert key(workspace) == old


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        pytest.param({"method": "DELETE", "action": "status", "status": 400}, ["id"], id="drop no"),
        pytest.param({"method": "POST", "action": "status", "status": 400}, ["id"], id="add no"),
        pytest.param({"method": "POST", "action": "status", "status": 500}, ["id"], id="add broke"),
        pytest.param({"method": "POST", "action": "reset"}, ["id"], id="add lost"),
        pytest.param({"method": "DELETE", "action": "reset"}, ["id"], id="drop lost"),
    ],
)
def test_a_change_that_fails_leaves_the_old_key(start, rule, left):
    workspace = start()
    workspace.fault(path="primary-key", times=1, **rule)
    result = set_key(workspace, "word")

    assert result.exit_code == 8, result.output
    assert f"The primary key of {TABLE} is id" in result.stderr
    assert key(workspace) == left


def test_who_stops_it_is_told_the_key_and_gets_the_exit_code_of_that(start):
    workspace = start()
    workspace.fault(method="DELETE", path="primary-key", action="hang")
    command = ["table", "primary-key", "set", TABLE, "word"]
    running = subprocess.Popen(
        [sys.executable, "-m", "kbsync", *command, "--auto-approve", "--no-check"],
        cwd=workspace.root,
        env={**os.environ, **workspace.environment, "PYTHONUTF8": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 30
    while not workspace.requests() and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(2)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)

    assert running.returncode == 130, said
    assert f"The primary key of {TABLE} is id" in said


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_a_change_whose_answer_is_lost_is_seen_to_be_done(start, method):
    workspace = start()
    workspace.fault(method=method, path="primary-key", action="reset", when="after", times=1)
    result = set_key(workspace, "word", KBSYNC_MAX_WAIT="20")

    assert result.exit_code == 0, result.output
    assert key(workspace) == ["word"]


def test_a_key_that_was_set_though_nobody_says_so_is_seen(start):
    workspace = start()
    workspace.fault(method="POST", path="primary-key", action="reset", when="after")
    workspace.fault(method="GET", path="storage/jobs$", action="status", status=500)
    result = set_key(workspace, "word")

    assert result.exit_code == 0, result.output
    assert changes(workspace) == ["DELETE", "POST"]
    assert key(workspace) == ["word"]


def test_a_job_that_fails_is_told_whole_and_the_old_key_is_back(start):
    workspace = start()
    # The first poll is of the export that looks for duplicates. The drop is told as failed, though
    # the key is gone: what counts is what the table has.
    workspace.fault(method="GET", path="/jobs/", skip=1, times=1, **FAILED)
    result = set_key(workspace, "word")

    assert result.exit_code == 8, result.output
    assert "the database said no (fake.no)" in result.stderr
    assert changes(workspace) == ["DELETE", "POST"]
    assert key(workspace) == ["id"]


def test_a_key_that_cannot_be_set_again_is_told_with_the_command(start):
    workspace = start()
    workspace.fault(method="POST", path="primary-key", action="status", status=400)
    result = set_key(workspace, "word")

    assert result.exit_code == 6, result.output
    assert f"{TABLE} may be without a primary key now" in result.stderr
    assert f"kbsync table primary-key set {TABLE} id" in result.stderr
    assert "Nothing was written." not in result.stderr
    assert key(workspace) == []


def test_a_drop_that_outlasts_our_patience_tells_how_to_go_on(start):
    workspace = start()
    job = {"id": 9, "status": "processing", "operationName": "tablePrimaryKeyDelete"}
    workspace.fault(method="GET", path="/jobs/", action="status", status=200, body=job)
    result = set_key(workspace, "id,word", "--timeout", "0.3")

    assert result.exit_code == 8, result.output
    assert f"When it is over: kbsync table primary-key set {TABLE} id,word" in result.stderr
    assert "The key was id" in result.stderr


@pytest.mark.parametrize(
    ("columns", "code", "what"),
    [("wrod", 64, "Did you mean word?"), (",", 64, "A primary key needs a column")],
)
def test_what_is_no_key_is_refused(start, columns, code, what):
    workspace = start()
    result = set_key(workspace, columns)

    assert result.exit_code == code
    assert what in result.stderr
    assert changes(workspace) == []


def test_a_token_that_may_only_read_is_told_so(start):
    workspace = start()
    result = set_key(workspace, "word", KEBOOLA_TOKEN="limited")

    assert result.exit_code in (7, 8), result.output
    assert key(workspace) == ["id"]


def test_without_a_terminal_or_approval_nothing_is_changed(start):
    workspace = start()
    result = workspace.kbsync("table", "primary-key", "set", TABLE, "word")

    assert result.exit_code == 4
    assert changes(workspace) == []
