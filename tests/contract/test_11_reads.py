"""Reference sections 11.2 and 11.4: preview and export of tables."""

import gzip
import time

import pytest
import requests

from tests.contract.conftest import problem
from tests.contract.storage import BUCKET, Storage


@pytest.fixture
def storage(local):
    return Storage(local)


@pytest.fixture
def table(storage):
    return storage.table("id,name\n9,nine\n10,ten\n2,two\n")


def test_a_preview_is_csv_with_every_cell_enclosed(local, table):
    answer = local.get(f"{table}/data-preview")

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text == '"id","name"\n"9","nine"\n"10","ten"\n"2","two"\n'


def test_a_preview_may_be_json(local, table):
    assert local.get(f"{table}/data-preview", format="json", limit=1).json() == {
        "columns": ["id", "name"],
        "rows": [
            [
                {"columnName": "id", "value": "9", "isTruncated": False},
                {"columnName": "name", "value": "nine", "isTruncated": False},
            ]
        ],
    }


def test_json_cuts_long_values(local, storage):
    table = storage.table(f"a\n{'x' * 16385}\n")
    ((cell,),) = local.get(f"{table}/data-preview", format="json").json()["rows"]

    assert (len(cell["value"]), cell["isTruncated"]) == (16384, True)


def test_a_preview_has_100_rows_unless_up_to_1000_are_asked_for(local, storage):
    table = storage.table("a\n" + "1\n" * 1001)

    assert len(storage.rows(table)) == 100
    assert len(local.get(f"{table}/data-preview", limit=1000).text.splitlines()) == 1001


@pytest.mark.parametrize("limit", ["1001", "0", "-1", "x"])
def test_a_preview_of_more_rows_is_refused(local, table, limit):
    answer = local.get(f"{table}/data-preview", limit=limit)

    assert problem(answer) == (400, "storage.tables.validation")


def test_the_limit_is_named(local, table):
    assert "1000" in local.get(f"{table}/data-preview", limit=1001).json()["error"]


def test_a_csv_preview_has_at_most_30_columns(local, storage):
    table = storage.table(",".join(f"c{number}" for number in range(31)) + "\n")

    assert problem(local.get(f"{table}/data-preview")) == (400, "storage.maxNumberOfColumnsExceed")
    assert local.get(f"{table}/data-preview", columns="c0,c1").text == '"c0","c1"\n'
    assert local.get(f"{table}/data-preview", format="json").status_code == 200


def test_an_unknown_format_is_refused(local, table):
    assert problem(local.get(f"{table}/data-preview", format="xml")) == (
        400,
        "storage.tables.validation",
    )


WHERE = "whereFilters[0]"
QUERIES = [
    pytest.param({"columns": "name"}, ["nine", "ten", "two"], id="columns"),
    pytest.param({"columns": "name,id"}, ["nine,9", "ten,10", "two,2"], id="their order"),
    pytest.param({"limit": 1}, ["9,nine"], id="limit"),
    pytest.param(
        {f"{WHERE}[column]": "id", f"{WHERE}[values][]": ["2", "9"]},
        ["9,nine", "2,two"],
        id="one of several values",
    ),
    pytest.param(
        {f"{WHERE}[column]": "id", f"{WHERE}[operator]": "ne", f"{WHERE}[values][]": "9"},
        ["10,ten", "2,two"],
        id="ne",
    ),
    pytest.param(
        {f"{WHERE}[column]": "id", f"{WHERE}[operator]": "ge", f"{WHERE}[values][]": "9"},
        ["9,nine"],
        id="ge compares texts",
    ),
    pytest.param(
        {
            f"{WHERE}[column]": "id",
            f"{WHERE}[operator]": "ge",
            f"{WHERE}[values][]": "9",
            f"{WHERE}[dataType]": "INTEGER",
        },
        ["9,nine", "10,ten"],
        id="or numbers",
    ),
    pytest.param(
        {"whereColumn": "name", "whereValues[]": "ten", "whereOperator": "eq"},
        ["10,ten"],
        id="old filter",
    ),
    pytest.param(
        {"whereColumn": "name", "whereValues[]": "ten", "whereOperator": "neq"},
        ["9,nine", "2,two"],
        id="neq of two clients",
    ),
    pytest.param(
        {"orderBy[0][column]": "id"}, ["10,ten", "2,two", "9,nine"], id="ordered as texts"
    ),
    pytest.param(
        {
            "orderBy[0][column]": "id",
            "orderBy[0][order]": "DESC",
            "orderBy[0][dataType]": "DOUBLE",
        },
        ["10,ten", "9,nine", "2,two"],
        id="or as numbers, from the largest",
    ),
    pytest.param({"changedSince": "-1 hour"}, ["9,nine", "10,ten", "2,two"], id="changed since"),
    pytest.param({"changedUntil": "now"}, ["9,nine", "10,ten", "2,two"], id="changed until now"),
    pytest.param(
        {f"{WHERE}[column]": "id", f"{WHERE}[values][first]": "2"}, ["2,two"], id="named values"
    ),
    pytest.param({"orderBy[by][column]": "name"}, ["9,nine", "10,ten", "2,two"], id="named order"),
    pytest.param({"changedSince": "+1 day"}, [], id="changed later"),
    pytest.param({"changedUntil": "2 days ago"}, [], id="changed until"),
    pytest.param({"changedSince": "2020-01-01", "changedUntil": "1600000000"}, [], id="dates"),
]


