"""`kbsync table import` and `create`: checked before it leaves, loaded once, told when it fails."""

import gzip
import os
import signal
import subprocess
import sys
import time

import pytest
import requests

from tests.workspace import TOKEN

TABLE, BARE, TYPED = "in.c-main.words", "in.c-main.bare", "in.c-main.typed"
INTEGER = {"name": "id", "definition": {"type": "INTEGER"}}
SEED = {
    "buckets": [{"id": "in.c-main"}],
    "tables": [
        {
            "id": TABLE,
            "columns": ["id", "word"],
            "primaryKey": ["id"],
            "rows": [["1", "a"], ["2", "b"]],
        },
        {"id": BARE, "columns": ["id", "word"], "rows": [["1", "a"]]},
        {"id": TYPED, "columns": [INTEGER], "rows": [["1"]]},
    ],
    "tokens": [
        {"id": "1", "token": TOKEN},
        {"id": "2", "token": "limited", "bucketPermissions": {"in.c-main": "read"}},
    ],
}
WORDS = "id,word\n2,B\n3,c\n"


@pytest.fixture
def workspace(start_workspace, monkeypatch):
    workspace = start_workspace({"words.csv": WORDS}, SEED)
    monkeypatch.chdir(workspace.root)
    return workspace


def load(workspace, *arguments, file="words.csv", table=TABLE, **options):
    return workspace.kbsync("table", "import", table, file, "--auto-approve", *arguments, **options)


def create(workspace, name, *arguments, file="words.csv", **options):
    return workspace.kbsync("table", "create", name, file, "--auto-approve", *arguments, **options)


def rows(workspace, table=TABLE):
    return read(workspace, f"tables/{table}/data-preview").text.replace('"', "").split("\n")[1:-1]


def files(workspace):
    return read(workspace, "files").json()


def read(workspace, path):
    url = f"{workspace.server.url}/v2/storage/{path}"
    return requests.get(url, headers={"X-StorageApi-Token": TOKEN}, timeout=10)


def sent(workspace):
    """The requests that could change something."""
    return [each for each in workspace.requests() if not each.startswith("GET ")]


def test_a_full_import_replaces_all_rows(workspace):
    result = load(workspace)

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:2] == [
        "words.csv: 2 rows, 16 B",
        f"It replaces all of {TABLE}: 2 rows there now",
    ]
    assert f"{TABLE} has 2 rows now (job 5" in result.stdout
    assert rows(workspace) == ["2,B", "3,c"]


def test_an_incremental_import_updates_by_primary_key_and_adds(workspace):
    result = load(workspace, "--incremental")

    assert result.exit_code == 0, result.output
    assert "a row with a known id takes the place of that row, none is deleted" in result.stdout
    assert rows(workspace) == ["1,a", "2,B", "3,c"]


def test_without_a_primary_key_it_appends_and_says_so(workspace):
    result = load(workspace, "--incremental", table=BARE)

    assert "which has no primary key: what is there already is there twice then" in result.stdout
    assert rows(workspace, BARE) == ["1,a", "2,B", "3,c"]


@pytest.mark.parametrize(
    ("content", "arguments"),
    [
        pytest.param(gzip.compress(WORDS.encode()), [], id="gzip"),
        pytest.param(WORDS.replace(",", ";").encode(), ["--delimiter", ";"], id="semicolons"),
        pytest.param(WORDS.replace(",", "\t").encode(), ["--delimiter", "tab"], id="tabs"),
        pytest.param(b"id,word\n'2','B'\n3,c\n", ["--enclosure", "'"], id="other quotes"),
        pytest.param(b"id,word\n2,B\n3,c\n", ["--escaped-by", "\\"], id="escapes"),
        pytest.param(b"word,id\nB,2\nc,3\n", [], id="other order"),
        pytest.param(b"\xef\xbb\xbfid,word\r\n2,B\r\n3,c", [], id="as Windows writes it"),
    ],
)
def test_other_ways_to_write_a_file_are_taken(workspace, content, arguments):
    workspace.write({"other.csv": content})
    result = load(workspace, *arguments, file="other.csv")

    assert result.exit_code == 0, result.output
    assert rows(workspace) == ["2,B", "3,c"]


