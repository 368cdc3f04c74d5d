"""What the encryption service is sent, and what of its answers is believed."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
import requests
import responses

from kbsync.api.client import StorageClient
from kbsync.api.encryption import EncryptionService
from kbsync.api.retry import RetryPolicy
from kbsync.api.transport import Transport
from kbsync.errors import ApiError

STACK = "https://stack.example.test"
SERVICE = "https://encryption.example.test/api/"
TOKEN = "fake-token"
CIPHERTEXT = "KBC::ProjectSecureKV::fake+/="


@pytest.fixture
def mocked():
    with responses.RequestsMock() as found:
        found.get(
            f"{STACK}/v2/storage/",
            json={"services": [{"id": "queue"}, {"id": "encryption", "url": SERVICE}]},
        )
        yield found


def encrypt(values, component="keboola.ex-http"):
    client = StorageClient(Transport(STACK, TOKEN, policy=RetryPolicy(max_wait_s=0)))
    service = EncryptionService(client, 8341)
    try:
        return service.encrypt(component, values)
    finally:
        service.close()
        client.close()


def test_values_go_in_the_body_alone_and_no_token_goes_along(mocked):
    mocked.post(f"{SERVICE}encrypt", json={"#A": CIPHERTEXT, "#B": CIPHERTEXT})
    found = encrypt({"A": "fake-value", "B": "é"})
    _, sent = (call.request for call in mocked.calls)

    assert found == {"A": CIPHERTEXT, "B": CIPHERTEXT}
    assert json.loads(sent.body) == {"#A": "fake-value", "#B": "é"}
    assert sent.url == f"{SERVICE}encrypt?projectId=8341&componentId=keboola.ex-http"
    assert "X-StorageApi-Token" not in sent.headers
    assert TOKEN not in str(sent.headers)


def test_a_value_that_is_ciphertext_stays_as_it_is(mocked):
    mocked.post(f"{SERVICE}encrypt", json={"#A": CIPHERTEXT})

    assert encrypt({"A": CIPHERTEXT}) == {"A": CIPHERTEXT}


def test_a_short_value_may_be_in_its_ciphertext_by_chance(mocked):
    mocked.post(f"{SERVICE}encrypt", json={"#A": CIPHERTEXT})

    assert encrypt({"A": "fake"}) == {"A": CIPHERTEXT}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"status": 400, "json": {"error": "fake-value"}}, "it answered with HTTP 400"),
        ({"status": 403, "json": {"error": "fake-value"}}, "it refused the request"),
        ({"body": "fake-value"}, "its answer is not JSON"),
        ({"json": {"#A": "fake-value"}}, "its answer for A is no ciphertext"),
        (
            {"json": {"#A": "KBC::ProjectSecure::fake-value"}},
            "its answer for A shows the value",
        ),
        ({"json": {"#B": CIPHERTEXT}}, "it did not answer with what it was asked for"),
        ({"body": requests.ConnectionError("fake-value")}, "it could not be reached"),
    ],
)
def test_what_is_no_ciphertext_is_refused_in_our_own_words(mocked, answer, why):
    mocked.post(f"{SERVICE}encrypt", **answer)
    with pytest.raises(ApiError) as caught:
        encrypt({"A": "fake-value"})

    assert (
        str(caught.value) == f"The secrets could not be encrypted by the encryption service: {why}"
    )
    assert not caught.value.may_have_happened


def test_a_text_is_signed_with_the_token():
    client = StorageClient(Transport(STACK, TOKEN, policy=RetryPolicy(max_wait_s=0)))
    expected = hmac.new(TOKEN.encode(), "text\ud800".encode("utf-8", "surrogatepass"), "sha256")

    assert client.sign("text\ud800") == expected.hexdigest()
    assert len(client.sign("")) == 2 * hashlib.sha256().digest_size
    client.close()
