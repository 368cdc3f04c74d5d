"""Reference section 11.5: files, and the service that their bodies go through."""

import xml.etree.ElementTree as ET

import pytest
import requests

from tests.contract.conftest import problem
from tests.contract.storage import Storage

FILE_KEYS = {
    "id", "created", "isPublic", "isSliced", "isEncrypted", "name", "fileType", "url", "provider",
    "region", "sizeBytes", "tags", "maxAgeDays", "runId", "runIds", "creatorToken", "uuid",
}  # fmt: skip


@pytest.fixture
def storage(local):
    return Storage(local)


# What the API knows


def test_a_file_is_prepared_with_credentials(local):
    body = {"name": "a.csv", "sizeBytes": 5, "tags": ["x", "y", "x"], "federationToken": True}
    answer = local.post("/files/prepare", body | {"isEncrypted": True})
    file = answer.json()

    assert answer.status_code == 201
    assert set(file) == FILE_KEYS | {"uploadParams"}
    assert type(file["id"]) is int
    assert type(file["creatorToken"]["id"]) is int
    assert (file["provider"], file["sizeBytes"], file["tags"], file["maxAgeDays"]) == (
        "aws",
        5,
        ["x", "y"],
        15,
    )
    assert set(file["uploadParams"]) == {
        "key",
        "bucket",
        "acl",
        "credentials",
        "x-amz-server-side-encryption",
    }
    assert set(file["uploadParams"]["credentials"]) == {
        "AccessKeyId",
        "SecretAccessKey",
        "SessionToken",
        "Expiration",
    }


def test_forms_prepare_files_too(local):
    form = {"name": "a", "tags[]": ["x", "y"], "isPermanent": "1", "federationToken": 1}
    file = local.call("POST", "/files/prepare", data=form).json()

    assert (file["tags"], file["maxAgeDays"]) == (["x", "y"], None)


@pytest.mark.parametrize(
    "body", [{"name": "a"}, {"name": "", "federationToken": 1}, {"federationToken": True}]
)
def test_a_file_needs_a_name_and_a_federation_token(local, body):
    assert problem(local.post("/files/prepare", body)) == (400, "storage.files.validation")


def test_credentials_come_with_the_detail_on_request(local, storage):
    file = storage.upload(b"12345")
    detail = local.get(f"/files/{file}").json()
    federated = local.get(f"/files/{file}", federationToken=1).json()

    assert set(detail) == FILE_KEYS
    assert set(federated) == FILE_KEYS | {"s3Path", "credentials"}
    assert set(federated["s3Path"]) == {"bucket", "key"}


def test_what_was_uploaded_is_behind_the_url(local, storage):
    detail = local.get(f"/files/{storage.upload(b'12345')}").json()

    assert requests.get(detail["url"], timeout=30).content == b"12345"
    assert detail["sizeBytes"] == 5


def test_the_url_of_a_sliced_file_is_its_manifest(local, storage):
    detail = local.get(f"/files/{storage.upload_slices([b'12', b'345'])}").json()
    entries = requests.get(detail["url"], timeout=30).json()["entries"]

    assert [entry["url"].rpartition("part")[2] for entry in entries] == ["0", "1"]
    assert detail["sizeBytes"] == 5


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"not json", (400, "storage.files.invalidManifest")),
        (b"[]", (400, "storage.files.invalidManifest")),
        (b'{"entries": [1]}', (400, "storage.files.invalidManifest")),
        (b'{"entries": [{"url": "s3://elsewhere/x"}]}', (400, "storage.fileNotUploaded")),
        (None, (400, "storage.fileNotUploaded")),
    ],
)
def test_a_sliced_file_without_good_manifest_cannot_be_loaded(local, storage, data, expected):
    table = storage.table()
    file = storage.prepare(name="x", isSliced=True)
    if data is not None:
        storage.put(f"{file['uploadParams']['key']}manifest", data)

    assert problem(local.post(f"{table}/import-async", {"dataFileId": file["id"]})) == expected


@pytest.fixture
def three(local):
    """The ids of three files, oldest first."""
    files = [("orders.csv", ["a"], "run.1"), ("users.csv", ["a", "b"], "run.2"), ("x", [], "")]
    made = []
    for name, tags, run in files:
        body = {"name": name, "tags": tags, "federationToken": 1}
        headers = {"X-KBC-RunId": run} if run else {}
        answer = local.call("POST", "/files/prepare", json=body, headers=headers)
        made.append(answer.json()["id"])
    return made


