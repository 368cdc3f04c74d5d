"""Which services beside Storage are found, and which of them may see the token."""

import pytest
import requests
import responses

from kbsync.api.client import StorageClient
from kbsync.api.retry import RetryPolicy
from kbsync.api.services import address_of, belongs_to
from kbsync.api.transport import Transport
from kbsync.errors import ApiError
from kbsync.model import Key
from kbsync.plans.writes import SCHEDULER_SERVICE, activating

STACK = "https://connection.example.test"
TOKEN = "fake-token"


@pytest.mark.parametrize(
    ("service", "stack", "expected"),
    [
        ("https://scheduler.keboola.com", "https://connection.keboola.com", True),
        ("https://scheduler.keboola.com/", "https://connection.keboola.com", True),
        ("https://connection.keboola.com/scheduler", "https://connection.keboola.com", True),
        ("https://scheduler.eu.keboola.com", "https://connection.eu.keboola.com", True),
        ("https://SCHEDULER.keboola.com", "https://connection.keboola.com", True),
        ("https://scheduler.evil.test", "https://connection.keboola.com", False),
        ("https://scheduler.keboola.com.evil.test", "https://connection.keboola.com", False),
        ("https://keboola.com", "https://connection.keboola.com", False),
        ("https://com", "https://connection.keboola.com", False),
        ("https://other.com", "https://keboola.com", False),
        ("https://a.scheduler.keboola.com", "https://connection.keboola.com", False),
        ("http://scheduler.keboola.com", "https://connection.keboola.com", False),
        ("http://127.0.0.1:1", "https://connection.keboola.com", False),
        ("https://127.0.0.1:1", "https://connection.keboola.com", False),
        ("https://user@scheduler.keboola.com", "https://connection.keboola.com", False),
        ("https://scheduler.keboola.com?x=1", "https://connection.keboola.com", False),
        ("https://[", "https://connection.keboola.com", False),
        ("http://127.0.0.1:8000/scheduler", "http://127.0.0.1:8000", True),
        ("http://localhost:9000", "http://127.0.0.1:8000", True),
        ("https://scheduler.keboola.com", "http://127.0.0.1:8000", False),
    ],
)
def test_a_service_sees_the_token_only_if_it_is_of_the_same_stack(service, stack, expected):
    assert belongs_to(service, stack) is expected


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ({"services": [{"id": "x"}, {"id": "s", "url": "https://s.test/"}]}, "https://s.test"),
        ({"services": [{"id": "s", "url": "http://s.test"}]}, ""),
        ({"services": [{"id": "s", "url": 5}]}, ""),
        ({"services": [{"id": "other", "url": "https://s.test"}, "s"]}, ""),
        ({"services": "s"}, ""),
        ({}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_address_of_a_service_is_found_in_the_index_or_not_at_all(index, expected):
    assert address_of(index, "s") == expected


@pytest.fixture
def mocked():
    with responses.RequestsMock() as found:
        yield found


@pytest.fixture
def client():
    found = StorageClient(Transport(STACK, TOKEN, policy=RetryPolicy(max_wait_s=0)))
    yield found
    found.close()


def test_the_scheduler_is_found_once_and_gets_the_token(mocked, client):
    service = {"id": "scheduler", "url": "https://scheduler.example.test"}
    mocked.get(f"{STACK}/v2/storage/", json={"services": [service]})
    mocked.post("https://scheduler.example.test/schedules", json={})
    for _ in range(2):
        client.send(activating(Key("keboola.scheduler", "nightly")))
    sent = mocked.calls[1].request

    assert [call.request.method for call in mocked.calls] == ["GET", "POST", "POST"]
    assert sent.headers["X-StorageApi-Token"] == TOKEN
    assert sent.body == b'{"configurationId": "nightly"}'


def test_a_scheduler_of_another_stack_gets_nothing(mocked, client):
    service = {"id": "scheduler", "url": "https://scheduler.evil.test"}
    mocked.get(f"{STACK}/v2/storage/", json={"services": [service]})

    with pytest.raises(ApiError, match="not of the same stack") as caught:
        client.find_service(SCHEDULER_SERVICE)

    assert not caught.value.may_have_happened
    assert TOKEN not in str(caught.value)


def test_an_activation_whose_answer_is_lost_is_sent_again(mocked):
    policy = RetryPolicy(max_wait_s=5)
    client = StorageClient(Transport(STACK, TOKEN, policy=policy))
    service = {"id": "scheduler", "url": "https://scheduler.example.test"}
    mocked.get(f"{STACK}/v2/storage/", json={"services": [service]})
    lost = requests.ConnectionError("the connection broke off")
    mocked.post("https://scheduler.example.test/schedules", body=lost)
    mocked.post("https://scheduler.example.test/schedules", json={})
    client.send(activating(Key("keboola.scheduler", "nightly")))
    client.close()

    assert len(mocked.calls) == 3
