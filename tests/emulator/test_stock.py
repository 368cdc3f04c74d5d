"""Buckets, tables and files over the life of an emulator: seeds, exports, bodies on the disk."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
import requests

from kbsync.emulator.blobs import Blobs
from kbsync.emulator.errors import EmulatorError
from kbsync.emulator.seed import check_seed
from kbsync.emulator.serve import start

HEADERS = {"X-StorageApi-Token": "test-token"}
MIB = 1024 * 1024
ENTRY = {"key": "KBC.description", "value": "D", "provider": "user"}
SEED = {
    "components": [],
    "project": {"id": 7, "name": "P"},
    "buckets": [
        {"id": "in.c-main", "description": "D", "color": "red", "metadata": [ENTRY]},
        {"id": "out.c-empty", "displayName": "Nothing", "backend": "bigquery"},
    ],
    "tables": [
        {
            "id": "in.c-main.words",
            "columns": ["id", "name"],
            "primaryKey": ["id"],
            "rows": [["1", "one"], ["2", None]],
            "metadata": [ENTRY],
            "columnMetadata": {"id": [ENTRY]},
        },
        {
            "id": "in.c-main.typed",
            "displayName": "Typed",
            "columns": [
                {
                    "name": "id",
                    "definition": {"type": "NUMBER", "nullable": False, "length": "38,0"},
                    "basetype": "NUMERIC",
                }
            ],
            "rows": [["1"]],
        },
    ],
}


def get(server, path, **params):
    url = f"{server.url}/v2/storage/{path}"
    return requests.get(url, params=params, headers=HEADERS, timeout=30)


def post(server, path, **body):
    answer = requests.post(
        f"{server.url}/v2/storage/{path}", json=body, headers=HEADERS, timeout=30
    )
    assert answer.ok, answer.text
    return answer.json()


def export(server):
    return requests.get(f"{server.url}/_emulator/project", timeout=30).json()


def upload(server, data):
    """Upload a file and return its URL."""
    file = post(server, "files/prepare", name="a.bin", federationToken=True)
    key = file["uploadParams"]["key"]
    url = f"{server.url}/s3/{file['uploadParams']['bucket']}/{key}"
    requests.put(url, data=data, timeout=60).raise_for_status()
    return url


# Seeds


def test_seeded_buckets_and_tables_are_served_and_exported_again(start_emulator):
    server = start_emulator(SEED)
    preview = get(server, "tables/in.c-main.words/data-preview").text

    assert preview == '"id","name"\n"1","one"\n"2",""\n'
    assert export(server) == SEED


def test_a_bucket_that_only_a_table_names_is_made_for_it(start_emulator):
    server = start_emulator({"tables": [{"id": "out.c-x.t", "columns": ["a"]}]})

    assert get(server, "buckets/out.c-x").json()["displayName"] == "x"


def test_cells_of_a_seed_may_be_any_json_scalar(start_emulator):
    rows = [["a"], [1], [1.5], [True], [None]]
    server = start_emulator({"tables": [{"id": "in.c-x.t", "columns": ["a"], "rows": rows}]})

    assert export(server)["tables"][0]["rows"] == [["a"], ["1"], ["1.5"], ["true"], [None]]


def test_metadata_of_a_seed_may_be_an_object(start_emulator):
    server = start_emulator({"buckets": [{"id": "in.c-x", "metadata": {"a": "1"}}]})

    assert export(server)["buckets"][0]["metadata"] == [
        {"key": "a", "value": "1", "provider": "user"}
    ]


def test_buckets_turn_the_export_of_a_list_into_an_object(start_emulator):
    server = start_emulator([{"id": "keboola.ex-x", "configurations": []}])
    before = export(server)
    post(server, "buckets", name="main")
    after = export(server)

    assert isinstance(before, list)
    assert (after["components"], after["buckets"]) == (before, [{"id": "in.c-main"}])


def test_replacing_the_project_replaces_buckets_and_files(start_emulator):
    server = start_emulator(SEED)
    url = upload(server, b"1")
    requests.put(f"{server.url}/_emulator/project", json=[], timeout=30).raise_for_status()

    assert export(server) == []
    assert requests.get(url, timeout=30).status_code == 404
    assert get(server, "files").json() == []


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ({"buckets": [{"id": "main"}]}, r"seed: buckets\[0\].id: 'main' is not an id such as"),
        (
            {"tables": [{"id": "in.c-x", "columns": ["a"]}]},
            r"seed: tables\[0\].id: 'in.c-x' is not an id such as 'in.c-main.orders'",
        ),
        (
            {"tables": [{"id": "in.c-x.t"}]},
            r"seed: tables\[0\]: the key 'columns' is missing or empty",
        ),
        (
            {"tables": [{"id": "in.c-x.t", "columns": [1]}]},
            r"seed: tables\[0\].columns\[0\]: expected a text, found a number",
        ),
        (
            {"tables": [{"id": "in.c-x.t", "columns": ["a", {"name": "b"}]}]},
            r"seed: tables\[0\].columns\[1\]: expected a text, found an object",
        ),
        (
            {"tables": [{"id": "in.c-x.t", "columns": ["a"], "primaryKey": ["b"]}]},
            r"seed: tables\[0\].primaryKey\[0\]: 'b' is no column",
        ),
        (
            {"tables": [{"id": "in.c-x.t", "columns": ["a"], "rows": [["1"], ["1", "2"]]}]},
            r"seed: tables\[0\].rows\[1\]: expected 1 cells, found 2",
        ),
        (
            {"tables": [{"id": "in.c-x.t", "columns": ["a"], "rows": [[[]]]}]},
            r"seed: tables\[0\].rows\[0\]: expected .*, found a list",
        ),
        (
            {"tables": [{"id": "in.c-x.t", "columns": ["a"], "columnMetadata": {"a": {"k": 1}}}]},
            r"seed: tables\[0\].columnMetadata.a.k: expected a text, found a number",
        ),
    ],
)
def test_a_wrong_entry_is_named(seed, message):
    with pytest.raises(EmulatorError, match=message):
        check_seed(seed)


# Bodies on the disk


def test_tables_and_files_survive_a_restart(tmp_path):
    with start(seed=SEED, data=tmp_path / "project.db") as server:
        path = upload(server, b"12345").removeprefix(server.url)
    with start(data=tmp_path / "project.db") as server:
        assert requests.get(server.url + path, timeout=30).content == b"12345"
        assert export(server) == SEED


def bodies(data):
    return sorted(Path(f"{data}.files").iterdir())


def test_a_body_goes_when_it_is_replaced_or_its_file_deleted(tmp_path):
    data = tmp_path / "project.db"
    with start(data=data) as server:
        url = upload(server, b"1")
        requests.put(url, data=b"2", timeout=30)
        replaced = [path.read_bytes() for path in bodies(data)]
        file = get(server, "files").json()[0]["id"]
        requests.delete(f"{server.url}/v2/storage/files/{file}", headers=HEADERS, timeout=30)

        assert replaced == [b"2"]
        assert bodies(data) == []


@pytest.mark.parametrize("broken", [b"xyz;no size\r\n", b"5\r\n123", b"5\r\n12345\r\n"])
def test_a_body_that_is_broken_is_not_kept(tmp_path, broken):
    data = tmp_path / "project.db"
    with start(data=data) as server:
        url = upload(server, b"1")
        headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
        answer = requests.put(f"{url}2", data=broken, headers=headers, timeout=30)

        assert (answer.status_code, "IncompleteBody" in answer.text) == (400, True)
        assert [path.read_bytes() for path in bodies(data)] == [b"1"]


def test_what_a_killed_process_left_behind_is_swept_and_nothing_else(tmp_path):
    data = tmp_path / "project.db"
    with start(data=data) as server:
        path = upload(server, b"1").removeprefix(server.url)
    folder = Path(f"{data}.files")
    (folder / ("0" * 32)).write_bytes(b"half")
    (folder / "notes.txt").write_text("mine")
    with start(data=data) as server:
        assert requests.get(server.url + path, timeout=30).content == b"1"
        assert len(bodies(data)) == 2
    assert (folder / "notes.txt").exists()


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "project.db.files").write_text("mine")

    with pytest.raises(EmulatorError, match="the files of the data file belong here"):
        start(data=tmp_path / "project.db")


def test_without_a_data_file_bodies_lie_in_a_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with start() as server:
        assert list(tmp_path.iterdir()) == []
        upload(server, b"1")
        (folder,) = tmp_path.iterdir()
        assert [path.read_bytes() for path in folder.iterdir()] == [b"1"]
    assert list(tmp_path.iterdir()) == []


def test_a_large_body_is_not_held_in_memory(start_emulator):
    server = start_emulator()
    tracemalloc.start()
    url = upload(server, _Chunks(bytes(MIB), 128))
    with requests.get(url, stream=True, timeout=60) as answer:
        size = sum(len(part) for part in answer.iter_content(MIB))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == 128 * MIB
    assert peak < 64 * MIB


class _Chunks:
    """A body of known length that is made while it is sent."""

    def __init__(self, chunk, count):
        self._chunk = chunk
        self._count = count

    def __len__(self):
        return len(self._chunk) * self._count

    def __iter__(self):
        return (self._chunk for _ in range(self._count))


def test_a_part_of_a_transaction_that_is_undone_leaves_its_bodies_as_they_were(tmp_path):
    blobs = Blobs(tmp_path)
    old = blobs.write([b"old"])
    mark = blobs.mark()
    blobs.write([b"new"])
    blobs.discard(old.name)
    blobs.rewind(mark)
    blobs.settle(committed=True)

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


KILLED = """
import os, sys
from pathlib import Path
from kbsync.emulator.store import Store
from kbsync.emulator.objects import put_object
from kbsync.emulator.project import ensure_project

store = Store(Path(sys.argv[1]))
with store.transaction() as db:
    ensure_project(db)
with store.transaction() as db:
    put_object(db, store.blobs, "b", "kept", [b"kept"])
with store.transaction() as db:
    put_object(db, store.blobs, "b", "kept", [b"lost"])
    os._exit(9)
"""


def test_a_process_killed_inside_a_write_loses_only_that_write(tmp_path):
    data = tmp_path / "project.db"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(data)], check=False, timeout=60)
    with start(data=data):
        kept = [path.read_bytes() for path in bodies(data)]

    assert killed.returncode == 9
    assert kept == [b"kept"]
