"""Reference section 8: metadata and search."""

import pytest

from tests.contract.conftest import COMPONENT, problem

FOLDER = "KBC.configuration.folderName"
SEARCH = "search/component-configurations"


def put(api, path, **entries):
    body = {"metadata": [{"key": key, "value": value} for key, value in entries.items()]}
    return api.post(f"{path}/metadata", body)


def texts(answer):
    return [(item["key"], item["value"]) for item in answer.json()]


@pytest.fixture(params=["configuration", "branch"])
def place(request, local):
    """The path that metadata hangs below."""
    return local.config() if request.param == "configuration" else f"/branch/{local.branch}"


def test_there_is_no_metadata_at_first(local, place):
    assert local.get(f"{place}/metadata").json() == []


def test_posting_metadata_answers_201_with_all_of_it(local, place):
    put(local, place, a="1")
    answer = put(local, place, b="2")

    assert (answer.status_code, texts(answer)) == (201, [("a", "1"), ("b", "2")])
    assert answer.json() == local.get(f"{place}/metadata").json()


def test_an_entry_has_text_ids_and_a_timestamp(local, place):
    (entry,) = put(local, place, a="1").json()

    assert set(entry) == {"id", "key", "value", "timestamp"}
    assert all(isinstance(value, str) for value in entry.values())


def test_posting_a_key_again_replaces_its_value_in_place(local, place):
    (first, _) = put(local, place, a="1", b="2").json()
    (again, _) = put(local, place, a="3").json()

    assert (again["id"], again["value"]) == (first["id"], "3")


def test_an_entry_is_deleted_by_its_id(local, place):
    first, second = put(local, place, a="1", b="2").json()

    assert local.delete(f"{place}/metadata/{first['id']}").status_code == 204
    assert local.get(f"{place}/metadata").json() == [second]


def test_deleting_a_missing_entry_is_404(local, place):
    assert local.delete(f"{place}/metadata/99").status_code == 404


def test_the_message_for_a_missing_entry_of_a_configuration(local):
    local.config(configurationId="c")
    answer = local.delete(f"components/{COMPONENT}/configs/c/metadata/99")

    assert answer.json()["error"] == (
        f'Metadata with id "99" not found for "{COMPONENT}" configuration "c" in branch "1001"'
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"metadata": []},
        {"metadata": "x"},
        {"metadata": [1]},
        {"metadata": [{"key": "k"}]},
        {"metadata": [{"key": "", "value": "v"}]},
        {"metadata": [{"key": "k", "value": {}}]},
    ],
    ids=str,
)
def test_malformed_metadata_is_400(local, place, body):
    answer = local.post(f"{place}/metadata", body)

    assert problem(answer) == (400, "storage.metadata.invalidStructure")
    assert local.get(f"{place}/metadata").json() == []


def test_metadata_makes_no_version(api):
    path = api.config()
    before = api.get(path).json()
    put(api, path, a="1")

    assert api.get(path).json() == before


def test_metadata_is_unavailable_in_the_trash_and_survives_it(local):
    path = local.config()
    entries = put(local, path, a="1").json()
    local.delete(path)
    in_trash = local.get(f"{path}/metadata")
    local.post(f"{path}/restore")

    assert in_trash.status_code == 404
    assert local.get(f"{path}/metadata").json() == entries


def test_an_entry_of_one_configuration_is_not_found_under_another(local):
    first, second = local.config(), local.config()
    (entry,) = put(local, first, a="1").json()

    assert local.delete(f"{second}/metadata/{entry['id']}").status_code == 404
    assert local.get(f"{first}/metadata").json() == [entry]


def test_configuration_metadata_works_without_a_branch_too(local):
    path = local.config()

    assert put(local, f"/{path}", a="1").status_code == 201
    assert texts(local.get(f"/{path}/metadata")) == [("a", "1")]


def test_branch_metadata_needs_a_branch_in_the_path(local):
    assert local.get("/metadata").status_code == 501


def test_the_read_only_role_may_read_metadata(serve):
    tokens = [{"id": 1, "token": "test-token", "admin": {"role": "readOnly"}}]
    configs = [{"id": "c", "name": "C", "metadata": {FOLDER: "Sales"}}]
    api = serve({"components": [{"id": COMPONENT, "configurations": configs}], "tokens": tokens})

    assert texts(api.get(f"components/{COMPONENT}/configs/c/metadata")) == [(FOLDER, "Sales")]
    assert api.get("metadata").status_code == 200


# 8.3 Search


@pytest.fixture
def searched(serve):
    """Four configurations: two in folders, one with other metadata, one with none."""
    configs = [
        {"id": "a", "name": "A", "metadata": {FOLDER: "Sales", "other": "1"}},
        {"id": "b", "name": "B", "metadata": {"other": "2"}},
        {"id": "c", "name": "C"},
    ]
    second = [{"id": "a", "name": "D", "metadata": {FOLDER: "Finance"}}]
    return serve(
        [{"id": "one", "configurations": configs}, {"id": "two", "configurations": second}]
    )


