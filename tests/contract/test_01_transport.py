"""Reference section 1: paths, headers, body encodings, errors."""

import json

import pytest

from tests.contract.conftest import COMPONENT, problem


@pytest.mark.parametrize("path", ["", "/"])
def test_the_index_answers_with_and_without_a_trailing_slash(api, path):
    assert api.call("GET", f"{api.storage}{path}").status_code == 200


@pytest.mark.parametrize("path", ["/dev-branches/", "/components/", "/tokens/verify/"])
def test_every_path_may_end_in_a_slash(api, path):
    assert api.get(path).status_code == 200


@pytest.mark.parametrize("name", ["x-storageapi-token", "X-StorageAPI-Token"])
def test_header_names_are_case_insensitive(api, name):
    token = api.session.headers.pop("X-StorageApi-Token")

    assert api.call("GET", "/tokens/verify", headers={name: token}).status_code == 200


def test_a_bearer_token_is_accepted(local):
    del local.session.headers["X-StorageApi-Token"]

    answer = local.call("GET", "/tokens/verify", headers={"Authorization": "Bearer some-token"})

    assert answer.status_code == 200


@pytest.mark.parametrize("text", ['{"a": {"b": []}}', '"{\\"a\\": {\\"b\\": []}}"'])
def test_configuration_may_be_an_object_or_json_text(api, text):
    path = api.config()
    api.call(
        "PUT",
        path,
        data=f'{{"configuration": {text}}}',
        headers={"Content-Type": "application/json"},
    )

    assert api.get(path).json()["configuration"] == {"a": {"b": []}}


def test_a_form_carries_configuration_as_json_text(api):
    path = api.config()
    answer = api.call("PUT", path, data={"configuration": '{"a": {}}', "isDisabled": "1"})

    assert (answer.json()["configuration"], answer.json()["isDisabled"]) == ({"a": {}}, True)


def test_a_form_carries_lists_in_php_brackets(api):
    path = api.config()
    api.row(path, "a")
    api.row(path, "b")
    answer = api.call("PUT", path, data={"rowsSortOrder[]": ["b", "a"]})

    assert answer.json()["rowsSortOrder"] == ["b", "a"]


def test_a_form_carries_nested_lists_in_php_brackets(local):
    path = local.config()
    data = {"metadata[0][key]": "k", "metadata[0][value]": "v", "metadata[1][key]": "l"}
    answer = local.call("POST", f"{path}/metadata", data=data | {"metadata[1][value]": "w"})

    assert [(item["key"], item["value"]) for item in answer.json()] == [("k", "v"), ("l", "w")]


def test_a_multipart_body_is_a_form(local):
    path = local.config()
    answer = local.call("PUT", path, files={"name": (None, "B")})

    assert answer.json()["name"] == "B"


@pytest.mark.parametrize("value", [True, 1, "true", "1"])
def test_spellings_of_true(api, value):
    assert api.get(api.config(isDisabled=value)).json()["isDisabled"] is True


@pytest.mark.parametrize("value", [False, 0, "false", "0"])
def test_spellings_of_false(api, value):
    assert api.get(api.config(isDisabled=value)).json()["isDisabled"] is False


def test_null_means_not_given_on_create(api):
    path = api.config(configuration=None, state=None, changeDescription=None, description=None)
    config = api.get(path).json()

    assert (config["configuration"], config["state"]) == ({}, {})
    assert (config["changeDescription"], config["description"]) == ("Configuration created", "")


def test_unknown_keys_are_tolerated_on_create_and_update(api):
    path = api.config(branchId=5, componentId="x", rowsSortOrder=None, rows=[{"id": "r"}])
    answer = api.put(path, {"rows": [{"id": "r"}], "whatever": 1})

    assert (answer.status_code, answer.json()["rows"]) == (200, [])