@pytest.mark.parametrize(
    ("params", "places"),
    [
        ({}, [2, 1, 0]),
        ({"tags[]": "a"}, [1, 0]),
        ({"tags[]": ["a", "b"]}, [1]),
        ({"q": "orders"}, [0]),
        ({"q": "name:user*"}, [1]),
        ({"q": "tags:b"}, [1]),
        ({"runId": "run.1"}, [0]),
        ({"limit": 1}, [2]),
        ({"limit": 1, "offset": 1}, [1]),
        ({"showExpired": "true"}, [2, 1, 0]),
    ],
)
def test_files_are_listed_newest_first_and_filtered(local, three, params, places):
    assert [item["id"] for item in local.get("/files", **params).json()] == [
        three[place] for place in places
    ]


def test_files_are_listed_between_ids(local, three):
    after = local.get("/files", sinceId=three[0]).json()
    before = local.get("/files", maxId=three[1]).json()

    assert [item["id"] for item in after] == [three[2], three[1]]
    assert [item["id"] for item in before] == [three[0]]


@pytest.mark.parametrize("params", [{"tags": "a"}, {"showExpired": "maybe"}])
def test_a_list_parameter_of_the_wrong_type_is_400(local, params):
    assert problem(local.get("/files", **params)) == (400, "storage.validation")


def test_tags_are_added_once_and_removed(local, storage):
    path = f"/files/{storage.prepare(name='a')['id']}"
    local.post(f"{path}/tags", {"tag": "x"})
    tagged = local.post(f"{path}/tags", {"tag": "x"}).json()
    removed = local.delete(f"{path}/tags/x")

    assert tagged["tags"] == ["x"]
    assert (removed.status_code, local.get(path).json()["tags"]) == (204, [])
    assert problem(local.post(f"{path}/tags", {})) == (400, "storage.files.validation")


def test_a_deleted_file_is_gone_with_its_body(local, storage):
    file = storage.upload(b"12345")
    url = local.get(f"/files/{file}").json()["url"]

    assert local.delete(f"/files/{file}").status_code == 204
    assert problem(local.get(f"/files/{file}")) == (404, "storage.files.notFound")
    assert requests.get(url, timeout=30).status_code == 404


def test_credentials_are_refreshed(local, storage):
    file = storage.prepare(name="a")

    refreshed = local.put(f"/files/{file['id']}/refresh").json()["uploadParams"]
    before, after = file["uploadParams"]["credentials"], refreshed.pop("credentials")

    assert refreshed == {
        key: each for key, each in file["uploadParams"].items() if key in refreshed
    }
    assert after["AccessKeyId"] == before["AccessKeyId"]
    assert after["Expiration"] >= before["Expiration"]


def test_other_peoples_files_need_a_right(serve):
    tokens = [
        {"id": 1, "token": "test-token"},
        {"id": 2, "token": "other", "bucketPermissions": {"in.c-main": "read"}},
    ]
    first = serve({"tokens": tokens})
    file = Storage(first).upload(b"1")
    first.session.headers["X-StorageApi-Token"] = "other"
    own = Storage(first).prepare(name="own")["id"]

    assert problem(first.get(f"/files/{file}")) == (403, "accessDenied")
    assert [item["id"] for item in first.get("/files").json()] == [own]


# The S3-shaped service


def texts(answer, name):
    return [item.text for item in ET.fromstring(answer.content).iter() if item.tag.endswith(name)]


def test_an_object_is_put_looked_at_and_got(storage):
    put = storage.put("a/b c.txt", b"12345")
    url = storage.object_url("a/b c.txt")
    head = requests.head(url, timeout=30)
    got = requests.get(url, timeout=30)

    assert put.headers["ETag"] == '"827ccb0eea8a706c4c34a16891f84e7b"'
    assert (head.headers["Content-Length"], head.headers["ETag"]) == ("5", put.headers["ETag"])
    assert (got.content, got.headers["Accept-Ranges"]) == (b"12345", "bytes")


def test_an_object_is_got_in_ranges(storage):
    storage.put("a", b"0123456789")
    got = requests.get(storage.object_url("a"), headers={"Range": "bytes=2-4"}, timeout=30)

    assert (got.status_code, got.content) == (206, b"234")
    assert got.headers["Content-Range"] == "bytes 2-4/10"


def test_an_object_is_replaced_and_deleted(storage):
    url = storage.object_url("a")
    storage.put("a", b"1")
    storage.put("a", b"22")
    got = requests.get(url, timeout=30).content
    statuses = [requests.delete(url, timeout=30).status_code for _ in range(2)]

    assert (got, statuses) == (b"22", [204, 204])
    assert requests.get(url, timeout=30).status_code == 404


