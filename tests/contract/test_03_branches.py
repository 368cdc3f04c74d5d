"""Reference section 3: branches and what only they can do."""

import pytest

from tests.contract.conftest import COMPONENT, problem

BASE = f"components/{COMPONENT}/configs"


def dev_branch(api, name="dev", **body):
    """Create a branch and return its id, once its job has finished."""
    job = api.post("/dev-branches", {"name": name, **body}).json()
    return api.get(f"/jobs/{job['id']}").json()["results"]["id"]


@pytest.fixture
def main(serve):
    return serve()


@pytest.fixture
def sides(main, serve):
    """Configuration `c` at version 3 in the default branch, then a branch of it."""
    path = main.config(configurationId="c", configuration={"v": 1}, state={"s": 1})
    main.row(path, configuration={"r": 1}, state={"t": 1})
    main.put(path, {"rowsSortOrder": ["r1"]})
    main.post(f"{path}/metadata", {"metadata": [{"key": "k", "value": "v"}]})
    return main, serve(main, branch=dev_branch(main))


C = f"{BASE}/c"


# 3.2 dev-branches


def test_a_project_has_a_default_branch_called_main(local):
    (branch,) = local.get("/dev-branches").json()

    assert (branch["name"], branch["isDefault"], branch["creatorToken"]) == ("Main", True, [])
    assert type(branch["id"]) is int
    assert set(branch) == {"id", "name", "description", "created", "isDefault", "creatorToken"}


def test_branches_are_listed_newest_first_and_the_default_last(main):
    first, second = dev_branch(main, "one"), dev_branch(main, "two")
    listed = main.get("/dev-branches").json()

    assert [item["id"] for item in listed[:2]] == [second, first]
    assert listed[2]["isDefault"]


@pytest.mark.parametrize("name", ["default", "1001"])
def test_the_default_branch_has_a_detail_by_name_and_by_number(local, name):
    assert local.get(f"/dev-branches/{name}").json()["isDefault"] is True


@pytest.mark.parametrize("branch_id", ["999", "none", "9" * 30])
def test_an_unknown_branch_is_404(local, branch_id):
    answer = local.get(f"/dev-branches/{branch_id}")

    assert answer.status_code == 404
    assert answer.json()["error"] == f'Branch id:"{branch_id}" was not found.'
    assert local.get(f"/branch/{branch_id}/components").status_code == 404


def test_creating_a_branch_is_a_job_that_results_in_it(main):
    accepted = main.post("/dev-branches", {"name": "dev", "description": "D"})
    job = main.get(f"/jobs/{accepted.json()['id']}").json()

    assert accepted.status_code == 202
    assert (job["operationName"], job["status"]) == ("devBranchCreate", "success")
    assert job["results"] == main.get(f"/dev-branches/{job['results']['id']}").json()
    assert (job["results"]["name"], job["results"]["description"]) == ("dev", "D")
    assert job["results"]["isDefault"] is False
    assert set(job["results"]["creatorToken"]) == {"id", "name"}


@pytest.mark.parametrize("name", ["dev", "Main"])
def test_a_duplicate_branch_name_is_400_at_once(main, name):
    dev_branch(main)
    answer = main.post("/dev-branches", {"name": name})

    assert problem(answer) == (400, "devBranch.duplicateName")
    assert answer.json()["error"] == f'There already is a branch with name "{name}"'


def test_a_branch_without_a_name_is_400(main):
    assert main.post("/dev-branches").status_code == 400


def test_a_branch_can_be_renamed_and_described(main):
    branch_id = dev_branch(main, description="D")
    renamed = main.put(f"/dev-branches/{branch_id}", {"name": "new"}).json()
    described = main.put(f"/dev-branches/{branch_id}", {"description": "E"}).json()

    assert (renamed["name"], renamed["description"]) == ("new", "D")
    assert (described["name"], described["description"]) == ("new", "E")


def test_the_default_branch_can_be_described_but_not_renamed(main):
    described = main.put("/dev-branches/default", {"name": "Main", "description": "D"})
    renamed = main.put("/dev-branches/default", {"name": "new"})

    assert (described.status_code, described.json()["description"]) == (200, "D")
    assert renamed.status_code == 400
    assert renamed.json()["error"] == "You can not update default branch name."


def test_deleting_a_branch_is_a_job_and_frees_its_name(main):
    branch_id = dev_branch(main)
    accepted = main.delete(f"/dev-branches/{branch_id}")
    job = main.get(f"/jobs/{accepted.json()['id']}").json()

    assert accepted.status_code == 202
    assert (job["operationName"], job["status"]) == ("devBranchDelete", "success")
    assert main.get(f"/dev-branches/{branch_id}").status_code == 404
    assert dev_branch(main) > branch_id


