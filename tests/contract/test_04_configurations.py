"""Reference sections 4.1 and 4.3 to 4.6: configurations and their versions."""

import json
from urllib.parse import quote

import pytest

from tests.contract.conftest import COMPONENT, problem

BASE = f"components/{COMPONENT}/configs"
FULL_KEYS = {
    "id", "name", "description", "created", "creatorToken", "version", "changeDescription",
    "isDisabled", "isDeleted", "configuration", "rowsSortOrder", "rows", "state", "currentVersion",
}  # fmt: skip


# 4.1 The object


def test_detail_has_every_property(api):
    assert set(api.get(api.config()).json()) == FULL_KEYS


def test_the_id_is_text_even_when_created_with_a_number(local):
    assert local.post(BASE, {"name": "A", "configurationId": 100}).json()["id"] == "100"


def test_description_is_empty_when_not_given(api):
    assert api.get(api.config()).json()["description"] == ""


def test_description_may_be_set_back_to_empty(api):
    path = api.config(description="long")

    assert api.put(path, {"description": ""}).json()["description"] == ""


def test_current_version_repeats_the_newest_message(api):
    config = api.get(api.config(changeDescription="because")).json()

    assert config["changeDescription"] == "because"
    assert config["currentVersion"]["changeDescription"] == "because"
    assert set(config["currentVersion"]) == {
        "created", "creatorToken", "changeDescription", "versionIdentifier"
    }  # fmt: skip


def test_the_version_identifier_is_an_upper_case_ulid_in_current_version_only(api):
    config = api.get(api.config()).json()
    identifier = config["currentVersion"]["versionIdentifier"]

    assert (len(identifier), identifier) == (26, identifier.upper())
    assert "versionIdentifier" not in config


def test_the_creator_is_the_token_as_number_and_text(local):
    token = local.get("/tokens/verify").json()
    creator = {"id": int(token["id"]), "description": token["description"]}
    config = local.get(local.config()).json()

    assert config["creatorToken"] == creator
    assert config["currentVersion"]["creatorToken"] == creator


def test_the_creator_stays_when_somebody_else_updates(local, serve):
    path = local.config()
    before = local.get(path).json()
    after = serve(local, token="somebody-else").put(path, {"name": "B"}).json()

    assert after["creatorToken"] == before["creatorToken"]
    assert after["currentVersion"]["creatorToken"] != before["creatorToken"]


def test_rows_sort_order_is_empty_when_never_sorted(api):
    assert api.get(api.config()).json()["rowsSortOrder"] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"z":1,"a":{"y":[],"b":{}}}', id="key order and empty kinds"),
        pytest.param('{"n":1.0,"big":123456789012345678901234567890}', id="floats and integers"),
        pytest.param('{"n":1.10,"e":1e400,"z":-0.0}', id="numbers as written"),
        pytest.param('{"t":"\\u00e9\\ud83d\\ude00\\ud800\\u0000\\/"}', id="escapes"),
        pytest.param('{"a":[1,true,null,"",[],{}]}', id="every type"),
    ],
)
def test_configuration_is_read_back_as_it_was_written(local, text):
    path = local.config()
    local.call(
        "PUT",
        path,
        data=f'{{ "configuration" : {text} }}',
        headers={"Content-Type": "application/json"},
    )
    expected = json.loads(text, parse_int=str, parse_float=str)
    found = json.loads(local.get(path).text, parse_int=str, parse_float=str)["configuration"]

    assert json.dumps(found) == json.dumps(expected)


def test_an_empty_list_for_configuration_and_state_is_an_empty_object(api):
    config = api.get(api.config(configuration=[], state=[])).json()

    assert (config["configuration"], config["state"]) == ({}, {})


# 4.3 Per-component list and detail


def test_the_list_of_a_component_shows_what_detail_shows(api):
    path = api.config()
    api.row(path)
    config = api.get(path).json()

    assert [item for item in api.get(BASE).json() if item["id"] == config["id"]] == [config]


def test_a_component_that_was_never_used_lists_nothing(local):
    assert local.get("components/keboola.never-used/configs").json() == []


