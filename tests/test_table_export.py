"""`kbsync table export`: the whole table or nothing, whatever breaks on the way."""

import csv
import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.workspace import TOKEN

ROWS = [["1", "a"], ["2", 'b "x", y'], ["3", "c\nd"], ["4", ""], ["5", "é\r\n;"]]
TABLE = "in.c-main.words"
SEED = {
    "tables": [{"id": TABLE, "columns": ["id", "word"], "primaryKey": ["id"], "rows": ROWS}],
    "tokens": [
        {"id": "1", "token": TOKEN},
        {"id": "2", "token": "limited", "bucketPermissions": {"in.c-other": "read"}},
    ],
}
SLICE = r"/s3/.*_0_0\.csv"
FIRST = "s3://kbsync-emulator-files/exp-15/1234/files/700001.e.csv"
"""Where the emulator keeps the first file there is."""
EXPIRED = {
    "action": "status",
    "status": 400,
    "headers": {"Content-Type": "application/xml"},
    "body": "<Error><Code>ExpiredToken</Code><Message>fake</Message></Error>",
}


@pytest.fixture
def workspace(start_workspace, monkeypatch):
    workspace = start_workspace(live=SEED)
    monkeypatch.chdir(workspace.root)
    return workspace


def export(workspace, *arguments, **environment):
    return workspace.kbsync("table", "export", TABLE, *arguments, **environment)


def rows_of(content):
    return list(csv.reader(content.decode().splitlines(keepends=True)))


def left(workspace):
    return sorted(path.name for path in workspace.root.iterdir())


def storage(workspace, method, path, **options):
    url = f"{workspace.server.url}/v2/storage/{path}"
    headers = {"X-StorageApi-Token": TOKEN}
    return requests.request(method, url, headers=headers, timeout=10, **options).json()


def export_is(workspace, *slices, manifest=None, sliced=True):
    """Let the next exports be a file with these *slices*."""
    wish = {"name": "e.csv", "federationToken": True, "isSliced": sliced}
    file = storage(workspace, "POST", "files/prepare", json=wish)
    base = f"{workspace.server.url}/s3/{file['uploadParams']['bucket']}"
    key = file["uploadParams"]["key"]
    keys = [f"{key}{number}" for number in range(len(slices))] if sliced else [key]
    for name, content in zip(keys, slices, strict=True):
        requests.put(f"{base}/{name}", data=content, timeout=10).raise_for_status()
    if sliced:
        bucket = file["uploadParams"]["bucket"]
        made = {"entries": [{"url": f"s3://{bucket}/{name}"} for name in keys]}
        requests.put(f"{base}/{key}manifest", data=json.dumps(manifest or made), timeout=10)
    job = {"id": 1, "status": "success", "operationName": "tableExport"}
    job["results"] = {"file": {"id": file["id"]}}
    workspace.fault(method="GET", path="/jobs/", action="status", status=200, body=job)


def test_a_table_becomes_a_file_with_a_header(workspace):
    result = export(workspace, "-o", "words.csv")

    assert result.exit_code == 0, result.output
    assert result.stdout == f"Exported 5 rows of {TABLE} to words.csv.\n"
    assert rows_of((workspace.root / "words.csv").read_bytes()) == [["id", "word"], *ROWS]
    assert left(workspace) == ["words.csv"]


def test_a_gzipped_export_holds_the_same(workspace):
    export(workspace, "-o", "words.csv")
    result = export(workspace, "-o", "words.csv.gz", "--gzip")

    assert result.exit_code == 0, result.output
    packed = (workspace.root / "words.csv.gz").read_bytes()
    assert gzip.decompress(packed) == (workspace.root / "words.csv").read_bytes()


