"""Reference section 11.6: storage jobs."""

import pytest

JOB_KEYS = {
    "id", "status", "url", "tableId", "operationName", "operationParams", "createdTime",
    "startTime", "endTime", "runId", "results", "creatorToken", "metrics",
}  # fmt: skip


@pytest.fixture
def job(local):
    headers = {"X-KBC-RunId": "run.1"}
    return local.call("POST", "/dev-branches", json={"name": "dev"}, headers=headers).json()


def test_a_job_has_every_property(job):
    assert set(job) == JOB_KEYS


def test_a_job_waits_when_it_is_accepted(job):
    assert (job["status"], job["results"], job["startTime"]) == ("waiting", None, None)


def test_a_job_is_finished_when_it_is_polled(local, job):
    polled = local.get(job["url"]).json()

    assert polled["status"] == "success"
    assert {key: polled[key] for key in ("id", "url", "operationName", "runId")} == {
        key: job[key] for key in ("id", "url", "operationName", "runId")
    }


def test_job_ids_are_numbers_and_their_creator_ids_texts(job):
    assert type(job["id"]) is int
    assert isinstance(job["creatorToken"]["id"], str)
    assert job["runId"] == "run.1"


def test_jobs_are_listed_newest_first(local, job):
    later = local.post("/dev-branches", {"name": "other"}).json()

    assert [item["id"] for item in local.get("/jobs").json()] == [later["id"], job["id"]]
    assert [item["id"] for item in local.get("/jobs", limit=1, offset=1).json()] == [job["id"]]


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"storage_job_status[]": "success"}, 1),
        ({"storage_job_status[]": "error"}, 0),
        ({"excluded_storage_job_status[]": "success"}, 0),
    ],
)
def test_jobs_are_filtered_by_status(local, job, params, count):
    assert len(local.get("/jobs", **params).json()) == count


def test_a_missing_job_is_404(local):
    assert local.get("/jobs/1").status_code == 404
