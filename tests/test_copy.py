"""A copy of a configuration or row is a plan of ordinary changes, shown first."""

import shlex

import pytest

from kbsync.past.copies import free_id
from tests.test_result_json import document

COMPONENT = "keboola.ex-http"
CONFIGS = f"components/{COMPONENT}/configs"
ORDERS = f"{COMPONENT}/orders"
COPY = f"{COMPONENT}/orders-eu"
NAMED = ("--name", "Orders EU")
APPROVED = (*NAMED, "--auto-approve")
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [
            {
                "id": "orders",
                "name": "Orders",
                "description": "All of them\n",
                "isDisabled": True,
                "configuration": {"x": 1, "#password": "KBC::ProjectSecure::fake-one"},
                "state": {"own": 1},
                "rowsSortOrder": ["b", "a"],
                "rows": [
                    {"id": "a", "name": "A", "configuration": {"n": 1}, "state": {"s": 1}},
                    {"id": "b", "name": "B", "configuration": {}, "isDisabled": True},
                ],
            },
            {"id": "users", "name": "Users", "configuration": {}},
        ],
    }
]
FOLDER = {"key": "KBC.configuration.folderName", "value": "Sales"}


@pytest.fixture
def workspace(start_workspace):
    workspace = start_workspace(live=LIVE)
    label(workspace, "orders", FOLDER)
    workspace.forget_requests()
    return workspace


def label(workspace, config_id, *entries):
    body = {"metadata": [*entries]}
    workspace.storage("POST", f"{CONFIGS}/{config_id}/metadata", body).raise_for_status()


def labels(workspace, config_id):
    found = workspace.storage("GET", f"{CONFIGS}/{config_id}/metadata").json()
    return {each["key"]: each["value"] for each in found}


def configuration(workspace, config_id):
    return workspace.storage("GET", f"{CONFIGS}/{config_id}").json()


def content(workspace, config_id):
    """What a copy takes over."""
    found = configuration(workspace, config_id)
    fields = ("description", "isDisabled", "configuration", "rowsSortOrder")
    rows = [
        [row[field] for field in ("id", "name", "configuration", "isDisabled")]
        for row in found["rows"]
    ]
    return [found[field] for field in fields], rows


def states(workspace, config_id):
    found = configuration(workspace, config_id)
    return [found["state"], *(row["state"] for row in found["rows"])]


@pytest.mark.parametrize("name", [ORDERS, f"{COMPONENT}/Orders", f"{ORDERS}@live", f"{ORDERS}@1"])
def test_a_copy_has_content_rows_order_and_folder_but_no_component_state(workspace, name):
    before = workspace.project()
    result = workspace.kbsync("copy", name, *APPROVED)

    assert result.exit_code == 0, result.output
    assert configuration(workspace, "orders-eu")["name"] == "Orders EU"
    assert content(workspace, "orders-eu") == content(workspace, "orders")
    assert labels(workspace, "orders-eu") == labels(workspace, "orders") == {FOLDER["key"]: "Sales"}
    assert states(workspace, "orders-eu") == [{}, {}, {}]
    workspace.storage("DELETE", f"{CONFIGS}/orders-eu")
    assert workspace.project() == before


def test_it_is_made_by_ordinary_writes_that_say_what_was_copied(workspace):
    workspace.kbsync("copy", ORDERS, *APPROVED)

    made = f"POST branch/default/{CONFIGS}"
    assert workspace.writes() == [
        made,
        f"{made}/orders-eu/metadata",
        f"{made}/orders-eu/rows",
        f"{made}/orders-eu/rows",
        f"PUT branch/default/{CONFIGS}/orders-eu",
    ]
    version = configuration(workspace, "orders-eu")["currentVersion"]
    assert version["changeDescription"].startswith(f"Copy of {ORDERS} v1 [kbsync run=")


def test_the_plan_is_shown_and_asked_for_first(workspace):
    result = workspace.kbsync("copy", ORDERS, *NAMED)

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert f'  {COPY}  "Orders EU"\n    +  configuration is created' in result.stdout
    assert '    +  row b  "B" is created' in result.stdout
    assert "Plan: 3 creates, 1 metadata change, 1 reorder." in result.stdout
    assert f"Copied is {ORDERS} v1, live, saved by owner@emulator.test, " in result.stdout
    assert "Component state is not copied." in result.stdout


