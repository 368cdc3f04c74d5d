"""Storage jobs: begun once, waited for patiently, and told of in full."""

import json
import signal

import pytest
import responses

from kbsync.api.client import StorageClient
from kbsync.api.retry import RetryPolicy
from kbsync.api.transport import Transport
from kbsync.cli.watching import News
from kbsync.errors import AccessError, ApiError
from kbsync.tables.job import JobFailedError, StillRunningError, UnknownJobError, read_job
from kbsync.tables.jobs import start_job, wait_for

STACK = "https://stack.test"
JOBS = f"{STACK}/v2/storage/jobs"
IMPORT = ("tables", "in.c-main.orders", "import-async")
IMPORT_URL = f"{STACK}/v2/storage/branch/default/tables/in.c-main.orders/import-async"
JOB = {
    "id": 501,
    "status": "waiting",
    "tableId": "in.c-main.orders",
    "operationName": "tableImport",
    "operationParams": {"incremental": False},
    "createdTime": "2026-02-13T12:51:48+0100",
    "startTime": None,
    "endTime": None,
    "runId": None,
    "results": None,
    "creatorToken": {"id": "4401", "description": "me@example.test"},
}
FAILED = {
    **JOB,
    "status": "error",
    "endTime": "2026-02-13T12:52:48+0100",
    "error": {
        "code": "csvImport.columnsNotMatch",
        "message": "Some columns are missing in the csv file.\nMissing columns: name.",
        "exceptionId": "exception-1",
    },
    "results": {"missingColumns": ["name"]},
}


@pytest.fixture
def client():
    policy = RetryPolicy(max_wait_s=1, attempts=2, first_s=0.01)
    client = StorageClient(Transport(STACK, "secret-token", policy=policy))
    yield client
    client.close()


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.pauses = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("kbsync.tables.jobs.time", clock)
    return clock


def answers(*jobs):
    for job in jobs:
        responses.get(f"{JOBS}/501", json=job)


def as_status(status, **more):
    return {**JOB, "status": status, **more}


@responses.activate
def test_a_job_is_waited_for_and_every_answer_is_heard_of(client):
    answers(as_status("processing"), as_status("success", results={"totalRowsCount": 5}))
    heard = []

    done = wait_for(client, JOB, patience_s=None, on_news=lambda job: heard.append(job.status))

    assert heard == ["waiting", "processing", "success"]
    assert done.results == {"totalRowsCount": 5}


@responses.activate
def test_a_job_that_is_over_is_not_asked_for(client):
    done = wait_for(client, as_status("success"), patience_s=0)

    assert done.status == "success"
    assert len(responses.calls) == 0


@responses.activate
@pytest.mark.parametrize(
    "status", ["terminated", "cancelled", "error", "something-new"], ids=lambda status: status
)
def test_a_job_that_ends_in_any_other_way_has_failed(client, status):
    answers({**FAILED, "status": status})

    with pytest.raises(JobFailedError) as caught:
        wait_for(client, JOB, patience_s=None)

    assert str(caught.value) == (
        f"job 501 (tableImport of in.c-main.orders) ended as {status}: Some columns are missing in "
        "the csv file.\nMissing columns: name. (csvImport.columnsNotMatch, exception-1)"
    )
    assert caught.value.hint == "All there is to know of it: kbsync job show 501"


@responses.activate
def test_a_job_that_never_ends_outlasts_our_patience_and_is_left_alone(client, clock):
    answers(as_status("processing"))

    with pytest.raises(StillRunningError) as caught:
        wait_for(client, JOB, patience_s=60)

    assert str(caught.value) == (
        "Waited 60 s for job 501 (tableImport of in.c-main.orders), which is processing; the "
        "platform goes on with it"
    )
    assert caught.value.hint == "Look at it again: kbsync job show 501"
    assert {call.request.method for call in responses.calls} == {"GET"}


@responses.activate
def test_it_is_asked_for_ever_more_rarely_and_the_last_time_when_patience_ends(client, clock):
    answers(*[as_status("processing")] * 17, as_status("success"))

    wait_for(client, JOB, patience_s=80)

    assert clock.pauses[:3] == pytest.approx([0.1, 0.15, 0.225])
    assert max(clock.pauses) == 10
    assert clock.now == pytest.approx(80)


