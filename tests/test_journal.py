import json
import os
import stat
import sys
import threading

import pytest
from jsonschema import Draft7Validator

from kbsync.documents.validate import load_schema
from kbsync.model import Key
from kbsync.plans.plan import Step
from kbsync.plans.writes import Action, Write
from kbsync.run.journal import RUNS, FileJournal, JournalError, read_runs
from kbsync.run.result import Outcome, Result
from kbsync.stamp import Stamp
from tests.processes import started

STAMP = Stamp(message="Load", run="01RUN", commit="abc")
KEY = Key("keboola.ex-http", "a")
WRITE = Write(
    key=KEY,
    action=Action.UPDATE,
    method="PUT",
    path=("components", "keboola.ex-http", "configs", "a"),
    body={"configuration": {"#password": "KBC::ProjectSecure::fake-one", "x": "fake-body"}},
)
STEP = Step(key=KEY, name="A", base=None, changes=())
RESULT = Result(step=STEP, outcome=Outcome.APPLIED, version=2, written=1)

LIMITED = """
import resource, sys
from kbsync.__main__ import main
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
main()
"""
"""kbsync, on a disk on which no file gets larger than so many bytes."""


def lines(root):
    (path,) = (root / RUNS).glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def without_time(events):
    return [{name: event[name] for name in event if name != "time"} for event in events]


def test_a_journal_tells_what_was_about_to_happen_and_what_did(tmp_path):
    journal = FileJournal(tmp_path, STAMP, plan="p1")
    journal.settled(journal.intent(WRITE), "done")
    journal.result(RESULT)
    journal.end("done")

    assert without_time(lines(tmp_path)) == [
        {"event": "start", "run": "01RUN", "message": "Load", "commit": "abc", "plan": "p1"},
        {
            "event": "intent",
            "number": 1,
            "object": "keboola.ex-http/a",
            "action": "update",
            "request": "PUT components/keboola.ex-http/configs/a",
        },
        {"event": "settled", "number": 1, "outcome": "done"},
        {
            "event": "result",
            "object": "keboola.ex-http/a",
            "outcome": "ok",
            "before": None,
            "after": 2,
            "writes": 1,
            "uncertain": False,
            "error": None,
        },
        {"event": "end", "outcome": "done"},
    ]


def test_every_line_of_a_run_is_as_the_published_schema_says(start_workspace):
    workspace = start_workspace(FILES)
    workspace.kbsync("apply", "--auto-approve")
    check = Draft7Validator(load_schema("journal"))
    written = lines(workspace.root)

    assert {event["event"] for event in written} == {"start", "intent", "settled", "result", "end"}
    assert [error.message for event in written for error in check.iter_errors(event)] == []


def test_a_journal_holds_no_bodies(tmp_path):
    journal = FileJournal(tmp_path, STAMP)
    journal.intent(WRITE)
    journal.end("done")
    (path,) = (tmp_path / RUNS).glob("*.jsonl")

    assert "fake" not in path.read_text()


def test_only_its_owner_reads_a_journal_and_git_does_not_see_it(tmp_path):
    journal = FileJournal(tmp_path, STAMP)
    (path,) = (tmp_path / RUNS).glob("*.jsonl")
    journal.end("done")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (tmp_path / ".kbsync" / ".gitignore").read_text() == "*\n"


def test_each_line_is_on_the_disk_before_it_goes_on(tmp_path, monkeypatch):
    sizes = []
    fsync = os.fsync

    def noted(file):
        fsync(file)
        sizes.append(os.fstat(file).st_size)

    monkeypatch.setattr(os, "fsync", noted)
    journal = FileJournal(tmp_path, STAMP)
    (path,) = (tmp_path / RUNS).glob("*.jsonl")
    seen = [path.stat().st_size]
    for event in (lambda: journal.intent(WRITE), lambda: journal.settled(1, "done")):
        event()
        seen.append(path.stat().st_size)
    journal.end("done")

    assert sizes == [*seen, path.stat().st_size]