@pytest.mark.parametrize(("query", "rows"), QUERIES)
def test_a_preview_is_narrowed(local, table, query, rows):
    answer = local.get(f"{table}/data-preview", **query)

    assert answer.text.replace('"', "").splitlines()[1:] == rows


@pytest.mark.parametrize(("query", "rows"), QUERIES)
def test_an_export_is_narrowed_in_the_same_way(storage, table, query, rows):
    job = storage.job(storage.form(f"{table}/export-async", **query))

    assert exported(storage, job).replace('"', "").splitlines() == rows


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"columns": "none"}, "storage.tables.columnNotExists"),
        ({"whereColumn": "none", "whereValues[]": "1"}, "storage.tables.columnNotExists"),
        ({"orderBy[0][column]": "none"}, "storage.tables.columnNotExists"),
        ({"orderBy[0][column]": "id", "orderBy[0][order]": "up"}, "validation.failed"),
        ({"whereColumn": "id", "whereOperator": "like"}, "validation.failed"),
        (
            {
                f"{WHERE}[column]": "id",
                f"{WHERE}[operator]": "gt",
                f"{WHERE}[values][]": ["1", "2"],
            },
            "validation.failed",
        ),
        (
            {f"{WHERE}[column]": "id", f"{WHERE}[values][]": "1", f"{WHERE}[dataType]": "TEXTUAL"},
            "validation.failed",
        ),
        ({"changedSince": "some day"}, "storage.tables.validation"),
    ],
)
def test_a_query_that_cannot_be_is_refused(local, storage, table, query, code):
    assert problem(local.get(f"{table}/data-preview", **query)) == (400, code)
    assert problem(storage.form(f"{table}/export-async", **query)) == (400, code)


def exported(storage, job):
    """The content of an exported file, its slices joined."""
    file = storage.api.get(f"/files/{job['results']['file']['id']}").json()
    entries = requests.get(file["url"], timeout=30).json()["entries"]
    prefix = "s3://kbsync-emulator-files/"
    urls = [storage.object_url(entry["url"].removeprefix(prefix)) for entry in entries]
    data = b"".join(requests.get(url, timeout=30).content for url in urls)
    return (gzip.decompress(data) if file["name"].endswith(".gz") else data).decode()


def test_an_export_names_a_sliced_file_without_header(local, storage, table):
    job = storage.job(local.post(f"{table}/export-async"))
    file = local.get(f"/files/{job['results']['file']['id']}").json()

    assert (job["operationName"], job["tableId"]) == ("tableExport", f"{BUCKET}.words")
    assert job["results"] == {"file": {"id": file["id"]}, "cacheHit": False}
    assert (file["isSliced"], file["maxAgeDays"]) == (True, 2)
    assert exported(storage, job) == '"9","nine"\n"10","ten"\n"2","two"\n'


def test_an_export_may_be_gzipped(storage, table):
    job = storage.job(storage.form(f"{table}/export-async", gzip=1, columns="id", limit=2))

    assert exported(storage, job) == '"9"\n"10"\n'


def test_an_empty_table_is_exported(storage):
    table = storage.table("id\n")
    jobs = [storage.job(storage.form(f"{table}/export-async", gzip=flag)) for flag in (0, 1)]

    assert [exported(storage, job) for job in jobs] == ["", ""]


def test_a_repeated_export_finds_the_same_file_until_the_table_changes(local, storage, table):
    def export(run):
        headers = {"X-KBC-RunId": run}
        answer = local.call("POST", f"{table}/export-async", json={}, headers=headers)
        return storage.job(answer)["results"]

    first, second = export("a"), export("b")
    file = local.get(f"/files/{first['file']['id']}").json()
    storage.form(f"{table}/import", dataString="id,name\n1,one\n")
    third = export("c")
    local.delete(f"/files/{third['file']['id']}")

    assert second == {"file": first["file"], "cacheHit": True}
    assert (file["runId"], file["runIds"]) == ("a", ["a", "b"])
    assert third["cacheHit"] is False
    assert export("d")["file"] not in (first["file"], third["file"])


@pytest.mark.parametrize(
    "body",
    [{"fileType": "parquet"}, {"includeInternalTimestamp": True}, {"format": "json"}],
)
def test_other_kinds_of_export_are_a_loud_501(local, table, body):
    assert problem(local.post(f"{table}/export-async", body)) == (501, "notImplemented")


def test_only_changed_rows_count_as_changed(local, storage):
    table = storage.table("id,name\n1,one\n2,two\n", primaryKey="id")
    time.sleep(0.01)
    between = time.time()
    time.sleep(0.01)
    storage.form(f"{table}/import", dataString="id,name\n1,one\n2,zwei\n", incremental=1)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(between)) + f"{between % 1:.6f}"[1:]
    answer = local.get(f"{table}/data-preview", changedSince=f"{moment}+00:00")

    assert answer.text.splitlines()[1:] == ['"2","zwei"']