def test_a_missing_configuration_is_404(api):
    assert problem(api.get(f"{BASE}/none")) == (404, "storage.configuration.notFound")


def test_a_configuration_in_the_trash_is_404(api):
    path = api.config()
    api.delete(path)

    assert problem(api.get(path)) == (404, "storage.configuration.notFound")


def test_there_is_no_get_of_a_state(local):
    path = local.config()

    assert local.get(f"/{path}/state").status_code == 404
    assert local.get(f"{path}/state").status_code == 501


# 4.4 Create


def test_creating_without_a_name_is_400_and_mentions_it(api):
    answer = api.post(BASE, {})

    assert problem(answer) == (400, "storage.components.validation")
    assert "name" in answer.json()["error"]


@pytest.mark.parametrize("given", [None, ""])
def test_an_id_is_generated_when_none_is_given(local, given):
    first = local.post(BASE, {"name": "A", "configurationId": given}).json()["id"]
    second = local.post(BASE, {"name": "A", "configurationId": given}).json()["id"]

    assert len({first, second, ""}) == 3


def test_creating_an_id_twice_is_400(api):
    path = api.config()
    answer = api.post(BASE, {"name": "B", "configurationId": path.rsplit("/", 1)[1]})

    assert problem(answer) == (400, "configurationAlreadyExists")
    assert api.get(path).json()["name"] == "A"


def test_one_id_may_exist_under_several_components(local):
    first = local.post("components/one/configs", {"name": "A", "configurationId": "c"})
    second = local.post("components/two/configs", {"name": "B", "configurationId": "c"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert local.get("components/one/configs/c").json()["name"] == "A"


@pytest.mark.parametrize("text", ["{sdf}", "", "{'a': 1}"])
@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("configuration", "validation.invalidConfigurationFormat"),
        ("state", "validation.invalidStateFormat"),
    ],
)
def test_json_text_that_does_not_parse_is_400(api, field, code, text):
    assert problem(api.post(BASE, {"name": "A", field: text})) == (400, code)


@pytest.mark.parametrize("given", [None, ""])
def test_the_default_message_of_a_create(api, given):
    config = api.get(api.config(changeDescription=given)).json()

    assert config["changeDescription"] == "Configuration created"


def test_a_new_configuration_has_version_1_and_no_rows(api):
    config = api.get(api.config(rows=[{"id": "r1"}])).json()

    assert (config["version"], config["rows"]) == (1, [])


def test_name_and_description_are_not_trimmed(api):
    config = api.get(api.config(name=" name\n", description="text \n\n")).json()

    assert (config["name"], config["description"]) == (" name\n", "text \n\n")


def test_hash_values_are_stored_as_they_are(api):
    path = api.config(configuration={"parameters": {"#password": "plain"}})

    assert api.get(path).json()["configuration"] == {"parameters": {"#password": "plain"}}


@pytest.mark.parametrize(
    "config_id", ["a/b", "a b", "a\\b", "ž😀", "a%2Fb", "..x", "a?b#c", "A", "a;b", "'\"", "a+b"]
)
def test_any_id_can_be_reached_percent_encoded(local, config_id):
    local.post(BASE, {"name": "A", "configurationId": config_id})
    path = f"{BASE}/{quote(config_id, safe='')}"
    local.row(path, config_id)

    assert local.get(path).json()["id"] == config_id
    assert local.get(f"{path}/rows/{quote(config_id, safe='')}").json()["id"] == config_id


def test_ids_are_case_sensitive(local):
    local.config(configurationId="Orders")

    assert local.get(f"{BASE}/orders").status_code == 404


def test_recreating_a_trashed_id_continues_its_versions(local):
    path = local.config(configurationId="c", isDisabled=True, state={"a": 1})
    local.row(path)
    local.delete(path)
    again = local.post(BASE, {"name": "New", "configurationId": "c"}).json()

    assert (again["version"], again["name"], again["rows"]) == (4, "New", [])
    assert (again["isDisabled"], again["state"]) == (False, {})
    assert again["changeDescription"] == "Configuration created"
    assert local.get(BASE, isDeleted="true").json() == []


