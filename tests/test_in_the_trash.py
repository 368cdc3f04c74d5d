"""Of what lies in the trash nothing can be read: every command says so, and how to get it back."""

import pytest

COMPONENT = "keboola.ex-http"
ORDERS = f"{COMPONENT}/orders"
CONFIG = f"components/{COMPONENT}/configs/orders"
ROWS = [{"id": "a", "name": "A", "configuration": {}}]
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [{"id": "orders", "name": "Orders", "configuration": {}, "rows": ROWS}],
    }
]
FILES = {
    f"{ORDERS}/config.yaml": "name: Orders\n",
    f"{ORDERS}/rows/a.yaml": "name: A\n",
}
TOLD = f"Error: {ORDERS} lies in the trash\nHint: Bring it back first: kbsync restore {ORDERS}\n"


@pytest.fixture
def workspace(start_workspace):
    workspace = start_workspace(live=LIVE)
    workspace.storage("DELETE", CONFIG).raise_for_status()
    return workspace


@pytest.mark.parametrize(
    "command",
    [
        ("show", f"{ORDERS}@1"),
        ("show", f"{ORDERS}@live"),
        ("show", f"{ORDERS}@files"),
        ("show", f"{COMPONENT}/Orders/a@1"),
        ("history", ORDERS),
        ("history", f"{ORDERS}/a", "--diff"),
        ("diff", ORDERS),
        ("diff", f"{ORDERS}/a", "--from", "1", "--to", "live"),
        ("effective", f"{COMPONENT}/Orders"),
        ("copy", ORDERS, "--name", "New"),
        ("copy", f"{ORDERS}/a@1", "--name", "New"),
        ("rollback", ORDERS, "--to-version", "1"),
    ],
    ids=" ".join,
)
def test_it_is_told_to_be_there(workspace, command):
    result = workspace.kbsync(*command)

    assert (result.exit_code, result.stdout) == (64, "")
    assert result.stderr.startswith(TOLD)


@pytest.mark.parametrize(
    "command",
    [
        ("diff", ORDERS),
        ("diff", f"{ORDERS}/a"),
        ("diff", ORDERS, "--from", "1", "--to", "files"),
        ("diff", f"{ORDERS}/a", "--from", "1", "--to", "files"),
    ],
    ids=" ".join,
)
def test_it_is_also_when_files_know_it(workspace, command):
    workspace.write(FILES)
    result = workspace.kbsync(*command)

    assert (result.exit_code, result.stdout) == (64, "")
    assert result.stderr.startswith(TOLD)


def test_what_the_files_say_can_be_shown_all_the_same(workspace):
    workspace.write(FILES)

    assert workspace.kbsync("show", f"{ORDERS}@files").stdout.startswith(f"# {ORDERS}")


def test_what_was_never_made_is_not_told_to_be_in_the_trash(workspace):
    workspace.write({f"{COMPONENT}/new/config.yaml": "name: New\n"})
    result = workspace.kbsync("diff", f"{COMPONENT}/new")

    assert result.exit_code == 64
    assert f"{COMPONENT}/new is not in the project, only in the files" in result.stderr