def test_columns_that_only_the_file_has_are_told_and_added(workspace):
    workspace.write({"wide.csv": "id,word,Näw Column\n3,c,x\n"})
    result = load(workspace, "--incremental", file="wide.csv")

    assert "The table gets new columns: Naw_Column" in result.stdout
    assert rows(workspace) == ["1,a,", "2,b,", "3,c,x"]


@pytest.mark.parametrize(
    ("content", "table", "what"),
    [
        pytest.param("", TABLE, "bad.csv: the file is empty", id="empty"),
        pytest.param("id,word\n1\n", TABLE, "bad.csv:2: the row has 1 column", id="ragged"),
        pytest.param("id\n1\n", TABLE, "bad.csv:1: the header lacks the column word", id="missing"),
        pytest.param("x,y\n", TABLE, "lacks the columns id, word", id="two missing"),
        pytest.param("id;word\n1;a\n", TABLE, "add --delimiter ';'", id="delimiter"),
        pytest.param("id,new\n1,a\n", TYPED, "with types gets none by an import", id="typed"),
    ],
)
def test_what_would_fail_is_told_before_anything_is_sent(workspace, content, table, what):
    workspace.write({"bad.csv": content})
    result = load(workspace, file="bad.csv", table=table)

    assert result.exit_code == 3, result.output
    assert what in result.stderr
    assert "Nothing was written." in result.stderr
    assert sent(workspace) == []


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["import", "in.c-main.wrods", "words.csv"], 8, "Did you mean in.c-main.words"),
        (["import", TABLE, "none.csv"], 1, "none.csv cannot be read: no such file"),
        (["import", TABLE, "words.csv", "--delimiter", "::"], 64, "expected one character"),
        (["import", TABLE, "words.csv", "--enclosure", "ab"], 64, "are one character each"),
        (["import", TABLE, "words.csv", "--enclosure", ","], 64, "neither the delimiter nor"),
        (["import", TABLE, "words.csv", "--enclosure", "\n"], 64, "neither the delimiter nor"),
        (["import", TABLE, "words.csv", "--escaped-by", "\r"], 64, "neither the delimiter nor"),
        (["import", TABLE, "words.csv", "--timeout", "nan"], 64, "no number of seconds"),
        (["import", "..", "words.csv"], 4, "'..' is an id that no address can hold"),
        (["import", "", "words.csv"], 8, "There is no table"),
        (["create", "in.c-main/new", "words.csv", "--primary-key", ""], 64, "names no column"),
        (
            ["import", TABLE, "words.csv", "--enclosure", "'", "--escaped-by", "\\"],
            64,
            "exclude each other",
        ),
        (["create", "in.c-none/new", "words.csv"], 8, "There is no bucket in.c-none"),
        (["create", "in.c-main/words", "words.csv"], 4, "in.c-main.words is there already"),
        (["create", "new", "words.csv"], 64, "cannot be a new table"),
        (["create", "in.c-main/n.w", "words.csv"], 64, "cannot be a new table"),
        (
            ["create", "in.c-main/new", "words.csv", "--primary-key", "id,Word"],
            3,
            "words.csv:1: the header lacks the column Word of the primary key; it has id, word",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(workspace, arguments, code, what):
    result = workspace.kbsync("table", *arguments, "--auto-approve")

    assert result.exit_code == code, result.output
    assert what in result.stderr
    assert sent(workspace) == []


def test_a_pipe_is_no_file_to_import(workspace):
    os.mkfifo(workspace.root / "pipe")
    result = load(workspace, file="pipe")

    assert result.exit_code == 1
    assert "pipe is no ordinary file" in result.stderr
    assert sent(workspace) == []


@pytest.mark.parametrize("arguments", [["import", TABLE], ["create", "in.c-main/new"]])
def test_without_a_terminal_or_approval_nothing_is_sent(workspace, arguments):
    result = workspace.kbsync("table", *arguments, "words.csv")

    assert result.exit_code == 4
    assert "add --auto-approve" in result.stderr
    assert sent(workspace) == []


def test_a_table_is_created_with_its_key(workspace):
    result = create(workspace, "in.c-main/new", "--primary-key", "id,word")
    made = read(workspace, "tables/in.c-main.new").json()

    assert result.exit_code == 0, result.output
    assert (
        "A new table in.c-main.new: primary key id, word, columns id, word"
        in result.stdout.splitlines()
    )
    assert "in.c-main.new has 2 rows now" in result.stdout
    assert made["primaryKey"] == ["id", "word"]
    assert rows(workspace, "in.c-main.new") == ["2,B", "3,c"]


def test_unread_files_are_judged_by_the_platform(workspace):
    workspace.write({"bad.csv": "id\n1\n"})
    result = load(workspace, "--no-check", file="bad.csv")

    assert result.exit_code == 8
    assert "bad.csv: not checked, 5 B" in result.stdout
    assert "Some columns are missing in the csv file. Missing columns: word." in result.stderr
    assert f"What was sent is file {files(workspace)[0]['id']} of the project" in result.stderr
    assert f"{TABLE} had 2 rows before, and has 2 rows now." in result.stderr
    assert "Nothing was written." not in result.stderr
    assert rows(workspace) == ["1,a", "2,b"]


def test_an_import_whose_beginning_was_not_answered_is_carried_out_once(workspace):
    workspace.fault(method="POST", path="import-async", action="reset", when="after", times=1)
    result = load(workspace, "--incremental", table=BARE, KBSYNC_MAX_WAIT="20")

    assert result.exit_code == 0, result.output
    assert rows(workspace, BARE) == ["1,a", "2,B", "3,c"]


def test_an_import_nobody_knows_of_is_not_sent_again(workspace):
    workspace.fault(method="POST", path="import-async", action="reset", times=1)
    result = load(workspace, "--incremental", table=BARE)

    assert result.exit_code == 8
    assert "kbsync job list" in result.stderr
    assert "Nothing was written." not in result.stderr
    assert rows(workspace, BARE) == ["1,a"]


@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_import_that_cannot_be_looked_for_may_have_been_carried_out(workspace, status):
    workspace.fault(method="POST", path="import-async", action="reset", when="after", times=1)
    workspace.fault(method="GET", path="/jobs$", action="status", status=status)
    result = load(workspace, "--incremental", table=BARE, KBSYNC_MAX_WAIT="0")

    assert result.exit_code == 8
    assert "Whether the platform has begun is not known" in result.stderr
    assert "Nothing was written." not in result.stderr
    assert rows(workspace, BARE) == ["1,a", "2,B", "3,c"]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"method": "PUT", "path": "/s3/", "action": "reset"}, id="lost"),
        pytest.param({"method": "PUT", "path": "/s3/", "action": "status"}, id="failed"),
        pytest.param(
            {"method": "PUT", "path": "/s3/", "action": "status", "status": 403}, id="refused"
        ),
        pytest.param(
            {
                "method": "PUT",
                "path": "/s3/",
                "action": "status",
                "status": 400,
                "body": "<Error><Code>ExpiredToken</Code></Error>",
            },
            id="expired at once",
        ),
    ],
)
def test_an_upload_that_fails_leaves_no_file(workspace, rule):
    workspace.fault(**rule)
    result = load(workspace)

    assert result.exit_code == 8, result.output
    assert "Nothing was written." in result.stderr
    assert files(workspace) == []
    assert rows(workspace) == ["1,a", "2,b"]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"path": "/s3/", "action": "reset"}, id="lost"),
        pytest.param({"path": "/s3/", "action": "status", "status": 503}, id="busy"),
        pytest.param(
            {
                "path": "/s3/",
                "action": "status",
                "status": 400,
                "body": "<Error><Code>ExpiredToken</Code></Error>",
            },
            id="expired",
        ),
        pytest.param({"path": "files/prepare", "action": "reset"}, id="place lost"),
    ],
)
def test_an_upload_goes_on_after_a_failure(workspace, rule):
    workspace.fault(times=1, **rule)
    result = load(workspace, KBSYNC_MAX_WAIT="20")

    assert result.exit_code == 0, result.output
    assert rows(workspace) == ["2,B", "3,c"]


