import logging

import pytest
import requests
import responses

from kbsync.api.client import StorageClient
from kbsync.api.retry import RetryPolicy
from kbsync.api.transport import Transport
from kbsync.errors import AccessError, ApiError, NotFoundError
from kbsync.model import Key
from kbsync.stack import is_loopback

STACK = "https://stack.test"
VERIFY = f"{STACK}/v2/storage/tokens/verify"
TOKEN = "secret-token"


@pytest.fixture
def client():
    client = StorageClient(Transport(STACK, TOKEN, policy=RetryPolicy(max_wait_s=0)))
    yield client
    client.close()


@responses.activate
@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [
        (400, ApiError, 8),
        (401, AccessError, 7),
        (403, AccessError, 7),
        (404, NotFoundError, 8),
        (429, ApiError, 8),
        (500, ApiError, 8),
        (503, ApiError, 8),
        (302, ApiError, 8),
    ],
)
def test_a_refusal_says_what_the_platform_said(client, status, kind, exit_code):
    body = {"error": "It is broken", "code": "some.code", "exceptionId": "exception-1"}
    responses.get(VERIFY, status=status, json=body)

    with pytest.raises(kind) as caught:
        client.verify_token()

    assert str(caught.value) == (
        f"GET tokens/verify: It is broken (HTTP {status}, some.code, exception-1)"
    )
    assert caught.value.exit_code == exit_code


@responses.activate
@pytest.mark.parametrize("status", [400, 401, 500])
def test_the_token_is_dropped_from_what_the_platform_says(client, status):
    responses.get(VERIFY, status=status, json={"error": f"Bad token {TOKEN}", "code": TOKEN})

    with pytest.raises((AccessError, ApiError)) as caught:
        client.verify_token()

    assert TOKEN not in str(caught.value) + caught.value.hint
    assert TOKEN not in repr(client)


@responses.activate
@pytest.mark.parametrize(
    "body",
    ["<html>login</html>", "", '{"half": ', '{"a": NaN}'],
    ids=["html", "empty text", "half", "not a number"],
)
def test_an_answer_that_is_not_json_is_refused(client, body):
    responses.get(VERIFY, body=body or " ", content_type="text/html")

    with pytest.raises(ApiError, match=r"not JSON \(text/html\)"):
        client.verify_token()


@responses.activate
def test_an_html_error_page_is_told_by_its_status(client):
    responses.get(VERIFY, status=502, body="<html>Bad gateway</html>")

    with pytest.raises(ApiError, match=r"^GET tokens/verify: HTTP 502$"):
        client.verify_token()


@responses.activate
@pytest.mark.parametrize(
    ("error", "words", "may_have_happened"),
    [
        (requests.ConnectTimeout(), "no connection within 10 s", False),
        (requests.ReadTimeout(), "no answer within 120 s", True),
        (requests.exceptions.SSLError(), "certificate was not accepted", False),
        (requests.exceptions.ProxyError(), "proxy refused", False),
        (requests.exceptions.ChunkedEncodingError(), "broke off", True),
        (requests.ConnectionError("NewConnectionError: refused"), "no connection", False),
        (requests.ConnectionError("reset"), "the connection broke off", True),
    ],
)
def test_no_answer_is_told_with_its_reason(client, error, words, may_have_happened):
    responses.get(VERIFY, body=error)

    with pytest.raises(ApiError, match=words) as caught:
        client.verify_token()

    assert caught.value.may_have_happened is may_have_happened


@responses.activate
def test_a_refusal_that_repeats_what_was_sent_tells_no_secret(client):
    said = f"not allowed: KBC::ProjectSecure::fake-one of {TOKEN}"
    responses.get(VERIFY, status=400, json={"error": said, "code": "KBC::ProjectSecure::fake-one"})

    with pytest.raises(ApiError) as caught:
        client.verify_token()

    assert "not allowed: (secret) c:" in str(caught.value)
    assert "fake-one" not in str(caught.value)
    assert TOKEN not in str(caught.value)


@responses.activate
def test_segments_are_percent_encoded_and_scoped_to_the_branch():
    client = StorageClient(Transport(STACK, TOKEN), branch="77")
    url = f"{STACK}/v2/storage/branch/77/components/a%2Fb/configs/..%5C%20%3F%23"
    responses.get(url, json={})
    client.configuration(Key("a/b", "..\\ ?#"))
    client.close()

    assert responses.calls[0].request.url == url
    assert responses.calls[0].request.headers["X-StorageApi-Token"] == TOKEN


@responses.activate
def test_an_empty_name_that_would_lead_to_a_list_is_not_asked_for(client):
    with pytest.raises(NotFoundError, match="nothing has an empty name"):
        client.read("tables", "")

    assert len(responses.calls) == 0


@responses.activate
def test_credentials_of_netrc_are_not_added(client, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine stack.test login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    responses.get(VERIFY, json={})
    client.verify_token()

    assert "Authorization" not in responses.calls[0].request.headers


@responses.activate
def test_each_request_is_logged_without_its_secrets(client, caplog):
    responses.get(VERIFY, json={})
    with caplog.at_level(logging.INFO, logger="kbsync"):
        client.verify_token()

    assert [record.getMessage() for record in caplog.records] == ["GET tokens/verify 200"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.nip.io", False),
    ],
)
def test_only_this_machine_is_loopback(host, expected):
    assert is_loopback(host) is expected