def test_the_default_branch_cannot_be_deleted(main):
    answer = main.delete("/dev-branches/default")

    assert answer.status_code == 400
    assert answer.json()["error"] == "Cannot delete Main branch"


def test_a_token_of_no_person_cannot_create_a_branch(serve):
    api = serve({"tokens": [{"id": 1, "token": "test-token", "isMasterToken": False}]})

    assert problem(api.post("/dev-branches", {"name": "dev"})) == (403, "accessDenied")


def test_a_guest_may_delete_only_branches_of_his_own(serve):
    tokens = [{"id": 1, "token": "owner"}, {"id": 2, "token": "test-token", "role": "guest"}]
    guest = serve({"tokens": tokens})
    own, other = dev_branch(guest, "own"), dev_branch(serve(guest, token="owner"), "other")

    assert guest.delete(f"/dev-branches/{other}").status_code == 403
    assert guest.delete(f"/dev-branches/{own}").status_code == 202


# 3.3 What a branch contains


def test_a_branch_begins_with_copies_at_version_1(sides):
    main, dev = sides
    ours, theirs = dev.get(C).json(), main.get(C).json()

    assert (ours["version"], theirs["version"]) == (1, 3)
    for key in ("id", "name", "description", "isDisabled", "configuration", "rowsSortOrder"):
        assert ours[key] == theirs[key]
    for key in ("created", "creatorToken", "versionIdentifier"):
        assert ours["currentVersion"][key] == theirs["currentVersion"][key]


def test_rows_of_a_branch_begin_at_version_1(sides):
    main, dev = sides
    (ours,), (theirs,) = dev.get(f"{C}/rows").json(), main.get(f"{C}/rows").json()

    assert (ours["version"], ours["configuration"]) == (1, {"r": 1})
    assert ours["versionIdentifier"] == theirs["versionIdentifier"]


def test_who_creates_a_branch_is_the_creator_of_its_rows(main, serve):
    path = main.config()
    main.row(path)
    author = serve(main, token="somebody-else")
    branch = serve(main, branch=dev_branch(author))
    token = author.get("/tokens/verify").json()

    assert branch.get(f"{path}/rows/r1").json()["creatorToken"]["id"] == int(token["id"])


def test_messages_of_a_branch_copy(sides):
    dev = sides[1]
    config = dev.get(C).json()
    (version,) = dev.get(f"{C}/versions").json()

    assert config["changeDescription"] == (
        'Copied from default branch configuration "A" (c) version 3'
    )
    assert config["rows"][0]["changeDescription"] == (
        'Copied from default branch configuration row "" (r1) version 1'
    )
    assert version["changeDescription"] == (
        'Copied from default branch configuration version "A" (configuration id: c) version 3'
    )


def test_states_are_empty_in_a_new_branch(sides):
    config = sides[1].get(C).json()

    assert (config["state"], config["rows"][0]["state"]) == ({}, {})


def test_metadata_is_copied_into_a_branch_and_the_trash_is_not(main, serve):
    path = main.config()
    main.post(f"{path}/metadata", {"metadata": [{"key": "k", "value": "v"}]})
    main.post("metadata", {"metadata": [{"key": "b", "value": "w"}]})
    main.delete(main.config())
    dev = serve(main, branch=dev_branch(main))

    assert [item["value"] for item in dev.get(f"{path}/metadata").json()] == ["v"]
    assert [item["value"] for item in dev.get("metadata").json()] == ["w"]
    assert dev.get(BASE, isDeleted="true").json() == []


def test_both_sides_of_a_branch_are_independent(sides):
    main, dev = sides
    dev.put(C, {"name": "ours"})
    main.put(f"{C}/rows/r1", {"configuration": {"r": 9}})

    assert main.get(C).json()["name"] == "A"
    assert dev.get(f"{C}/rows/r1").json()["configuration"] == {"r": 1}


# 3.4 What only branches can do


def test_reset_to_default_is_a_fresh_copy_without_history(sides):
    main, dev = sides
    dev.put(C, {"name": "ours"})
    dev.delete(f"{C}/rows/r1")
    dev.post(f"{C}/metadata", {"metadata": [{"key": "k", "value": "ours"}]})
    main.put(C, {"name": "theirs"})
    answer = dev.post(f"{C}/reset-to-default")
    config = dev.get(C).json()

    assert answer.status_code == 204
    assert (config["version"], config["name"], len(config["rows"])) == (1, "theirs", 1)
    assert problem(dev.get(f"{C}/versions/2"))[0] == 404
    assert [item["value"] for item in dev.get(f"{C}/metadata").json()] == ["v"]


