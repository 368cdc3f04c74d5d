"""Repeating requests: which, how often, how long, and who hears of it."""

import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
import responses

from kbsync.api.retry import RetryPolicy
from kbsync.api.transport import Transport
from kbsync.api.wire import Call
from kbsync.errors import AccessError, ApiError, InterruptedRunError, KbsyncError

STACK = "https://stack.test"
VERIFY = f"{STACK}/v2/storage/tokens/verify"
READ = Call(method="GET", path=("tokens", "verify"))
CONFIGS = ("components", "x", "configs")
CREATE = Call(method="POST", path=CONFIGS, body={"name": "A", "configurationId": "c"})
UPDATE = Call(method="PUT", path=(*CONFIGS, "c"), body={"name": "B"})
DELETE = Call(method="DELETE", path=(*CONFIGS, "c"))
WRITES = [CREATE, UPDATE, DELETE]
QUICK = RetryPolicy(max_wait_s=5, first_s=0.001, longest_s=0.01)


@pytest.fixture
def connect():
    """A function that makes a transport with short pauses; *heard* keeps what it said."""
    made = []

    def to(url, *, policy=QUICK, on_wait=None):
        heard = []

        def note(why, seconds):
            heard.append((why, seconds))
            if on_wait:
                on_wait()

        made.append(Transport(url, "token", policy=policy, on_wait=note))
        return made[-1], heard

    yield to
    for transport in made:
        transport.close()


@pytest.fixture
def workspace(start_workspace):
    return start_workspace(
        live=[{"id": "x", "configurations": [{"id": "c", "name": "A", "configuration": {}}]}]
    )


def failed(transport, call):
    with pytest.raises(KbsyncError) as caught:
        transport.ask(call)
    return caught.value


def sent(workspace, method):
    return [each for each in workspace.requests() if each.startswith(method)]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"status": 500}, "the platform answered 500"),
        ({"status": 502}, "the platform answered 502"),
        ({"status": 408}, "the platform answered 408"),
        ({"status": 503}, "the platform answered 503"),
        ({"status": 503, "body": {"status": "maintenance"}}, "the stack is under maintenance"),
        ({"status": 429}, "too many requests"),
        ({"status": 423}, "the platform answered 423"),
        ({"action": "reset"}, "the connection broke off"),
        ({"action": "reset", "when": "after"}, "the connection broke off"),
        ({"action": "truncate"}, "the answer broke off"),
    ],
    ids=str,
)
def test_a_read_is_repeated_until_it_succeeds(workspace, connect, rule, why):
    workspace.fault(**{"action": "status", "method": "GET", "times": 2, **rule})
    transport, heard = connect(workspace.server.url)

    assert transport.ask(READ)["owner"]["id"] == 1234
    assert [each for each, _ in heard] == [why] * 2


@pytest.mark.parametrize("call", WRITES, ids=str)
@pytest.mark.parametrize(
    "rule",
    [
        {"status": 429},
        {"status": 423},
        {"status": 409, "body": {"error": "lock", "code": "storage.versionConflict"}},
        {"status": 503, "body": {"status": "maintenance"}},
        {"status": 503, "headers": {"Retry-After": "0"}},
    ],
    ids=str,
)
def test_a_write_that_was_turned_away_is_repeated(workspace, connect, call, rule):
    workspace.storage("DELETE", "components/x/configs/c" if call is CREATE else "nothing")
    workspace.forget_requests()
    workspace.fault(**{"action": "status", "method": call.method, "times": 1, **rule})
    transport, heard = connect(workspace.server.url)
    transport.ask(call)

    assert (len(sent(workspace, call.method)), len(heard)) == (2, 1)


