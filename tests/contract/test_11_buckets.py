"""Reference section 11.1: buckets, and the metadata of buckets, tables and columns."""

import pytest

from tests.contract.conftest import problem
from tests.contract.storage import BUCKET, Storage

BUCKET_KEYS = {
    "uri", "id", "name", "displayName", "idBranch", "stage", "description", "tables", "created",
    "lastChangeDate", "updated", "isReadOnly", "dataSizeBytes", "rowsCount", "isMaintenance",
    "backend", "sharing", "hasExternalSchema", "isSnowflakeSharedDatabase", "databaseName", "path",
    "backendPath", "color", "owner",
}  # fmt: skip


@pytest.fixture
def storage(local):
    return Storage(local)


def test_a_bucket_id_has_stage_and_prefix(local):
    answer = local.post("/buckets", {"name": "main", "stage": "out", "description": "D"})
    bucket = answer.json()

    assert answer.status_code == 201
    assert [bucket[key] for key in ("id", "name", "displayName", "stage", "description")] == [
        "out.c-main",
        "c-main",
        "main",
        "out",
        "D",
    ]


def test_a_bucket_has_every_property_and_metadata_in_its_detail_only(local, storage):
    storage.bucket()
    detail = local.get(f"/buckets/{BUCKET}").json()
    (listed,) = local.get("/buckets").json()

    assert set(detail) == BUCKET_KEYS | {"metadata"}
    assert set(listed) == BUCKET_KEYS
    assert detail["metadata"] == []


def test_lists_have_metadata_on_request(local, storage):
    storage.bucket()

    assert local.get("/buckets", include="metadata").json()[0]["metadata"] == []


def test_no_bucket_is_linked(local, storage):
    storage.bucket()

    assert local.get("/buckets", include="linkedBuckets").json()[0]["linkedBucket"] == []
    assert local.post("/buckets", {"name": "x", "sourceBucketId": "y"}).status_code == 501


def test_form_bodies_make_buckets_too(local):
    answer = local.call("POST", "/buckets", data={"name": "main", "stage": "in", "backend": ""})

    assert answer.json()["id"] == BUCKET


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"name": ""}, "storage.buckets.validation", id="no name"),
        pytest.param({"name": "a.b"}, "storage.buckets.validation", id="dot in the name"),
        pytest.param({"name": "x", "stage": "sys"}, "storage.buckets.validation", id="stage"),
        pytest.param({"name": "x", "backend": "abc"}, "storage.buckets.validation", id="backend"),
        pytest.param(
            {"name": "x", "displayName": "a b"}, "storage.buckets.validation", id="display name"
        ),
        pytest.param({"name": "main"}, "storage.buckets.alreadyExists", id="taken"),
        pytest.param(
            {"name": "x", "displayName": "Main"},
            "storage.buckets.alreadyExists",
            id="display name taken in another case",
        ),
    ],
)
def test_a_bucket_that_cannot_be_is_400(local, storage, body, code):
    storage.bucket()

    assert problem(local.post("/buckets", body)) == (400, code)


def test_a_taken_display_name_is_named(local, storage):
    storage.bucket()
    answer = local.post("/buckets", {"name": "main"}).json()

    assert answer["error"] == 'The display name "main" already exists in project.'


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_missing_bucket_is_404(local, method):
    answer = local.call(method, f"/buckets/{BUCKET}", json={})

    assert problem(answer) == (404, "storage.buckets.notFound")


def test_display_name_and_color_are_changed(local, storage):
    storage.bucket()
    changed = local.put(f"/buckets/{BUCKET}", {"displayName": "Renamed", "color": "red"})
    job = storage.job(local.put(f"/buckets/{BUCKET}?async=1", {"displayName": "Again"}))

    assert changed.status_code == 200
    assert (changed.json()["displayName"], changed.json()["color"]) == ("Renamed", "red")
    assert (job["operationName"], job["results"]["displayName"]) == ("bucketUpdate", "Again")
    assert job["results"]["color"] == "red"


def test_what_is_not_named_stays(local, storage):
    storage.bucket(color="red")
    changed = local.put(f"/buckets/{BUCKET}", {}).json()

    assert (changed["displayName"], changed["color"]) == ("main", "red")


