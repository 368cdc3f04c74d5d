"""Reference sections 11.2 to 11.4: tables made, listed, changed and deleted."""

import gzip

import pytest

from tests.contract.conftest import problem
from tests.contract.storage import BUCKET, Storage

TABLE_KEYS = {
    "uri", "id", "name", "displayName", "transactional", "primaryKey", "created", "lastImportDate",
    "lastChangeDate", "rowsCount", "dataSizeBytes", "isAlias", "isAliasable", "isTyped",
    "tableType", "path", "columns", "metadata", "columnMetadata", "bucket",
}  # fmt: skip
TYPED = {
    "name": "typed",
    "primaryKeysNames": ["id"],
    "columns": [
        {"name": "id", "definition": {"type": "NUMBER", "length": "38,0", "nullable": False}},
        {"name": "name"},
    ],
}


@pytest.fixture
def storage(local):
    return Storage(local)


@pytest.fixture
def table(storage):
    return storage.table(primaryKey="id")


# Create


def test_the_old_endpoint_makes_a_table_of_a_text(local, storage):
    storage.bucket()
    form = {"name": "words", "dataString": "id,name\n1,one\n", "primaryKey": "id"}
    answer = storage.form(f"/buckets/{BUCKET}/tables", **form)
    made = answer.json()

    assert answer.status_code == 201
    assert set(made) >= TABLE_KEYS
    assert (made["id"], made["columns"], made["primaryKey"], made["rowsCount"]) == (
        f"{BUCKET}.words",
        ["id", "name"],
        ["id"],
        1,
    )


def test_the_old_endpoint_takes_a_file_in_a_multipart_body(local, storage):
    storage.bucket()
    local.call(
        "POST",
        f"/buckets/{BUCKET}/tables",
        data={"name": "words"},
        files={"data": ("words.csv", b"id\n1\n")},
    )

    assert storage.rows(f"/tables/{BUCKET}.words") == ["1"]


@pytest.mark.parametrize("encoding", ["json", "data"])
def test_a_table_is_made_of_a_file_by_a_job(local, storage, encoding):
    storage.bucket()
    body = {"name": "words", "dataFileId": storage.upload(b"a;b\n1;2\n"), "delimiter": ";"}
    job = storage.job(local.call("POST", f"/buckets/{BUCKET}/tables-async", **{encoding: body}))

    assert (job["operationName"], job["status"]) == ("tableCreate", "success")
    assert job["results"] == local.get(f"/tables/{BUCKET}.words").json()
    assert job["results"]["columns"] == ["a", "b"]


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        pytest.param(gzip.compress(b"id,name\n1,2\n"), ["id", "name"], id="gzip"),
        pytest.param(b"\xef\xbb\xbfid,name\n1,2\n", ["id", "name"], id="byte order mark"),
        pytest.param('with spaces,"šč-ř"\n1,2\n'.encode(), ["with_spaces", "sc_r"], id="webalized"),
        pytest.param(b"_id,na#me_\n1,2\n", ["id", "na_me"], id="underscores"),
        pytest.param(b'"a, b","c ""d"""\r\n1,2\r\n', ["a_b", "c_d"], id="enclosed"),
    ],
)
def test_a_header_becomes_columns(local, storage, data, columns):
    storage.bucket()
    body = {"name": "t", "dataFileId": storage.upload(data)}
    storage.job(local.post(f"/buckets/{BUCKET}/tables-async", body))

    assert local.get(f"/tables/{BUCKET}.t").json()["columns"] == columns
    assert storage.rows(f"/tables/{BUCKET}.t") == ["1,2"]


