"""Secrets that the project holds in plain text never reach the disk."""

import json

import pytest

from kbsync.tree.proofs import keep_proofs, read_proofs

COMPONENT = "keboola.ex-db-mysql"
FILE = f"{COMPONENT}/orders/config.yaml"
PLAIN = "fake-plain-password"
OTHER = "another-plain-password"


def project(password=PLAIN, **more):
    return [
        {
            "id": COMPONENT,
            "configurations": [
                {
                    "id": "orders",
                    "name": "Orders",
                    "configuration": {"db": {"#password": password, "host": "db-1"}},
                    **more,
                },
                {"id": "users", "name": "Users", "configuration": {"a": 1}},
            ],
        }
    ]


def put(workspace, password):
    body = {"configuration": {"db": {"#password": password, "host": "db-1"}}}
    workspace.storage("PUT", f"components/{COMPONENT}/configs/orders", body)


def everything_on_disk(workspace):
    return b"".join(path.read_bytes() for path in workspace.root.rglob("*") if path.is_file())


def plan_code(workspace, **environment):
    return workspace.kbsync("plan", "--detailed-exitcode", **environment).exit_code


def test_it_is_encrypted_before_it_is_written(start_workspace):
    workspace = start_workspace(live=project())
    result = workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert (
        f'Plain text in the project, encrypted in the files: {COMPONENT}/orders  "Orders"\n'
        in result.stdout
    )
    assert b'"#password": KBC::ProjectSecure::' in workspace.files()[FILE]
    assert PLAIN.encode() not in everything_on_disk(workspace)
    assert PLAIN not in result.output


def test_the_next_plan_shows_exactly_that_and_apply_ends_it(start_workspace):
    workspace = start_workspace(live=project())
    workspace.kbsync("pull")
    plan = workspace.kbsync("plan").stdout
    applied = workspace.kbsync("apply", "--auto-approve")

    assert "#password   (secret) plain text in the project → encrypted" in plan
    assert "Plan: 1 update.\n1 unchanged" in plan
    assert applied.exit_code == 0, applied.output
    assert plan_code(workspace) == 0
    assert PLAIN not in json.dumps(workspace.project()[0]["configurations"][0]["configuration"])


def test_a_second_pull_changes_nothing(start_workspace):
    workspace = start_workspace(live=project())
    workspace.kbsync("pull")
    before = workspace.files()
    workspace.forget_requests()
    result = workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert workspace.files() == before
    assert not any("encrypt" in each for each in workspace.writes())


def test_a_text_that_changed_is_encrypted_anew(start_workspace):
    workspace = start_workspace(live=project())
    workspace.kbsync("pull")
    before = workspace.files()[FILE]
    put(workspace, OTHER)
    workspace.kbsync("pull")

    assert workspace.files()[FILE] != before
    assert OTHER.encode() not in everything_on_disk(workspace)


def test_a_variable_with_that_value_stays_named(start_workspace):
    files = {
        FILE: 'name: Orders\nconfiguration:\n  db: {"#password": !env DB_PASSWORD, host: db-0}\n'
    }
    workspace = start_workspace(files, live=project())
    workspace.kbsync("pull", DB_PASSWORD=PLAIN)

    assert b'{"#password": !env DB_PASSWORD, host: db-1}' in workspace.files()[FILE]
    assert plan_code(workspace, DB_PASSWORD=PLAIN) == 2
    assert workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=PLAIN).exit_code == 0
    assert plan_code(workspace, DB_PASSWORD=PLAIN) == 0


def test_a_variable_with_another_value_gives_way(start_workspace):
    files = {
        FILE: 'name: Orders\nconfiguration:\n  db: {"#password": !env DB_PASSWORD, host: db-1}\n'
    }
    workspace = start_workspace(files, live=project())
    workspace.kbsync("pull", DB_PASSWORD=OTHER)

    assert b'{"#password": KBC::ProjectSecure::' in workspace.files()[FILE]


def test_secret_variables_in_rows_are_secrets_too(start_workspace):
    row = {
        "id": "default",
        "name": "Default",
        "configuration": {"values": [{"name": "#token", "value": PLAIN}]},
    }
    workspace = start_workspace(
        live=[
            {
                "id": "keboola.variables",
                "configurations": [
                    {"id": "v", "name": "V", "configuration": {}, "rows": [row]},
                ],
            }
        ]
    )
    result = workspace.kbsync("pull")

    assert result.exit_code == 0, result.output
    assert 'keboola.variables/v/default  "Default"\n' in result.stdout
    assert PLAIN.encode() not in everything_on_disk(workspace)


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "status": 400},
        {"action": "status", "status": 200, "body": '{"#0": "fake-plain-password"}'},
        {"action": "reset"},
    ],
    ids=["refuses", "answers plain text", "breaks off"],
)
def test_without_the_service_that_configuration_is_refused_and_the_others_are_pulled(
    start_workspace, fault
):
    workspace = start_workspace(live=project())
    workspace.fault(method="POST", path=".*encrypt.*", **fault)
    result = workspace.kbsync("pull")

    assert result.exit_code == 4, result.output
    assert f'Not pulled: {COMPONENT}/orders  "Orders" holds a secret in plain text' in result.stdout
    assert "Error: The secrets could not be encrypted by the encryption service" in result.stderr
    assert list(workspace.files()) == ["kbsync.yaml", f"{COMPONENT}/users/config.yaml"]
    assert PLAIN.encode() not in everything_on_disk(workspace)
    assert PLAIN not in result.output