def test_stdout_gets_the_data_alone(workspace):
    result = export(workspace, "-o", "-")

    assert rows_of(result.stdout_bytes) == [["id", "word"], *ROWS]
    assert result.stderr == f"Exported 5 rows of {TABLE}.\n"


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (["--columns", "word,id"], [["word", "id"], *([b, a] for a, b in ROWS)]),
        (["--columns", "word"], [["word"], *([b] for _, b in ROWS)]),
        (["--where", "id>3"], [["id", "word"], *ROWS[3:]]),
        (["--where", "id!=1", "--where", "id<4", "--columns", "id"], [["id"], ["2"], ["3"]]),
        (["--limit", "2"], [["id", "word"], *ROWS[:2]]),
        (["--changed-since", "2020-01-01T00:00Z"], [["id", "word"], *ROWS]),
        (["--where", "id=77"], [["id", "word"]]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else "",
)
def test_a_part_is_exported(workspace, arguments, rows):
    plain = export(workspace, "-o", "-", *arguments)
    packed = export(workspace, "-o", "-", "--gzip", *arguments)

    assert plain.exit_code == 0, plain.output
    assert rows_of(plain.stdout_bytes) == rows
    assert rows_of(gzip.decompress(packed.stdout_bytes)) == rows
    assert f"Exported {len(rows) - 1} row" in plain.stderr


def test_changed_since_asks_for_what_came_after_that_moment(workspace):
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    time.sleep(1.5)
    storage(
        workspace,
        "POST",
        f"tables/{TABLE}/import",
        json={"dataString": "id,word\n9,z\n", "incremental": 1},
    )

    assert rows_of(export(workspace, "-o", "-", "--changed-since", later).stdout_bytes) == [
        ["id", "word"],
        ["9", "z"],
    ]


SHAPES = [
    pytest.param([b'"1","a"\n', b'"2","b"\n'], True, id="plain slices"),
    pytest.param([gzip.compress(b'"1","a"\n'), gzip.compress(b'"2","b"\n')], True, id="gzips"),
    pytest.param([gzip.compress(b'"1","a"'), gzip.compress(b'"2","b"')], True, id="no last ends"),
    pytest.param([b'"1","a"', b'"2","b"'], True, id="plain, no last ends"),
    pytest.param([b"", b'"1","a"\n"2","b"\n', gzip.compress(b"")], True, id="empty slices"),
    pytest.param([b'id,word\n"1","a"\n"2","b"\n'], False, id="one piece with a header"),
    pytest.param([b'"1","a"\n"2","b"\n'], False, id="one piece without a header"),
    pytest.param([gzip.compress(b'"id","word"\n"1","a"\n"2","b"')], False, id="one gzip"),
]


@pytest.mark.parametrize(("slices", "sliced"), SHAPES)
def test_a_file_of_any_shape_becomes_one_csv(workspace, slices, sliced):
    export_is(workspace, *slices, sliced=sliced)
    plain = export(workspace, "-o", "-")
    packed = export(workspace, "-o", "-", "--gzip")

    assert plain.stdout_bytes == b'"id","word"\n"1","a"\n"2","b"\n'
    assert gzip.decompress(packed.stdout_bytes) == plain.stdout_bytes
    assert "Exported 2 rows" in plain.stderr
    assert "Exported 2 rows" in packed.stderr
    assert f"{TABLE} had 5 rows when this began, the export has 2 rows" in plain.stderr


@pytest.mark.parametrize(
    ("slices", "manifest", "what"),
    [
        pytest.param([gzip.compress(b"x" * 99)[:-3]], None, "is damaged", id="damaged gzip"),
        pytest.param([], {"entries": [{"url": "s3://other/x"}]}, "another place", id="elsewhere"),
        pytest.param([], {"entries": [{}]}, "is no manifest", id="no addresses"),
        pytest.param([], ["x"], "is no manifest", id="no manifest"),
        pytest.param([], {"entries": [{"url": f"{FIRST}_gone"}]}, "NoSuchKey", id="gone"),
    ],
)
@pytest.mark.parametrize("packs", [[], ["--gzip"]], ids=["plain", "gzip"])
def test_a_file_that_is_not_whole_is_no_export(workspace, slices, manifest, what, packs):
    export_is(workspace, *slices, manifest=manifest)
    result = export(workspace, "-o", "words.csv", *packs)

    assert result.exit_code == 8, result.output
    assert what in result.stderr
    assert left(workspace) == []


