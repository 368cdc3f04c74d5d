"""What was deleted comes back as it went."""

import pytest

COMPONENT = "keboola.ex-http"
CONFIGS = f"components/{COMPONENT}/configs"
ORDERS = f"{COMPONENT}/orders"
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [
            {
                "id": "orders",
                "name": "Orders",
                "isDisabled": True,
                "configuration": {"x": 1},
                "state": {"own": 1},
                "rowsSortOrder": ["b", "a"],
                "rows": [
                    {"id": "a", "name": "A", "configuration": {"n": 1}, "state": {"s": 1}},
                    {"id": "b", "name": "B", "configuration": {}},
                ],
            },
            {"id": "users", "name": "Users", "configuration": {}},
        ],
    }
]


@pytest.fixture
def workspace(start_workspace):
    workspace = start_workspace(live=LIVE)
    workspace.before = workspace.project()
    workspace.storage("DELETE", f"{CONFIGS}/orders")
    return workspace


@pytest.mark.parametrize("name", [ORDERS, f"{COMPONENT}/Orders", "*/ord*"])
def test_it_comes_back_with_rows_order_and_component_state(workspace, name):
    workspace.forget_requests()
    result = workspace.kbsync("restore", name, "--auto-approve")

    assert result.exit_code == 0, result.output
    assert workspace.writes() == [f"POST branch/default/{CONFIGS}/orders/restore"]
    assert workspace.project() == workspace.before


def test_the_plan_is_shown_and_asked_for_first(workspace):
    workspace.forget_requests()
    result = workspace.kbsync("restore", ORDERS)

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert "configuration comes back from the trash (deleted by " in result.stdout


def test_the_result_says_restored(workspace):
    result = workspace.kbsync("restore", ORDERS, "--auto-approve")

    assert f'{ORDERS}  "Orders"   restored v3   1 restore' in result.stdout


def test_what_is_live_is_a_conflict(workspace):
    workspace.kbsync("restore", ORDERS, "--auto-approve")
    workspace.forget_requests()
    again = workspace.kbsync("restore", ORDERS, "--auto-approve")

    assert (again.exit_code, workspace.writes()) == (5, [])
    assert "is live" in again.stderr


def test_an_id_that_lives_again_since_the_plan_is_a_conflict(workspace):
    edit = ("POST", CONFIGS, {"configurationId": "orders", "name": "New"})
    workspace.edit_before("GET", "configs/orders$", edit=edit)
    result = workspace.kbsync("restore", ORDERS, "--auto-approve")

    assert result.exit_code == 5, result.output
    assert workspace.storage("GET", f"{CONFIGS}/orders").json()["name"] == "New"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param(f"{COMPONENT}/order", f"Did you mean {ORDERS}?", id="a slip"),
        pytest.param("keboola.wr-db/x", "The last that were deleted: ", id="another"),
        pytest.param(COMPONENT, "is not one configuration", id="a component"),
        pytest.param(f"{ORDERS}/a", "A row comes back with its configuration", id="a row"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(workspace, name, words):
    workspace.forget_requests()
    result = workspace.kbsync("restore", name, "--auto-approve")

    assert (result.exit_code, workspace.writes()) == (64, [])
    assert words in result.stderr


def test_more_than_one_and_an_empty_trash_are_told(workspace, start_workspace):
    workspace.storage("DELETE", f"{CONFIGS}/users")
    many = workspace.kbsync("restore", f"{COMPONENT}/*")
    empty = start_workspace(folder="other", live=LIVE).kbsync("restore", "a/b")

    assert (many.exit_code, empty.exit_code) == (64, 64)
    assert f"One of: {ORDERS}, {COMPONENT}/users" in many.stderr
    assert "The trash of this branch is empty" in empty.stderr


def test_a_deletion_by_apply_prints_the_command_that_takes_it_back(start_workspace):
    files = {f"{COMPONENT}/users/config.yaml": "name: Users\n"}
    workspace = start_workspace(files, LIVE)
    before = workspace.project()
    applied = workspace.kbsync("apply", "--prune", "--auto-approve")
    (command,) = applied.stdout.partition("Undo with:\n")[2].splitlines()

    assert command == f"  kbsync restore {ORDERS}"
    assert workspace.kbsync(*command.split()[1:], "--auto-approve").exit_code == 0
    assert workspace.project() == before


def test_files_come_in_step_when_asked(workspace):
    workspace.kbsync("pull")
    result = workspace.kbsync("restore", ORDERS, "--auto-approve", "--write-tree")

    assert result.exit_code == 0, result.output
    assert f"{COMPONENT}/orders/rows/a.yaml" in workspace.files()
    assert "No changes" in workspace.kbsync("plan").stdout