def test_credentials_that_expired_are_asked_for_anew(workspace):
    body = "<Error><Code>ExpiredToken</Code></Error>"
    workspace.fault(method="PUT", path="/s3/", times=1, action="status", status=400, body=body)
    load(workspace)

    assert [each.rpartition("/")[2] for each in sent(workspace) if "refresh" in each] == ["refresh"]


BIG = "id,word\n" + "".join(f"{number},{'x' * 90}\n" for number in range(400_000))


def test_a_big_file_goes_in_parts(workspace):
    workspace.write({"big.csv": BIG})
    workspace.fault(method="PUT", path="partNumber=2", action="reset", times=1)
    result = load(workspace, file="big.csv", KBSYNC_MAX_WAIT="20")

    assert result.exit_code == 0, result.output
    assert f"{TABLE} has 400,000 rows now" in result.stdout
    assert files(workspace)[0]["sizeBytes"] == len(BIG)


def test_of_a_big_file_that_fails_no_part_is_left(workspace):
    workspace.write({"big.csv": BIG})
    workspace.fault(method="PUT", path="partNumber=3", action="reset")
    result = load(workspace, file="big.csv")
    given_up = [each for each in workspace.requests() if each.startswith("DELETE /s3/")]

    assert result.exit_code == 8, result.output
    assert len(given_up) == 1
    assert files(workspace) == []