def test_a_recorded_version_can_be_copied(workspace):
    workspace.storage("DELETE", f"{CONFIGS}/orders/rows/b")
    workspace.storage("PUT", f"{CONFIGS}/orders", {"configuration": {"x": 2}, "name": "Renamed"})
    result = workspace.kbsync("copy", f"{COMPONENT}/Renamed@1", *APPROVED, "-m", "For the EU")

    assert result.exit_code == 0, result.output
    assert f"Copied is {ORDERS} v1, saved by " in result.stdout
    fields, rows = content(workspace, "orders-eu")
    assert fields[2:] == [LIVE[0]["configurations"][0]["configuration"], ["b", "a"]]
    assert [row[0] for row in rows] == ["b", "a"]
    message = configuration(workspace, "orders-eu")["currentVersion"]["changeDescription"]
    assert message.startswith("For the EU [kbsync run=")


def test_a_configuration_that_was_never_sorted_stays_so(workspace):
    workspace.storage("POST", f"{CONFIGS}/users/rows", {"rowId": "z"})
    workspace.storage("POST", f"{CONFIGS}/users/rows", {"rowId": "c"})
    result = workspace.kbsync("copy", f"{COMPONENT}/users", "--name", "Other", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert configuration(workspace, "other")["rowsSortOrder"] == []
    assert content(workspace, "other") == content(workspace, "users")


@pytest.mark.parametrize(
    ("name", "taken", "found"),
    [
        pytest.param("Orders EU", (), "orders-eu", id="free"),
        pytest.param("Orders EU", ("orders-eu", "orders-eu-2"), "orders-eu-3", id="taken"),
        pytest.param("Orders EU", ("Orders-EU",), "orders-eu-2", id="taken in another case"),
        pytest.param("Objednávky — Česko", (), "objednavky-cesko", id="accents"),
        pytest.param("注文", (), "copy", id="no letter that fits"),
        pytest.param("注文", ("copy",), "copy-2", id="none again"),
        pytest.param("..", (), "copy", id="dots"),
    ],
)
def test_an_id_reads_like_the_name_and_is_free(name, taken, found):
    assert free_id(name, taken) == found


@pytest.mark.parametrize("where", ["live", "trash"])
def test_the_id_of_something_else_is_left_alone(workspace, where):
    body = {"configurationId": "orders-eu", "name": "Older"}
    workspace.storage("POST", CONFIGS, body).raise_for_status()
    if where == "trash":
        workspace.storage("DELETE", f"{CONFIGS}/orders-eu")
    result = workspace.kbsync("copy", ORDERS, *APPROVED)

    assert result.exit_code == 0, result.output
    assert f"{COPY}-2" in result.stdout
    assert configuration(workspace, "orders-eu-2")["version"] == 4
    if where == "live":
        assert configuration(workspace, "orders-eu")["version"] == 1
    else:
        assert workspace.kbsync("restore", COPY, "--auto-approve").exit_code == 0


def test_an_id_in_the_trash_is_a_conflict_with_the_ways_out(workspace):
    workspace.storage("DELETE", f"{CONFIGS}/users")
    result = workspace.kbsync("copy", ORDERS, *APPROVED, "--id", "users")

    assert (result.exit_code, workspace.writes()) == (5, [f"DELETE branch/default/{CONFIGS}/users"])
    assert f"{COMPONENT}/users lies in the trash" in result.stderr
    assert f"kbsync restore {COMPONENT}/users" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("--name", "Users"), "is there already, and holds something", id="a name"),
        pytest.param(("--name", "X", "--id", "users"), "another --id. What is there: ", id="an id"),
        pytest.param(("--name", "Orders"), "is what would be copied", id="the name of the source"),
        pytest.param(("--name", "X", "--id", "orders"), "another --id.", id="that of the source"),
    ],
)
def test_what_is_there_already_is_a_conflict(workspace, arguments, words):
    result = workspace.kbsync("copy", ORDERS, *arguments, "--auto-approve")

    assert (result.exit_code, workspace.writes()) == (5, [])
    assert words in result.stderr