def test_a_number_in_the_place_of_a_secret_is_refused(start_workspace):
    workspace = start_workspace(live=project(password=12345))
    result = workspace.kbsync("pull")

    assert result.exit_code == 4, result.output
    assert b"12345" not in everything_on_disk(workspace)


def test_what_is_refused_is_not_called_encrypted(start_workspace):
    row = {"id": "r", "name": "R", "configuration": {"#key": "!env HOME"}}
    workspace = start_workspace(live=project(rows=[row]))
    result = workspace.kbsync("pull")

    assert result.exit_code == 4
    assert f"Not pulled: {COMPONENT}/orders" in result.stdout
    assert "encrypted in the files" not in result.output
    assert "next apply" not in result.output


def test_what_is_not_selected_is_not_sent_anywhere(start_workspace):
    workspace = start_workspace(live=project())
    result = workspace.kbsync("pull", f"{COMPONENT}/users")

    assert result.exit_code == 0, result.output
    assert not any("encrypt" in each for each in workspace.requests())


def test_a_damaged_memory_of_the_ciphertext_counts_for_nothing(start_workspace):
    workspace = start_workspace(live=project())
    workspace.kbsync("pull")
    memory = workspace.root / ".kbsync/cache/plain-text.json"
    sound = memory.read_bytes()
    keep_proofs(workspace.root, dict.fromkeys(read_proofs(workspace.root), "0" * 64))
    forged = memory.read_bytes()
    for damaged in (b"{", b"[]", b'{"a": 1}', sound[:-1], forged):
        memory.chmod(0o600)
        memory.write_bytes(damaged)
        memory.chmod(0o400)
        workspace.forget_requests()

        assert workspace.kbsync("pull").exit_code == 0
        assert any("encrypt" in each for each in workspace.writes())


@pytest.fixture
def edited(start_workspace):
    """A project that kbsync wrote, in which somebody then put a secret in plain text."""
    files = {
        FILE: "name: Orders\n"
        'configuration: {db: {"#password": KBC::ProjectSecure::fake-one, host: db-1}}\n'
    }
    workspace = start_workspace(files)
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0
    put(workspace, PLAIN)
    return workspace


def test_plain_text_that_somebody_put_is_no_conflict_once_it_was_pulled(edited):
    before = edited.kbsync("apply", "--auto-approve")
    edited.kbsync("pull")
    plan = edited.kbsync("plan").stdout
    applied = edited.kbsync("apply", "--auto-approve")

    assert before.exit_code == 4
    assert "#password   (secret) plain text in the project → encrypted" in plan
    assert applied.exit_code == 0, applied.output
    assert plan_code(edited) == 0


def test_another_plain_text_that_somebody_put_since_is_a_conflict(edited):
    edited.kbsync("pull")
    put(edited, OTHER)
    refused = edited.kbsync("apply", "--auto-approve")

    assert refused.exit_code == 4
    assert OTHER not in refused.output


def test_where_nothing_is_remembered_the_way_out_is_told(edited):
    edited.kbsync("pull")
    (edited.root / ".kbsync/cache/plain-text.json").unlink()
    refused = edited.kbsync("apply", "--auto-approve")
    overwritten = edited.kbsync("apply", "--auto-approve", "--overwrite-drift", COMPONENT)

    assert refused.exit_code == 4
    assert "The project holds a secret in plain text: overwrite it if the files" in refused.stderr
    assert overwritten.exit_code == 0, overwritten.output


def test_plain_text_with_the_value_of_the_variable_is_no_conflict(start_workspace):
    files = {
        FILE: 'name: Orders\nconfiguration: {db: {"#password": !env DB_PASSWORD, host: db-1}}\n'
    }
    workspace = start_workspace(files)
    workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=OTHER)
    put(workspace, PLAIN)
    applied = workspace.kbsync("apply", "--auto-approve", DB_PASSWORD=PLAIN)

    assert applied.exit_code == 0, applied.output
    assert plan_code(workspace, DB_PASSWORD=PLAIN) == 0


def test_a_pull_of_one_configuration_forgets_nothing_of_the_others(start_workspace):
    component = project()[0]
    twin = {**component["configurations"][0], "id": "bills", "name": "Bills"}
    workspace = start_workspace(
        live=[{**component, "configurations": [twin, *component["configurations"]]}]
    )
    workspace.kbsync("pull")
    workspace.kbsync("pull", f"{COMPONENT}/bills")
    workspace.forget_requests()
    workspace.kbsync("pull")

    assert not any("encrypt" in each for each in workspace.writes())