@pytest.mark.parametrize("call", WRITES, ids=str)
@pytest.mark.parametrize(
    "rule",
    [
        {"status": 500},
        {"status": 503},
        {"status": 504},
        {"status": 408},
        {"action": "reset", "when": "before"},
        {"action": "reset", "when": "after"},
        {"action": "truncate", "when": "before"},
        {"status": 200, "body": "<html>"},
    ],
    ids=str,
)
def test_a_write_of_which_nobody_knows_is_sent_once(workspace, connect, call, rule):
    workspace.fault(**{"action": "status", "method": call.method, **rule})
    transport, heard = connect(workspace.server.url)
    error = failed(transport, call)

    assert (len(sent(workspace, call.method)), heard) == (1, [])
    assert error.may_have_happened


@pytest.mark.parametrize("call", [READ, *WRITES], ids=str)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
def test_what_is_refused_is_never_repeated(workspace, connect, call, status):
    headers = {"Retry-After": "0"}
    workspace.fault(method=call.method, action="status", status=status, headers=headers)
    transport, heard = connect(workspace.server.url)
    error = failed(transport, call)

    assert (len(sent(workspace, call.method)), heard) == (1, [])
    assert isinstance(error, AccessError if status in (401, 403) else ApiError)
    assert not error.may_have_happened


