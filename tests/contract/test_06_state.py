"""Reference section 6: component state, outside all versions."""

import pytest

from tests.contract.conftest import COMPONENT, problem


def without_state(api, config):
    found = api.get(config).json()
    rows = [{**row, "state": None} for row in found["rows"]]
    return {**found, "state": None, "rows": rows}


@pytest.fixture
def config(api):
    path = api.config(state={"a": 1})
    api.row(path, state={"b": 1})
    return path


def test_state_can_be_given_at_creation(api, config):
    assert api.get(config).json()["state"] == {"a": 1}
    assert api.get(f"{config}/rows/r1").json()["state"] == {"b": 1}


def test_a_configuration_state_is_replaced_and_answered_with_the_configuration(api, config):
    answer = api.put(f"{config}/state", {"state": {"c": {}}})

    assert (answer.status_code, answer.json()["state"]) == (200, {"c": {}})
    assert answer.json() == api.get(config).json()


def test_a_row_state_is_replaced_and_answered_with_the_row(api, config):
    answer = api.put(f"{config}/rows/r1/state", {"state": {"c": []}})

    assert (answer.status_code, answer.json()["state"]) == (200, {"c": []})
    assert answer.json() == api.get(f"{config}/rows/r1").json()


@pytest.mark.parametrize("place", ["", "/rows/r1"])
def test_an_empty_state_resets(api, config, place):
    assert api.put(f"{config}{place}/state", {"state": {}}).json()["state"] == {}


@pytest.mark.parametrize("place", ["", "/rows/r1"])
def test_state_may_be_json_text(api, config, place):
    assert api.put(f"{config}{place}/state", {"state": '{"t": 1}'}).json()["state"] == {"t": 1}


@pytest.mark.parametrize("place", ["", "/rows/r1"])
def test_writing_a_state_changes_nothing_else(api, config, place):
    before = without_state(api, config)
    api.put(f"{config}{place}/state", {"state": {"x": 1}})

    assert without_state(api, config) == before


CONFIG_CODE = "storage.components.validation"
ROW_CODE = "validation.invalidStateFormat"
CONFIG_TEXT = "Invalid parameters - state: "
ROW_TEXT = "Invalid state body format: "


@pytest.mark.parametrize(
    ("place", "code", "prefix"),
    [
        pytest.param("", CONFIG_CODE, CONFIG_TEXT, id="configuration"),
        pytest.param("/rows/r1", ROW_CODE, ROW_TEXT, id="row"),
    ],
)
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"state": "{sdf}"}, "This value should be valid JSON."),
        ({"state": ""}, "This value should not be blank."),
        ({}, "This field is missing."),
    ],
    ids=str,
)
def test_a_bad_state_is_400(api, config, place, code, prefix, body, message):
    answer = api.put(f"{config}{place}/state", body)

    assert problem(answer) == (400, code)
    assert answer.json()["error"] == prefix + message


@pytest.mark.parametrize(
    ("place", "code"),
    [("", "storage.components.validation"), ("/rows/r1", "storage.componentsRows.validation")],
)
def test_an_extra_key_beside_state_is_400(api, config, place, code):
    answer = api.put(f"{config}{place}/state", {"state": {}, "description": "x"})

    assert problem(answer) == (400, code)
    assert (
        answer.json()["error"] == "Invalid parameters - description: This field was not expected."
    )


@pytest.mark.parametrize("form", ["/", ""], ids=["plain", "branch/default"])
@pytest.mark.parametrize("place", ["", "/rows/r1"])
def test_state_in_an_ordinary_update_is_taken_on_the_default_branch(serve, form, place):
    api = serve()
    path = api.config()
    api.row(path)
    answer = api.put(form + path + place, {"state": {"x": 1}})

    assert (answer.status_code, answer.json()["state"]) == (200, {"x": 1})
    assert api.version(path) == 2


@pytest.mark.parametrize("place", ["", "/rows/r1"])
def test_a_refused_update_writes_no_part_of_itself(serve, place):
    api = serve()
    path = api.config()
    api.row(path)
    before = api.get(path).json()
    answer = api.put(path + place, {"state": {"x": 1}, "configuration": "{"})

    assert answer.status_code == 400
    assert api.get(path).json() == before


def test_state_is_never_in_versions(api, config):
    version = api.get(f"{config}/versions/2").json()
    row_version = api.get(f"{config}/rows/r1/versions/1").json()

    assert "state" not in version
    assert "state" not in version["rows"][0]
    assert "state" not in row_version


def test_rollback_keeps_the_current_states(api, config):
    api.put(f"{config}/state", {"state": {"now": 1}})
    api.put(f"{config}/rows/r1/state", {"state": {"now": 2}})
    api.post(f"{config}/versions/2/rollback")

    assert api.get(config).json()["state"] == {"now": 1}
    assert api.get(f"{config}/rows/r1").json()["state"] == {"now": 2}


def test_a_row_that_rollback_brings_back_has_its_last_state(api, config):
    api.put(f"{config}/rows/r1/state", {"state": {"last": 1}})
    api.delete(f"{config}/rows/r1")
    api.post(f"{config}/versions/2/rollback")

    assert api.get(f"{config}/rows/r1").json()["state"] == {"last": 1}


def test_row_rollback_keeps_the_state(api, config):
    api.put(f"{config}/rows/r1/state", {"state": {"now": 1}})
    row = api.post(f"{config}/rows/r1/versions/1/rollback").json()

    assert row["state"] == {"now": 1}


def test_a_copy_resets_the_configuration_state_and_keeps_row_states(local):
    path = local.config(state={"a": 1})
    local.row(path, state={"b": 1})
    local.put(f"{path}/rows/r1/state", {"state": {"last": 1}})
    local.delete(f"{path}/rows/r1")
    copied = local.post(f"{path}/versions/2/create", {"name": "Copy"}).json()["id"]
    copy = local.get(f"components/{COMPONENT}/configs/{copied}").json()

    assert copy["state"] == {}
    assert [row["state"] for row in copy["rows"]] == [{"last": 1}]


def test_a_row_copy_resets_the_state(api, config):
    assert api.post(f"{config}/rows/r1/versions/1/create").json()["state"] == {}


def test_delete_and_restore_keep_the_states(local):
    path = local.config(state={"a": 1})
    local.row(path, state={"b": 1})
    local.delete(path)
    restored = local.post(f"{path}/restore").json()

    assert (restored["state"], restored["rows"][0]["state"]) == ({"a": 1}, {"b": 1})
