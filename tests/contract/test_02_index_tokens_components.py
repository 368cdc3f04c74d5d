"""Reference section 2: index, tokens, component definitions, tickets."""

import pytest

from tests.contract.conftest import COMPONENT, problem

DETAIL_KEYS = {
    "id", "uri", "name", "description", "longDescription", "version", "complexity", "categories",
    "hasRun", "hasUI", "ico32", "ico64", "ico128", "type", "data", "flags", "documentationUrl",
    "configurationSchema", "configurationRowSchema", "emptyConfiguration",
    "emptyConfigurationRow", "createConfigurationRowSchema", "configurationDescription",
    "uiOptions", "features", "expiredOn", "dataTypesConfiguration", "processorConfiguration",
}  # fmt: skip
VERIFY_KEYS = {
    "id", "description", "uri", "created", "refreshed", "expires", "isMasterToken",
    "canManageBuckets", "canManageTokens", "canReadAllFileUploads", "canPurgeTrash", "isExpired",
    "isDisabled", "dailyCapacity", "token", "bucketPermissions", "creatorToken", "organization",
    "admin", "owner",
}  # fmt: skip
OWNER_KEYS = {
    "id", "name", "type", "region", "created", "expires", "features", "dataSizeBytes",
    "rowsCount", "hasMysql", "hasSynapse", "hasRedshift", "hasSnowflake", "hasExasol",
    "hasTeradata", "hasBigquery", "defaultBackend", "hasTryModeOn", "limits", "metrics",
    "isDisabled", "dataRetentionTimeInDays", "fileStorageProvider",
}  # fmt: skip
SEED = [
    {
        "id": "keboola.ex-one",
        "type": "extractor",
        "name": "One",
        "configurationSchema": {"type": "object", "properties": {"z": {}, "a": {}}},
        "configurations": [{"id": "c1", "name": "C1", "rows": [{"id": "r1"}]}],
    },
    {"id": "keboola.wr-two", "configurations": [{"id": "c1", "name": "C1"}]},
]


def limited(**rights):
    """A seed with one limited token, `limited-token`, next to an ordinary one."""
    tokens = [{"id": 1, "token": "test-token"}, {"id": 2, "token": "limited-token", **rights}]
    return {"components": SEED, "tokens": tokens}


def test_the_index_is_public(api):
    del api.session.headers["X-StorageApi-Token"]
    index = api.call("GET", api.storage).json()

    assert (index["api"], index["version"]) == ("storage", "v2")
    assert {"components", "services", "features", "urlTemplates"} <= index.keys()


def test_the_index_tells_where_the_services_are(api):
    services = {
        item["id"]: item["url"] for item in api.get("/", exclude="components").json()["services"]
    }

    assert {"encryption", "queue", "scheduler", "notification", "sync-actions"} <= services.keys()
    assert all(url.startswith("http") for url in services.values())


def test_exclude_components_removes_the_key(api):
    assert "components" not in api.get("/", exclude="components").json()


def test_exclude_component_details_keeps_nine_keys(serve):
    index = serve(SEED).get("/", exclude="componentDetails").json()

    assert set(index["components"][0]) == {
        "id", "name", "type", "ico64", "ico128", "features", "flags", "description", "categories"
    }  # fmt: skip


def test_the_index_lists_components_that_are_not_used(serve):
    api = serve([{"id": "keboola.ex-unused", "type": "extractor"}])

    assert [item["id"] for item in api.get("/").json()["components"]] == ["keboola.ex-unused"]
    assert api.get("components").json() == []


def test_verify_describes_the_token_and_its_project(api):
    token = api.get("/tokens/verify").json()

    assert token.keys() >= VERIFY_KEYS
    assert token["owner"].keys() >= OWNER_KEYS


def test_verify_has_the_types_that_typed_clients_decode(api):
    token = api.get("/tokens/verify").json()
    owner = token["owner"]

    assert isinstance(token["id"], str)
    assert type(owner["id"]) is int
    assert isinstance(token["organization"]["id"], str)
    assert type(token["admin"]["id"]) is int
    assert isinstance(owner["limits"], dict)
    assert isinstance(owner["metrics"], dict)


def test_try_mode_is_a_text_of_one_digit(local):
    assert local.get("/tokens/verify").json()["owner"]["hasTryModeOn"] == "0"


def test_verify_answers_the_same_under_every_branch_form(api):
    plain = api.get("/tokens/verify").json()

    assert api.get("/branch/default/tokens/verify").json() == plain
    assert api.get("tokens/verify").json() == plain


def test_only_master_tokens_have_an_administrator(serve):
    api = serve(limited(canManageBuckets=True, isMasterToken=False), token="limited-token")
    token = api.get("/tokens/verify").json()

    assert (token["isMasterToken"], "admin" in token) == (False, False)


def test_empty_bucket_permissions_are_a_list(local):
    assert local.get("/tokens/verify").json()["bucketPermissions"] == []