def found(api, **params):
    return [
        (item["idComponent"], item["configurationId"]) for item in api.get(SEARCH, **params).json()
    ]


def test_search_without_a_branch_is_501(local):
    answer = local.get(f"/{SEARCH}")

    assert answer.status_code == 501
    assert answer.json()["error"] == "Not implemented"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        pytest.param({}, [("one", "a"), ("one", "b"), ("one", "c"), ("two", "a")], id="no filter"),
        pytest.param({"componentId": "two"}, [("two", "a")], id="component"),
        pytest.param({"configurationId": "a"}, [("one", "a"), ("two", "a")], id="configuration"),
        pytest.param({"metadataKeys[]": [FOLDER]}, [("one", "a"), ("two", "a")], id="one key"),
        pytest.param(
            {"metadataKeys[]": [FOLDER, "other"]},
            [("one", "a"), ("one", "b"), ("two", "a")],
            id="several keys are or",
        ),
        pytest.param(
            {"metadataKeys[0]": "other", "configurationId": "a"}, [("one", "a")], id="and"
        ),
        pytest.param(
            {"include": "filteredMetadata"},
            [("one", "a"), ("one", "b"), ("two", "a")],
            id="metadata without keys",
        ),
        pytest.param({"metadataKeys[]": ["none"]}, [], id="unknown key"),
    ],
)
def test_search_filters(searched, params, expected):
    assert found(searched, **params) == expected


def test_search_shows_metadata_only_on_request(searched):
    plain = searched.get(SEARCH, **{"metadataKeys[]": FOLDER}).json()

    assert [set(item) for item in plain] == [{"idComponent", "configurationId"}] * 2


def test_search_shows_only_the_entries_asked_for(searched):
    params = {"metadataKeys[]": FOLDER, "include": "filteredMetadata"}
    shown = searched.get(SEARCH, **params).json()

    assert [texts_of(item) for item in shown] == [[(FOLDER, "Sales")], [(FOLDER, "Finance")]]


def texts_of(item):
    return [(entry["key"], entry["value"]) for entry in item["metadata"]]


def test_search_shows_the_entries_as_metadata_does(searched):
    shown = searched.get(SEARCH, configurationId="b", include="filteredMetadata").json()

    assert shown[0]["metadata"] == searched.get("components/one/configs/b/metadata").json()


def test_search_leaves_the_trash_out(searched):
    searched.delete("components/one/configs/a")

    assert found(searched, configurationId="a") == [("two", "a")]


def test_global_search_finds_configurations_and_rows_by_name(serve):
    rows = [{"id": "r", "name": "orders row"}]
    configs = [{"id": "a", "name": "Orders", "rows": rows}, {"id": "b", "name": "Users"}]
    api = serve([{"id": "one", "configurations": configs}])
    answer = api.get("/global-search", query="ORDERS").json()

    assert [(item["type"], item["id"], item["name"]) for item in answer["items"]] == [
        ("configuration", "a", "Orders"),
        ("configuration-row", "r", "orders row"),
    ]
    assert (answer["all"], answer["byType"]) == (2, {"configuration": 1, "configuration-row": 1})
    assert answer["byProject"] == {"1234": 2}
    assert answer["items"][0]["fullPath"]["branch"]["isDefault"] is True


def test_global_search_filters_by_type_and_leaves_the_trash_out(serve):
    rows = [{"id": "r", "name": "orders row"}]
    api = serve([{"id": "one", "configurations": [{"id": "a", "name": "Orders", "rows": rows}]}])
    typed = api.get("/global-search", query="orders", **{"types[]": "configuration"}).json()
    api.delete("components/one/configs/a")

    assert [item["id"] for item in typed["items"]] == ["a"]
    assert api.get("/global-search", query="orders").json()["items"] == []


def test_global_search_filters_by_branch_and_needs_a_query(serve):
    configs = [{"id": "a", "name": "Orders"}]
    components = [{"id": "one", "configurations": configs}]
    api = serve({"components": components, "branches": [{"id": 6, "name": "dev"}]})
    answer = api.get("/global-search", query="orders", **{"branchIds[]": "6"}).json()

    assert [item["fullPath"]["branch"]["name"] for item in answer["items"]] == ["dev"]
    assert api.get("/global-search").status_code == 400


def test_search_leaves_out_what_the_token_may_not_use(serve):
    configs = [{"id": "a", "name": "Orders"}]
    components = [{"id": name, "configurations": configs} for name in ("one", "two")]
    tokens = [{"id": 1, "token": "test-token", "componentAccess": ["two"]}]
    api = serve({"components": components, "tokens": tokens})

    assert found(api) == [("two", "a")]
    assert [i["componentId"] for i in api.get("/global-search", query="o").json()["items"]] == [
        "two"
    ]
