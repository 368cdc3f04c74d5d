"""Starting, stopping, keeping data, and many clients at once."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
import requests

from kbsync.emulator.app import create_app
from kbsync.emulator.errors import EmulatorError
from kbsync.emulator.serve import start
from kbsync.emulator.store import Store

HEADERS = {"X-StorageApi-Token": "test-token"}
CONFIGS = "/v2/storage/components/x/configs"
SEED = [{"id": "x", "configurations": [{"id": "c", "name": "C"}]}]


def put(server_url, number):
    body = {"name": f"n{number}"}
    return requests.put(f"{server_url}{CONFIGS}/c", json=body, headers=HEADERS, timeout=10).json()


def detail(server):
    return requests.get(f"{server.url}{CONFIGS}/c", headers=HEADERS, timeout=10).json()


def test_a_server_is_a_context_manager_and_closing_twice_is_fine():
    with start() as server:
        assert requests.get(f"{server.url}/v2/storage", timeout=10).status_code == 200
    server.close()

    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/v2/storage", timeout=10)


def test_closing_is_quick():
    server = start()
    requests.get(f"{server.url}/v2/storage", timeout=10)
    began = time.monotonic()
    server.close()

    assert time.monotonic() - began < 0.5


def test_the_application_runs_under_any_wsgi_server():
    store = Store()
    client = create_app(store).test_client()
    answer = client.post("/v2/storage/components/x/configs/", json={"name": "A"}, headers=HEADERS)
    store.close()

    assert (answer.status_code, answer.get_json()["name"]) == (201, "A")


def test_a_port_in_use_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmulatorError, match=f"cannot listen on 127.0.0.1:{port}") as caught:
            start(port=port)

    assert (caught.value.what, "--port" in caught.value.hint) == ("start", True)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "example.test", ""])
def test_a_host_that_others_can_reach_is_refused(host):
    with pytest.raises(EmulatorError, match="is not an address of this machine alone") as caught:
        start(host=host)

    assert "--allow-remote" in caught.value.hint


def test_a_host_that_others_can_reach_can_be_allowed():
    with start(host="0.0.0.0", allow_remote=True) as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")

        assert requests.get(f"{url}/v2/storage", timeout=10).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_loopback_names_are_accepted(host):
    with start(host=host) as server:
        assert requests.get(f"{server.url}/v2/storage", timeout=10).status_code == 200


# Data files


def test_a_data_file_keeps_the_project(tmp_path):
    path = tmp_path / "project.db"
    with start(seed=SEED, data=path) as server:
        put(server.url, 1)
        before = detail(server)
    with start(data=path) as server:
        assert detail(server) == before


def test_a_seed_does_not_replace_what_a_data_file_holds(tmp_path):
    path = tmp_path / "project.db"
    with start(seed=SEED, data=path) as server:
        put(server.url, 1)
    with start(seed=SEED, data=path) as server:
        assert detail(server)["version"] == 2


def test_a_data_file_of_another_version_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "project.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE x (y)")
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()

    with pytest.raises(EmulatorError, match="has format 99, this version reads format 1"):
        start(data=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda p: p.write_bytes(b"not a database" * 99), "not a data file", id="text"),
        pytest.param(lambda p: p.mkdir(), "cannot open the data file", id="folder"),
    ],
)
def test_what_is_no_data_file_is_refused(tmp_path, make, message):
    path = tmp_path / "project.db"
    make(path)

    with pytest.raises(EmulatorError, match=message):
        start(data=path)


def test_a_database_of_something_else_is_refused(tmp_path):
    path = tmp_path / "project.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE x (y)")
    db.close()

    with pytest.raises(EmulatorError, match="has format 0"):
        start(data=path)


def test_a_data_file_survives_kill_9(tmp_path):
    path = tmp_path / "project.db"
    with start(seed=SEED, data=path):
        pass
    process, url = run_program(path)
    known = 0
    killer = threading.Timer(0.5, process.kill)
    killer.start()
    try:
        while True:
            known = put(url, known)["version"]
    except requests.RequestException:
        killer.join()
    finish(process)
    with start(data=path) as server:
        after = detail(server)
        versions = requests.get(
            f"{server.url}{CONFIGS}/c/versions?limit=99999", headers=HEADERS, timeout=10
        ).json()

    assert known > 1
    assert after["version"] in (known, known + 1)
    assert [item["version"] for item in versions] == list(range(after["version"], 0, -1))


# Many clients


def test_parallel_writers_of_one_configuration_are_serialised(start_emulator):
    server = start_emulator(SEED)
    answers = []

    def write(writer):
        with requests.Session() as session:
            session.headers.update(HEADERS)
            for number in range(10):
                body = {"rowId": f"{writer}-{number}"}
                answers.append(session.post(f"{server.url}{CONFIGS}/c/rows", json=body, timeout=10))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    config = detail(server)
    versions = requests.get(f"{server.url}{CONFIGS}/c/versions", headers=HEADERS, timeout=10).json()

    assert {answer.status_code for answer in answers} == {201}
    assert (config["version"], len(config["rows"])) == (81, 80)
    assert [item["version"] for item in versions] == list(range(81, 0, -1))


def test_latency_is_not_paid_one_after_the_other(start_emulator):
    server = start_emulator(latency_ms=200)
    began = time.monotonic()
    readers = [
        threading.Thread(target=requests.get, args=(f"{server.url}/v2/storage",)) for _ in range(20)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert time.monotonic() - began < 2


# The program


def run_program(data=None, *options):
    """Start the command as a process of its own; return it and the address it printed."""
    code = "from kbsync.cli.emulator import command; command()"
    arguments = [*(("--data", str(data)) if data else ()), *options]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:"), process.stderr.read()
    return process, line.removeprefix("listening on ").strip()


def finish(process):
    out, err = process.communicate(timeout=10)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(tmp_path, number):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED))
    process, url = run_program(None, "--seed", str(seed))
    config = put(url, 1)
    process.send_signal(number)

    assert finish(process) == (0, "", "")
    assert config["version"] == 2


def test_the_command_says_when_it_does_not_load_the_seed(tmp_path):
    seed, data = tmp_path / "seed.json", tmp_path / "project.db"
    seed.write_text(json.dumps(SEED))
    with start(data=data):
        pass
    process, _ = run_program(data, "--seed", str(seed))
    process.terminate()

    assert finish(process) == (0, "", f"{data} holds a project already; {seed} was not loaded\n")
