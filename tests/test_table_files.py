"""Where data is sent to: a place of Amazon that the stack names, or this machine, nowhere else."""

import pytest
import responses

from kbsync.api.client import StorageClient
from kbsync.api.transport import Transport
from kbsync.errors import ApiError
from kbsync.tables.files import UnknownProviderError, download_place
from kbsync.tables.s3 import S3, amazon_client

REMOTE, HERE = "https://stack.test", "http://127.0.0.1:8080"
FILE = {
    "id": 7,
    "provider": "aws",
    "region": "eu-central-1",
    "url": "https://s3.eu-central-1.amazonaws.com/kbc-files/a/7.csv?fake=1",
    "isSliced": True,
    "sizeBytes": 5,
    "s3Path": {"bucket": "kbc-files", "key": "a/7.csv"},
    "credentials": {
        "AccessKeyId": "fake-id",
        "SecretAccessKey": "fake-secret",
        "SessionToken": "fake-session",
    },
}


def place_of(file, stack=REMOTE):
    with responses.RequestsMock() as answers:
        answers.get(f"{stack}/v2/storage/branch/default/files/7", json=file)
        return download_place(StorageClient(Transport(stack, "fake-token")), "7")


def test_a_place_is_read_and_keeps_its_credentials_to_itself():
    place = place_of(FILE)

    assert (place.bucket, place.key, place.region, place.endpoint) == (
        "kbc-files",
        "a/7.csv",
        "eu-central-1",
        "",
    )
    assert (place.is_sliced, place.size, place.file_id) == (True, 5, "7")
    assert "fake-" not in repr(place)
    assert "fake-" not in repr(S3(place, patience_s=0))


@pytest.mark.parametrize(
    ("stack", "url", "endpoint"),
    [
        (HERE, "http://127.0.0.1:8080/s3/kbc-files/a/7.csv", "http://127.0.0.1:8080/s3"),
        (HERE, "http://localhost:9/kbc-files/a/7.csv?x=/kbc-files/", "http://localhost:9"),
        (HERE, "https://other.test/kbc-files/a/7.csv", ""),
        (HERE, "file:///kbc-files/a", ""),
        (HERE, "http://[bad/kbc-files/", ""),
        (REMOTE, "http://127.0.0.1:8080/s3/kbc-files/a/7.csv", ""),
        (REMOTE, "https://other.test/kbc-files/a/7.csv", ""),
    ],
)
def test_only_a_stack_on_this_machine_names_another_address_on_it(stack, url, endpoint):
    assert place_of({**FILE, "url": url}, stack).endpoint == endpoint


def test_all_other_data_goes_to_amazon_whatever_the_machine_has_set(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "http://other.invalid")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    client = amazon_client(place_of(FILE), tries=1)

    assert client.meta.endpoint_url == "https://s3.eu-central-1.amazonaws.com"
    client.close()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"region": "x.evil.test/"}, id="region"),
        pytest.param({"region": None}, id="no region"),
        pytest.param({"s3Path": {"bucket": "evil.test/x", "key": "k"}}, id="bucket"),
        pytest.param({"s3Path": {"bucket": "kbc-files"}}, id="no key"),
        pytest.param({"s3Path": None}, id="no path"),
        pytest.param({"credentials": {"AccessKeyId": "fake-id"}}, id="half credentials"),
        pytest.param({"id": "../../tokens"}, id="odd id"),
    ],
)
def test_a_place_that_is_not_told_in_full_is_refused(change):
    with pytest.raises(ApiError, match="unexpected form"):
        place_of({**FILE, **change})


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("azure", "Azure Blob Storage"),
        ("gcp", "Google Cloud"),
        ("moon", "moon"),
        (None, "not name"),
    ],
)
def test_other_providers_are_named(provider, name):
    with pytest.raises(UnknownProviderError, match=name):
        place_of({**FILE, "provider": provider})