def test_reset_to_default_brings_back_what_the_branch_deleted(sides):
    dev = sides[1]
    dev.delete(C)
    dev.post(f"{C}/reset-to-default")

    assert dev.get(C).json()["version"] == 1


@pytest.mark.parametrize("deletes", [1, 2])
def test_reset_to_default_deletes_what_the_default_branch_deleted(sides, deletes):
    main, dev = sides
    for _ in range(deletes):
        main.delete(C)
    dev.post(f"{C}/reset-to-default")

    assert dev.get(C).status_code == 404
    assert [item["id"] for item in dev.get(BASE, isDeleted="true").json()] == ["c"]


def test_reset_to_default_is_refused_on_the_default_branch(sides):
    answer = sides[0].post(f"{C}/reset-to-default")

    assert 400 <= answer.status_code < 500
    assert answer.json()["error"] == "Reset to default branch is not implemented for default branch"


def test_the_trash_of_a_branch_cannot_be_purged(sides):
    dev = sides[1]
    first, second = dev.delete(C), dev.delete(C)

    assert first.status_code == 204
    assert problem(second) == (400, "storage.components.cannotDeleteConfiguration")
    assert dev.post(f"{C}/restore").status_code == 200


@pytest.mark.parametrize(
    ("place", "what"), [("", "configuration"), ("/rows/r1", "configuration row")]
)
def test_state_in_an_ordinary_update_is_refused_in_a_branch(sides, place, what):
    answer = sides[1].put(f"{C}{place}", {"state": {"x": 1}})

    assert answer.status_code == 400
    assert answer.json()["error"] == (
        f"Using 'state' parameter on {what} update is restricted for dev/branch context."
        " Use direct API call."
    )


@pytest.mark.parametrize("place", ["", "/rows/r1"])
def test_the_state_endpoints_work_in_a_branch(sides, place):
    assert sides[1].put(f"{C}{place}/state", {"state": {"x": 1}}).json()["state"] == {"x": 1}


def test_metadata_of_a_branch_configuration_cannot_be_deleted(sides):
    dev = sides[1]
    (entry,) = dev.get(f"{C}/metadata").json()
    answer = dev.delete(f"{C}/metadata/{entry['id']}")

    assert answer.status_code == 501
    assert answer.json()["error"] == "Delete metadata is not implemented for development branch"


def side(version, *, deleted=False, **content):
    """One side of a diff of configuration `c`."""
    rows = [{"id": "r1", "name": "", "description": "", "isDisabled": False}]
    rows[0]["configuration"] = {"r": 1}
    shown = {"name": "A", "description": "", "isDisabled": False, "configuration": {"v": 1}}
    return {"version": version, "isDeleted": deleted, "diff": shown | {"rows": rows} | content}


def diff(dev):
    sides = dev.get(f"{C}/diff").json()
    for found in sides.values():
        if found:
            del found["diff"]["changeDescription"]
    return sides


def test_diff_shows_base_ours_and_theirs(sides):
    main, dev = sides
    dev.put(C, {"configuration": {"v": 2}})
    main.put(C, {"name": "theirs"})

    assert diff(dev) == {
        "base": side(1),
        "ours": side(2, configuration={"v": 2}),
        "theirs": side(4, name="theirs"),
    }


def test_diff_marks_what_is_deleted(sides):
    main, dev = sides
    main.delete(C)
    dev.delete(C)

    assert diff(dev) == {
        "base": side(1),
        "ours": side(2, deleted=True),
        "theirs": side(4, deleted=True),
    }


def test_diff_is_null_where_a_configuration_never_was(main, serve):
    dev = serve(main, branch=dev_branch(main))
    dev.config(configurationId="c", configuration={"v": 1})
    ours = diff(dev)
    main.config(configurationId="d")

    assert ours == {"base": None, "ours": side(1, rows=[]), "theirs": None}
    assert dev.get(f"{BASE}/d/diff").json()["ours"] is None
    assert dev.get(f"{BASE}/none/diff").status_code == 404


@pytest.mark.parametrize(
    ("method", "action", "code"),
    [
        ("GET", "diff", "storage.configuration.diffNotAvailableOnDefaultBranch"),
        ("POST", "rebase", "storage.configuration.rebaseNotAvailableOnDefaultBranch"),
    ],
)
def test_diff_and_rebase_are_refused_on_the_default_branch(sides, method, action, code):
    assert problem(sides[0].call(method, f"{C}/{action}")) == (400, code)