@pytest.mark.parametrize(
    ("header", "least_s", "most_s"),
    [
        pytest.param("7", 7, 7, id="seconds"),
        pytest.param("-7", 0, 0.1, id="negative"),
        pytest.param("86400", 60, 60, id="absurd"),
        pytest.param("soon", 0, 0.1, id="no number"),
        pytest.param(None, 0, 0.1, id="absent"),
        pytest.param("date", 7, 9, id="date"),
        pytest.param("past", 0, 0.1, id="date that is over"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_platform_says_when_to_come_back(workspace, connect, header, least_s, most_s, status):
    now = datetime.now(UTC)
    dates = {"date": now + timedelta(seconds=9), "past": now - timedelta(days=1)}
    if header in dates:
        header = format_datetime(dates[header], usegmt=True)
    headers = {"Retry-After": header} if header else {}
    workspace.fault(action="status", status=status, headers=headers, body={"status": "maintenance"})
    transport, heard = connect(
        workspace.server.url,
        policy=RetryPolicy(first_s=0.001),
        on_wait=lambda: transport.stop(),
    )
    error = failed(transport, CREATE)
    ((_, seconds),) = heard

    assert isinstance(error, InterruptedRunError)
    assert least_s <= seconds <= most_s


def test_somebody_who_may_not_wait_so_long_is_told_the_error(workspace, connect):
    headers = {"Retry-After": "30"}
    workspace.fault(action="status", status=429, headers=headers)
    transport, heard = connect(workspace.server.url, policy=RetryPolicy(max_wait_s=29))

    assert "HTTP 429" in str(failed(transport, CREATE))
    assert (len(sent(workspace, "POST")), heard) == (1, [])


def test_a_platform_that_stays_broken_is_given_up(workspace, connect):
    workspace.fault(action="status", status=500)
    transport, heard = connect(workspace.server.url)

    assert "HTTP 500" in str(failed(transport, READ))
    assert (len(sent(workspace, "GET")), len(heard)) == (8, 7)


def test_all_workers_stay_within_a_rate_limit(start_workspace, connect):
    workspace = start_workspace(rate_limit=50)
    transport, _ = connect(workspace.server.url, policy=RetryPolicy())
    done = []

    def ask():
        done.extend(transport.ask(READ)["id"] for _ in range(4))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(done) == 32
    # Refused: a storm of eight at the most, and hardly any later.
    assert len(sent(workspace, "GET")) <= 32 + 12


def test_a_refused_connection_at_first_contact_is_told_within_a_second(connect):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    transport, heard = connect(f"http://127.0.0.1:{port}", policy=RetryPolicy())
    began = time.monotonic()
    error = failed(transport, CREATE)

    assert time.monotonic() - began < 1
    assert (str(error).startswith("POST components/x/configs: no connection"), len(heard)) == (
        True,
        2,
    )
    assert not error.may_have_happened


def test_a_stack_that_was_there_a_moment_ago_is_called_more_often(start_workspace, connect):
    workspace = start_workspace()
    transport, heard = connect(workspace.server.url)
    transport.ask(READ)
    workspace.server.close()
    error = failed(transport, CREATE)

    # The first try may find the old connection closed, which leaves open what became of it.
    assert error.may_have_happened or len(heard) == 7


@responses.activate
@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (requests.exceptions.SSLError(), 1),
        (requests.exceptions.ProxyError(), 1),
        (requests.exceptions.InvalidHeader(), 1),
        (requests.ConnectionError("NameResolutionError"), 3),
        (requests.ConnectTimeout(), 3),
        (requests.ReadTimeout(), 8),
    ],
    ids=repr,
)
def test_what_stands_between_us_and_the_stack_is_tried_as_often_as_it_may_pass(
    connect, error, tries
):
    responses.get(VERIFY, body=error)
    transport, heard = connect(STACK)
    failed(transport, READ)

    assert (len(responses.calls), len(heard)) == (tries, tries - 1)


@responses.activate
@pytest.mark.parametrize("body", ['{"half": ', "<html>", "[NaN]", "[" * 100_000], ids=len)
def test_an_answer_that_makes_no_sense_is_no_reason_to_write_again(connect, body):
    responses.post(f"{STACK}/v2/storage/components/x/configs", status=201, body=body)
    transport, heard = connect(STACK)
    error = failed(transport, CREATE)

    assert "is not JSON" in str(error)
    assert (error.may_have_happened, len(responses.calls), heard) == (True, 1, [])


@responses.activate
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Sun, 22 Nov 2026 12:00:00 GMT", datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 12:00:00 -0000", datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_clock_of_the_platform_is_that_of_its_newest_answer(connect, header, expected):
    responses.get(VERIFY, json={}, headers={"Date": header})
    transport, _ = connect(STACK)
    before = transport.server_time
    transport.ask(READ)
    now = transport.server_time

    assert before is None
    assert now == expected or now - expected < timedelta(seconds=5)


@responses.activate
def test_the_clock_of_the_platform_goes_on_between_two_answers(connect):
    responses.get(VERIFY, json={}, headers={"Date": "Sun, 22 Nov 2026 12:00:00 GMT"})
    transport, _ = connect(STACK)
    transport.ask(READ)
    first = transport.server_time
    time.sleep(0.02)

    assert transport.server_time - first >= timedelta(seconds=0.02)


@pytest.mark.parametrize("waits_for", ["pause", "gate"])
def test_stop_ends_every_waiting_at_once(workspace, connect, waits_for):
    workspace.fault(action="status", status=429, headers={"Retry-After": "30"}, times=1)
    transport, heard = connect(workspace.server.url, policy=RetryPolicy())
    errors = []

    def ask():
        errors.append(failed(transport, READ))

    count = 1 if waits_for == "pause" else 3
    threads = [threading.Thread(target=ask) for _ in range(count)]
    threads[0].start()
    while not heard:
        time.sleep(0.005)
    for thread in threads[1:]:
        thread.start()
    began = time.monotonic()
    transport.stop()
    for thread in threads:
        thread.join(timeout=5)

    assert time.monotonic() - began < 1
    assert [type(error) for error in errors] == [InterruptedRunError] * count


def test_stop_lets_a_request_that_need_not_wait_pass(workspace, connect):
    transport, _ = connect(workspace.server.url)
    transport.stop()

    assert transport.ask(UPDATE)["name"] == "B"


def test_waiting_after_a_lost_answer_ends_when_there_were_enough_tries(connect):
    transport, heard = connect(STACK)

    assert [transport.wait_again("lost", attempt) for attempt in (1, 2, 8)] == [True, True, False]
    assert heard == [("lost", 0.001), ("lost", 0.002)]
