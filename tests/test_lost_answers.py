"""Every kind of write, and every way to lose its answer: each happens exactly once."""

import pytest

from kbsync.run.journal import read_runs

COMPONENT = "keboola.ex-http"
PLACE = f"{COMPONENT}/orders"
CONFIG = f"components/{COMPONENT}/configs/orders"
PATIENCE = {"KBSYNC_MAX_WAIT": "5"}

ROWS = [
    {"id": "a", "name": "A", "configuration": {"n": 1}, "state": {"since": 5}},
    {"id": "b", "name": "B", "configuration": {}},
]
LIVE = {"id": "orders", "name": "Orders", "configuration": {"x": 1}, "rows": ROWS}

CONFIG_FILE = {f"{PLACE}/config.yaml": "name: Orders\nconfiguration: {x: 1}\n"}
ROW_FILES = {
    f"{PLACE}/rows/a.yaml": "name: A\nconfiguration: {n: 1}\n",
    f"{PLACE}/rows/b.yaml": "name: B\n",
}
AS_LIVE = {**CONFIG_FILE, **ROW_FILES}


def config_file(text):
    return {**AS_LIVE, f"{PLACE}/config.yaml": f"name: Orders\nconfiguration: {{x: 1}}\n{text}"}


# What a file says, what live holds, the one request that is hit, and how many versions it makes.
KINDS = {
    "config create": (CONFIG_FILE, [{"id": "other", "name": "Other"}], ("POST", "configs$"), 1),
    "row create": (
        {**AS_LIVE, f"{PLACE}/rows/c.yaml": "name: C\n"},
        [LIVE],
        ("POST", "rows$"),
        1,
    ),
    "config update": (
        {**AS_LIVE, f"{PLACE}/config.yaml": "name: Orders\nconfiguration: {x: 2}\n"},
        [LIVE],
        ("PUT", "configs/orders$"),
        1,
    ),
    "row update": (
        {**AS_LIVE, f"{PLACE}/rows/a.yaml": "name: A\nconfiguration: {n: 2}\n"},
        [LIVE],
        ("PUT", "rows/a$"),
        1,
    ),
    "row delete": (
        {**CONFIG_FILE, f"{PLACE}/rows/a.yaml": ROW_FILES[f"{PLACE}/rows/a.yaml"]},
        [LIVE],
        ("DELETE", "rows/b$"),
        1,
    ),
    "order": (config_file("rowsSortOrder: [b, a]\n"), [LIVE], ("PUT", "configs/orders$"), 1),
    "state reset": (
        {**AS_LIVE, f"{PLACE}/rows/a.yaml": "name: A\nconfiguration: {n: 1}\nresetState: once\n"},
        [LIVE],
        ("PUT", "rows/a/state$"),
        0,
    ),
    "note of a reset": (
        {**AS_LIVE, f"{PLACE}/rows/a.yaml": "name: A\nconfiguration: {n: 1}\nresetState: once\n"},
        [LIVE],
        ("POST", "orders/metadata$"),
        0,
    ),
    "metadata": (
        config_file("metadata: {folder: Sales}\n"),
        [LIVE],
        ("POST", "orders/metadata$"),
        0,
    ),
}

LOSSES = {
    "reset before": {"action": "reset", "when": "before"},
    "reset after": {"action": "reset", "when": "after"},
    "truncated": {"action": "truncate"},
    "500 before": {"action": "status", "status": 500, "when": "before"},
    "500 after": {"action": "status", "status": 500, "when": "after"},
    "nonsense": {"action": "status", "status": 200, "body": "<html>", "when": "after"},
    "busy": {"action": "status", "status": 429, "headers": {"Retry-After": "0"}},
}


def lose(workspace, hit, loss, **more):
    method, path = hit
    workspace.fault(method=method, path=path, **{"times": 1, **LOSSES[loss], **more})


def versions(workspace):
    answer = workspace.storage("GET", f"{CONFIG}/versions")
    return 0 if answer.status_code == 404 else len(answer.json())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_write_whose_answer_is_lost_happens_exactly_once(start_workspace, kind, loss):
    files, configs, hit, made = KINDS[kind]
    if hit[0] == "DELETE" and loss == "truncated":
        pytest.skip("a delete is answered without a body")
    workspace = start_workspace(files, [{"id": COMPONENT, "configurations": configs}])
    before = versions(workspace)
    lose(workspace, hit, loss)
    result = workspace.kbsync("apply", "--auto-approve", **PATIENCE)

    assert result.exit_code == 0, result.output
    assert versions(workspace) == before + made
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


@pytest.mark.parametrize("loss", LOSSES)
def test_a_rollback_whose_answer_is_lost_happens_exactly_once(start_workspace, loss):
    workspace = start_workspace(live=[{"id": COMPONENT, "configurations": [LIVE]}])
    before = workspace.project()
    workspace.storage("PUT", CONFIG, {"configuration": {"x": 9}})
    workspace.storage("DELETE", f"{CONFIG}/rows/b")
    lose(workspace, ("POST", "rollback$"), loss)
    arguments = ("rollback", PLACE, "--to-version", "1", "--auto-approve")
    result = workspace.kbsync(*arguments, **PATIENCE)

    assert result.exit_code == 0, result.output
    assert (versions(workspace), workspace.project()) == (4, before)


