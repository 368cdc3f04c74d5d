"""Keboola's CLI, `kbagent`: what it can do with the emulator behind https and host names.

It refuses to download from an address of this machine, so only its uploads are tried.
"""

import pytest

pytestmark = pytest.mark.clients

COMPONENT = "keboola.ex-http"
ROW = {"id": "r", "name": "R", "configuration": {"parameters": {"path": "/"}}}
CONFIG = {
    "id": "a",
    "name": "A",
    "configuration": {"parameters": {"limit": 1}},
    "rows": [ROW],
}
SEED = [{"id": COMPONENT, "configurations": [CONFIG]}]
OBJECT = ("--project=p", f"--component-id={COMPONENT}", "--config-id=a")


@pytest.fixture
def run(kbagent):
    return kbagent(SEED)


@pytest.fixture
def pulled(run, tmp_path):
    """The file of the configuration in a working directory that has just been pulled."""
    run("sync", "init", "--project=p")
    run("sync", "pull", "--project=p")
    (found,) = tmp_path.glob("main/*/*/*/_config.yml")
    return found


def test_a_project_is_checked(run):
    (status,) = run("project", "status")

    assert (status["status"], status["project_name"]) == ("ok", "Emulated project")
    assert run("project", "info", "--project=p")["default_backend"] == "snowflake"


def test_a_pulled_project_has_no_differences(run, pulled):
    status = run("sync", "status")
    summary = run("sync", "diff", "--project=p")["summary"]

    assert (status["modified"], status["unchanged"]) == ([], 1)
    assert {name for name, count in summary.items() if count} == {"unchanged"}


def test_an_edit_is_shown_and_pushed(run, pulled):
    pulled.write_text(pulled.read_text().replace("limit: 1", "limit: 2"))
    (change,) = run("sync", "diff", "--project=p")["changes"]
    pushed = run("sync", "push", "--project=p")

    assert change["details"] == ["parameters.limit changed: 1 -> 2"]
    assert (pushed["updated"], pushed["errors"]) == (1, [])
    assert run("sync", "status")["modified"] == []
    assert run("config", "detail", *OBJECT)["configuration"] == {"parameters": {"limit": 2}}


def test_a_new_configuration_with_a_secret_is_pushed_encrypted(run, pulled):
    folder = pulled.parent.with_name("b")
    folder.mkdir()
    text = pulled.read_text().split("_keboola:")[0].replace("name: A", "name: B")
    text = text.replace("limit: 1", "'#password': obviously-fake")
    (folder / "_config.yml").write_text(f"{text}_keboola:\n  component_id: {COMPONENT}\n")
    pushed = run("sync", "push", "--project=p")
    made = next(
        item for item in run("config", "list", "--project=p")["configs"] if item["config_id"] != "a"
    )
    other = ("--project=p", f"--component-id={COMPONENT}", f"--config-id={made['config_id']}")
    detail = run("config", "detail", *other)

    assert (pushed["created"], made["config_name"]) == (1, "B")
    assert detail["configuration"]["parameters"]["#password"].startswith("KBC::ProjectSecure::")


def test_configurations_are_listed_deleted_and_restored(run):
    listed = run("config", "list", "--project=p")["configs"]
    detail = run("config", "detail", *OBJECT)
    run("config", "delete", *OBJECT)
    without = run("config", "list", "--project=p")["configs"]
    restored = run("config", "restore", *OBJECT)

    assert [item["config_id"] for item in listed] == ["a"]
    assert [row["configuration"] for row in detail["rows"]] == [ROW["configuration"]]
    assert without == []
    assert (restored["status"], restored["version"]) == ("restored", 3)


def test_the_state_of_a_configuration_is_set(run):
    run("config", "state-set", *OBJECT, "--state", '{"last": 5}')

    assert run("config", "state-get", *OBJECT)["state"] == {"last": 5}


def test_branches_are_created_and_listed(run):
    made = run("branch", "create", "--project=p", "--name=dev")
    listed = run("branch", "list", "--project=p")["branches"]

    assert [(item["id"], item["name"]) for item in listed if not item["isDefault"]] == [
        (made["branch_id"], "dev")
    ]


def test_values_are_encrypted(run):
    encrypted = run(
        "encrypt",
        "values",
        "--project=p",
        f"--component-id={COMPONENT}",
        '--input={"#key": "obviously-fake"}',
    )

    assert encrypted["#key"].startswith("KBC::ProjectSecure::")


def test_a_table_is_uploaded_unloaded_and_deleted(run, tmp_path):
    (tmp_path / "words.csv").write_text("id,name\n1,one\n2,two\n")
    table = ("--project=p", "--table-id=in.c-main.words")
    run("storage", "create-bucket", "--project=p", "--stage=in", "--name=main")
    loaded = run("storage", "upload-table", *table, "--file=words.csv")
    (listed,) = run("storage", "tables", "--project=p")["tables"]
    detail = run("storage", "table-detail", *table)
    unloaded = run("storage", "unload-table", *table)
    run("storage", "delete-table", *table, "--yes")
    run("storage", "delete-bucket", "--project=p", "--bucket-id=in.c-main", "--yes")

    assert (loaded["job_status"], loaded["imported_rows"]) == ("success", 2)
    assert (listed["id"], listed["rows_count"]) == ("in.c-main.words", 2)
    assert (detail["table_id"], detail["backend"]) == ("in.c-main.words", "snowflake")
    assert unloaded["table_id"] == "in.c-main.words"
    assert run("storage", "buckets", "--project=p")["buckets"] == []


def test_a_file_is_uploaded_and_found(run, tmp_path):
    (tmp_path / "words.csv").write_text("id\n1\n")
    made = run("storage", "file-upload", "--project=p", "--file=words.csv", "--tag=mine")
    (found,) = run("storage", "files", "--project=p", "--tag=mine")["files"]

    assert (found["id"], found["name"]) == (made["id"], "words.csv")
