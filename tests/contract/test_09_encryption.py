"""Reference section 9: the encryption service."""

import re

import pytest

CIPHER = re.compile(r"^KBC::.+Secure.*::.+$")


@pytest.fixture
def encrypt(api):
    """Send a body to the service as clients do, without a token."""
    services = {
        item["id"]: item["url"] for item in api.get("/", exclude="components").json()["services"]
    }
    del api.session.headers["X-StorageApi-Token"]

    def send(body, scope=None, **options):
        params = {"projectId": "1234", "componentId": "keboola.ex-http"} if scope is None else scope
        options = options or {"json": body}
        return api.call("POST", services["encryption"] + "/encrypt", params=params, **options)

    return send


def test_texts_under_hash_keys_are_encrypted_at_any_depth(encrypt):
    answer = encrypt({"#a": "one", "b": {"#c": "two", "d": [{"#e": "three"}]}})
    body = answer.json()

    assert answer.status_code == 200
    for cipher in (body["#a"], body["b"]["#c"], body["b"]["d"][0]["#e"]):
        assert CIPHER.match(cipher)


@pytest.mark.parametrize(
    "body",
    [{"a": "text"}, {"#a": 1}, {"#a": True}, {"#a": None}, {"#a": ["x"]}, {"a": {"b": ["#c"]}}],
    ids=str,
)
def test_everything_else_is_untouched(encrypt, body):
    assert encrypt(body).json() == body


def test_the_ciphertext_does_not_show_the_plain_text(encrypt):
    assert "hunter2" not in encrypt({"#a": "hunter2"}).text


def test_a_text_body_is_encrypted_as_a_whole(encrypt):
    answer = encrypt(None, data="hunter2", headers={"Content-Type": "text/plain"})

    assert answer.headers["Content-Type"].startswith("text/plain")
    assert CIPHER.match(answer.text)


@pytest.mark.parametrize(
    "cipher",
    [
        "KBC::ProjectSecureGKMS::fake",
        "KBC::ConfigSecure::fake",
        "KBC::Encrypted==fake",
        "KBC::ComponentEncrypted==fake",
        "KBC::ComponentProjectEncrypted==fake",
        "{{ vault.name }}",
    ],
)
def test_what_is_encrypted_already_stays(encrypt, cipher):
    assert encrypt({"#a": cipher}).json() == {"#a": cipher}


COMPONENT, PROJECT = {"componentId": "c"}, {"projectId": "1"}
CONFIG, BRANCH = {"configId": "x"}, {"branchType": "dev"}


@pytest.mark.parametrize(
    ("scope", "prefix"),
    [
        (COMPONENT, "ComponentSecure"),
        (COMPONENT | PROJECT, "ProjectSecure"),
        (COMPONENT | PROJECT | CONFIG, "ConfigSecure"),
        (PROJECT, "ProjectWideSecure"),
        (COMPONENT | PROJECT | BRANCH, "BranchTypeSecure"),
        (COMPONENT | PROJECT | CONFIG | BRANCH, "BranchTypeConfigSecure"),
        (PROJECT | BRANCH, "ProjectWideBranchTypeSecure"),
    ],
)
def test_the_prefix_tells_the_scope(encrypt, scope, prefix):
    assert re.match(rf"KBC::{prefix}(KV|GKMS)?::.", encrypt({"#a": "one"}, scope).json()["#a"])


@pytest.mark.parametrize(
    "scope",
    [
        pytest.param(COMPONENT | CONFIG, id="configId without projectId"),
        pytest.param(COMPONENT | BRANCH, id="branchType without projectId"),
        pytest.param(COMPONENT | PROJECT | {"branchType": "other"}, id="unknown branchType"),
    ],
)
def test_a_bad_scope_is_an_error_with_a_numeric_code(encrypt, scope):
    answer = encrypt({"#a": "one"}, scope)
    body = answer.json()

    assert (answer.status_code, body["code"]) == (400, 400)
    assert isinstance(body["error"], str)
    assert body["exceptionId"].startswith("encryption-")


@pytest.mark.parametrize(
    ("data", "content_type"),
    [("{", "application/json"), ("a=b", "application/x-www-form-urlencoded")],
)
def test_a_body_that_is_neither_json_nor_text_is_400(encrypt, data, content_type):
    answer = encrypt(None, data=data, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_two_scopes_give_two_ciphertexts(encrypt):
    one = encrypt({"#a": "one"}, COMPONENT | PROJECT | {"configId": "x"}).json()
    two = encrypt({"#a": "one"}, COMPONENT | PROJECT | {"configId": "y"}).json()

    assert one != two