@pytest.mark.parametrize(
    ("data", "extra", "code"),
    [
        (b"", {}, "storage.tables.validation.noColumns"),
        (b"id,,c\n", {}, "storage.tables.validation.invalidColumnName"),
        (b"a" * 65, {}, "storage.tables.validation.invalidColumnName"),
        (b"id,ID\n", {}, "storage.tables.validation.invalidColumnName"),
        (b"id\n", {"primaryKey": "Id"}, "storage.tables.validation.invalidPrimaryKeyColumns"),
        (b"id,n\n1\n", {}, "invalidCsv"),
        (b'id\n"1\n', {}, "invalidCsv"),
        (b"id\n\xff\n", {}, "invalidCsv"),
        (gzip.compress(b"id\n1\n", mtime=0)[:-9], {}, "invalidCsv"),
    ],
)
def test_a_file_that_is_no_table_fails_the_job_and_leaves_nothing(
    local, storage, data, extra, code
):
    storage.bucket()
    body = {"name": "t", "dataFileId": storage.upload(data), **extra}
    job = storage.job(local.post(f"/buckets/{BUCKET}/tables-async", body))

    assert (job["status"], job["error"]["code"]) == ("error", code)
    assert set(job["error"]) == {"code", "message", "exceptionId", "contextParams", "uuid"}
    assert local.get("/tables").json() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": ""}, "storage.tables.validation"),
        ({"name": "a.b"}, "storage.tables.validation"),
        ({"name": "x", "primaryKey": ["id"]}, "storage.validation.primaryKey"),
        ({"name": "x", "delimiter": ",,"}, "invalidCsv"),
        ({"name": "x", "enclosure": "ab"}, "invalidCsv"),
        ({"name": "x", "enclosure": '"', "escapedBy": "\\"}, "invalidCsv"),
        ({"name": "x"}, "storage.tables.validation"),
        ({"name": "words"}, "storage.buckets.tableAlreadyExists"),
        ({"name": "Words"}, "storage.buckets.tableAlreadyExists"),
    ],
)
def test_a_table_that_cannot_be_is_400(local, table, body, code):
    assert problem(local.post(f"/buckets/{BUCKET}/tables-async", body)) == (400, code)


def test_a_taken_table_name_is_named(local, storage, table):
    answer = storage.form(f"/buckets/{BUCKET}/tables", name="words", dataString="id\n")

    assert answer.json()["error"] == (
        'The table "words" in the bucket already has the same display name "words".'
    )


def test_a_table_name_is_taken_whatever_the_table_is_called(local, storage, table):
    local.put(table, {"displayName": "renamed"})
    answer = storage.form(f"/buckets/{BUCKET}/tables", name="words", dataString="id\n")

    assert problem(answer) == (400, "storage.buckets.tableAlreadyExists")


def test_a_file_that_was_not_uploaded_is_400_and_a_missing_one_404(local, storage):
    storage.bucket()
    file = storage.prepare(name="x.csv")["id"]
    path = f"/buckets/{BUCKET}/tables-async"

    assert problem(local.post(path, {"name": "t", "dataFileId": file})) == (
        400,
        "storage.fileNotUploaded",
    )
    assert problem(local.post(path, {"name": "t", "dataFileId": 1})) == (
        404,
        "storage.files.notFound",
    )


@pytest.mark.parametrize("source", ["snapshotId", "dataWorkspaceId", "sourceTableId", "dataUrl"])
def test_other_sources_are_a_loud_501(local, storage, source):
    storage.bucket()
    answer = local.post(f"/buckets/{BUCKET}/tables-async", {"name": "t", source: 1})

    assert answer.status_code == 501
    assert source in answer.json()["error"]


def test_columns_name_a_file_without_a_header(local, storage):
    storage.bucket()
    body = {"name": "t", "dataFileId": storage.upload(b"1,2\n"), "columns": ["a", "b"]}
    storage.job(local.post(f"/buckets/{BUCKET}/tables-async", body))

    assert local.get(f"/tables/{BUCKET}.t").json()["columns"] == ["a", "b"]
    assert storage.rows(f"/tables/{BUCKET}.t") == ["1,2"]


# Typed tables


def test_a_definition_makes_a_typed_empty_table(local, storage):
    storage.bucket()
    job = storage.job(local.post(f"/buckets/{BUCKET}/tables-definition", TYPED))
    made = local.get(f"/tables/{BUCKET}.typed").json()

    assert (job["operationName"], job["results"]) == ("tableDefinitionCreate", made)
    assert (made["isTyped"], made["columns"], made["primaryKey"], made["rowsCount"]) == (
        True,
        ["id", "name"],
        ["id"],
        0,
    )
    assert made["definition"]["primaryKeysNames"] == ["id"]
    assert made["definition"]["columns"][0]["definition"] == {
        "type": "NUMBER",
        "nullable": False,
        "length": "38,0",
    }