def test_a_file_that_changes_while_it_is_sent_is_not_loaded(workspace):
    workspace.fault(method="PUT", path="/s3/", action="delay", seconds=3)
    running = process(workspace)
    time.sleep(2)
    workspace.write({"words.csv": "id,word\n"})
    _, said = running.communicate(timeout=30)

    assert running.returncode == 5, said
    assert "words.csv was changed while it was read" in said
    assert rows(workspace) == ["1,a", "2,b"]


def process(workspace):
    environment = {
        **os.environ,
        **workspace.environment,
        "KBSYNC_MAX_WAIT": "20",
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-m", "kbsync", "table", "import", TABLE, "words.csv"]
    return subprocess.Popen(
        [*command, "--auto-approve"],
        cwd=workspace.root,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
@pytest.mark.parametrize(
    ("method", "where", "what"),
    [
        ("PUT", "/s3/", "Nothing was written"),
        ("POST", "import-async", "kbsync job list"),
        ("GET", "/jobs/", "kbsync job show"),
    ],
    ids=["upload", "start", "job"],
)
def test_whoever_stops_it_is_told_what_is_known(workspace, number, code, method, where, what):
    workspace.fault(method=method, path=where, action="hang", when="after", seconds=50)
    running = process(workspace)
    until = time.monotonic() + 30
    held = len(workspace.requests())
    while time.monotonic() < until:
        time.sleep(1)
        before, held = held, len(workspace.requests())
        if before == held > 2:
            break
    running.send_signal(number)
    _, said = running.communicate(timeout=30)

    assert running.returncode == code, said
    assert what in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", [["import", TABLE], ["create", "in.c-main/new"]])
def test_a_token_that_may_only_read_is_told_so(workspace, command):
    result = workspace.kbsync(
        "table", *command, "words.csv", "--auto-approve", KEBOOLA_TOKEN="limited"
    )

    assert result.exit_code == 7, result.output
    assert rows(workspace) == ["1,a", "2,b"]


def test_a_job_that_outlasts_our_patience_goes_on(workspace):
    job = {"id": 9, "status": "processing", "operationName": "tableImport"}
    workspace.fault(method="GET", path="/jobs/", action="status", status=200, body=job)
    result = load(workspace, "--timeout", "0.3")

    assert result.exit_code == 8
    assert "kbsync job show" in result.stderr
    assert "What was sent is file" in result.stderr


def test_a_stack_that_keeps_files_elsewhere_takes_no_upload(workspace):
    file = {"id": 700001, "provider": "gcp", "gcsUploadParams": {}}
    workspace.fault(method="POST", path="prepare", action="status", status=201, body=file)
    result = load(workspace)

    assert result.exit_code == 1
    assert "keeps its files at Google Cloud Storage" in result.stderr