# 4.5 Update


def test_an_omitted_property_stays_and_a_given_one_is_replaced(api):
    path = api.config(description="D", configuration={"a": {"b": 1}, "c": 2})
    config = api.put(path, {"configuration": {"a": {}}}).json()

    assert (config["name"], config["description"]) == ("A", "D")
    assert config["configuration"] == {"a": {}}


def test_an_empty_configuration_empties_it(api):
    path = api.config(configuration={"a": 1})

    assert api.put(path, {"configuration": {}}).json()["configuration"] == {}


def test_rows_in_an_update_are_ignored(api):
    path = api.config()
    api.row(path)
    config = api.put(path, {"rows": []}).json()

    assert ([row["id"] for row in config["rows"]], config["version"]) == (["r1"], 2)


def test_an_update_without_an_id_is_400(api):
    assert api.put(f"{BASE}/", {"name": "A"}).status_code == 400


@pytest.mark.parametrize("is_trashed", [True, False])
def test_updating_a_missing_or_trashed_configuration_is_404(api, is_trashed):
    path = api.config()
    if is_trashed:
        api.delete(path)
    answer = api.put(path if is_trashed else f"{BASE}/none", {"name": "B"})

    assert problem(answer) == (404, "storage.configuration.notFound")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "B"},
        {"description": "B"},
        {"configuration": {"a": 2}},
        {"configuration": {"a": 1.0}},
        {"configuration": {"a": "1"}},
        {"configuration": {"a": True}},
        {"configuration": {}},
        {"isDisabled": True},
    ],
    ids=str,
)
def test_a_real_change_makes_a_version(api, change):
    path = api.config(configuration={"a": 1})
    before = api.get(path).json()
    after = api.put(path, change).json()

    assert after["version"] == before["version"] + 1
    assert after["changeDescription"] == "Configuration updated"
    assert after["currentVersion"] != before["currentVersion"]


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"name": "A"},
        {"name": "A", "description": "", "configuration": {"a": [], "b": {}}},
        {"configuration": '{"a": [],\n "b": {}}'},
        {"isDisabled": False},
        {"isDisabled": "0"},
        {"description": None},
        {"rowsSortOrder": []},
        {"rowsSortOrder": None},
    ],
    ids=str,
)
def test_identical_content_makes_no_version(api, same):
    path = api.config(configuration={"a": [], "b": {}})
    before = api.get(path).json()

    assert api.put(path, same).json() == before


def test_an_empty_configuration_for_an_empty_one_makes_no_version(api):
    path = api.config()

    assert api.put(path, {"configuration": {}}).json()["version"] == 1


def test_a_given_message_is_kept(api):
    config = api.put(api.config(), {"name": "B", "changeDescription": "why"}).json()

    assert config["changeDescription"] == "why"


def test_escaped_text_is_the_same_as_unescaped(api):
    path = api.config(configuration={"a": "é/"})
    answer = api.call(
        "PUT",
        path,
        data='{"configuration": {"a": "é\\/"}}'.encode(),
        headers={"Content-Type": "application/json"},
    )

    assert answer.json()["version"] == 1


# Decisions where the reference says "not established"


def test_only_a_message_makes_no_version(local):
    path = local.config()
    config = local.put(path, {"changeDescription": "why"}).json()

    assert (config["version"], config["changeDescription"]) == (1, "Configuration created")


def test_another_key_order_makes_a_version(local):
    path = local.config(configuration={"a": 1, "b": 2})
    config = local.put(path, {"configuration": {"b": 2, "a": 1}}).json()

    assert (config["version"], list(config["configuration"])) == (2, ["b", "a"])


def test_an_empty_name_is_400(local):
    path = local.config()

    assert problem(local.put(path, {"name": ""})) == (400, "storage.components.validation")


def test_null_in_an_update_changes_nothing(local):
    path = local.config(description="D", configuration={"a": 1})
    body = {"name": None, "description": None, "configuration": None, "isDisabled": None}

    assert local.put(path, body).json() == local.get(path).json()
    assert local.version(path) == 1
