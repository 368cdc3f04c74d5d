"""Reference section 4.8: the events that writes leave."""

import pytest

from tests.contract.conftest import COMPONENT

C = f"components/{COMPONENT}/configs/c"
R = f"{C}/rows/r"
VERSION = {"name": "Copy"}
METADATA = {"metadata": [{"key": "k", "value": "v"}]}


@pytest.fixture
def config(local):
    local.config(configurationId="c")
    local.row(C, "r")
    local.config(configurationId="trashed")
    local.delete(f"components/{COMPONENT}/configs/trashed")
    return local


@pytest.mark.parametrize(
    ("method", "path", "body", "what"),
    [
        ("POST", f"components/{COMPONENT}/configs", {"name": "A"}, "Created"),
        ("PUT", C, {"name": "B"}, "Changed"),
        ("DELETE", C, None, "Deleted"),
        ("POST", f"components/{COMPONENT}/configs/trashed/restore", {}, "Restored"),
        ("DELETE", f"components/{COMPONENT}/configs/trashed", None, "Purged"),
        (
            "POST",
            f"components/{COMPONENT}/configs",
            {"name": "A", "configurationId": "trashed"},
            "Restored",
        ),
        ("POST", f"{C}/versions/1/rollback", {}, "RolledBack"),
        ("POST", f"{C}/versions/1/create", VERSION, "Copied"),
        ("POST", f"{C}/metadata", METADATA, "MetadataSet"),
        ("POST", f"{C}/rows", {}, "RowCreated"),
        ("PUT", R, {"name": "B"}, "RowChanged"),
        ("DELETE", R, None, "RowDeleted"),
        ("POST", f"{R}/versions/1/rollback", {}, "RowRolledBack"),
        ("POST", f"{R}/versions/1/create", {}, "RowCopied"),
    ],
)
def test_a_write_leaves_an_event(config, method, path, body, what):
    before = len(config.get("events").json())
    config.call(method, path, json=body)
    newest, *others = config.get("events").json()

    assert newest["event"] == f"storage.componentConfiguration{what}"
    assert (newest["params"]["component"], newest["idBranch"]) == (COMPONENT, 1001)
    assert ("rowId" in newest["params"]) == what.startswith("Row")
    assert len(others) == before


def test_an_event_tells_the_version_it_made(config):
    config.put(C, {"name": "B"})
    params = config.get("events").json()[0]["params"]

    assert params == {"component": COMPONENT, "configurationId": "c", "name": "B", "version": 3}


def test_deleting_metadata_leaves_an_event(config):
    (entry,) = config.post(f"{C}/metadata", METADATA).json()
    config.delete(f"{C}/metadata/{entry['id']}")

    assert config.get("events").json()[0]["event"] == (
        "storage.componentConfigurationMetadataDeleted"
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", C, {"name": "A"}),
        ("PUT", C, {"name": []}),
        ("PUT", R, {"configuration": {}}),
        ("PUT", f"{C}/state", {"state": {"a": 1}}),
        ("GET", C, None),
    ],
)
def test_no_event_when_nothing_changed(config, method, path, body):
    before = config.get("events").json()
    config.call(method, path, json=body)

    assert config.get("events").json() == before
