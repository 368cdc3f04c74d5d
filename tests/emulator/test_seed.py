"""Seeds: what they may hold, how they are refused, and that export gives them back."""

import json
from pathlib import Path

import pytest
import requests

from kbsync.emulator.errors import EmulatorError
from kbsync.emulator.seed import check_seed, read_seed

CORPORA = sorted(Path(__file__).parents[3].glob("shared/corpora/*-v*.json"))
HEADERS = {"X-StorageApi-Token": "test-token"}


def export(server):
    return requests.get(f"{server.url}/_emulator/project", timeout=10)


def config(**members):
    return {
        "id": "c",
        "name": "C",
        "description": "",
        "isDisabled": False,
        "configuration": {},
        "rowsSortOrder": [],
        "rows": [],
        "state": {},
        "metadata": {},
    } | members


def row(row_id="r", **members):
    return {
        "id": row_id,
        "name": "",
        "description": "",
        "isDisabled": False,
        "configuration": {},
        "state": {},
    } | members


FULL = [
    {"id": "keboola.ex-defined", "type": "extractor", "configurationSchema": {"z": 1, "a": []}},
    {
        "id": "keboola.ex-x",
        "configurations": [
            config(
                description="D\n",
                isDisabled=True,
                configuration={"z": 1.0, "a": {"y": [], "b": {}}, "é": "😀\u2028"},
                rowsSortOrder=["b", "a"],
                rows=[row("b", state={"s": 1}), row("a", name="A", isDisabled=True)],
                state={"t": None},
                metadata={"KBC.configuration.folderName": "Sales"},
            ),
            config(id="0", name=""),
        ],
    },
    {"id": "keboola.ex-empty", "configurations": []},
]


def test_export_gives_a_seed_back(start_emulator):
    assert json.dumps(export(start_emulator(FULL)).json()) == json.dumps(FULL)


@pytest.mark.parametrize("path", CORPORA, ids=lambda path: path.stem)
def test_export_gives_a_real_project_back(start_emulator, path):
    seed = json.loads(path.read_text(encoding="utf-8"))
    exported = export(start_emulator(seed)).json()

    assert exported == seed
    assert contents(exported) == contents(seed)


def contents(components):
    """Every configuration as text, so that key order and number types count."""
    configs = [config for component in components for config in component["configurations"]]
    return [json.dumps(item["configuration"]) for c in configs for item in (c, *c["rows"])]


def test_a_seed_object_is_exported_as_an_object(start_emulator):
    seed = {
        "components": FULL,
        "project": {"id": 8341, "name": "Sales"},
        "branches": [
            {"id": 5, "name": "Main", "description": "", "isDefault": True, "metadata": {"a": "1"}},
            {
                "id": 6,
                "name": "dev",
                "description": "D",
                "isDefault": False,
                "metadata": {},
                "components": [{"id": "keboola.ex-x", "configurations": [config(name="other")]}],
            },
        ],
        "buckets": [{"id": "in.c-main"}],
        "tables": [{"id": "in.c-main.t", "columns": ["id"], "rows": [["1"]]}],
    }

    assert export(start_emulator(seed)).json() == seed


def test_a_seeded_branch_without_components_is_a_copy(start_emulator):
    server = start_emulator({"components": FULL, "branches": [{"id": 6, "name": "dev"}]})
    path = "branch/6/components/keboola.ex-x/configs/c"
    copy = requests.get(f"{server.url}/v2/storage/{path}", headers=HEADERS, timeout=10).json()

    assert (copy["version"], copy["configuration"]) == (
        1,
        FULL[1]["configurations"][0]["configuration"],
    )


def test_a_sort_order_is_kept_as_given(start_emulator):
    seed = [{"id": "x", "configurations": [config(rows=[row("b"), row("a")])]}]
    exported = export(start_emulator(seed)).json()[0]["configurations"][0]

    assert exported["rowsSortOrder"] == []
    assert [item["id"] for item in exported["rows"]] == ["a", "b"]


def test_versions_and_messages_can_be_seeded(start_emulator):
    rows = [row(version=3, changeDescription="edited")]
    seed = [{"id": "x", "configurations": [config(version=7, changeDescription="why", rows=rows)]}]
    url = f"{start_emulator(seed).url}/v2/storage/components/x/configs/c"
    found = requests.get(url, headers=HEADERS, timeout=10).json()
    versions = requests.get(f"{url}/versions", headers=HEADERS, timeout=10).json()

    assert (found["version"], found["changeDescription"]) == (7, "why")
    assert (found["rows"][0]["version"], found["rows"][0]["changeDescription"]) == (3, "edited")
    assert [item["version"] for item in versions] == [7]


def test_the_listing_of_the_api_is_a_seed(start_emulator):
    url = f"{start_emulator(FULL).url}/v2/storage/components?include=configuration,rows,state"
    listing = requests.get(url, headers=HEADERS, timeout=10).json()
    again = requests.get(
        f"{start_emulator(listing).url}/v2/storage/components?include=configuration,rows,state",
        headers=HEADERS,
        timeout=10,
    ).json()

    assert [item["configurations"][0]["configuration"] for item in again] == [
        item["configurations"][0]["configuration"] for item in listing
    ]