def test_given_bucket_permissions_are_an_object(serve):
    api = serve(limited(bucketPermissions={"in.c-main": "read"}), token="limited-token")

    assert api.get("/tokens/verify").json()["bucketPermissions"] == {"in.c-main": "read"}


def test_the_project_of_the_seed_is_the_owner(serve):
    api = serve({"project": {"id": 8341, "name": "Sales", "features": ["x"]}})
    owner = api.get("/tokens/verify").json()["owner"]

    assert (owner["id"], owner["name"], owner["features"]) == (8341, "Sales", ["x"])


def test_component_access_limits_the_listing(serve):
    api = serve(limited(componentAccess=["keboola.wr-two"]), token="limited-token")

    assert [item["id"] for item in api.get("components").json()] == ["keboola.wr-two"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "configs"),
        ("POST", "configs"),
        ("GET", "configs/c1"),
        ("PUT", "configs/c1"),
        ("DELETE", "configs/c1"),
        ("PUT", "configs/c1/state"),
        ("GET", "configs/c1/rows"),
        ("POST", "configs/c1/rows"),
        ("GET", "configs/c1/rows/r1"),
        ("GET", "configs/c1/versions"),
        ("GET", "configs/c1/metadata"),
    ],
)
def test_a_component_without_access_is_403(serve, method, path):
    api = serve(limited(componentAccess=["keboola.wr-two"]), token="limited-token")
    answer = api.call(method, f"components/keboola.ex-one/{path}", json={})

    assert problem(answer) == (403, "accessDenied")
    assert answer.json()["error"] == "You don't have access to the resource."


def test_component_access_allows_writing_that_component(serve):
    api = serve(limited(componentAccess=["keboola.wr-two"]), token="limited-token")

    assert api.put("components/keboola.wr-two/configs/c1", {"name": "B"}).status_code == 200


def test_manage_buckets_allows_every_component(serve):
    api = serve(limited(componentAccess=[], canManageBuckets=True), token="limited-token")

    assert len(api.get("components").json()) == 2


READ_ONLY_WRITES = [
    ("POST", "components/keboola.ex-one/configs"),
    ("PUT", "components/keboola.ex-one/configs/c1"),
    ("DELETE", "components/keboola.ex-one/configs/c1"),
    ("POST", "components/keboola.ex-one/configs/c1/restore"),
    ("PUT", "components/keboola.ex-one/configs/c1/state"),
    ("POST", "components/keboola.ex-one/configs/c1/rows"),
    ("PUT", "components/keboola.ex-one/configs/c1/rows/r1"),
    ("PUT", "components/keboola.ex-one/configs/c1/rows/r1/state"),
    ("DELETE", "components/keboola.ex-one/configs/c1/rows/r1"),
    ("POST", "components/keboola.ex-one/configs/c1/versions/1/rollback"),
    ("POST", "components/keboola.ex-one/configs/c1/versions/1/create"),
    ("POST", "components/keboola.ex-one/configs/c1/rows/r1/versions/1/rollback"),
    ("POST", "components/keboola.ex-one/configs/c1/rows/r1/versions/1/create"),
    ("POST", "components/keboola.ex-one/configs/c1/metadata"),
    ("DELETE", "components/keboola.ex-one/configs/c1/metadata/1"),
    ("POST", "metadata"),
    ("DELETE", "metadata/1"),
    ("POST", "/dev-branches"),
    ("PUT", "/dev-branches/1001"),
    ("DELETE", "/dev-branches/1001"),
    ("POST", "/tokens"),
    ("POST", "/merge-request"),
    ("POST", "/triggers"),
]


@pytest.mark.parametrize(("method", "path"), READ_ONLY_WRITES)
def test_the_read_only_role_may_not_write(serve, method, path):
    api = serve(limited(admin={"role": "readOnly"}), token="limited-token")
    before = api.get(f"{api.url}/_emulator/project").json()

    assert problem(api.call(method, path, json={})) == (403, "accessDenied")
    assert api.get(f"{api.url}/_emulator/project").json() == before


def test_the_read_only_role_may_list(serve):
    api = serve(limited(admin={"role": "readOnly"}), token="limited-token")

    assert len(api.get("components").json()) == 2


@pytest.mark.parametrize(
    "rights",
    [
        {"isExpired": True},
        {"isDisabled": True},
        {"expires": "2020-01-01T00:00:00+0100"},
    ],
)
def test_an_expired_or_disabled_token_is_401(serve, rights):
    api = serve(limited(**rights), token="limited-token")

    assert problem(api.get("components")) == (401, "storage.tokenInvalid")


def test_a_token_that_expires_later_is_valid(serve):
    api = serve(limited(expires="2999-01-01T00:00:00+0100"), token="limited-token")

    assert api.get("components").status_code == 200


def test_a_token_without_the_right_to_manage_tokens_sees_only_itself(serve):
    api = serve(limited(componentAccess=["x"]), token="limited-token")

    assert [item["id"] for item in api.get("/tokens").json()] == ["2"]
    assert api.get("/tokens/2").status_code == 200
    assert api.get("/tokens/1").status_code == 403