def test_with_an_id_of_its_own_two_may_have_one_name(workspace):
    result = workspace.kbsync("copy", ORDERS, "--name", "Users", "--id", "u 2", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert content(workspace, "u%202") == content(workspace, "orders")


def test_an_id_that_lives_since_the_plan_is_a_conflict(workspace):
    edit = ("POST", CONFIGS, {"configurationId": "orders-eu", "name": "New"})
    workspace.edit_before("GET", "configs/orders-eu$", edit=edit)
    result = workspace.kbsync("copy", ORDERS, *APPROVED)

    assert result.exit_code == 5, result.output
    assert configuration(workspace, "orders-eu")["rows"] == []


def test_the_printed_command_takes_it_back(workspace):
    before = workspace.project()
    result = workspace.kbsync("copy", ORDERS, *APPROVED)
    (command,) = result.stdout.partition("Undo with:\n")[2].splitlines()

    assert command.endswith(" --include-created")
    undone = workspace.kbsync(*shlex.split(command)[1:], "--auto-approve")
    assert undone.exit_code == 0, undone.output
    assert workspace.project() == before


def test_what_failed_half_way_is_taken_back_when_asked(workspace):
    before = workspace.project()
    workspace.fault(method="POST", path="orders-eu/rows$", skip=1, action="status", status=400)
    result = workspace.kbsync("copy", ORDERS, *APPROVED, "--on-error", "rollback")

    assert result.exit_code == 6
    assert "live is as it was before" in result.stdout
    assert workspace.project() == before


def test_a_row_is_copied_within_its_configuration(workspace):
    result = workspace.kbsync("copy", f"{ORDERS}/A", "--name", "A, again", "--auto-approve")
    rows = configuration(workspace, "orders")["rows"]

    assert result.exit_code == 0, result.output
    assert workspace.writes() == [f"POST branch/default/{CONFIGS}/orders/rows"]
    assert [row["id"] for row in rows] == ["b", "a", "a-again"]
    assert (rows[-1]["name"], rows[-1]["configuration"]) == ("A, again", {"n": 1})
    assert (rows[-1]["state"], rows[1]["state"]) == ({}, {"s": 1})
    assert f"Copied is {ORDERS}/a v1, live." in result.stdout
    assert f"The copy runs whenever {ORDERS} runs" in result.stdout
    assert f"kbsync rollback {ORDERS} --to-version 1" in result.stdout


def test_a_row_that_is_disabled_stays_so_and_runs_with_nothing(workspace):
    result = workspace.kbsync("copy", f"{ORDERS}/b", "--name", "New", "--auto-approve")

    assert "The copy runs whenever" not in result.stdout
    assert configuration(workspace, "orders")["rows"][-1]["isDisabled"] is True


def test_a_recorded_row_is_copied_by_its_own_number(workspace):
    workspace.storage("PUT", f"{CONFIGS}/orders/rows/a", {"configuration": {"n": 2}})
    result = workspace.kbsync("copy", f"{ORDERS}/a@1", "--name", "Old A", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert configuration(workspace, "orders")["rows"][-1]["configuration"] == {"n": 1}


@pytest.mark.parametrize(
    "arguments", [("--name", "B"), ("--name", "X", "--id", "b")], ids=["a name", "an id"]
)
def test_a_row_that_is_there_is_a_conflict_too(workspace, arguments):
    result = workspace.kbsync("copy", f"{ORDERS}/a", *arguments, "--auto-approve")

    assert (result.exit_code, workspace.writes()) == (5, [])
    assert f'{ORDERS}/b "B" is there already' in result.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"#p": "KBC::ConfigSecure::fake-one"}, "#p is encrypted for", id="bound"),
        pytest.param(
            {"a": [{"#p": "KBC::ConfigSecureGKMS::fake-one"}]}, "a[0].#p is", id="bound in a cloud"
        ),
        pytest.param(
            {"#p": "KBC::BranchTypeConfigSecureKV::fake-one"}, "#p is", id="bound to a branch too"
        ),
        pytest.param(
            {"code": "password = 'KBC::ConfigSecure::fake-one'"}, "code is", id="bound in a text"
        ),
        pytest.param({"#p": "fake-one"}, "#p is a secret in plain text", id="plain text"),
        pytest.param({"#p": 4711}, "#p is a secret in plain text", id="a number"),
        pytest.param({"#p": "!env FAKE_ONE"}, "#p has the text `!env FAKE_ONE`", id="a reference"),
        pytest.param(
            {"values": [{"name": "#v", "value": "KBC::ConfigSecure::fake-one"}]},
            "values[0].value is encrypted",
            id="bound in variables",
        ),
    ],
)
@pytest.mark.parametrize("place", ["users", "orders/rows/a"])
def test_a_secret_that_the_copy_could_not_have_is_refused(workspace, place, given, words):
    body = {"configuration": given}
    workspace.storage("PUT", f"{CONFIGS}/{place}", body).raise_for_status()
    workspace.forget_requests()
    config_id = place.partition("/")[0]
    environment = {"FAKE_ONE": "canary"}
    result = workspace.kbsync("copy", f"{COMPONENT}/{config_id}", *APPROVED, **environment)
    key = f"{COMPONENT}/{place.replace('/rows', '')}"

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert f"\n  {key}: {words}" in result.stderr
    assert "fake-one" not in result.output
    assert "canary" not in result.output