def test_everything_but_ids_may_be_left_out(start_emulator):
    seed = [{"id": "x", "configurations": [{"id": "c", "state": [], "rows": [{"id": "r"}]}]}]

    assert export(start_emulator(seed)).json() == [
        {"id": "x", "configurations": [config(name="c", rows=[row()])]}
    ]


def test_metadata_may_be_the_api_s_list():
    entry = {"id": "1", "key": "k", "value": "v", "timestamp": "t"}

    check_seed([{"id": "x", "configurations": [config(metadata=[entry])]}])


def components(**members):
    return [{"id": "x", "configurations": [config(**members)]}]


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ("x", "seed: expected a list of components or an object, found a text"),
        (None, "seed: expected a list of components or an object, found null"),
        ({"component": []}, "seed: unknown key 'component'; expected one of components, project,"),
        ({"components": {}}, "seed: components: expected a list, found an object"),
        ([1], "seed: [0]: expected an object, found a number"),
        ([{}], "seed: [0]: the key 'id' is missing or empty"),
        ([{"id": ""}], "seed: [0]: the key 'id' is missing or empty"),
        ([{"id": "x"}, {"id": "x"}], "seed: [1].id: 'x' is there twice"),
        ([{"id": "x", "configurations": {}}], "seed: [0].configurations: expected a list"),
        (
            {"components": [{"id": "x", "configurations": [{"name": "c"}]}]},
            "seed: components[0].configurations[0]: the key 'id' is missing or empty",
        ),
        (components(name=1), "seed: [0].configurations[0].name: expected a text, found a number"),
        (components(isDisabled=0), "isDisabled: expected a boolean, found a number"),
        (components(configuration=[1]), "configuration: expected an object, found a list"),
        (components(version=True), "version: expected a number, found a boolean"),
        (components(rows=[row(), row()]), "[0].configurations[0].rows[1].id: 'r' is there twice"),
        (components(rows=[row(state=1)]), "rows[0].state: expected an object, found a number"),
        (components(rowsSortOrder=[1]), "rowsSortOrder[0]: expected a text, found a number"),
        (components(metadata={"k": 1}), "metadata.k: expected a text, found a number"),
        (components(metadata=[{"key": "k"}]), "metadata[0]: expected the keys 'key' and 'value'"),
        ({"project": {"id": "1"}}, "seed: project.id: expected a number, found a text"),
        ({"branches": [{"id": "1"}]}, "seed: branches[0].id: expected a number, found a text"),
        (
            {"branches": [{"id": 1, "isDefault": True}, {"id": 2, "isDefault": True}]},
            "seed: branches: more than one branch is the default",
        ),
        ({"tokens": [{"id": 1}]}, "seed: tokens[0]: the key 'token' is missing or empty"),
        ({"tokens": [{"id": "x", "token": "t"}]}, "seed: tokens[0].id: expected digits"),
        (
            {"tokens": [{"id": 1, "token": "t", "expires": "soon"}]},
            "seed: tokens[0].expires: expected a time with an offset",
        ),
    ],
    ids=str,
)
def test_a_malformed_seed_names_entry_and_key(seed, message):
    with pytest.raises(EmulatorError) as caught:
        check_seed(seed)

    assert message in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"{", "the seed is not JSON", id="not JSON"),
        pytest.param(b"\xff", "cannot read the seed: not UTF-8 text", id="not UTF-8"),
        pytest.param(b"[" * 100_000, "the seed is not JSON", id="too deep"),
        pytest.param(b'[{"id": NaN}]', "the seed is not JSON", id="NaN"),
        pytest.param(b"", "the seed is not JSON", id="empty"),
    ],
)
def test_an_unreadable_seed_file_is_refused(tmp_path, data, message):
    path = tmp_path / "seed.json"
    path.write_bytes(data)

    with pytest.raises(EmulatorError) as caught:
        read_seed(path)

    assert str(caught.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize("name", ["none.json", "."])
def test_a_missing_seed_file_or_a_folder_is_refused(tmp_path, name):
    with pytest.raises(EmulatorError, match="cannot read the seed"):
        read_seed(tmp_path / name)


def test_replacing_forgets_everything_and_keeps_the_log(start_emulator):
    server = start_emulator(FULL)
    storage = f"{server.url}/v2/storage"
    requests.delete(f"{storage}/components/keboola.ex-x/configs/c", headers=HEADERS, timeout=10)
    answer = requests.put(f"{server.url}/_emulator/project", json=components(), timeout=10)
    trash = requests.get(f"{storage}/components?isDeleted=true", headers=HEADERS, timeout=10)

    assert answer.status_code == 204
    assert export(server).json() == components()
    assert trash.json() == []
    assert len(requests.get(f"{server.url}/_emulator/requests", timeout=10).json()) == 2


@pytest.mark.parametrize("body", ["{", '{"nonsense": 1}', '[{"id": "x"}, {"id": "x"}]'])
def test_a_bad_replacement_is_400_and_changes_nothing(start_emulator, body):
    server = start_emulator(FULL)
    answer = requests.put(f"{server.url}/_emulator/project", data=body, timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (400, "emulator.invalid")
    assert export(server).json() == FULL
