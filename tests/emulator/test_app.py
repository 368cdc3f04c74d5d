"""The application under any WSGI server, without a socket."""

import pytest
import requests

from kbsync.emulator.app import create_app
from kbsync.emulator.store import Store

HEADERS = {"X-StorageApi-Token": "t"}
CONFIGS = "/v2/storage/components/x/configs"


@pytest.fixture
def store():
    opened = Store()
    yield opened
    opened.close()


@pytest.fixture
def client(store):
    return create_app(store).test_client()


def create(client):
    return client.post(CONFIGS, json={"name": "A", "configurationId": "c"}, headers=HEADERS)


def test_the_application_creates_an_empty_project(client):
    answer = client.get("/v2/storage/components", headers=HEADERS)

    assert (answer.status_code, answer.get_json()) == (200, [])


def test_an_application_leaves_the_project_of_its_store_alone(store):
    create(create_app(store).test_client())

    answer = create_app(store).test_client().get(f"{CONFIGS}/c", headers=HEADERS)
    assert answer.status_code == 200


def test_two_applications_do_not_share_anything(client):
    other_store = Store()
    other = create_app(other_store).test_client()
    create(client)
    listed = other.get("/v2/storage/components", headers=HEADERS).get_json()
    log = other.get("/_emulator/requests").get_json()
    other_store.close()

    assert (listed, len(log)) == ([], 1)


def test_a_failure_of_the_emulator_itself_is_a_500_in_the_shape_of_the_api(store, client, caplog):
    store.close()
    answer = client.get("/v2/storage/components", headers=HEADERS)
    body = answer.get_json()

    assert (answer.status_code, body["error"]) == (500, "Application error.")
    assert body["exceptionId"]
    assert "GET /v2/storage/components" in caplog.text


def test_an_absolute_request_target_is_understood(client):
    target = {"REQUEST_URI": f"http://localhost{CONFIGS}?isDeleted=1"}
    answer = client.get(CONFIGS, headers=HEADERS, environ_overrides=target)
    log = client.get("/_emulator/requests").get_json()

    assert (answer.status_code, log[0]["path"]) == (200, CONFIGS)


def test_a_server_that_cannot_break_connections_says_so(client):
    client.post("/_emulator/faults", json={"action": "reset"})

    with pytest.raises(RuntimeError, match="cannot break connections"):
        create(client)


def test_a_large_form_field_is_taken(emulator):
    url = f"{emulator.url}{CONFIGS}"
    text = '{"a": "' + "x" * 3_000_000 + '"}'
    data = {"name": "A", "configurationId": "c", "configuration": text}
    created = requests.post(url, data=data, headers=HEADERS, timeout=30)
    files = {"configuration": (None, text)}
    updated = requests.put(f"{url}/c", files=files, headers=HEADERS, timeout=30)

    assert (created.status_code, updated.status_code) == (201, 200)
    assert updated.json()["version"] == 1


def test_a_form_of_too_many_parts_is_refused_in_the_shape_of_the_api(emulator):
    files = {f"field-{number}": (None, "") for number in range(20_000)}
    answer = requests.post(f"{emulator.url}{CONFIGS}", files=files, headers=HEADERS, timeout=30)

    assert (answer.status_code, answer.json()["code"]) == (413, "malformedRequest")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("a" + "[x]" * 65, "v", id="nested too deeply"),
        pytest.param("a" + "[x]" * 20_000, "v", id="nested absurdly"),
    ],
)
def test_a_form_field_that_is_nested_too_deeply_is_400(client, field, value):
    answer = client.post(CONFIGS, data={field: value}, headers=HEADERS)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformedRequest")


def test_a_form_field_that_is_both_text_and_list_is_400(client):
    answer = client.post(CONFIGS, data={"a": "1", "a[b]": "2"}, headers=HEADERS)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformedRequest")


def test_a_list_with_gaps_in_a_form_is_a_list(client):
    create(client)
    client.post(f"{CONFIGS}/c/rows", json={"rowId": "r"}, headers=HEADERS)
    sorted_ = client.put(f"{CONFIGS}/c", data={"rowsSortOrder[7]": "r"}, headers=HEADERS)
    data = {"metadata[3][key]": "k", "metadata[3][value]": "v"}
    metadata = client.post(f"{CONFIGS}/c/metadata", data=data, headers=HEADERS)

    assert sorted_.get_json()["rowsSortOrder"] == ["r"]
    assert [item["key"] for item in metadata.get_json()] == ["k"]


def test_a_body_that_is_not_utf_8_is_400(client):
    answer = client.post(CONFIGS, data=b'{"name": "\xff"}', headers=HEADERS)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformedRequest")


def test_json_without_a_content_type_is_json(client):
    answer = client.post(CONFIGS, data='{"name": "A"}', headers=HEADERS)

    assert answer.get_json()["name"] == "A"


def test_an_empty_list_is_an_empty_body(client):
    create(client)

    assert client.put(f"{CONFIGS}/c", json=[], headers=HEADERS).get_json()["version"] == 1


def test_a_sort_order_of_the_wrong_type_is_400(client):
    create(client)
    answer = client.put(f"{CONFIGS}/c", json={"rowsSortOrder": "r"}, headers=HEADERS)

    assert answer.get_json()["code"] == "storage.components.validation"


def test_a_state_over_4_mb_is_400(client):
    create(client)
    body = {"state": {"a": "x" * 4_200_000}}
    answer = client.put(f"{CONFIGS}/c/state", json=body, headers=HEADERS)

    assert answer.get_json()["code"] == "requestTooLarge"