def test_a_token_with_the_right_to_manage_tokens_sees_all(serve):
    api = serve(limited(componentAccess=["x"]))
    created = api.post("/tokens", {"description": "new"}).json()
    api.delete(f"/tokens/{api.post('/tokens').json()['id']}")

    assert [item["id"] for item in api.get("/tokens").json()] == ["1", "2", created["id"]]
    assert api.get("/tokens/2").json()["componentAccess"] == ["x"]


def test_any_token_of_an_unseeded_project_sees_itself_and_those_created(local):
    own = local.get("/tokens/verify").json()["id"]
    created = local.post("/tokens", {"bucketPermissions": {"in.c-a": "read"}}).json()

    assert [item["id"] for item in local.get("/tokens").json()] == [own, created["id"]]
    assert created["bucketPermissions"] == {"in.c-a": "read"}


def test_a_missing_token_is_404(local):
    assert problem(local.get("/tokens/99")) == (404, "storage.tokens.notFound")


def test_a_token_can_be_shared(local):
    token = local.post("/tokens").json()

    assert local.post(f"/tokens/{token['id']}/share").status_code == 204


@pytest.mark.parametrize("expires_in", ["soon", -1, {}])
def test_a_bad_expiry_is_400(local, expires_in):
    assert local.post("/tokens", {"expiresIn": expires_in}).status_code == 400


def test_a_token_id_that_is_no_number_is_404(local):
    answer = local.get("/tokens/foo")

    assert answer.status_code == 404
    assert "resource not found" in answer.json()["error"]


def test_a_created_token_has_the_rights_given(local):
    body = {"description": "CI", "canManageBuckets": True, "componentAccess": ["a"]}
    created = local.post("/tokens", body)
    token = created.json()

    assert created.status_code == 201
    assert (token["description"], token["isMasterToken"]) == ("CI", False)
    assert (token["canManageBuckets"], token["componentAccess"]) == (True, ["a"])


def test_a_created_token_works_until_it_is_deleted(local, serve):
    token = local.post("/tokens", {"componentAccess[]": ["a"]}).json()
    other = serve(local, token=token["token"])
    before = other.get("/tokens/verify").json()["id"]
    deleted = local.delete(f"/tokens/{token['id']}")

    assert before == token["id"]
    assert deleted.status_code == 204
    assert other.get("/tokens/verify").status_code == 401


def test_a_refreshed_token_has_a_new_text(local):
    token = local.post("/tokens", {"expiresIn": 60}).json()
    refreshed = local.post(f"/tokens/{token['id']}/refresh").json()

    assert refreshed["id"] == token["id"]
    assert refreshed["token"] != token["token"]
    assert local.get(f"/tokens/{token['id']}").json() == refreshed


def test_an_updated_token_keeps_what_is_not_named(local):
    token = local.post("/tokens", {"description": "CI", "canManageBuckets": True}).json()
    updated = local.put(f"/tokens/{token['id']}", {"description": "CD"}).json()

    assert (updated["description"], updated["canManageBuckets"]) == ("CD", True)


def test_a_master_token_cannot_be_shared(serve):
    api = serve({"tokens": [{"id": 1, "token": "test-token"}]})

    assert problem(api.post("/tokens/1/share")) == (400, "storage.token.cannotShareMasterToken")


def test_a_token_in_use_by_a_trigger_cannot_be_deleted(local):
    token = local.post("/tokens", {"description": "runner"}).json()
    local.post("/triggers", {"runWithTokenId": int(token["id"]), "configurationId": "c"})

    answer = local.delete(f"/tokens/{token['id']}")

    assert problem(answer) == (400, "storage.tokens.cannotDeleteDueToOrchestration")


def test_tickets_are_increasing_numbers(api):
    first, second = api.post("/tickets"), api.post("/tickets")

    assert (first.status_code, second.status_code) == (201, 201)
    assert int(first.json()["id"]) < int(second.json()["id"])


def test_component_detail_is_public_without_a_branch(serve):
    api = serve(SEED)
    del api.session.headers["X-StorageApi-Token"]

    assert api.get("/components/keboola.ex-one").status_code == 200
    assert api.get("components/keboola.ex-one").status_code == 401


def test_component_detail_has_all_keys_and_no_configurations(serve):
    component = serve(SEED).get("/components/keboola.ex-one").json()

    assert set(component) == DETAIL_KEYS
    assert (component["type"], component["name"]) == ("extractor", "One")
    assert list(component["configurationSchema"]["properties"]) == ["z", "a"]


def test_empty_configurations_of_a_component_are_objects(serve):
    component = serve(SEED).get("components/keboola.wr-two").json()

    assert (component["emptyConfiguration"], component["emptyConfigurationRow"]) == ({}, {})


def test_an_unknown_component_is_404(local):
    assert local.get(f"/components/{COMPONENT}").status_code == 404