@pytest.mark.parametrize(
    "scope",
    ["ProjectSecure", "ProjectWideSecureKV", "ComponentSecure", "BranchTypeSecureGKMS"],
)
def test_a_secret_of_the_project_goes_along(workspace, scope):
    given = {"#p": f"KBC::{scope}::fake-one"}
    workspace.storage("PUT", f"{CONFIGS}/users", {"configuration": given})
    result = workspace.kbsync("copy", f"{COMPONENT}/users", *APPROVED)

    assert result.exit_code == 0, result.output
    assert configuration(workspace, "orders-eu")["configuration"] == given


def test_a_row_keeps_what_is_encrypted_for_its_configuration(workspace):
    given = {"#p": "KBC::ConfigSecure::fake-one"}
    workspace.storage("PUT", f"{CONFIGS}/orders/rows/a", {"configuration": given})
    result = workspace.kbsync("copy", f"{ORDERS}/a", "--name", "New", "--auto-approve")

    assert result.exit_code == 0, result.output
    assert configuration(workspace, "orders")["rows"][-1]["configuration"] == given


@pytest.mark.parametrize("component", ["keboola.data-apps", "keboola.sandboxes"])
def test_what_has_an_app_or_a_workspace_to_itself_is_refused(start_workspace, component):
    config = {"id": "c", "name": "C", "configuration": {"parameters": {"id": "4711"}}}
    workspace = start_workspace(live=[{"id": component, "configurations": [config]}])
    result = workspace.kbsync("copy", f"{component}/c", *APPROVED)

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert f"{component}/c: parameters.id names what belongs to" in result.stderr


SCHEDULE = {
    "schedule": {"cronTab": "0 4 * * *", "timezone": "UTC", "state": "enabled"},
    "target": {"componentId": COMPONENT, "configurationId": "orders", "mode": "run"},
}


@pytest.fixture
def scheduled(start_workspace):
    config = {"id": "s", "name": "Nightly", "configuration": SCHEDULE}
    return start_workspace(
        live=[*LIVE, {"id": "keboola.scheduler", "configurations": [config]}],
    )


def test_a_schedule_is_copied_disabled_and_the_plan_says_so(scheduled):
    result = scheduled.kbsync("copy", "keboola.scheduler/s", *APPROVED)
    path = "components/keboola.scheduler/configs/orders-eu"
    made = scheduled.storage("GET", path).json()["configuration"]

    assert result.exit_code == 0, result.output
    assert "The schedule of the copy is disabled" in result.stdout
    assert f'refers to what its source refers to: {ORDERS} "Orders".' in result.stdout
    assert made == {**SCHEDULE, "schedule": {**SCHEDULE["schedule"], "state": "disabled"}}


def test_the_plan_tells_what_goes_on_with_the_source(scheduled):
    result = scheduled.kbsync("copy", ORDERS, *NAMED)

    assert (
        f'Nothing runs the copy: keboola.scheduler/s "Nightly" goes on with {ORDERS}.'
        in result.stdout
    )


def test_what_makes_it_a_part_of_a_template_is_left_out(workspace):
    label(workspace, "orders", {"key": "KBC.KAC.templates.instanceId", "value": "i"})
    label(workspace, "orders", {"key": "KBSYNC.resetState", "value": "once"})
    result = workspace.kbsync("copy", ORDERS, *APPROVED)

    assert "part of a template: KBC.KAC.templates.instanceId." in result.stdout
    assert labels(workspace, "orders-eu") == {FOLDER["key"]: "Sales"}


