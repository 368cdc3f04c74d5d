"""Reference section 7: recorded versions, rollback, copy."""

import pytest

from tests.contract.conftest import COMPONENT, problem

BASE = f"components/{COMPONENT}/configs"


def messages(api, path):
    return [item["changeDescription"] for item in api.get(f"{path}/versions").json()]


def recorded(api, path, number):
    """What a rollback to a version has to bring back."""
    version = api.get(f"{path}/versions/{number}").json()
    return content_of(version)


def content_of(config):
    keys = ("id", "name", "description", "isDisabled", "configuration", "created", "creatorToken")
    rows = [{key: row[key] for key in keys} for row in config["rows"]]
    plain = ("name", "description", "isDisabled", "configuration", "rowsSortOrder")
    return {key: config[key] for key in plain} | {"rows": rows}


@pytest.fixture
def history(api):
    """v1 create, v2 add A, v3 add B, v4 change A, v5 change the configuration."""
    path = api.config(configuration={"v": 1})
    api.row(path, "A", configuration={"a": 1})
    api.row(path, "B", configuration={"b": 1})
    api.put(f"{path}/rows/A", {"configuration": {"a": 2}})
    api.put(path, {"configuration": {"v": 2}})
    return path


def test_versions_are_listed_newest_first(api, history):
    versions = api.get(f"{history}/versions").json()

    assert [item["version"] for item in versions] == [5, 4, 3, 2, 1]


def test_a_list_entry_has_name_and_description_by_default(api, history):
    assert set(api.get(f"{history}/versions").json()[0]) == {
        "version", "created", "versionIdentifier", "creatorToken", "changeDescription",
        "isDeleted", "name", "description",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("include", "shown"),
    [
        ("name", {"name"}),
        ("configuration", {"configuration"}),
        ("name,description,configuration", {"name", "description", "configuration"}),
        ("state", set()),
        ("name,state", {"name"}),
        ("", set()),
    ],
)
def test_include_chooses_among_name_description_and_configuration(api, history, include, shown):
    versions = api.get(f"{history}/versions", include=include).json()
    common = {
        "version", "created", "versionIdentifier", "creatorToken", "changeDescription", "isDeleted"
    }  # fmt: skip

    assert set(versions[0]) == common | shown


def test_limit_and_offset_page_through_versions(api, history):
    versions = api.get(f"{history}/versions", limit=2, offset=1).json()

    assert [item["version"] for item in versions] == [4, 3]


def test_a_limit_that_is_no_number_is_400(local):
    assert problem(local.get(f"{local.config()}/versions", limit="all")) == (
        400,
        "validation.failed",
    )


def test_the_newest_list_entry_equals_current_version(api, history):
    newest = api.get(f"{history}/versions").json()[0]
    current = api.get(history).json()["currentVersion"]

    assert {key: newest[key] for key in current} == current


def test_version_detail_shows_the_content_and_rows_of_then(api, history):
    version = api.get(f"{history}/versions/3").json()

    assert (version["version"], version["configuration"]) == (3, {"v": 1})
    assert [(row["id"], row["version"], row["configuration"]) for row in version["rows"]] == [
        ("A", 1, {"a": 1}),
        ("B", 1, {"b": 1}),
    ]


def test_version_detail_shows_the_sort_order_of_then(api, history):
    api.put(history, {"rowsSortOrder": ["B", "A"]})
    api.put(history, {"rowsSortOrder": ["A", "B"]})
    version = api.get(f"{history}/versions/6").json()

    assert version["rowsSortOrder"] == ["B", "A"]
    assert [row["id"] for row in version["rows"]] == ["B", "A"]


@pytest.mark.parametrize("number", ["99", "0", "x", "9" * 30])
@pytest.mark.parametrize("place", ["", "/rows/A"])
def test_a_missing_version_is_404(api, history, place, number):
    answer = api.get(f"{history}{place}/versions/{number}")

    assert answer.status_code == 404
    assert answer.json()["error"] == f"Version {number} not found"


def test_versions_of_a_trashed_configuration_are_404(local):
    path = local.config()
    local.delete(path)

    assert local.get(f"{path}/versions").status_code == 404
    assert local.get(f"{path}/versions/1").status_code == 404
    assert local.post(f"{path}/versions/1/rollback").status_code == 404


# 7.2 Rollback


def test_rollback_answers_201_with_the_new_version(api, history):
    answer = api.post(f"{history}/versions/2/rollback")

    assert (answer.status_code, answer.json()) == (201, {"version": 6})


def test_rollback_restores_exactly_the_recorded_content(api, history):
    api.put(history, {"name": "B", "description": "D", "isDisabled": True})
    expected = recorded(api, history, 3)
    api.post(f"{history}/versions/3/rollback")

    assert content_of(api.get(history).json()) == expected