def test_types_are_metadata_that_nobody_else_may_change(local, storage):
    storage.bucket()
    local.post(f"/buckets/{BUCKET}/tables-definition", TYPED)
    path = f"/columns/{BUCKET}.typed.id/metadata"
    entries = local.get(path).json()

    assert {entry["key"]: entry["value"] for entry in entries}["KBC.datatype.type"] == "NUMBER"
    assert {entry["provider"] for entry in entries} == {"storage"}
    assert problem(local.delete(f"{path}/{entries[0]['id']}")) == (
        403,
        "storage.metadata.invalidProvider",
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"columns": []}, "validation.failed"),
        ({"columns": [{"definition": {}}]}, "validation.failed"),
        ({"columns": [{"name": "_a"}]}, "storage.tables.validation.invalidColumnName"),
        ({"primaryKeysNames": ["x"]}, "storage.tables.validation.invalidPrimaryKeyColumns"),
    ],
)
def test_a_definition_that_cannot_be_is_400(local, storage, change, code):
    storage.bucket()

    assert problem(local.post(f"/buckets/{BUCKET}/tables-definition", TYPED | change)) == (
        400,
        code,
    )


def test_an_untyped_table_has_no_definition(local, table):
    detail = local.get(table).json()

    assert (detail["isTyped"], "definition" in detail) == (False, False)


# Lists


@pytest.mark.parametrize("path", ["/tables", f"/buckets/{BUCKET}/tables"])
@pytest.mark.parametrize(
    ("params", "keys"),
    [
        ({}, {"bucket", "metadata"}),
        ({"include": ""}, set()),
        ({"include": "columns"}, {"columns"}),
        ({"include": "buckets,columnMetadata"}, {"bucket", "columnMetadata"}),
        ({"include": "attributes"}, {"attributes"}),
    ],
)
def test_lists_show_what_is_asked_for(local, table, path, params, keys):
    (listed,) = local.get(path, **params).json()
    optional = {"bucket", "metadata", "columns", "columnMetadata", "attributes"}

    assert set(listed) & optional == keys
    assert listed["id"] == f"{BUCKET}.words"


def test_a_missing_table_is_404(local, storage):
    storage.bucket()

    assert problem(local.get(f"/tables/{BUCKET}.none")) == (404, "storage.tables.notFound")
    assert problem(local.get("/tables/in.c-none.none")) == (404, "storage.buckets.notFound")
    assert problem(local.get("/tables/none")) == (404, "storage.buckets.notFound")


# Change and delete


def test_a_display_name_is_changed(local, storage, table):
    storage.table(name="other")
    refused = local.put(table, {"displayName": "other"})
    job = storage.job(local.put(f"{table}?async=1", {"displayName": "Later"}))

    assert local.put(table, {"displayName": "Now"}).json()["displayName"] == "Now"
    assert problem(refused) == (400, "storage.buckets.tableAlreadyExists")
    assert (job["operationName"], job["results"]["displayName"]) == ("tableUpdate", "Later")


def test_a_change_of_nothing_is_no_error(local, table):
    assert local.put(table, {}).json()["displayName"] == "words"


def test_a_table_is_deleted_at_once_or_by_a_job(local, storage, table):
    other = storage.table(name="other")
    job = storage.job(local.delete(f"{other}?async=1&force=1"))

    assert local.delete(table).status_code == 204
    assert (job["operationName"], job["tableId"]) == ("tableDelete", f"{BUCKET}.other")
    assert local.get("/tables").json() == []


# Primary key


def test_a_primary_key_is_dropped_and_added(local, storage, table):
    dropped = storage.job(local.delete(f"{table}/primary-key"))
    again = storage.job(local.delete(f"{table}/primary-key"))
    between = local.get(table).json()["primaryKey"]
    added = storage.job(local.post(f"{table}/primary-key", {"columns": ["name", "id"]}))

    assert [job["operationName"] for job in (dropped, added)] == [
        "tablePrimaryKeyDelete",
        "tablePrimaryKeyAdd",
    ]
    assert (again["status"], between) == ("success", [])
    assert local.get(table).json()["primaryKey"] == ["name", "id"]


