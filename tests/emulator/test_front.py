"""Request log, faults, latency and rate limit."""

import threading
import time

import pytest
import requests

HEADERS = {"X-StorageApi-Token": "test-token"}
CONFIGS = "/v2/storage/components/x/configs"


def send(server, method, path, **options):
    return requests.request(method, server.url + path, headers=HEADERS, timeout=10, **options)


def log(server):
    return send(server, "GET", "/_emulator/requests").json()


def fault(server, *rules):
    answer = send(server, "POST", "/_emulator/faults", json=rules[0] if len(rules) == 1 else rules)
    assert answer.status_code == 204, answer.text


def create(server):
    return send(server, "POST", CONFIGS, json={"name": "A", "configurationId": "c"})


def is_there(server):
    return send(server, "GET", f"{CONFIGS}/c").status_code == 200


def test_the_log_lists_requests_in_order_of_arrival(emulator):
    send(emulator, "GET", "/v2/storage/components?include=rows,state&x=%20")
    create(emulator)
    send(emulator, "GET", "/v2/storage/nothing%2Fhere/")

    assert log(emulator) == [
        {
            "method": "GET",
            "path": "/v2/storage/components",
            "query": "include=rows,state&x=%20",
            "status": 400,
        }
        | {"status": 200},
        {"method": "POST", "path": CONFIGS, "query": "", "status": 201},
        {"method": "GET", "path": "/v2/storage/nothing%2Fhere/", "query": "", "status": 501},
    ]


def test_the_log_can_be_cleared_and_leaves_control_requests_out(emulator):
    create(emulator)
    answer = send(emulator, "DELETE", "/_emulator/requests")

    assert (answer.status_code, log(emulator)) == (204, [])


def test_a_status_before_the_handler_prevents_the_write(emulator):
    fault(emulator, {"method": "POST", "path": "configs$", "action": "status", "status": 503})

    assert create(emulator).status_code == 503
    assert not is_there(emulator)


def test_a_status_after_the_handler_hides_the_write(emulator):
    fault(emulator, {"method": "POST", "action": "status", "status": 502, "when": "after"})

    assert create(emulator).status_code == 502
    assert is_there(emulator)


def test_a_status_is_500_with_an_error_body_by_default(emulator):
    fault(emulator, {"action": "status"})
    answer = create(emulator)

    assert (answer.status_code, answer.json()["code"]) == (500, "emulator.fault")


@pytest.mark.parametrize(
    ("body", "expected"), [({"status": "maintenance"}, '{"status": "maintenance"}'), ("<p>", "<p>")]
)
def test_a_status_carries_the_headers_and_body_given(emulator, body, expected):
    headers = {"Retry-After": 7, "Content-Type": "text/x"}
    fault(emulator, {"action": "status", "status": 503, "headers": headers, "body": body})
    answer = create(emulator)

    assert (answer.text, answer.headers["Retry-After"]) == (expected, "7")
    assert answer.headers["Content-Type"] == "text/x"


def test_skip_and_times_count_matching_requests(emulator):
    fault(emulator, {"path": "/c$", "skip": 1, "times": 2, "action": "status", "status": 418})
    create(emulator)
    statuses = [send(emulator, "GET", f"{CONFIGS}/c").status_code for _ in range(5)]

    assert statuses == [200, 418, 418, 200, 200]


def test_a_rule_without_times_holds_until_the_rules_are_cleared(emulator):
    fault(emulator, {"action": "status", "status": 418})
    before = [create(emulator).status_code for _ in range(3)]
    send(emulator, "DELETE", "/_emulator/faults")

    assert (before, create(emulator).status_code) == ([418] * 3, 201)


def test_the_first_matching_rule_wins(emulator):
    fault(
        emulator,
        {"method": "get", "action": "status", "status": 418, "times": 1},
        {"action": "status", "status": 419},
    )
    statuses = [send(emulator, "GET", "/v2/storage").status_code for _ in range(2)]

    assert statuses == [418, 419]


def test_a_rule_can_match_the_query(emulator):
    fault(emulator, {"path": r"\?include=rows$", "action": "status", "status": 418})

    assert send(emulator, "GET", "/v2/storage/components?include=rows").status_code == 418
    assert send(emulator, "GET", "/v2/storage/components").status_code == 200


@pytest.mark.parametrize(("when", "written"), [("before", False), ("after", True)])
def test_a_reset_breaks_the_connection(emulator, when, written):
    fault(emulator, {"method": "POST", "action": "reset", "when": when})

    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        create(emulator)
    assert is_there(emulator) is written
    assert log(emulator)[0]["status"] is None


def test_a_truncated_answer_ends_too_early(emulator):
    fault(emulator, {"method": "POST", "action": "truncate"})

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        create(emulator)
    assert is_there(emulator)


def test_a_truncated_answer_before_the_handler_prevents_the_write(emulator):
    fault(emulator, {"method": "POST", "action": "truncate", "when": "before"})

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        create(emulator)
    assert not is_there(emulator)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delay_answers_late(emulator, when):
    fault(emulator, {"action": "delay", "seconds": 0.2, "when": when, "times": 1})
    began = time.monotonic()

    assert create(emulator).status_code == 201
    assert time.monotonic() - began > 0.19


@pytest.mark.parametrize(("when", "written"), [("before", False), ("after", True)])
def test_a_hanging_request_ends_without_an_answer(emulator, when, written):
    fault(emulator, {"method": "POST", "action": "hang", "seconds": 0.1, "when": when})

    with pytest.raises(requests.ConnectionError):
        create(emulator)
    assert is_there(emulator) is written