@responses.activate
@pytest.mark.parametrize("status", [401, 500])
def test_when_the_platform_cannot_be_asked_the_job_is_not_said_to_have_failed(client, status):
    responses.get(f"{JOBS}/501", status=status, json={"error": "Not now"})

    with pytest.raises(UnknownJobError) as caught:
        wait_for(client, JOB, patience_s=None)

    assert str(caught.value).startswith("GET jobs/501: Not now")
    assert "What becomes of job 501" in str(caught.value)
    assert not caught.value.nothing_was_written


@responses.activate
@pytest.mark.parametrize("moment", ["waiting", "processing"])
def test_who_stops_waiting_is_told_that_the_job_goes_on(client, clock, moment):
    answers(as_status("processing"))

    def interrupt(job):
        if job.status == moment:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(StillRunningError, match=r"^Stopped waiting for job 501") as caught:
        wait_for(client, JOB, patience_s=None, on_news=interrupt)

    assert caught.value.exit_code == 130


@responses.activate
def test_a_job_is_begun_under_a_run_id_of_its_own(client):
    responses.post(IMPORT_URL, status=202, json=JOB)

    start_job(client, "POST", *IMPORT, body={"dataFileId": 7})
    start_job(client, "POST", *IMPORT, body={"dataFileId": 7})

    assert len({call.request.headers["X-KBC-RunId"] for call in responses.calls}) == 2
    assert json.loads(responses.calls[0].request.body) == {"dataFileId": 7}


@responses.activate
def test_a_job_whose_beginning_was_not_answered_is_found_and_not_begun_again(client):
    responses.post(IMPORT_URL, status=500, json={"error": "Application error."})

    def listed(request):
        own = responses.calls[0].request.headers["X-KBC-RunId"]
        other = {**JOB, "id": 502, "runId": "another"}
        found = [other] if len(responses.calls) < 2 else [other, {**JOB, "runId": own}]
        return 200, {}, json.dumps(found)

    responses.add_callback("GET", JOBS, listed)

    assert start_job(client, "POST", *IMPORT).id == "501"
    assert [call.request.method for call in responses.calls] == ["POST", "GET", "GET"]


@responses.activate
@pytest.mark.parametrize("status", [200, 503], ids=["not listed", "cannot be listed"])
def test_a_job_that_cannot_be_found_is_not_known_to_have_begun(client, status):
    responses.post(IMPORT_URL, status=500, json={"error": "Application error."})
    responses.get(JOBS, status=status, json=[] if status == 200 else {"error": "Later"})

    with pytest.raises(UnknownJobError, match="Whether the platform has begun is not known"):
        start_job(client, "POST", *IMPORT)

    assert [call.request.method for call in responses.calls].count("POST") == 1


@responses.activate
def test_who_stops_it_before_the_answer_is_told_that_it_may_have_begun(client):
    def interrupted(request):
        raise KeyboardInterrupt

    responses.add_callback("POST", IMPORT_URL, interrupted)

    with pytest.raises(UnknownJobError, match=r"^Stopped before the platform answered") as caught:
        start_job(client, "POST", *IMPORT)

    assert caught.value.exit_code == 130


@responses.activate
@pytest.mark.parametrize(("status", "kind"), [(400, ApiError), (403, AccessError)])
def test_what_the_platform_refuses_is_not_looked_for(client, status, kind):
    responses.post(IMPORT_URL, status=status, json={"error": "No"})

    with pytest.raises(kind, match="No"):
        start_job(client, "POST", *IMPORT)

    assert len(responses.calls) == 1


@pytest.mark.parametrize("found", [None, [], {}, {"id": 1}, {"status": "success"}, "text"])
def test_what_is_no_job_is_refused(found):
    with pytest.raises(ApiError, match="a job without id or status"):
        read_job(found)


def test_a_ciphertext_in_the_words_of_the_platform_is_not_shown():
    error = {"message": "Bad value KBC::ProjectSecure::fake-one"}
    job = read_job({"id": 1, "status": "error", "error": error})

    assert "fake-one" not in str(job.error)