def test_a_display_name_of_another_bucket_is_refused(local, storage):
    storage.bucket()
    storage.bucket("other")
    answer = local.put(f"/buckets/{BUCKET}", {"displayName": "other"})

    assert problem(answer) == (400, "storage.buckets.alreadyExists")


def test_an_empty_bucket_is_deleted_at_once_or_by_a_job(local, storage):
    storage.bucket()
    storage.bucket("other")
    job = storage.job(local.delete("/buckets/in.c-other?async=1"))

    assert local.delete(f"/buckets/{BUCKET}").status_code == 204
    assert (job["operationName"], job["status"]) == ("bucketDelete", "success")
    assert local.get("/buckets").json() == []


def test_a_bucket_with_tables_is_deleted_by_force_only(local, storage):
    table = storage.table()
    refused = local.delete(f"/buckets/{BUCKET}?async=1")
    forced = local.delete(f"/buckets/{BUCKET}?force=1")

    assert problem(refused) == (400, "buckets.deleteNotEmpty")
    assert refused.json()["error"] == (
        "Only empty buckets can be deleted. There are 1 tables in the bucket."
    )
    assert forced.status_code == 204
    assert problem(local.get(table)) == (404, "storage.buckets.notFound")


def test_a_bucket_counts_the_rows_of_its_tables(local, storage):
    storage.table()
    storage.table(name="more")

    assert local.get(f"/buckets/{BUCKET}").json()["rowsCount"] == 4


def test_every_branch_has_buckets_of_its_own(serve):
    local = serve({"branches": [{"id": 6, "name": "dev"}]})
    made = local.post("/branch/6/buckets", {"name": "main"}).json()

    assert (made["id"], made["idBranch"]) == (BUCKET, 6)
    assert [item["id"] for item in local.get("/branch/6/buckets").json()] == [BUCKET]
    assert local.get("/buckets").json() == []
    assert local.get("/branch/default/buckets").json() == []


# What a token may do


@pytest.fixture
def limited(serve):
    """An Api whose token may read one bucket and write another."""
    token = {
        "id": 2,
        "token": "test-token",
        "bucketPermissions": {"in.c-read": "read", "in.c-write": "write"},
    }
    buckets = [{"id": f"in.c-{name}"} for name in ("read", "write", "hidden")]
    tables = [{"id": f"in.c-{name}.t", "columns": ["id"]} for name in ("read", "write")]
    return serve({"tokens": [token], "buckets": buckets, "tables": tables})


def test_a_token_sees_only_the_buckets_it_may_use(limited):
    assert [item["id"] for item in limited.get("/buckets").json()] == ["in.c-read", "in.c-write"]
    assert [item["id"] for item in limited.get("/tables").json()] == ["in.c-read.t", "in.c-write.t"]
    assert problem(limited.get("/buckets/in.c-hidden")) == (403, "accessDenied")


@pytest.mark.parametrize(("bucket", "status"), [("in.c-read", 403), ("in.c-write", 200)])
def test_writing_needs_the_right_to_write(limited, bucket, status):
    answer = limited.call("POST", f"/tables/{bucket}.t/import", data={"dataString": "id\n1\n"})

    assert answer.status_code == status


def test_buckets_are_made_and_deleted_only_by_those_who_manage_them(limited):
    assert problem(limited.post("/buckets", {"name": "x"})) == (403, "accessDenied")
    assert problem(limited.delete("/buckets/in.c-write")) == (403, "accessDenied")


def test_a_read_only_role_writes_nothing(serve):
    token = {"id": 2, "token": "test-token", "admin": {"role": "readOnly"}}
    local = serve({"tokens": [token], "buckets": [{"id": BUCKET}]})

    assert local.get(f"/buckets/{BUCKET}").status_code == 200
    assert problem(local.put(f"/buckets/{BUCKET}", {})) == (403, "accessDenied")
    assert problem(local.post("/files/prepare", {"name": "x"})) == (403, "accessDenied")


# Metadata

ENTRY = {"key": "KBC.description", "value": "D"}