def test_shared_credentials_are_told(workspace):
    given = {"authorization": {"oauth_api": {"id": "123"}}}
    workspace.storage("PUT", f"{CONFIGS}/users", {"configuration": given})
    result = workspace.kbsync("copy", f"{COMPONENT}/users", *NAMED)

    assert "uses the credentials of its source: authorization.oauth_api.id." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param((f"{COMPONENT}/order", *NAMED), f"Did you mean {ORDERS} or", id="a slip"),
        pytest.param((COMPONENT, *NAMED), "is not one object", id="a component"),
        pytest.param((f"{COMPONENT}/*", *NAMED), "is 2 configurations; one at a time", id="two"),
        pytest.param((f"{ORDERS}@9", *NAMED), "Its newest version is 1.", id="no such version"),
        pytest.param((f"{ORDERS}@files", *NAMED), "not of files", id="files"),
        pytest.param((f"{ORDERS}/x", *NAMED), "There is no row 'x'", id="no such row"),
        pytest.param((ORDERS,), "Missing option '--name'", id="no name"),
        pytest.param((ORDERS, "--name", " "), "--name is empty", id="an empty name"),
        pytest.param((ORDERS, *NAMED, "--id", ""), "--id '' is no id", id="an empty id"),
        pytest.param((ORDERS, *NAMED, "--id", ".."), "--id '..' is no id", id="a way up"),
        pytest.param((ORDERS, *NAMED, "--id", "a\nb"), "is no id", id="two lines"),
    ],
)
def test_a_wrong_command_is_told_and_writes_nothing(workspace, arguments, words):
    result = workspace.kbsync("copy", *arguments, "--auto-approve")

    assert (result.exit_code, workspace.writes()) == (64, [])
    assert words in result.stderr


def test_what_lies_in_the_trash_is_brought_back_first(workspace):
    workspace.storage("DELETE", f"{CONFIGS}/orders")
    result = workspace.kbsync("copy", f"{COMPONENT}/Orders@1", *APPROVED)

    assert result.exit_code == 64
    assert f"{ORDERS} lies in the trash\nHint: Bring it back first: kbsync restore {ORDERS}" in (
        result.stderr
    )


def test_a_copy_that_kbsync_would_not_look_after_is_refused(workspace):
    workspace.write({"kbsync.yaml": f"version: 1\nscope: {{exclude: ['{COPY}']}}\n"})
    result = workspace.kbsync("copy", ORDERS, *APPROVED)

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert f"{COPY} would be outside the scope of kbsync.yaml" in result.stderr


def test_programs_get_one_document(workspace):
    result = workspace.kbsync("copy", ORDERS, *APPROVED, "--format", "json")
    found = document(result)

    assert (found["outcome"], found["message"]) == ("applied", f"Copy of {ORDERS} v1")
    assert found["undo"] == f"kbsync rollback --run {found['runId']} --include-created"
    assert "configuration is created" in result.stderr


def test_files_are_written_as_pull_does_and_all_others_stay(workspace):
    workspace.kbsync("pull")
    before = workspace.files()
    result = workspace.kbsync("copy", ORDERS, *APPROVED, "--write-tree")
    after = workspace.files()

    assert result.exit_code == 0, result.output
    assert {name: data for name, data in after.items() if name in before} == before
    assert sorted(after.keys() - before.keys()) == [
        f"{COPY}/config.yaml",
        f"{COPY}/rows/a.yaml",
        f"{COPY}/rows/b.yaml",
    ]
    assert "No changes" in workspace.kbsync("plan").stdout


def test_with_files_the_id_of_something_they_declare_is_left_alone(workspace):
    workspace.write({f"{COPY}/config.yaml": "name: Not made yet\n"})
    taken = workspace.kbsync("copy", ORDERS, *APPROVED, "--id", "orders-eu", "--write-tree")
    result = workspace.kbsync("copy", ORDERS, *APPROVED, "--write-tree")

    assert taken.exit_code == 5
    assert f"The files declare {COPY}" in taken.stderr
    assert result.exit_code == 0, result.output
    assert workspace.files()[f"{COPY}/config.yaml"] == b"name: Not made yet\n"
    assert configuration(workspace, "orders-eu-2")["name"] == "Orders EU"
