"""Reference section 4.7: delete, trash, restore, purge."""

from tests.contract.conftest import COMPONENT, problem

BASE = f"components/{COMPONENT}/configs"


def test_the_first_delete_moves_to_the_trash(local):
    path = local.config()
    local.row(path)
    answer = local.delete(path)
    (trashed,) = local.get(BASE, isDeleted="true").json()

    assert (answer.status_code, answer.content) == (204, b"")
    assert (trashed["version"], trashed["isDeleted"]) == (3, True)
    assert trashed["changeDescription"] == "Configuration deleted"
    assert problem(local.get(f"{path}/rows/r1")) == (404, "storage.configuration.notFound")


def test_the_trash_is_listed_by_component_and_in_all(api):
    path = api.config()
    api.delete(path)
    trash = api.get("components", isDeleted="true", include="configuration,rows,state").json()
    config_id = path.rsplit("/", 1)[1]
    found = [item for one in trash for item in one["configurations"] if item["id"] == config_id]

    assert [one["isDeleted"] for one in found] == [True]
    assert found[0] in api.get(BASE, isDeleted="true").json()


def test_the_second_delete_purges(local):
    path = local.config(configurationId="c")
    local.row(path)
    local.post(f"{path}/metadata", {"metadata": [{"key": "k", "value": "v"}]})
    local.delete(path)
    second = local.delete(path)

    assert second.status_code == 204
    assert local.get(BASE, isDeleted="true").json() == []
    assert problem(local.delete(path)) == (404, "storage.configuration.notFound")
    assert problem(local.post(f"{path}/restore")) == (404, "notFound")
    assert local.version(local.config(configurationId="c")) == 1
    assert local.get(f"{path}/metadata").json() == []


def test_purging_needs_its_right(serve):
    tokens = [{"id": 1, "token": "test-token", "canPurgeTrash": False}]
    api = serve({"tokens": tokens})
    path = api.config()
    api.delete(path)

    assert problem(api.delete(path)) == (403, "accessDenied")
    assert len(api.get(BASE, isDeleted="true").json()) == 1


def test_deleting_what_never_was_is_404(api):
    assert problem(api.delete(f"{BASE}/none")) == (404, "storage.configuration.notFound")


def test_restore_brings_everything_back(local):
    path = local.config(configuration={"a": 1}, isDisabled=True, state={"s": 1})
    local.row(path, configuration={"b": 1}, state={"t": 1})
    local.post(f"{path}/metadata", {"metadata": [{"key": "k", "value": "v"}]})
    before, metadata = local.get(path).json(), local.get(f"{path}/metadata").json()
    local.delete(path)
    restored = local.post(f"{path}/restore")
    after = restored.json()

    assert restored.status_code == 200
    assert (after["version"], after["changeDescription"]) == (4, "Configuration restored")
    for key in ("name", "configuration", "rows", "isDisabled", "state", "created", "creatorToken"):
        assert after[key] == before[key]
    assert local.get(f"{path}/metadata").json() == metadata
    assert local.get(BASE, isDeleted="true").json() == []


def test_restoring_a_live_configuration_is_404(api):
    assert api.post(f"{api.config()}/restore").status_code == 404


def test_versions_across_delete_restore_and_recreate(local):
    path = local.config(configurationId="c")
    local.row(path)
    local.delete(path)
    local.post(f"{path}/restore")
    local.delete(path)
    local.post(BASE, {"name": "A", "configurationId": "c"})
    versions = local.get(f"{path}/versions").json()

    assert [
        (item["version"], item["changeDescription"], item["isDeleted"]) for item in versions
    ] == [
        (6, "Configuration created", False),
        (5, "Configuration deleted", True),
        (4, "Configuration restored", False),
        (3, "Configuration deleted", True),
        (2, "Row r1 added", False),
        (1, "Configuration created", False),
    ]
