"""The official Python client, `kbcstorage`: what it can do with the emulator."""

import pytest

from tests.clients.conftest import ClientError

pytestmark = pytest.mark.clients

COMPONENT = "ex-generic-v2"
MIB = 1024 * 1024


@pytest.fixture
def client(kbcstorage):
    return kbcstorage()


@pytest.fixture
def table(client, tmp_path):
    (tmp_path / "first.csv").write_text("id,name\n1,one\n2,two\n")
    client.buckets.create("main", "in", "the main bucket")
    return client.tables.create("in.c-main", "words", "first.csv", primary_key=["id"])


def test_token_and_branch_are_read(client):
    assert client.tokens.verify()["owner"]["name"] == "Emulated project"
    assert client.branches.branch_detail()["isDefault"] is True
    assert client.branches.metadata() == []


def test_configurations_are_created_listed_and_deleted(client):
    made = client.configurations.create(
        COMPONENT, "A", configuration={"parameters": {}}, configuration_id="a"
    )
    listed = client.components.list(include=["configuration"])

    assert (made["id"], made["version"], made["configuration"]) == ("a", 1, {"parameters": {}})
    assert [item["id"] for item in client.configurations.list(COMPONENT)] == ["a"]
    assert [(item["id"], item["configurations"][0]["name"]) for item in listed] == [
        (COMPONENT, "A")
    ]

    client.configurations.delete(COMPONENT, "a")

    with pytest.raises(ClientError) as missing:
        client.configurations.detail(COMPONENT, "none")
    assert missing.value.status == 404
    assert client.configurations.list(COMPONENT) == []


def test_metadata_of_a_configuration_is_written_and_deleted(client):
    client.configurations.create(COMPONENT, "A", configuration_id="a")
    given = [{"key": "KBC.configuration.folderName", "value": "Sales"}]
    made = client.configurations.metadata.create(COMPONENT, "a", "user", given)

    assert [(item["key"], item["value"]) for item in made] == [
        ("KBC.configuration.folderName", "Sales")
    ]

    client.configurations.metadata.delete(COMPONENT, "a", made[0]["id"])

    assert client.configurations.metadata.list(COMPONENT, "a") == []


def test_buckets_are_listed_and_deleted_with_a_job(client, table):
    assert [item["id"] for item in client.buckets.list()] == ["in.c-main"]
    assert client.buckets.detail("in.c-main")["description"] == "the main bucket"
    assert [item["id"] for item in client.buckets.list_tables("in.c-main")] == [table]

    with pytest.raises(ClientError, match="400"):
        client.buckets.delete("in.c-main")
    client.buckets.delete("in.c-main", force=True)

    assert client.buckets.list() == []


def test_a_table_is_created_from_a_file(client, table):
    detail = client.tables.detail(table)

    assert (detail["columns"], detail["primaryKey"], detail["rowsCount"]) == (
        ["id", "name"],
        ["id"],
        2,
    )
    assert client.tables.preview(table) == '"id","name"\n"1","one"\n"2","two"\n'


@pytest.mark.parametrize(
    ("incremental", "rows"),
    [
        pytest.param(True, ["1,one", "2,zwei", "3,drei"], id="incremental"),
        pytest.param(False, ["2,zwei", "3,drei"], id="full"),
    ],
)
def test_a_table_is_loaded_and_exported(client, table, tmp_path, incremental, rows):
    (tmp_path / "more.csv").write_text("id;name\n2;zwei\n3;drei\n")
    result = client.tables.load(table, "more.csv", is_incremental=incremental, delimiter=";")
    exported = client.tables.export_to_file(table, ".")

    assert result["totalRowsCount"] == len(rows)
    assert (tmp_path / exported).read_text().replace('"', "").split() == ["id,name", *rows]


def test_a_filter_narrows_preview_and_export(client, table, tmp_path):
    narrow = {"where_column": "name", "where_values": ["two"]}
    exported = client.tables.export_to_file(table, ".", columns=["id"], is_gzip=False, **narrow)

    assert client.tables.preview(table, **narrow) == '"id","name"\n"2","two"\n'
    assert client.tables.preview(table, **narrow, where_operator="neq").split()[1:] == ['"1","one"']
    assert (tmp_path / exported).read_text() == '"id"\n"2"\n'


def test_a_load_that_fails_tells_why(client, table, tmp_path):
    (tmp_path / "bad.csv").write_text("id\n1\n")

    with pytest.raises(ClientError, match=r"RuntimeError.*Missing columns: name"):
        client.tables.load(table, "bad.csv")


def test_metadata_of_a_table_is_written(client, table):
    given = [{"key": "KBC.description", "value": "all words"}]
    columns = [{"columnName": "id", "key": "KBC.description", "value": "the key"}]
    client.tables.metadata.create(table, "user", given, columns)

    assert [item["value"] for item in client.tables.metadata.list(table)] == ["all words"]
    assert client.tables.detail(table)["columnMetadata"]["id"][0]["value"] == "the key"


@pytest.mark.parametrize("size", [0, 10, 20 * MIB], ids=["empty", "small", "large"])
def test_a_file_is_uploaded_found_and_downloaded(client, tmp_path, size):
    (tmp_path / "data.bin").write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    file = client.files.upload_file("data.bin", tags=["mine"], is_permanent=True)
    downloaded = client.files.download(file, "out")

    assert (tmp_path / downloaded).read_bytes() == (tmp_path / "data.bin").read_bytes()
    assert [item["sizeBytes"] for item in client.files.list(tags=["mine"])] == [size]

    client.files.delete(file)

    assert client.files.list() == []


def test_a_compressed_file_is_loaded(client, tmp_path):
    (tmp_path / "zipped.csv").write_text("id\n1\n")
    client.buckets.create("main")
    file = client.files.upload_file("zipped.csv", compress=True)
    job = client.tables.create_raw("in.c-main", "zipped", data_file_id=file)

    assert client.jobs.block_for_success(job["id"]) is True
    assert client.tables.preview("in.c-main.zipped") == '"id"\n"1"\n'


def test_jobs_are_listed_and_polled(client, table):
    job = client.jobs.list()[0]

    assert (job["operationName"], client.jobs.status(job["id"])) == ("tableCreate", "success")
    assert client.jobs.completed(job["id"]) is True


def test_triggers_are_managed(client):
    made = client.triggers.create("123", "keboola.flow", "f", 10, ["in.c-main.words"])

    assert [item["id"] for item in client.triggers.list()] == [made["id"]]
    assert client.triggers.detail(made["id"])["component"] == "keboola.flow"

    client.triggers.delete(made["id"])

    assert client.triggers.list() == []


def test_a_development_branch_is_worked_in(kbcstorage):
    config = {"id": "a", "name": "A", "configuration": {}}
    seed = {
        "components": [{"id": COMPONENT, "configurations": [config]}],
        "branches": [{"id": 6, "name": "dev"}],
    }
    client = kbcstorage(seed, branch="6")
    client.configurations.delete(COMPONENT, "a")

    assert client.configurations.list(COMPONENT) == []
    assert client.branches.branch_detail("6")["name"] == "dev"