def test_rollback_gives_every_row_a_new_version_and_drops_the_others(api, history):
    api.post(f"{history}/versions/2/rollback")
    rows = api.get(f"{history}/rows").json()

    assert [(row["id"], row["version"], row["configuration"]) for row in rows] == [
        ("A", 3, {"a": 1})
    ]


def test_rollback_gives_a_new_version_to_rows_that_did_not_change(api, history):
    api.post(f"{history}/versions/5/rollback")

    assert api.version(f"{history}/rows/B") == 2


def test_a_rollback_can_be_rolled_back(api, history):
    before = content_of(api.get(history).json())
    api.post(f"{history}/versions/2/rollback")
    api.post(f"{history}/versions/5/rollback", {"changeDescription": "back"})
    config = api.get(history).json()

    assert (config["version"], config["changeDescription"]) == (7, "back")
    assert content_of(config) == before


def test_rollback_brings_a_deleted_row_back_as_it_was_born(api, history):
    born = api.get(f"{history}/rows/B").json()
    api.delete(f"{history}/rows/B")
    api.post(f"{history}/versions/3/rollback")
    again = api.get(f"{history}/rows/B").json()

    assert (again["created"], again["creatorToken"]) == (born["created"], born["creatorToken"])
    assert again["version"] == 2


def test_default_messages_of_a_rollback(api, history):
    api.post(f"{history}/versions/4/rollback")

    assert messages(api, history)[0] == "Rollback to version 4"
    assert [row["changeDescription"] for row in api.get(f"{history}/rows").json()] == [
        "Rollback to version 2 (via configuration rollback to version 4)",
        "Rollback to version 1 (via configuration rollback to version 4)",
    ]


def test_rollback_restores_the_sort_order_even_to_none(api, history):
    api.put(history, {"rowsSortOrder": ["B", "A"]})
    api.put(history, {"rowsSortOrder": ["A", "B"]})
    api.post(f"{history}/versions/6/rollback")
    sorted_again = api.get(history).json()["rowsSortOrder"]
    api.post(f"{history}/versions/5/rollback")

    assert sorted_again == ["B", "A"]
    assert api.get(history).json()["rowsSortOrder"] == []


def test_rollback_restores_the_switch(api):
    path = api.config(isDisabled=True)
    api.put(path, {"isDisabled": False})
    api.post(f"{path}/versions/1/rollback")

    assert api.get(path).json()["isDisabled"] is True


def test_rollback_makes_a_fresh_identifier_for_the_configuration(api, history):
    api.post(f"{history}/versions/2/rollback")
    identifiers = [item["versionIdentifier"] for item in api.get(f"{history}/versions").json()]

    assert len(set(identifiers)) == 6


def test_a_rolled_back_row_carries_the_identifier_of_its_content(api, history):
    old = api.get(f"{history}/rows/A/versions/1").json()["versionIdentifier"]
    api.post(f"{history}/versions/2/rollback")

    assert api.get(f"{history}/rows/A").json()["versionIdentifier"] == old


def test_rollback_keeps_metadata(local):
    path = local.config()
    metadata = local.post(f"{path}/metadata", {"metadata": [{"key": "k", "value": "v"}]}).json()
    local.put(path, {"name": "B"})
    local.post(f"{path}/versions/1/rollback")

    assert local.get(f"{path}/metadata").json() == metadata


def test_rollback_to_the_current_version_makes_a_version(local):
    """Not established."""
    path = local.config()

    assert local.post(f"{path}/versions/1/rollback").json() == {"version": 2}


def test_rollback_to_a_missing_version_is_404(api, history):
    assert api.post(f"{history}/versions/99/rollback").status_code == 404
    assert api.version(history) == 5


# 7.3 Copy


def test_a_copy_is_a_new_configuration_at_version_1(api, history):
    api.put(history, {"rowsSortOrder": ["B", "A"], "isDisabled": True})
    answer = api.post(f"{history}/versions/6/create", {"name": "Copy"})
    path = f"{BASE}/{answer.json()['id']}"
    api.made.append(path)
    copy = api.get(path).json()

    assert (answer.status_code, list(answer.json())) == (201, ["id"])
    assert (copy["version"], copy["name"], copy["configuration"]) == (1, "Copy", {"v": 2})
    assert (copy["isDisabled"], copy["rowsSortOrder"]) == (True, ["B", "A"])
    assert [(row["id"], row["version"]) for row in copy["rows"]] == [("B", 1), ("A", 1)]


def test_a_copy_takes_the_rows_of_its_version(local):
    path = local.config()
    local.row(path, configuration={"a": 1})
    local.put(f"{path}/rows/r1", {"configuration": {"a": 2}})
    copied = local.post(f"{path}/versions/2/create", {"name": "Copy"}).json()["id"]

    assert local.get(f"{BASE}/{copied}/rows/r1").json()["configuration"] == {"a": 1}