RESOLVED = {
    "name": "resolved",
    "configuration": {"v": 3},
    "rows": [{"name": "new", "configuration": {}}, {"id": "r1", "configuration": {"r": 1}}],
}


@pytest.mark.parametrize("enveloped", [True, False], ids=["diff envelope", "flat"])
def test_rebase_leaves_the_base_and_what_was_resolved(sides, enveloped):
    main, dev = sides
    dev.put(C, {"configuration": {"v": 2}, "isDisabled": True, "description": "D"})
    dev.put(f"{C}/state", {"state": {"kept": 1}})
    main.put(C, {"configuration": {"v": 9}})
    body = {"version": 4} | ({"diff": RESOLVED} if enveloped else RESOLVED)
    answer = dev.post(f"{C}/rebase", body)
    config = answer.json()

    assert answer.status_code == 200
    assert config == dev.get(C).json()
    assert (config["version"], config["name"], config["configuration"]) == (2, "resolved", {"v": 3})
    assert (config["description"], config["isDisabled"]) == ("", False)
    assert config["state"] == {"kept": 1}
    assert [(row["name"], row["version"]) for row in config["rows"]] == [("new", 1), ("", 1)]
    assert config["rowsSortOrder"] == [row["id"] for row in config["rows"]]
    assert dev.get(f"{C}/versions/1").json()["configuration"] == {"v": 9}
    assert len(dev.get(f"{C}/versions").json()) == 2


def test_rebase_gives_a_changed_row_a_version_and_drops_missing_rows(sides):
    main, dev = sides
    main.row(C, "r2")
    body = {"version": 4, "rows": [{"id": "r1", "configuration": {"r": 2}}]}
    config = dev.post(f"{C}/rebase", body).json()

    assert [(row["id"], row["version"]) for row in config["rows"]] == [("r1", 2)]


@pytest.mark.parametrize("body", [{"version": 4}, {"version": 4, "diff": {}}], ids=str)
def test_rebase_without_content_resolves_as_deleted(sides, body):
    main, dev = sides
    main.put(C, {"name": "theirs"})

    assert dev.post(f"{C}/rebase", body).status_code == 200
    assert dev.get(C).status_code == 404
    assert dev.get(BASE, isDeleted="true").json()[0]["version"] == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"version": 99}, (404, "storage.configuration.versionNotFound"), id="unknown"),
        pytest.param({"version": 3}, (400, "validation.failed"), id="not newer"),
        pytest.param({"version": "4"}, (400, "validation.failed"), id="text"),
        pytest.param({"version": 4, "name": "x"}, (400, "validation.failed"), id="no rows"),
        pytest.param({"version": 4, "rows": {}}, (400, "validation.failed"), id="rows no list"),
        pytest.param({"version": 4, "rows": [1]}, (400, "validation.failed"), id="row no object"),
    ],
)
def test_a_bad_rebase_is_refused_and_changes_nothing(sides, body, expected):
    main, dev = sides
    main.put(C, {"name": "theirs"})
    before = dev.get(C).json()

    assert problem(dev.post(f"{C}/rebase", body)) == expected
    assert dev.get(C).json() == before


def test_after_a_rebase_the_new_base_counts(sides):
    main, dev = sides
    main.put(C, {"name": "theirs"})
    dev.post(f"{C}/rebase", {"version": 4, "rows": []})

    assert dev.get(f"{C}/diff").json()["base"]["diff"]["name"] == "theirs"
    assert problem(dev.post(f"{C}/rebase", {"version": 4, "rows": []}))[0] == 400


def test_reset_and_rebase_of_what_never_was_are_404(sides):
    dev = sides[1]

    for action in ("reset-to-default", "rebase"):
        answer = dev.post(f"{BASE}/none/{action}", {"version": 1})
        assert problem(answer) == (404, "storage.configuration.notFound")


def test_reset_brings_what_the_default_branch_got_since(sides):
    main, dev = sides
    main.config(configurationId="new")

    assert dev.post(f"{BASE}/new/reset-to-default").status_code == 204
    assert dev.get(f"{BASE}/new").json()["version"] == 1


def test_reset_of_what_both_sides_deleted_changes_nothing(sides):
    main, dev = sides
    main.delete(C)
    dev.delete(C)
    before = dev.get(BASE, isDeleted="true").json()

    assert dev.post(f"{C}/reset-to-default").status_code == 204
    assert dev.get(BASE, isDeleted="true").json() == before
