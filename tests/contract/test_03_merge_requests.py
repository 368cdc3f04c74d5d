"""Reference section 3.5: merge requests."""

import pytest

from tests.contract.conftest import COMPONENT, problem
from tests.contract.test_03_branches import dev_branch

BASE = f"components/{COMPONENT}/configs"
C = f"{BASE}/c"


@pytest.fixture
def sides(serve):
    main = serve()
    path = main.config(configurationId="c", configuration={"v": 1}, state={"s": 1})
    main.row(path, "r1", configuration={"r": 1}, state={"t": 1})
    main.row(path, "r2", configuration={"r": 2})
    return main, serve(main, branch=dev_branch(main))


def request_merge(main, dev, **body):
    """Open a merge request and return its path."""
    into = next(item["id"] for item in main.get("/dev-branches").json() if item["isDefault"])
    body = {"branchFromId": dev.branch, "branchIntoId": into, "title": "T"} | body
    answer = main.post("/merge-request", body)
    assert answer.status_code == 201, answer.text
    return f"/merge-request/{answer.json()['id']}"


def approve(main, path):
    main.put(f"{path}/request-review")
    return main.put(f"{path}/approve")


def merge(main, dev):
    path = request_merge(main, dev)
    approve(main, path)
    return main.put(f"{path}/merge")


def test_a_merge_request_begins_in_development(sides):
    main, dev = sides
    path = request_merge(main, dev, description="D")
    request = main.get(path).json()

    assert (request["state"], request["title"], request["description"]) == ("development", "T", "D")
    assert main.get("/merge-request").json() == [request]


def test_the_states_of_a_merge_request(sides):
    main, dev = sides
    path = request_merge(main, dev)
    steps = ("request-review", "request-changes", "request-review", "approve")
    states = [main.put(f"{path}/{step}", {"reason": "x"}).json()["state"] for step in steps]

    assert states == ["in_review", "development", "in_review", "approved"]


def test_merging_before_approval_is_409(sides):
    main, dev = sides
    path = request_merge(main, dev)

    assert problem(main.put(f"{path}/merge")) == (409, "storage.mergeRequests.notReadyToMerge")


def test_one_open_merge_request_per_branch(sides):
    main, dev = sides
    request_merge(main, dev)
    again = main.post(
        "/merge-request", {"branchFromId": dev.branch, "branchIntoId": 1001, "title": "T"}
    )

    assert problem(again) == (400, "storage.mergeRequests.validation")


def test_only_the_default_branch_can_be_merged_into(sides):
    main, dev = sides
    body = {"branchFromId": 1001, "branchIntoId": dev.branch, "title": "T"}

    assert problem(main.post("/merge-request", body)) == (400, "storage.mergeRequests.validation")


def test_a_reason_is_at_most_1000_characters(sides):
    main, dev = sides
    path = request_merge(main, dev)
    main.put(f"{path}/request-review")

    assert main.put(f"{path}/request-changes", {"reason": "x" * 1001}).status_code == 400


def test_a_merge_request_can_be_edited(sides):
    main, dev = sides
    edited = main.put(request_merge(main, dev), {"title": "new"}).json()

    assert (edited["title"], edited["state"]) == ("new", "development")


def test_a_missing_merge_request_is_404(sides):
    assert sides[0].get("/merge-request/99").status_code == 404


def test_merging_gives_a_changed_configuration_one_version(sides):
    main, dev = sides
    dev.put(C, {"configuration": {"v": 2}})
    dev.put(C, {"name": "ours", "description": "D", "isDisabled": True})
    dev.put(C, {"rowsSortOrder": ["r2", "r1"]})
    head = dev.get(C).json()["currentVersion"]["versionIdentifier"]
    job = merge(main, dev)
    config = main.get(C).json()

    assert job.status_code == 202
    assert main.get(f"/jobs/{job.json()['id']}").json()["operationName"] == "mergeRequestMerge"
    assert (config["version"], config["name"], config["configuration"]) == (4, "ours", {"v": 2})
    assert (config["description"], config["isDisabled"]) == ("D", True)
    assert config["rowsSortOrder"] == ["r2", "r1"]
    assert config["currentVersion"]["versionIdentifier"] == head
    assert config["changeDescription"] == (
        'Configuration merged in merge request #1 from branch: "dev"'
    )


def test_merging_touches_only_changed_rows(sides):
    main, dev = sides
    ours = dev.put(f"{C}/rows/r1", {"configuration": {"r": 9}}).json()
    merge(main, dev)
    first, second = main.get(f"{C}/rows").json()

    assert (first["version"], first["configuration"]) == (2, {"r": 9})
    assert first["versionIdentifier"] == ours["versionIdentifier"]
    assert second["version"] == 1