@pytest.fixture
def paths(storage):
    table = storage.table()
    return {
        "bucket": f"/buckets/{BUCKET}/metadata",
        "table": f"{table}/metadata",
        "column": f"/columns/{BUCKET}.words.id/metadata",
    }


@pytest.mark.parametrize("kind", ["bucket", "table", "column"])
def test_metadata_is_written_listed_and_deleted(local, storage, paths, kind):
    form = {"provider": "user", "metadata[0][key]": "a", "metadata[0][value]": "1"}
    made = storage.form(paths[kind], **form)
    (entry,) = made.json()
    again = storage.form(paths[kind], **form | {"metadata[0][value]": "2"}).json()

    assert made.status_code == 201
    assert (entry["key"], entry["value"], entry["provider"]) == ("a", "1", "user")
    assert [(item["id"], item["value"]) for item in again] == [(entry["id"], "2")]
    assert local.get(paths[kind]).json() == again
    assert local.delete(f"{paths[kind]}/{entry['id']}").status_code == 204
    assert local.get(paths[kind]).json() == []
    assert local.delete(f"{paths[kind]}/{entry['id']}").status_code == 404


def test_each_provider_has_its_own_value_of_a_key(local, paths):
    for provider in ("user", "system"):
        local.post(paths["bucket"], {"provider": provider, "metadata": [ENTRY]})

    assert [item["provider"] for item in local.get(paths["bucket"]).json()] == ["user", "system"]


@pytest.mark.parametrize("kind", ["bucket", "table", "column"])
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"metadata": [ENTRY]}, 400, "storage.metadata.invalidProvider"),
        ({"provider": "storage", "metadata": [ENTRY]}, 403, "storage.metadata.invalidProvider"),
        ({"provider": "user", "metadata": ENTRY}, 400, "storage.metadata.invalidStructure"),
        ({"provider": "user", "columnsMetadata": 1}, 400, "storage.metadata.invalidStructure"),
        ({"provider": "user", "metadata": []}, 400, "storage.metadata.invalidStructure"),
        (
            {"provider": "user", "metadata": [{"key": "a"}]},
            400,
            "storage.metadata.invalidStructure",
        ),
        (
            {"provider": "user", "metadata": [{"key": "%a", "value": ""}]},
            400,
            "storage.metadata.invalidKey",
        ),
        (
            {"provider": "user", "metadata": [{"key": "", "value": ""}]},
            400,
            "storage.metadata.invalidKey",
        ),
    ],
)
def test_metadata_that_cannot_be_is_refused(local, paths, kind, body, status, code):
    assert problem(local.post(paths[kind], body)) == (status, code)


@pytest.mark.parametrize(
    "columns",
    [{"id": [ENTRY]}, [ENTRY | {"columnName": "id"}]],
    ids=["by column", "as a list"],
)
def test_json_writes_table_and_columns_at_once_and_gets_both(local, paths, columns):
    body = {"provider": "user", "metadata": [ENTRY], "columnsMetadata": columns}
    answer = local.post(paths["table"], body).json()

    assert set(answer) == {"metadata", "columnsMetadata"}
    assert [item["value"] for item in answer["metadata"]] == ["D"]
    assert [item["value"] for item in answer["columnsMetadata"]["id"]] == ["D"]


def test_metadata_of_an_unknown_column_is_404(local, paths):
    body = {"provider": "user", "columnsMetadata": {"none": [ENTRY]}}

    assert local.post(paths["table"], body).status_code == 404
    assert local.get(f"/columns/{BUCKET}.words.none/metadata").status_code == 404


def test_a_table_shows_all_its_metadata_and_loses_it_with_the_table(local, storage, paths):
    for path in paths.values():
        local.post(path, {"provider": "user", "metadata": [ENTRY]})
    detail = local.get(f"/tables/{BUCKET}.words").json()
    local.delete(f"/tables/{BUCKET}.words")
    table = storage.table()

    assert [item["value"] for item in detail["metadata"]] == ["D"]
    assert list(detail["columnMetadata"]) == ["id"]
    assert [item["value"] for item in detail["bucket"]["metadata"]] == ["D"]
    assert local.get(table).json()["columnMetadata"] == []
