"""Reference section 11.4: loading tables, and deleting rows."""

import gzip

import pytest

from tests.contract.conftest import problem
from tests.contract.storage import BUCKET, Storage


@pytest.fixture
def storage(local):
    return Storage(local)


@pytest.fixture
def keyed(storage):
    return storage.table("id,name\n1,one\n2,two\n", primaryKey="id")


@pytest.fixture
def plain(storage):
    return storage.table("id,name\n1,one\n2,two\n")


@pytest.fixture
def load(storage):
    """A function that loads CSV into a table by a job, and returns the finished job."""

    def load_one(table, data, **body):
        body = {"dataFileId": storage.upload(data), **body}
        return storage.job(storage.api.post(f"{table}/import-async", body))

    return load_one


def test_a_load_replaces_all_rows(storage, plain, load):
    job = load(plain, b"id,name\n3,three\n")

    assert (job["operationName"], job["tableId"]) == ("tableImport", f"{BUCKET}.words")
    assert storage.rows(plain) == ["3,three"]


def test_the_result_tells_columns_and_counts(local, keyed, load):
    result = load(keyed, b"name,id\nzwei,2\nthree,3\n", incremental=True)["results"]

    assert set(result) >= {"transaction", "warnings", "totalDataSizeBytes"}
    assert (result["importedColumns"], result["importedRowsCount"], result["totalRowsCount"]) == (
        ["name", "id"],
        2,
        3,
    )
    assert local.get(keyed).json()["rowsCount"] == 3


@pytest.mark.parametrize("incremental", [True, 1, "true"])
def test_with_a_primary_key_an_incremental_load_updates_and_adds(storage, keyed, load, incremental):
    load(keyed, b"id,name\n2,zwei\n3,three\n", incremental=incremental)

    assert storage.rows(keyed) == ["1,one", "2,zwei", "3,three"]


def test_without_a_primary_key_an_incremental_load_appends(storage, plain, load):
    load(plain, b"id,name\n2,two\n", incremental=True)

    assert storage.rows(plain) == ["1,one", "2,two", "2,two"]


def test_a_primary_key_that_comes_later_counts_from_then_on(local, storage, plain, load):
    storage.job(local.post(f"{plain}/primary-key", {"columns": ["id"]}))
    load(plain, b"id,name\n2,zwei\n", incremental=True)
    updated = storage.rows(plain)
    storage.job(local.delete(f"{plain}/primary-key"))
    load(plain, b"id,name\n2,two\n", incremental=True)

    assert updated == ["1,one", "2,zwei"]
    assert storage.rows(plain) == ["1,one", "2,zwei", "2,two"]


@pytest.mark.parametrize("incremental", [True, False])
def test_duplicates_inside_a_file_are_one_row(storage, keyed, load, incremental):
    load(keyed, b"id,name\n1,a\n1,b\n", incremental=incremental)

    assert storage.rows(keyed)[0] == "1,b"
    assert len(storage.rows(keyed)) == (2 if incremental else 1)


def test_missing_columns_fail_the_job_with_details(local, storage, keyed, load):
    local.post(f"{keyed}/columns", {"name": "missing"})
    job = load(keyed, b"id,name\n1,a\n")

    assert (job["status"], job["error"]["code"]) == ("error", "csvImport.columnsNotMatch")
    assert job["results"]["missingColumns"] == ["missing"]
    assert job["results"]["expectedColumns"] == ["id", "name", "missing"]
    assert storage.rows(keyed) == ["1,one,", "2,two,"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "csvImport.columnsNotMatch"),
        (b"id,name,id\n1,2,3\n", "storage.tables.validation.invalidColumnName"),
        (b"id,name\n3,three\n4\n", "invalidCsv"),
    ],
)
def test_a_load_that_fails_changes_nothing(storage, keyed, load, data, code):
    assert load(keyed, data)["error"]["code"] == code
    assert storage.rows(keyed) == ["1,one", "2,two"]


def test_extra_columns_are_added(local, storage, keyed, load):
    load(keyed, b"id,more,name\n2,x,zwei\n", incremental=True)

    assert local.get(keyed).json()["columns"] == ["id", "name", "more"]
    assert storage.rows(keyed) == ["1,one,", "2,zwei,x"]


def test_a_typed_table_takes_no_extra_columns(local, storage, load):
    storage.bucket()
    body = {"name": "typed", "columns": [{"name": "id"}]}
    local.post(f"/buckets/{BUCKET}/tables-definition", body)
    job = load(f"/tables/{BUCKET}.typed", b"id,secret\n1,2\n")

    assert job["error"]["code"] == "csvImport.columnsNotMatch"
    assert job["error"]["message"] == (
        "During the import of typed tables new columns can't be added."
        ' Extra columns found: "secret".'
    )