@pytest.mark.parametrize(
    ("rule", "most"),
    [
        pytest.param({"path": SLICE, "action": "truncate"}, 1, id="slice cut off"),
        pytest.param({"path": SLICE, "action": "reset"}, 2, id="slice lost"),
        pytest.param({"path": SLICE, "action": "status", "status": 503}, 2, id="slice busy"),
        pytest.param({"path": "manifest", "action": "reset"}, 1, id="manifest lost"),
        pytest.param({"path": "/files/", "action": "reset"}, 1, id="place lost"),
        pytest.param({"path": SLICE, **EXPIRED}, 1, id="credentials expired"),
        pytest.param({"path": "manifest", **EXPIRED}, 1, id="expired at once"),
        pytest.param({"path": "/jobs/", "action": "reset"}, 1, id="job lost"),
    ],
)
def test_what_breaks_off_is_gone_on_with(workspace, rule, most):
    workspace.fault(method="GET", times=most, **rule)
    result = export(workspace, "-o", "words.csv", KBSYNC_MAX_WAIT="20")

    assert result.exit_code == 0, result.output
    assert rows_of((workspace.root / "words.csv").read_bytes()) == [["id", "word"], *ROWS]


def test_expired_credentials_are_asked_for_anew(workspace):
    workspace.fault(method="GET", times=1, path=SLICE, **EXPIRED)
    export(workspace, "-o", "words.csv")
    places = [each for each in workspace.requests() if each.startswith("GET branch/default/files/")]

    assert len(places) == 2


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"path": SLICE, "action": "truncate"}, id="slice cut off"),
        pytest.param({"path": SLICE, "action": "reset"}, id="slice lost"),
        pytest.param({"path": SLICE, "action": "status", "status": 403}, id="slice refused"),
        pytest.param({"path": SLICE, **EXPIRED}, id="credentials expire at once"),
        pytest.param({"path": "manifest", "action": "reset"}, id="manifest lost"),
        pytest.param({"path": "/files/", "action": "status", "status": 500}, id="place unknown"),
        pytest.param({"path": "/jobs/", "action": "reset"}, id="job lost"),
    ],
)
def test_what_stays_broken_leaves_nothing(workspace, rule):
    workspace.fault(method="GET", **rule)
    result = export(workspace, "-o", "words.csv")

    assert result.exit_code == 8, result.output
    assert "Traceback" not in result.output
    assert left(workspace) == []


def test_a_column_that_is_added_meanwhile_does_not_shift_the_header(workspace):
    edit = {"method": "POST", "path": f"branch/default/tables/{TABLE}/columns", "token": TOKEN}
    edit["body"] = {"name": "new"}
    workspace.fault(method="POST", path="export-async", action="edit", edit=edit, times=1)
    result = export(workspace, "-o", "-")

    assert rows_of(result.stdout_bytes) == [["id", "word"], *ROWS]


def test_an_export_whose_beginning_was_not_answered_is_found_again(workspace):
    workspace.fault(method="POST", path="export-async", action="reset", when="after", times=1)
    result = export(workspace, "-o", "-", KBSYNC_MAX_WAIT="20")
    posts = [each for each in workspace.requests() if each.endswith("export-async")]

    assert rows_of(result.stdout_bytes) == [["id", "word"], *ROWS]
    assert len(posts) == 1


def test_an_export_that_never_began_is_asked_for_again(workspace):
    workspace.fault(method="POST", path="export-async", action="reset", times=1)
    result = export(workspace, "-o", "-", KBSYNC_MAX_WAIT="20")

    assert rows_of(result.stdout_bytes) == [["id", "word"], *ROWS]