@pytest.mark.parametrize(
    ("body", "description"), [({}, "D"), ({"description": ""}, ""), ({"description": "E"}, "E")]
)
def test_a_copy_inherits_the_description_unless_one_is_given(local, body, description):
    path = local.config(description="D")
    copied = local.post(f"{path}/versions/1/create", {"name": "Copy", **body}).json()["id"]

    assert local.get(f"{BASE}/{copied}").json()["description"] == description


def test_a_copy_without_a_name_is_400(api, history):
    assert problem(api.post(f"{history}/versions/1/create")) == (
        400,
        "storage.components.validation",
    )


@pytest.mark.parametrize(("given", "config_message"), [("", None), ("mine", "mine")])
def test_messages_of_a_copy(local, given, config_message):
    path = local.config(configurationId="c")
    local.row(path)
    body = {"name": "Copy", "changeDescription": given}
    copied = local.post(f"{path}/versions/2/create", body).json()["id"]
    copy = local.get(f"{BASE}/{copied}").json()
    default = 'Copied from configuration "A" (c) version 2'

    assert copy["changeDescription"] == (config_message or default)
    assert copy["rows"][0]["changeDescription"] == default


def test_a_copy_has_identifiers_of_its_own_and_no_metadata(local):
    path = local.config()
    local.row(path)
    local.post(f"{path}/metadata", {"metadata": [{"key": "k", "value": "v"}]})
    copied = local.post(f"{path}/versions/2/create", {"name": "Copy"}).json()["id"]
    source, copy = local.get(path).json(), local.get(f"{BASE}/{copied}").json()
    identifiers = {
        item[key]["versionIdentifier"] if key == "currentVersion" else item["versionIdentifier"]
        for item, key in (
            (source, "currentVersion"),
            (copy, "currentVersion"),
            (source["rows"][0], ""),
            (copy["rows"][0], ""),
        )
    }

    assert len(identifiers) == 4
    assert local.get(f"{BASE}/{copied}/metadata").json() == []


# 7.4 Row versions


def test_row_versions_are_listed_newest_first(api, history):
    versions = api.get(f"{history}/rows/A/versions").json()

    assert [item["version"] for item in versions] == [2, 1]
    assert set(versions[0]) == {
        "version", "name", "description", "isDisabled", "created", "creatorToken",
        "changeDescription", "versionIdentifier",
    }  # fmt: skip


def test_row_versions_include_the_configuration_on_request(api, history):
    versions = api.get(f"{history}/rows/A/versions", include="configuration").json()

    assert [item["configuration"] for item in versions] == [{"a": 2}, {"a": 1}]


def test_row_version_detail_equals_the_list_entry(api, history):
    versions = api.get(f"{history}/rows/A/versions", include="configuration").json()

    assert api.get(f"{history}/rows/A/versions/1").json() == versions[1]


def test_limit_and_offset_page_through_row_versions(api, history):
    versions = api.get(f"{history}/rows/A/versions", limit=1, offset=1).json()

    assert [item["version"] for item in versions] == [1]


def test_row_rollback_makes_a_row_version_and_a_configuration_version(api, history):
    answer = api.post(f"{history}/rows/A/versions/1/rollback")
    row = answer.json()

    assert answer.status_code == 201
    assert (row["version"], row["configuration"]) == (3, {"a": 1})
    assert row["changeDescription"] == "Rollback to version 1"
    assert messages(api, history)[0] == "Row A version 1 rollback"
    assert api.version(history) == 6


def test_a_row_rollback_message_is_used_for_both(api, history):
    row = api.post(f"{history}/rows/A/versions/1/rollback", {"changeDescription": "why"}).json()

    assert (row["changeDescription"], messages(api, history)[0]) == ("why", "why")


def test_a_row_copy_has_a_new_id_and_version_1(local):
    path = local.config(configurationId="c")
    local.row(path, name="N", configuration={"a": 1})
    answer = local.post(f"{path}/rows/r1/versions/1/create")
    copy = answer.json()

    assert answer.status_code == 201
    assert (copy["version"], copy["name"], copy["configuration"]) == (1, "N", {"a": 1})
    assert copy["id"] != "r1"
    assert copy["changeDescription"] == 'Copied from configuration "A" (c) row r1 version 1'
    assert messages(local, path)[0] == (
        f'Row {copy["id"]} copied from configuration "A" (c) row r1 version 1'
    )


def test_a_row_can_be_copied_into_another_configuration(local):
    source, target = local.config(), local.config()
    local.row(source)
    body = {"targetConfigId": target.rsplit("/", 1)[1]}
    copy = local.post(f"{source}/rows/r1/versions/1/create", body).json()

    assert [row["id"] for row in local.get(f"{target}/rows").json()] == [copy["id"]]
    assert (local.version(source), local.version(target)) == (2, 2)


def test_a_row_copy_goes_to_the_end_of_a_sort_order(local):
    path = local.config()
    local.row(path)
    local.put(path, {"rowsSortOrder": ["r1"]})
    copy = local.post(f"{path}/rows/r1/versions/1/create").json()

    assert local.get(path).json()["rowsSortOrder"] == ["r1", copy["id"]]