@pytest.mark.parametrize(
    "body", ["{", '{"name": }', "[1]", '"text"', '{"name": NaN}', '{"name": "a"} x', "\x00"]
)
def test_a_body_that_is_not_a_json_object_is_400(local, body):
    answer = local.call(
        "POST",
        f"components/{COMPONENT}/configs",
        data=body,
        headers={"Content-Type": "application/json"},
    )

    assert problem(answer) == (400, "malformedRequest")


def test_malformed_utf_8_in_a_form_is_400(api):
    answer = api.call(
        "POST",
        f"components/{COMPONENT}/configs",
        data=b"name=%C3%28",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert problem(answer) == (400, "malformedRequest")


def test_json_that_is_nested_too_deeply_is_400(local):
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    answer = local.call(
        "POST",
        f"components/{COMPONENT}/configs",
        data='{"name":"A","configuration":' + deep + "}",
        headers={"Content-Type": "application/json"},
    )

    assert problem(answer) == (400, "malformedRequest")


def test_a_configuration_over_4_mb_is_400(local):
    answer = local.post(
        f"components/{COMPONENT}/configs",
        {"name": "A", "configuration": {"text": "x" * 4_200_000}},
    )

    assert problem(answer) == (400, "requestTooLarge")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("name", ["a"], id="name"),
        pytest.param("name", True, id="boolean name"),
        pytest.param("name", "\ud800", id="lone surrogate"),
        pytest.param("isDisabled", "maybe", id="isDisabled"),
        pytest.param("isDisabled", [], id="isDisabled as a list"),
    ],
)
def test_a_value_of_the_wrong_type_is_400(local, field, value):
    answer = local.post(f"components/{COMPONENT}/configs", {"name": "A", field: value})

    assert problem(answer) == (400, "storage.components.validation")


@pytest.mark.parametrize("value", ["[1]", "1", "true", '"text"'])
def test_a_configuration_that_is_no_object_is_400(local, value):
    answer = local.post(f"components/{COMPONENT}/configs", {"name": "A", "configuration": value})

    assert problem(answer) == (400, "validation.invalidConfigurationFormat")


def test_an_error_has_message_code_and_exception_id(api):
    body = api.get(f"components/{COMPONENT}/configs/none").json()

    assert body["error"] == 'Configuration "none" not found'
    assert body["code"] == "storage.configuration.notFound"
    assert isinstance(body["exceptionId"], str)


@pytest.mark.parametrize("headers", [{}, {"X-StorageApi-Token": ""}])
def test_no_token_is_401(api, headers):
    del api.session.headers["X-StorageApi-Token"]

    assert api.call("GET", "components", headers=headers).status_code == 401


def test_a_wrong_token_is_401_and_is_not_echoed(serve):
    api = serve({"tokens": [{"id": 1, "token": "the-right-one"}]}, token="the-wrong-one")
    answer = api.get("components")

    assert problem(answer) == (401, "storage.tokenInvalid")
    assert answer.json()["error"] == "Invalid access token"
    assert "the-wrong-one" not in answer.text


def test_a_boolean_parameter_of_the_wrong_type_is_400(local):
    answer = local.get("components", isDeleted="perhaps")

    assert problem(answer) == (400, "storage.validation")
    assert "is not boolean. Possible values are" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/no-such-thing"),
        ("PATCH", "/components"),
        ("OPTIONS", "/components"),
        ("GET", "components/x/configs/y/no-such-thing"),
        ("DELETE", "/dev-branches"),
    ],
)
def test_an_unknown_route_is_a_501_that_names_it(local, method, path):
    answer = local.call(method, path)

    assert problem(answer) == (501, "notImplemented")
    assert path.lstrip("/") in answer.json()["error"]
    assert method in answer.json()["error"]


def test_answers_are_json(api):
    answer = api.get("components")

    assert answer.headers["Content-Type"].startswith("application/json")
    assert json.loads(answer.content) == answer.json()


def test_timestamps_have_a_numeric_offset_without_a_colon(api):
    created = api.get(api.config()).json()["created"]

    assert (created[10], created[-5] in "+-", created[-4:].isdigit()) == ("T", True, True)