def test_a_job_that_fails_is_told_whole(workspace):
    error = {"code": "fake.code", "message": "first line\nsecond line", "exceptionId": "e-1"}
    job = {"id": 9, "status": "error", "operationName": "tableExport", "error": error}
    workspace.fault(method="GET", path="/jobs/", action="status", status=200, body=job)
    result = export(workspace, "-o", "words.csv")

    assert result.exit_code == 8
    assert "first line\nsecond line (fake.code, e-1)" in result.stderr
    assert left(workspace) == []


def test_a_job_that_never_ends_is_waited_for_as_long_as_wanted(workspace):
    job = {"id": 9, "status": "processing", "operationName": "tableExport"}
    workspace.fault(method="GET", path="/jobs/", action="status", status=200, body=job)
    result = export(workspace, "-o", "words.csv", "--timeout", "0.5")

    assert result.exit_code == 8
    assert "kbsync job show 9" in result.stderr
    assert left(workspace) == []


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        ([TABLE, "-o", "there.csv"], 4, "there.csv is there already"),
        ([TABLE, "-o", "none/a.csv"], 1, "there is no folder none"),
        (["in.c-main.wrods", "-o", "a.csv"], 8, "Did you mean in.c-main.words?"),
        (["in.c-none.words", "-o", "a.csv"], 8, "Did you mean in.c-main.words?"),
        ([TABLE, "-o", "a.csv", "--columns", "id,wrod"], 64, "Did you mean word?"),
        ([TABLE, "-o", "a.csv", "--where", "wrod=1"], 64, "Did you mean word?"),
        ([TABLE, "-o", "a.csv", "--where", "id"], 64, "'id' is no condition"),
        ([TABLE, "-o", "a.csv", "--changed-since", "soon"], 64, "'soon' is not a time"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_exported(workspace, arguments, code, what):
    (workspace.root / "there.csv").write_text("theirs")
    result = workspace.kbsync("table", "export", *arguments)

    assert result.exit_code == code, result.output
    assert what in result.stderr
    assert left(workspace) == ["there.csv"]
    assert [each for each in workspace.requests() if not each.startswith("GET ")] == []


def test_a_token_without_the_right_is_told_so(workspace):
    result = export(workspace, "-o", "a.csv", KEBOOLA_TOKEN="limited")

    assert result.exit_code == 7
    assert left(workspace) == []


def test_force_replaces_a_file(workspace):
    (workspace.root / "words.csv").write_text("old")
    result = export(workspace, "-o", "words.csv", "--force")

    assert result.exit_code == 0, result.output
    assert rows_of((workspace.root / "words.csv").read_bytes()) == [["id", "word"], *ROWS]


def test_a_stack_that_keeps_files_elsewhere_is_told_plainly(workspace):
    file = {"id": 1, "provider": "azure", "absPath": {"container": "c", "name": "n"}}
    workspace.fault(method="GET", path="/files/", action="status", status=200, body=file)
    result = export(workspace, "-o", "words.csv")

    assert result.exit_code == 1
    assert "keeps its files at Azure Blob Storage" in result.stderr
    assert "Nothing was written." in result.stderr


def process(workspace, *arguments, **options):
    environment = {
        **os.environ,
        **workspace.environment,
        "KBSYNC_MAX_WAIT": "20",
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-m", "kbsync", "table", "export", TABLE, *arguments]
    return subprocess.Popen(
        command, cwd=workspace.root, env=environment, stderr=subprocess.PIPE, text=True, **options
    )


def test_a_full_disk_is_told_and_leaves_nothing(workspace):
    export_is(workspace, b'"1","a"\n' * 500_000)
    limit = 1_000_000
    running = process(
        workspace,
        "-o",
        "words.csv",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    _, said = running.communicate(timeout=60)

    assert running.returncode == 1, said
    assert "words.csv cannot be written: file too large" in said
    assert left(workspace) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_stdout_is_told(workspace):
    with Path("/dev/full").open("wb") as full:
        running = process(workspace, "-o", "-", stdout=full)
        _, said = running.communicate(timeout=60)

    assert running.returncode == 1, said
    assert "the output cannot be written" in said


def wait_until_held(workspace):
    """Wait until a request is held back: the newest ones are listed when they are answered."""
    until, seen = time.monotonic() + 30, -1
    while time.monotonic() < until:
        time.sleep(1)
        now = len(workspace.requests())
        if now == seen and now > 0:
            return
        seen = now
    pytest.fail("it did not come to a request that is held back")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
@pytest.mark.parametrize(
    "where",
    [SLICE, "manifest", "/jobs/", "export-async"],
    ids=["slice", "manifest", "job", "beginning"],
)
def test_whoever_stops_it_leaves_nothing(workspace, number, code, where):
    workspace.fault(path=where, action="hang")
    running = process(workspace, "-o", "words.csv")
    wait_until_held(workspace)
    running.send_signal(number)
    _, said = running.communicate(timeout=30)

    assert running.returncode == code, said
    assert "Traceback" not in said
    assert left(workspace) == []
    assert len([each for each in workspace.requests() if "export-async" in each]) <= 1


@pytest.mark.parametrize("packing", [[], ["--gzip"]], ids=["plain", "gzip"])
def test_a_file_in_one_piece_may_begin_with_a_huge_value(workspace, packing):
    rows = ('"' + "x" * 200_000 + '","a"\n').encode()
    export_is(workspace, rows, sliced=False)
    result = export(workspace, "-o", "words.csv", *packing)
    found = (workspace.root / "words.csv").read_bytes()

    assert result.exit_code == 0, result.output
    assert (gzip.decompress(found) if packing else found) == b'"id","word"\n' + rows


def test_rows_that_are_no_text_are_not_looked_through(workspace):
    export_is(workspace, b'"\xe9"\n')
    arguments = ["primary-key", "set", TABLE, "word", "--auto-approve"]
    result = workspace.kbsync("table", *arguments)

    assert result.exit_code == 8, result.output
    assert "A slice of the export is damaged: 'utf-8' codec can't decode" in result.stderr
    assert "Nothing was written." in result.stderr


@pytest.mark.parametrize("key", ["", "other/file"])
def test_slices_of_another_file_are_not_asked_for(workspace, key):
    export_is(workspace, b"", manifest={"entries": [{"url": f"s3://kbsync-emulator-files/{key}"}]})
    result = export(workspace, "-o", "words.csv")

    assert result.exit_code == 8
    assert "names what is no part of it" in result.stderr
    assert left(workspace) == []


@pytest.mark.parametrize("name", ["x" * 250, "é" * 125], ids=["letters", "bytes"])
def test_a_name_as_long_as_names_may_be_is_written(workspace, name):
    result = export(workspace, "-o", name)

    assert result.exit_code == 0, result.output
    assert left(workspace) == [name]


def test_a_link_to_a_folder_that_is_not_there_is_told_before_anything_is_exported(workspace):
    (workspace.root / "link").symlink_to("none/words.csv")
    result = export(workspace, "-o", "link")

    assert result.exit_code == 1
    assert "link cannot be written: there is no folder" in result.stderr
    assert workspace.requests() == []


def test_the_name_of_a_file_moves_no_cursor(workspace):
    result = export(workspace, "-o", "a\x1b[2Jb")

    assert result.stdout == f"Exported 5 rows of {TABLE} to a\\u001b[2Jb.\n"


def test_what_a_machine_has_for_other_work_with_amazon_is_left_aside(workspace, monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "http://other.invalid")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "mars-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fake-other")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid")

    assert rows_of(export(workspace, "-o", "-").stdout_bytes) == [["id", "word"], *ROWS]


def test_credentials_are_in_no_output(workspace):
    result = workspace.kbsync("-v", "table", "export", TABLE, "-o", "words.csv")

    assert "emulated-secret" not in result.output
    assert "emulated-session" not in result.output
    assert "EMULATED-KEY-ID" not in result.output