def test_merging_leaves_unchanged_configurations_alone(sides):
    main, dev = sides
    before = main.get(C).json()
    dev.config(configurationId="new")
    merge(main, dev)

    assert main.get(C).json() == before
    assert main.get(f"{BASE}/new").json()["version"] == 1


def test_merging_deletes_what_the_branch_deleted(sides):
    main, dev = sides
    dev.config(configurationId="gone")
    dev.delete(f"{BASE}/gone")
    dev.delete(f"{C}/rows/r2")
    merge(main, dev)

    assert [row["id"] for row in main.get(f"{C}/rows").json()] == ["r1"]
    assert main.get(f"{BASE}/gone").status_code == 404


def test_merging_a_deleted_configuration_moves_it_to_the_trash(sides):
    main, dev = sides
    dev.delete(C)
    merge(main, dev)

    assert [item["id"] for item in main.get(BASE, isDeleted="true").json()] == ["c"]


def test_merging_never_touches_states(sides):
    main, dev = sides
    dev.put(C, {"name": "ours"})
    dev.put(f"{C}/state", {"state": {"ours": 1}})
    dev.put(f"{C}/rows/r1/state", {"state": {"ours": 1}})
    merge(main, dev)
    config = main.get(C).json()

    assert (config["state"], config["rows"][0]["state"]) == ({"s": 1}, {"t": 1})


def test_merging_upserts_metadata(sides):
    main, dev = sides
    main.post(f"{C}/metadata", {"metadata": [{"key": "theirs", "value": "1"}]})
    dev.post(f"{C}/metadata", {"metadata": [{"key": "ours", "value": "2"}]})
    dev.put(C, {"name": "ours"})
    merge(main, dev)

    assert [item["key"] for item in main.get(f"{C}/metadata").json()] == ["theirs", "ours"]


def test_merging_deletes_the_branch_and_publishes_the_request(sides):
    main, dev = sides
    merge(main, dev)
    operations = [job["operationName"] for job in main.get("/jobs").json()]

    assert main.get(f"/dev-branches/{dev.branch}").status_code == 404
    assert main.get("/merge-request/1").json()["state"] == "published"
    assert operations.count("devBranchDelete") == 1


def test_a_conflict_refuses_the_merge_and_says_where(sides):
    main, dev = sides
    base = dev.get(C).json()["currentVersion"]["versionIdentifier"]
    dev.put(C, {"name": "ours"})
    now = main.put(C, {"name": "theirs"}).json()["currentVersion"]["versionIdentifier"]
    answer = merge(main, dev)
    (conflict,) = answer.json()["params"]["errors"]
    message = conflict.pop("message")

    assert problem(answer) == (409, "storage.mergeRequests.validation")
    assert "c" in message
    assert conflict == {
        "componentId": COMPONENT,
        "configurationId": "c",
        "isDeleted": False,
        "devBranchVersionIdentifier": base,
        "defaultBranchVersionIdentifier": now,
    }
    assert main.get(C).json()["name"] == "theirs"
    assert len(main.get("/merge-request/1/conflicts").json()) == 1


@pytest.mark.parametrize("cure", ["reset-to-default", "rebase"])
def test_a_conflict_is_cured_by_reset_or_rebase(sides, cure):
    main, dev = sides
    dev.put(C, {"name": "ours"})
    main.put(C, {"name": "theirs"})
    dev.post(f"{C}/{cure}", {"version": 4, "name": "both", "rows": []})

    assert merge(main, dev).status_code == 202


def test_a_merge_request_outlives_its_branch_but_cannot_be_merged(sides):
    main, dev = sides
    path = request_merge(main, dev)
    main.delete(f"/dev-branches/{dev.branch}")

    assert main.get(path).json()["state"] == "development"
    assert main.get(f"{path}/conflicts").status_code == 404


@pytest.mark.parametrize(
    "body", [{"title": ""}, {"branchFromId": "default"}, {"branchFromId": 99}, {"branchIntoId": ""}]
)
def test_a_bad_merge_request_is_refused(sides, body):
    main, dev = sides
    answer = main.post(
        "/merge-request",
        {"branchFromId": dev.branch, "branchIntoId": "default", "title": "T"} | body,
    )

    assert answer.status_code in (400, 404)
    assert main.get("/merge-request").json() == []


def test_another_branch_can_have_a_merge_request_at_the_same_time(sides, serve):
    main, dev = sides
    other = serve(main, branch=dev_branch(main, "other"))

    assert request_merge(main, dev) != request_merge(main, other)