@pytest.mark.parametrize(
    ("loss", "exit_code", "is_gone"),
    [
        pytest.param("reset after", 0, True, id="reset after"),
        pytest.param("500 after", 0, True, id="500 after"),
        pytest.param("nonsense", 0, True, id="nonsense"),
        pytest.param("busy", 0, True, id="busy"),
        pytest.param("reset before", 6, False, id="reset before"),
        pytest.param("500 before", 6, False, id="500 before"),
    ],
)
def test_a_configuration_is_never_asked_twice_to_be_deleted(
    start_workspace, loss, exit_code, is_gone
):
    seed = [{"id": COMPONENT, "configurations": [LIVE, {"id": "keep", "name": "Keep"}]}]
    workspace = start_workspace({f"{COMPONENT}/keep/config.yaml": "name: Keep\n"}, seed)
    lose(workspace, ("DELETE", "configs/orders$"), loss)
    result = workspace.kbsync("apply", "--auto-approve", "--prune", **PATIENCE)
    trash = workspace.storage("GET", "components?isDeleted=true").json()
    asked = [each for each in workspace.writes() if each.startswith("DELETE")]

    assert result.exit_code == exit_code, result.output
    # What was turned away was not carried out, so it may be asked for again.
    assert len(asked) == (2 if loss == "busy" else 1)
    assert [config["id"] for entry in trash for config in entry["configurations"]] == (
        ["orders"] if is_gone else []
    )


@pytest.mark.parametrize("loss", [name for name in LOSSES if name != "busy"])
def test_when_everything_is_lost_each_write_happens_once(start_workspace, loss):
    files = {
        f"{PLACE}/config.yaml": "name: Orders\nrowsSortOrder: [c, a]\nconfiguration: {x: 2}\n"
        "metadata: {folder: Sales}\n",
        f"{PLACE}/rows/a.yaml": "name: A\nconfiguration: {n: 2}\nresetState: once\n",
        f"{PLACE}/rows/c.yaml": "name: C\n",
    }
    workspace = start_workspace(files, [{"id": COMPONENT, "configurations": [LIVE]}])
    for hit in (
        ("POST", "rows$"),
        ("PUT", "rows/a$"),
        ("PUT", "configs/orders$"),
        ("PUT", "state$"),
        ("POST", "orders/metadata$"),
    ):
        lose(workspace, hit, loss)
    result = workspace.kbsync("apply", "--auto-approve", **PATIENCE)

    assert result.exit_code == 0, result.output
    assert versions(workspace) == 1 + 4
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


@pytest.mark.parametrize("kind", KINDS)
def test_without_patience_a_write_that_did_not_happen_is_told_as_that(start_workspace, kind):
    files, configs, hit, _ = KINDS[kind]
    workspace = start_workspace(files, [{"id": COMPONENT, "configurations": configs}])
    lose(workspace, hit, "reset before")
    result = workspace.kbsync("apply", "--auto-approve")

    # The reset of the state comes before the note of it.
    assert result.exit_code == (6 if kind == "note of a reset" else 8)
    assert ("Nothing was written." in result.output) is (kind != "note of a reset")


@pytest.mark.parametrize("kind", KINDS)
def test_what_nobody_can_settle_is_told_as_that_and_settled_by_the_next_run(start_workspace, kind):
    files, configs, hit, made = KINDS[kind]
    workspace = start_workspace(files, [{"id": COMPONENT, "configurations": configs}])
    before = versions(workspace)
    lose(workspace, hit, "reset after")
    # The first read of the configuration is the check before the write; the next would settle it.
    workspace.fault(
        method="GET", path="configs/orders$", skip=1, times=1, action="status", status=500
    )
    first = workspace.kbsync("apply", "--auto-approve")
    (record,) = read_runs(workspace.root)
    second = workspace.kbsync("apply", "--auto-approve")

    assert first.exit_code == 6, first.output
    assert "may have been carried out" in first.stdout
    assert [event["request"].split(" ")[0] for event in record.unsettled] == [hit[0]]
    assert second.exit_code == 0, second.output
    assert versions(workspace) == before + made
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0


@pytest.mark.parametrize("kind", ["config update", "row update", "row delete", "order"])
def test_an_edit_that_comes_while_a_lost_write_is_settled_is_not_covered(start_workspace, kind):
    files, configs, (method, path), _ = KINDS[kind]
    workspace = start_workspace(files, [{"id": COMPONENT, "configurations": configs}])
    edit = ("PUT", CONFIG, {"configuration": {"mine": 1}, "changeDescription": "hotfix"})
    workspace.fault(method=method, path=path, times=1, action="reset")
    # Reads of the configuration: the check before the write, then the one that settles it.
    workspace.edit_before("GET", "configs/orders$", edit=edit, skip=1)
    result = workspace.kbsync("apply", "--auto-approve", **PATIENCE)

    assert result.exit_code == 5, result.output
    assert "live is now v2" in result.stdout
    assert workspace.storage("GET", CONFIG).json()["configuration"] == {"mine": 1}
