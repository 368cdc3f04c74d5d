import pytest

COMPONENT = "keboola.ex-http"
CONFIG = f"components/{COMPONENT}/configs/orders"


@pytest.fixture
def workspace(start_workspace):
    """A configuration with a history: v1 two rows, ..., v6 other rows, order and content."""
    seed = [
        {
            "id": COMPONENT,
            "configurations": [
                {
                    "id": "orders",
                    "name": "Orders",
                    "configuration": {"x": 1},
                    "rows": [
                        {"id": "a", "name": "A", "configuration": {"n": 1}, "state": {"s": 1}},
                        {"id": "b", "name": "B", "configuration": {}},
                    ],
                }
            ],
        }
    ]
    workspace = start_workspace(live=seed)
    workspace.storage("DELETE", f"{CONFIG}/rows/b")
    workspace.storage("POST", f"{CONFIG}/rows", {"rowId": "c", "name": "C"})
    workspace.storage("PUT", f"{CONFIG}/rows/a", {"configuration": {"n": 2}})
    workspace.storage("PUT", CONFIG, {"rowsSortOrder": ["c", "a"], "isDisabled": True})
    workspace.storage("PUT", CONFIG, {"name": "Renamed", "configuration": {"x": 2}})
    return workspace


def test_every_recorded_version_comes_back_whole_and_state_stays(workspace):
    recorded = {
        number: workspace.storage("GET", f"{CONFIG}/versions/{number}").json()
        for number in range(1, 7)
    }
    for number, version in recorded.items():
        result = workspace.kbsync(
            "rollback", f"{COMPONENT}/orders", "--to-version", str(number), "--auto-approve"
        )
        now = workspace.storage("GET", CONFIG).json()

        assert result.exit_code == 0, result.output
        for field in ("name", "configuration", "rowsSortOrder"):
            assert now[field] == version[field]
        contents = [(row["id"], row["name"], row["configuration"]) for row in now["rows"]]
        assert contents == [(r["id"], r["name"], r["configuration"]) for r in version["rows"]]
        assert {row["id"]: row["state"] for row in now["rows"]}["a"] == {"s": 1}


def test_a_rollback_is_shown_as_a_plan_and_sends_one_write(workspace):
    workspace.forget_requests()
    result = workspace.kbsync(
        "rollback", f"{COMPONENT}/Renamed", "--to-version", "1", "--auto-approve"
    )

    assert "back to the content of v1" in result.stdout
    assert 'row c  "C" is deleted' in result.stdout
    assert 'row b  "B" is created' in result.stdout
    assert workspace.writes() == [f"POST branch/default/{CONFIG}/versions/1/rollback"]


def test_a_rollback_undoes_a_rollback(workspace):
    before = workspace.project()
    workspace.kbsync("rollback", f"{COMPONENT}/orders", "--to-version", "1", "--auto-approve")
    workspace.kbsync("rollback", f"{COMPONENT}/orders", "--to-version", "6", "--auto-approve")

    assert workspace.project() == before


def test_a_version_that_live_equals_needs_no_write(workspace):
    result = workspace.kbsync("rollback", f"{COMPONENT}/orders", "--to-version", "6")

    assert (result.exit_code, "already" in result.stdout) == (0, True)


def test_without_approval_nothing_is_written(workspace):
    workspace.forget_requests()
    result = workspace.kbsync("rollback", f"{COMPONENT}/orders", "--to-version", "1")

    assert (result.exit_code, workspace.writes()) == (4, [])


@pytest.mark.parametrize(
    ("object_", "version", "words"),
    [
        pytest.param("keboola.ex-http/orders", "99", "Its newest version is 6", id="beyond"),
        pytest.param("keboola.ex-http/orders", "0", "0 is not in the range", id="zero"),
        pytest.param(
            "keboola.ex-http/order", "1", "Did you mean keboola.ex-http/orders", id="typo"
        ),
        pytest.param("keboola.ex-http", "1", "not one object", id="a component"),
        pytest.param("keboola.ex-http/orders/a", "9", "Its newest version is 2", id="of a row"),
        pytest.param("keboola.ex-http/orders/b", "1", "There is no row 'b'", id="a lost row"),
        pytest.param("a/b/c/d", "1", "4 parts", id="nonsense"),
    ],
)
def test_a_wrong_wish_is_refused_with_the_nearest_right_thing(workspace, object_, version, words):
    workspace.forget_requests()
    result = workspace.kbsync("rollback", object_, "--to-version", version, "--auto-approve")

    assert (result.exit_code, workspace.writes()) == (64, [])
    assert words in result.stderr


def test_a_configuration_in_the_trash_is_told_as_that(workspace):
    workspace.storage("DELETE", CONFIG)
    result = workspace.kbsync("rollback", f"{COMPONENT}/orders", "--to-version", "1")

    assert result.exit_code == 64
    assert "lies in the trash" in result.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("scope: {exclude: ['*/orders']}", "outside the scope"),
        ("protect: ['*/orders/c']", "orders/c is protected"),
        ("limits: {deletes: 0}", "--allow deletes=1"),
    ],
)
def test_the_rules_of_the_settings_hold_for_a_rollback(workspace, settings, words):
    workspace.write({"kbsync.yaml": f"version: 1\n{settings}\n"})
    workspace.forget_requests()
    result = workspace.kbsync(
        "rollback", f"{COMPONENT}/orders", "--to-version", "1", "--auto-approve"
    )

    assert (result.exit_code, workspace.writes()) == (4, [])
    assert words in result.stderr


def test_a_limit_of_a_rollback_is_allowed_by_its_exact_number(workspace):
    workspace.write({"kbsync.yaml": "version: 1\nlimits: {deletes: 0}\n"})
    arguments = ("rollback", f"{COMPONENT}/orders", "--to-version", "1", "--auto-approve")

    assert workspace.kbsync(*arguments, "--allow", "deletes=1").exit_code == 0