def test_a_body_sent_in_signed_chunks_is_unpacked(storage):
    body = b"5;chunk-signature=0\r\n12345\r\n2\r\n67\r\n0\r\nx-amz-checksum-crc32:AA==\r\n\r\n"
    headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
    requests.put(storage.object_url("a"), data=body, headers=headers, timeout=30)

    assert requests.get(storage.object_url("a"), timeout=30).content == b"1234567"


def test_an_empty_body_that_waits_to_be_wanted_is_taken(storage):
    answer = requests.put(
        storage.object_url("a"), data=b"", headers={"Expect": "100-continue"}, timeout=5
    )

    assert answer.status_code == 200


def test_a_large_object_is_uploaded_in_parts(storage):
    url = storage.object_url("large")
    (upload,) = texts(requests.post(f"{url}?uploads", timeout=30), "UploadId")
    parts = [b"a" * 100, b"b" * 50]
    for number, data in enumerate(parts, 1):
        requests.put(f"{url}?uploadId={upload}&partNumber={number}", data=data, timeout=30)
    before = requests.get(url, timeout=30).status_code
    body = "".join(f"<Part><PartNumber>{number}</PartNumber></Part>" for number in (1, 2))
    whole = f"<CompleteMultipartUpload>{body}</CompleteMultipartUpload>"
    done, again = (
        requests.post(f"{url}?uploadId={upload}", data=whole, timeout=30) for _ in range(2)
    )

    assert before == 404
    assert texts(done, "ETag")[0].endswith('-2"')
    assert texts(again, "Code") == ["InvalidPart"]
    assert requests.get(url, timeout=30).content == b"".join(parts)


@pytest.mark.parametrize("body", ["<C><PartNumber>7</PartNumber></C>", "<C/>", "no xml"])
def test_an_upload_cannot_be_completed_with_parts_that_never_came(storage, body):
    url = storage.object_url("large")
    (upload,) = texts(requests.post(f"{url}?uploads", timeout=30), "UploadId")
    done = requests.post(f"{url}?uploadId={upload}", data=body, timeout=30)

    assert (done.status_code, texts(done, "Code")) == (400, ["InvalidPart"])


def test_an_upload_can_be_given_up(storage):
    url = storage.object_url("large")
    (upload,) = texts(requests.post(f"{url}?uploads", timeout=30), "UploadId")
    requests.put(f"{url}?uploadId={upload}&partNumber=1", data=b"1", timeout=30)

    assert requests.delete(f"{url}?uploadId={upload}", timeout=30).status_code == 204
    body = "<C><PartNumber>1</PartNumber></C>"
    assert requests.post(f"{url}?uploadId={upload}", data=body, timeout=30).status_code == 400


def test_objects_are_listed_in_pages(storage):
    for key in ("a/1", "a/2", "b/1"):
        storage.put(key, b"1")
    bucket = storage.object_url("").rstrip("/")
    first = requests.get(f"{bucket}?list-type=2&prefix=a/&max-keys=1", timeout=30)
    (token,) = texts(first, "NextContinuationToken")
    second = requests.get(f"{bucket}?list-type=2&prefix=a/&continuation-token={token}", timeout=30)

    assert (texts(first, "}Key"), texts(first, "IsTruncated")) == (["a/1"], ["true"])
    assert (texts(second, "}Key"), texts(second, "IsTruncated")) == (["a/2"], ["false"])


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_other_things_that_s3_can_do_are_a_loud_501(storage, method):
    storage.put("a", b"1")
    url = storage.object_url("a")
    answers = [
        requests.request(method, f"{url}?tagging", data=b"", timeout=30),
        requests.request(method, url, headers={"x-amz-copy-source": "/b/k"}, timeout=30),
    ]

    assert [(answer.status_code, texts(answer, "Code")) for answer in answers] == [
        (501, ["NotImplemented"])
    ] * 2
    assert requests.get(url, timeout=30).content == b"1"


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_there_is_one_bucket_of_objects(local, method):
    answer = local.call(method, f"{local.url}/s3/other/key")

    assert answer.status_code == 404
    assert "<Code>NoSuch" in answer.text
    assert "NoSuchBucket" in local.call("GET", f"{local.url}/s3/other").text
    assert local.call("DELETE", f"{local.url}/s3/other/key").status_code == 204


def test_parts_are_no_objects(local, storage):
    (upload,) = texts(requests.post(f"{storage.object_url('x')}?uploads", timeout=30), "UploadId")
    url = f"{storage.object_url('x')}?uploadId={upload}&partNumber=1"
    requests.put(url, data=b"1", timeout=30)

    assert requests.get(f"{local.url}/s3/.parts/{upload}/00001", timeout=30).status_code == 404