def test_lines_of_many_threads_stay_whole_and_numbers_differ(tmp_path):
    journal = FileJournal(tmp_path, STAMP)
    threads = [
        threading.Thread(target=lambda: [journal.intent(WRITE) for _ in range(10)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.end("done")
    numbers = [event["number"] for event in lines(tmp_path) if event["event"] == "intent"]

    assert sorted(numbers) == list(range(1, 81))


def test_a_run_has_one_journal(tmp_path):
    FileJournal(tmp_path, STAMP).end("done")

    with pytest.raises(JournalError, match="cannot be written: File exists"):
        FileJournal(tmp_path, STAMP)


@pytest.mark.parametrize("cut", [1, 20, 60], ids=lambda cut: f"{cut} bytes lost")
def test_of_a_killed_run_everything_but_the_cut_line_is_known(tmp_path, cut):
    journal = FileJournal(tmp_path, STAMP)
    journal.settled(journal.intent(WRITE), "done")
    journal.intent(WRITE)
    (path,) = (tmp_path / RUNS).glob("*.jsonl")
    whole = path.read_bytes()
    journal.settled(2, "done" + "." * 60)
    path.write_bytes(path.read_bytes()[:-cut])
    (record,) = read_runs(tmp_path)
    journal.end("done")

    assert path.read_bytes().startswith(whole)
    assert (record.run, record.end, record.results) == ("01RUN", None, ())
    assert [event["number"] for event in record.unsettled] == ([2] if cut > 1 else [])


@pytest.mark.parametrize(
    "line",
    [
        {"event": "intent", "number": 1, "action": "update"},
        {"event": "intent", "object": "keboola.ex-http/a", "action": "update"},
        {"event": "result", "outcome": "applied"},
    ],
    ids=["no object", "no number", "no object of a result"],
)
def test_a_line_that_somebody_damaged_tells_nothing(tmp_path, line):
    path = tmp_path / RUNS / "01RUN.jsonl"
    path.parent.mkdir(parents=True)
    start = {"event": "start", "run": "01RUN"}
    path.write_text("".join(f"{json.dumps(each)}\n" for each in (start, line)))
    (record,) = read_runs(tmp_path)

    assert (record.results, record.settled, record.unsettled) == ((), (), ())


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{", b"[]\n", b'{"event": "end"}\n', b'{"event": "start"}\n', b"\xff\xfe\n"],
    ids=repr,
)
def test_what_is_no_journal_is_passed_over(tmp_path, content):
    FileJournal(tmp_path, STAMP).end("done")
    (tmp_path / RUNS / "02OTHER.jsonl").write_bytes(content)

    assert [record.run for record in read_runs(tmp_path)] == ["01RUN"]


def test_runs_are_read_newest_first(tmp_path):
    for run in ("01A", "01C", "01B"):
        FileJournal(tmp_path, Stamp(message="", run=run)).end("done")

    assert [record.run for record in read_runs(tmp_path)] == ["01C", "01B", "01A"]
    assert list(read_runs(tmp_path / "elsewhere")) == []


def test_half_a_line_on_a_full_disk_does_not_spoil_the_next(tmp_path, monkeypatch):
    journal = FileJournal(tmp_path, STAMP)
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))
        with pytest.raises(JournalError, match="cannot be written: No space left on device"):
            journal.intent(WRITE)
    journal.end("failed")

    assert [event["event"] for event in lines(tmp_path)] == ["start", "end"]


# -- a journal that cannot be written

FILES = {f"keboola.ex-http/{name}/config.yaml": f"name: {name.upper()}\n" for name in "abc"}


@pytest.mark.parametrize("blocked", [".kbsync", RUNS])
def test_without_a_place_for_the_journal_nothing_is_written(start_workspace, blocked):
    workspace = start_workspace(FILES)
    path = workspace.root / blocked
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("not a folder")
    result = workspace.kbsync("apply", "--auto-approve")

    assert (result.exit_code, workspace.writes()) == (1, [])
    assert "cannot be written" in result.stderr
    assert "Nothing was written." in result.stderr
    assert workspace.storage("GET", "metadata").json() == []


def test_on_a_full_disk_nothing_is_written(start_workspace):
    workspace = start_workspace(FILES)
    code, output, errors = applied_on_a_disk_of(0, workspace)

    assert (code, workspace.writes()) == (1, []), output + errors
    assert "cannot be written" in errors
    assert "Nothing was written." in errors


# Room for the start and for what there is to say about one configuration; sometimes for the end.
@pytest.mark.parametrize("size", range(780, 940, 20))
def test_when_the_disk_gets_full_the_run_ends_and_says_what_was_written(start_workspace, size):
    workspace = start_workspace(FILES)
    code, output, errors = applied_on_a_disk_of(size, workspace)

    assert code == 6, output + errors
    assert len(workspace.writes()) == 1
    assert "ok        keboola.ex-http/a" in output
    assert "failed    keboola.ex-http/b" in output
    assert "not run   keboola.ex-http/c" in output
    assert "cannot be written" in output
    assert workspace.storage("GET", "metadata").json() == []
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0


def applied_on_a_disk_of(size, workspace):
    command = [sys.executable, "-c", LIMITED, str(size), "apply", "--auto-approve"]
    environment = {**os.environ, **workspace.environment}
    options = {"cwd": workspace.root, "env": environment}
    with started([*command, "--parallelism", "1"], **options) as process:
        output, errors = process.communicate(timeout=30)
    return process.returncode, output, errors