@pytest.mark.parametrize(
    ("data", "options"),
    [
        pytest.param(b"three,3\n", {"columns": ["name", "id"]}, id="columns: no header"),
        pytest.param(b"three,3\n", {"columns": ["name", "id"], "withoutHeaders": True}, id="both"),
        pytest.param(b"3,three\n", {"withoutHeaders": 1}, id="without headers"),
        pytest.param(b"#\nid,name\n3,three\n", {"ignoredLinesCount": 1}, id="ignored lines"),
        pytest.param(b"id;name\n3;three\n", {"delimiter": ";"}, id="delimiter"),
        pytest.param(b"id\tname\n3\tthree\n", {"delimiter": "\t"}, id="tab"),
        pytest.param(b"'id','name'\n'3','three'\n", {"enclosure": "'"}, id="enclosure"),
        pytest.param(b"id,name\n3,th\\ree\n", {"escapedBy": "\\"}, id="escape character"),
        pytest.param(gzip.compress(b"id,name\n3,three\n"), {}, id="gzip"),
        pytest.param(b"\xef\xbb\xbfid,name\n3,three\n", {}, id="byte order mark"),
        pytest.param(b"\xef\xbb\xbf3,three\n", {"withoutHeaders": 1}, id="mark without header"),
        pytest.param(b"id,name\r\n3,three\r\n\r\n", {}, id="line ends and empty lines"),
        pytest.param(b'id,name\n3,"three"', {}, id="no last line end"),
    ],
)
def test_csv_is_read_as_the_request_says(storage, plain, load, data, options):
    job = load(plain, data, **options)

    assert job["status"] == "success", job
    assert storage.rows(plain) == ["3,three"]


def test_cells_keep_delimiters_quotes_and_line_ends(local, plain, load):
    load(plain, b'id,name\n"1,2","a ""b""\nc"\n')

    assert local.get(f"{plain}/data-preview").text == '"id","name"\n"1,2","a ""b""\nc"\n'


def test_one_value_may_stand_for_null(local, storage, plain, load):
    load(plain, b"id,name\n1,none\n", treatValuesAsNull=["none"])
    (row,) = local.get(f"{plain}/data-preview", format="json").json()["rows"]
    answer = local.post(f"{plain}/import-async", {"treatValuesAsNull": ["a", "b"]})

    assert row[1] == {"columnName": "name", "value": None, "isTruncated": False}
    assert storage.rows(plain) == ["1,"]
    assert problem(answer) == (400, "storage.tables.validation")
    assert "1 element or less" in answer.json()["error"]


def test_a_sliced_file_is_loaded_slice_by_slice(local, storage, plain):
    file = storage.upload_slices([b"3,three\n", gzip.compress(b"4,four\n")])
    body = {"dataFileId": file, "columns": ["id", "name"]}
    storage.job(local.post(f"{plain}/import-async", body))

    assert storage.rows(plain) == ["3,three", "4,four"]


def test_the_old_endpoint_loads_a_text_or_a_file(local, storage, plain):
    text = storage.form(f"{plain}/import", dataString="id,name\n3,three\n", incremental=1)
    local.call("POST", f"{plain}/import", files={"data": b"id,name\n4,four\n"})

    assert (text.status_code, text.json()["totalRowsCount"]) == (200, 3)
    assert storage.rows(plain) == ["4,four"]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, "storage.tables.validation"),
        ({"dataString": "id\n1\n"}, "csvImport.columnsNotMatch"),
        ({"dataString": "id,name\n1\n"}, "invalidCsv"),
    ],
)
def test_the_old_endpoint_refuses_at_once_and_changes_nothing(storage, plain, form, code):
    assert problem(storage.form(f"{plain}/import", **form)) == (400, code)
    assert storage.rows(plain) == ["1,one", "2,two"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "storage.tables.validation")),
        ({"dataFileId": 1}, (404, "storage.files.notFound")),
        ({"dataFileId": 1, "ignoredLinesCount": "x"}, (400, "storage.tables.validation")),
        ({"dataFileId": 1, "delimiter": "ab"}, (400, "invalidCsv")),
    ],
)
def test_a_load_without_a_source_is_refused(local, plain, body, expected):
    assert problem(local.post(f"{plain}/import-async", body)) == expected


# Rows


@pytest.mark.parametrize("by", ["query", "body"])
@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"whereFilters[0][column]": "id", "whereFilters[0][values][0]": "1"}, ["2,two"]),
        (
            {
                "whereFilters[0][column]": "id",
                "whereFilters[0][operator]": "gt",
                "whereFilters[0][values][0]": "1",
                "whereFilters[0][dataType]": "INTEGER",
            },
            ["1,one"],
        ),
        ({"whereColumn": "id", "whereValues[]": "1", "whereOperator": "ne"}, ["1,one"]),
        ({"allowTruncate": "1"}, []),
    ],
)
def test_rows_are_deleted_by_a_job(storage, plain, by, filters, left):
    where = {"params" if by == "query" else "data": filters}
    job = storage.job(storage.api.call("DELETE", f"{plain}/rows", **where))

    assert (job["operationName"], job["status"]) == ("tableRowsDelete", "success")
    assert storage.rows(plain) == left


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "storage.tables.validation.unintendedTruncation"),
        ({"whereColumn": "none", "whereValues[]": "1"}, "storage.tables.columnNotExists"),
        ({"whereColumn": "id"}, "validation.failed"),
        ({"whereFilters[0][column]": "id"}, "validation.failed"),
        ({"whereFilters": "id"}, "validation.failed"),
        (
            {
                "whereFilters[0][column]": "id",
                "whereFilters[0][operator]": "like",
                "whereFilters[0][values][0]": "1",
            },
            "validation.failed",
        ),
        ({"allowTruncate": "1", "async": "true"}, "validation.failed"),
    ],
)
def test_a_deletion_that_is_not_clear_is_refused(local, storage, plain, params, code):
    answer = local.call("DELETE", f"{plain}/rows", params=params)

    assert problem(answer) == (400, code)
    assert storage.rows(plain) == ["1,one", "2,two"]