def test_a_primary_key_moves_to_another_column_with_the_same_values(local, storage):
    table = storage.table("id,name\n1,2\n2,1\n", primaryKey="id")
    storage.job(local.delete(f"{table}/primary-key"))
    added = storage.job(local.post(f"{table}/primary-key", {"columns": ["name"]}))

    assert added["status"] == "success"


def test_a_primary_key_over_duplicates_fails_the_job(local, storage):
    table = storage.table("id,name\n1,a\n1,b\n")
    job = storage.job(local.post(f"{table}/primary-key", {"columns": ["id"]}))

    assert job["error"]["code"] == "storage.tables.primaryKeyDuplicateValues"
    assert local.get(table).json()["primaryKey"] == []


@pytest.mark.parametrize("columns", [[], ["none"], ["ID"]])
def test_a_primary_key_needs_columns_that_exist(local, storage, columns):
    answer = local.post(f"{storage.table()}/primary-key", {"columns": columns})

    assert problem(answer) == (400, "storage.validation.primaryKey")


def test_a_second_primary_key_is_refused(local, table):
    answer = local.post(f"{table}/primary-key", {"columns": ["name"]})

    assert problem(answer) == (400, "storage.validation.primaryKey")


# Columns


def test_a_column_is_added_at_once(local, storage, table):
    answer = local.post(f"{table}/columns", {"name": "more"})

    assert answer.status_code == 201
    assert answer.json()["columns"] == ["id", "name", "more"]
    assert storage.rows(table) == ["1,one,", "2,two,"]


def test_a_column_of_a_typed_table_has_a_type(local, storage):
    storage.bucket()
    local.post(f"/buckets/{BUCKET}/tables-definition", TYPED)
    path = f"/tables/{BUCKET}.typed"
    job = storage.job(
        local.post(f"{path}/columns?async=1", {"name": "n", "definition": {"type": "DATE"}})
    )
    local.delete(f"{path}/columns/name")
    columns = local.get(path).json()["definition"]["columns"]

    assert job["operationName"] == "tableColumnAdd"
    assert [(item["name"], item["definition"]["type"]) for item in columns] == [
        ("id", "NUMBER"),
        ("n", "DATE"),
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ID", "storage.tables.columnAlreadyExists"),
        ("", "storage.tables.validation.invalidColumnName"),
        ("_a", "storage.tables.validation.invalidColumnName"),
        ("a b", "storage.tables.validation.invalidColumnName"),
        ("a" * 65, "storage.tables.validation.invalidColumnName"),
    ],
)
def test_a_column_that_cannot_be_is_400(local, table, name, code):
    assert problem(local.post(f"{table}/columns", {"name": name})) == (400, code)


def test_a_column_is_deleted_with_its_values(local, storage):
    table = storage.table("id,name,last\n1,one,x\n")
    job = storage.job(local.delete(f"{table}/columns/id?async=true"))

    assert job["operationName"] == "tableColumnDelete"
    assert local.delete(f"{table}/columns/last").status_code == 204
    assert local.get(table).json()["columns"] == ["name"]
    assert storage.rows(table) == ["one"]


def test_a_column_that_comes_back_has_no_metadata(local, table):
    entry = {"key": "a", "value": "1"}
    path = f"/columns/{BUCKET}.words.name/metadata"
    local.post(path, {"provider": "user", "metadata": [entry]})
    local.delete(f"{table}/columns/name")
    local.post(f"{table}/columns", {"name": "name"})

    assert local.get(path).json() == []


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("id", (400, "storage.tables.cannotDeletePrimaryKeyColumn")),
        ("none", (404, "storage.tables.columnNotExists")),
    ],
)
def test_some_columns_cannot_be_deleted(local, table, column, expected):
    assert problem(local.delete(f"{table}/columns/{column}")) == expected


def test_the_last_column_cannot_be_deleted(local, storage):
    table = storage.table("id\n1\n")

    assert problem(local.delete(f"{table}/columns/id")) == (
        400,
        "storage.tables.validation.noColumns",
    )