def test_a_hanging_request_outlasts_the_patience_of_a_client(emulator):
    fault(emulator, {"action": "hang"})

    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{emulator.url}/v2/storage", timeout=0.1)


def test_closing_ends_hanging_requests_at_once(start_emulator):
    server = start_emulator()
    fault(server, {"action": "hang"})
    errors = []

    def ask():
        try:
            requests.get(f"{server.url}/v2/storage", timeout=10)
        except requests.ConnectionError as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while not log(server):
        time.sleep(0.005)
    began = time.monotonic()
    server.close()
    asking.join()

    assert time.monotonic() - began < 1
    assert len(errors) == 1


@pytest.mark.parametrize(
    ("when", "names"),
    [
        pytest.param("before", ["A", "Theirs", "Mine"], id="before"),
        pytest.param("after", ["A", "Mine", "Theirs"], id="after"),
    ],
)
def test_an_edit_of_somebody_else_comes_before_or_after_the_request(emulator, when, names):
    create(emulator)
    edit = {"method": "put", "path": "components/x/configs/c", "body": {"name": "Theirs"}}
    fault(emulator, {"method": "PUT", "action": "edit", "when": when, "times": 1, "edit": edit})
    answer = send(emulator, "PUT", f"{CONFIGS}/c", json={"name": "Mine"})
    versions = send(emulator, "GET", f"{CONFIGS}/c/versions").json()

    assert (answer.status_code, answer.json()["name"]) == (200, "Mine")
    assert [version["name"] for version in reversed(versions)] == names


def test_an_edit_of_somebody_else_is_in_no_log(emulator):
    create(emulator)
    edit = {"method": "DELETE", "path": "components/x/configs/c"}
    fault(emulator, {"method": "GET", "action": "edit", "times": 1, "edit": edit})

    assert not is_there(emulator)
    assert [(each["method"], each["status"]) for each in log(emulator)] == [
        ("POST", 201),
        ("GET", 404),
    ]


def test_an_edit_can_have_a_query_and_a_body_although_the_request_has_none(emulator):
    edit = {
        "method": "POST",
        "path": "branch/default/components/x/configs?x=1",
        "body": {"name": "A", "configurationId": "c"},
    }
    fault(emulator, {"method": "GET", "action": "edit", "times": 1, "edit": edit})

    assert is_there(emulator)


def test_an_edit_that_is_refused_is_told(start_emulator):
    seed = {"components": [], "tokens": [{"id": 1, "token": "test-token", "isMasterToken": True}]}
    server = start_emulator(seed=seed)
    edit = {"method": "POST", "path": "components/x/configs", "body": {"name": "A"}}
    fault(server, {"method": "GET", "action": "edit", "edit": edit})
    answer = send(server, "GET", CONFIGS)

    assert (answer.status_code, answer.json()["code"]) == (500, "emulator.edit")
    assert answer.json()["error"].startswith(
        "Emulated edit refused: POST components/x/configs: 401 UNAUTHORIZED: {"
    )


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("x", "expected an object"),
        ({}, "'action' must be one of status, reset, truncate, delay, hang, edit"),
        ({"action": "explode"}, "'action' must be one of"),
        ({"action": "reset", "when": "during"}, "'when' must be one of before, after"),
        ({"action": "reset", "path": "("}, "'path' is not a regular expression"),
        ({"action": "reset", "pth": "x"}, "unknown key 'pth'; expected one of method, path"),
        ({"action": "reset", "times": "1"}, "'times' has the wrong type"),
        ({"action": "reset", "skip": True}, "'skip' has the wrong type"),
        ({"action": "status", "status": 99}, "'status' must be from 200 to 599"),
        ({"action": "edit"}, "edit: missing"),
        ({"action": "edit", "edit": {"method": "PUT"}}, "edit: 'path' is missing"),
        ({"action": "edit", "edit": {"path": "x"}}, "edit: 'method' is missing"),
        ({"action": "edit", "edit": {"method": 1}}, "edit: 'method' has the wrong type"),
        ({"action": "edit", "edit": {"verb": "PUT"}}, "edit: unknown key 'verb'"),
    ],
    ids=str,
)
def test_a_bad_rule_is_400_and_adds_nothing(emulator, rule, message):
    good = {"action": "status", "status": 418}
    answer = send(emulator, "POST", "/_emulator/faults", json=[good, rule])

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("rule 1: ")
    assert message in answer.json()["error"]
    assert create(emulator).status_code == 201


def test_latency_holds_every_request_but_control(start_emulator):
    server = start_emulator(latency_ms=200)
    began = time.monotonic()
    log(server)
    control_s = time.monotonic() - began
    create(server)

    assert control_s < 0.2 <= time.monotonic() - began


def test_beyond_the_rate_limit_the_answer_is_429(start_emulator):
    server = start_emulator(rate_limit=2)
    answers = [send(server, "GET", "/v2/storage") for _ in range(4)]
    control = [log(server) for _ in range(4)]
    refused = answers[-1]

    assert answers[0].status_code == 200
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert refused.json()["error"] == "Too many requests"
    assert len(control[-1]) == 4


def test_the_rate_limit_recovers(start_emulator):
    server = start_emulator(rate_limit=20)
    before = [send(server, "GET", "/v2/storage").status_code for _ in range(100)]
    time.sleep(0.1)

    assert before[0] == 200
    assert send(server, "GET", "/v2/storage").status_code == 200