def test_a_failed_job_without_a_reason_says_that_there_is_none():
    job = read_job({"id": 1, "status": "error", "creatorToken": [], "error": None})

    assert str(job.error) == "the platform does not say why"
    assert job.label == "job 1 (operation)"


def test_a_job_that_takes_long_is_told_of_now_and_then(capsys):
    moments = iter([0, 1, 2, 5, 6, 7, 22, 310, 330, 371, 372])
    news = News(now=lambda: next(moments))
    for status in ("waiting", "waiting", "waiting", *["processing"] * 6, "success"):
        news(read_job(as_status(status)))
    said = capsys.readouterr().err.splitlines()

    assert {line.partition(": ")[0] for line in said} == {
        "Job 501 (tableImport of in.c-main.orders)"
    }
    assert [line.partition(": ")[2] for line in said] == [
        "waiting, 2 s so far.",
        "processing, 6 s so far.",
        "processing, 22 s so far.",
        "processing, 310 s so far.",
        "processing, 371 s so far.",
    ]


@pytest.fixture
def workspace(start_workspace):
    workspace = start_workspace()
    body = {"name": "main", "stage": "in"}
    workspace.storage("POST", "buckets", body)
    columns = [{"name": "id", "definition": {"type": "VARCHAR"}}]
    body = {"name": "orders", "primaryKeysNames": [], "columns": columns}
    workspace.storage("POST", "buckets/in.c-main/tables-definition", body)
    workspace.storage("POST", "tables/in.c-main.orders/primary-key", {"columns": ["id"]})
    return workspace


def test_a_job_is_shown_as_text_and_as_json(workspace):
    told = workspace.kbsync("job", "show", "50002")
    document = json.loads(workspace.kbsync("job", "show", "50002", "--format", "json").stdout)

    assert told.stdout.startswith("Job 50002   tablePrimaryKeyAdd of in.c-main.orders\nStatus ")
    assert (document["id"], document["status"], document["isOver"]) == ("50002", "success", True)


def test_the_newest_jobs_are_listed(workspace):
    told = workspace.kbsync("job", "list")
    document = json.loads(
        workspace.kbsync("job", "list", "--limit", "1", "--format", "json").stdout
    )

    assert [line.split()[0] for line in told.stdout.splitlines()] == ["job", "50002", "50001"]
    assert [job["id"] for job in document["jobs"]] == ["50002"]


def test_a_job_that_failed_is_told_whole_and_in_order(workspace):
    workspace.fault(method="GET", path="jobs", action="status", status=200, body=json.dumps(FAILED))

    told = workspace.kbsync("job", "show", "501")

    assert "\nError\n  Some columns are missing in the csv file.\n  Missing columns" in told.stdout
    assert "\nCode       csvImport.columnsNotMatch\n" in told.stdout
    assert told.exit_code == 0


def test_waiting_ends_with_the_job(workspace):
    waited = workspace.kbsync("job", "wait", "50002")
    workspace.fault(method="GET", path="jobs", action="status", status=200, body=json.dumps(FAILED))
    failed = workspace.kbsync("job", "wait", "501")

    assert (waited.exit_code, failed.exit_code) == (0, 8)
    assert "ended as error: Some columns" in failed.stderr
    assert "Nothing was written" not in failed.stderr


def test_waiting_too_long_says_how_to_look_again(workspace):
    body = json.dumps(as_status("processing"))
    workspace.fault(method="GET", path="jobs", action="status", status=200, body=body)

    waited = workspace.kbsync("job", "wait", "501", "--timeout", "0.2")

    assert waited.exit_code == 8
    assert "the platform goes on with it" in waited.stderr
    assert "Hint: Look at it again: kbsync job show 501" in waited.stderr


def test_a_job_that_does_not_exist_is_said_not_to(workspace):
    shown = workspace.kbsync("job", "show", "9")

    assert shown.exit_code == 8
    assert "The project has no Storage job 9\nHint: See them: kbsync job list." in shown.stderr


def test_an_empty_project_has_no_jobs(start_workspace):
    assert start_workspace().kbsync("job", "list").stdout == "The project lists no Storage jobs.\n"
