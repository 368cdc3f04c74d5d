import re

import pytest

from tests.workspace import TOKEN

COMPONENT = "keboola.ex-http"
ORDERS = f"{COMPONENT}/orders"
CONFIGS = f"components/{COMPONENT}/configs"

FILES = {
    f"{ORDERS}/config.yaml": "name: Orders\nrowsSortOrder: [b, a]\nconfiguration: {x: 1}\n",
    f"{ORDERS}/rows/a.yaml": "name: A\n",
    f"{ORDERS}/rows/b.yaml": "name: B\n",
}


def live_config(config_id, name=None, **fields):
    return {"id": config_id, "name": name or config_id.title(), "configuration": {}, **fields}


def live(*configs):
    return [{"id": COMPONENT, "configurations": list(configs)}]


def two_configs(**fields):
    """Files and a live project in which both configurations differ."""
    files = {
        f"{COMPONENT}/{name}/config.yaml": f"name: {name.title()}\nconfiguration: {{x: 1}}\n"
        for name in ("orders", "users")
    }
    return files, live(live_config("orders", **fields), live_config("users", **fields))


def test_after_an_apply_the_next_plan_is_empty(start_workspace):
    workspace = start_workspace(FILES, live(live_config("orders", rows=[{"id": "old"}])))

    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 2
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0
    (config,) = workspace.project()[0]["configurations"]
    assert [row["id"] for row in config["rows"]] == ["b", "a"]
    assert config["configuration"] == {"x": 1}


def test_a_whole_new_project_takes_one_apply(start_workspace):
    workspace = start_workspace(FILES)

    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0
    assert workspace.writes() == [
        f"POST branch/default/{CONFIGS}",
        f"POST branch/default/{CONFIGS}/orders/rows",
        f"POST branch/default/{CONFIGS}/orders/rows",
        f"PUT branch/default/{CONFIGS}/orders",
    ]


def test_an_apply_makes_as_many_requests_as_the_plan_said(start_workspace):
    workspace = start_workspace(FILES, live(live_config("orders", rows=[{"id": "old"}])))
    said = workspace.kbsync("plan").stdout
    planning = len(workspace.requests())
    workspace.forget_requests()
    workspace.kbsync("apply", "--auto-approve")

    assert f"Apply makes {len(workspace.requests()) - planning} requests." in said


def test_every_version_says_why_which_run_and_which_commit(start_workspace):
    workspace = start_workspace(FILES)
    workspace.kbsync("apply", "--auto-approve", "-m", "First load")
    versions = workspace.storage("GET", f"{CONFIGS}/orders/versions").json()

    assert len({version["changeDescription"] for version in versions}) == 1
    assert versions[0]["changeDescription"].startswith("First load [kbsync run=01")


def test_planning_sends_five_gets_however_large_the_project(start_workspace):
    configs = [live_config(f"c{number}", rows=[{"id": "r"}]) for number in range(20)]
    workspace = start_workspace(FILES, live(*configs))
    workspace.kbsync("plan")

    assert workspace.requests() == [
        "GET tokens/verify",
        "GET branch/default/search/component-configurations",
        "GET branch/default/components",
        "GET branch/default/components",  # the trash, because something is created
        "GET branch/default/metadata",  # the holds, because something is to be written
    ]


def test_without_a_terminal_and_without_approval_nothing_is_written(start_workspace):
    workspace = start_workspace(FILES)
    result = workspace.kbsync("apply")

    assert result.exit_code == 4
    assert "--auto-approve" in result.stderr
    assert workspace.writes() == []


def test_an_edit_between_plan_and_write_is_not_overwritten(start_workspace):
    workspace = start_workspace(*two_configs())
    edit = ("PUT", f"{CONFIGS}/users", {"configuration": {"mine": 1}})
    workspace.edit_before("GET", "configs/users$", edit=edit)
    result = workspace.kbsync("apply", "--auto-approve", "--parallelism", "1")
    contents = {
        config["id"]: config["configuration"] for config in workspace.project()[0]["configurations"]
    }

    assert result.exit_code == 6
    assert "users was planned on v1; live is now v2" in result.stdout
    assert contents == {"orders": {"x": 1}, "users": {"mine": 1}}


def test_an_edit_between_check_and_write_is_told_by_name(start_workspace):
    workspace = start_workspace(*two_configs())
    hotfix = {"configuration": {"mine": 1}, "changeDescription": "hotfix"}
    workspace.edit_before("PUT", "configs/orders$", edit=("PUT", f"{CONFIGS}/orders", hotfix))
    result = workspace.kbsync("apply", "--auto-approve")

    assert result.exit_code == 6
    assert "somebody else wrote at the same time: v2 by " in result.stdout
    assert ": hotfix" in result.stdout


def test_an_edit_between_write_and_check_is_told_by_name(start_workspace):
    workspace = start_workspace(*two_configs())
    hotfix = {"configuration": {"mine": 1}, "changeDescription": "hotfix"}
    workspace.edit_after("PUT", "configs/orders$", edit=("PUT", f"{CONFIGS}/orders", hotfix))
    result = workspace.kbsync("apply", "--auto-approve")

    assert result.exit_code == 6
    assert "somebody else wrote at the same time: v3 by " in result.stdout


def test_somebody_who_made_the_same_change_meanwhile_is_no_conflict(start_workspace):
    workspace = start_workspace(*two_configs())
    edit = ("PUT", f"{CONFIGS}/users", {"configuration": {"x": 1}})
    workspace.edit_before("GET", "configs/users$", edit=edit)
    result = workspace.kbsync("apply", "--auto-approve")

    assert result.exit_code == 0
    assert not any(each.endswith("configs/users") for each in workspace.writes())


def test_a_failed_run_does_not_turn_a_note_of_a_reset_into_a_reset(start_workspace):
    files = {
        f"{ORDERS}/config.yaml": "name: Orders\nresetState: once\n",
        f"{ORDERS}/rows/a.yaml": "name: A\n",
    }
    workspace = start_workspace(files)
    workspace.fault(method="POST", path="rows$", action="status", status=500, times=1)

    assert workspace.kbsync("apply", "--auto-approve").exit_code == 6
    assert "state" not in workspace.kbsync("plan").stdout


@pytest.mark.parametrize(
    ("path", "exit_code"), [("configs$", 5), ("rows$", 6)], ids=["configuration", "row"]
)
def test_what_somebody_else_creates_in_the_same_moment_is_a_conflict(
    start_workspace, path, exit_code
):
    workspace = start_workspace(FILES)
    taken = {"error": "exists", "code": "configurationAlreadyExists"}
    if path == "rows$":
        taken["code"] = "configurationRowAlreadyExists"
    workspace.fault(method="POST", path=path, action="status", status=400, body=taken)
    result = workspace.kbsync("apply", "--auto-approve")

    assert result.exit_code == exit_code
    assert "conflict  keboola.ex-http/orders" in result.stdout
    assert "exists by now" in result.stdout


@pytest.mark.parametrize(
    ("settings", "live_name", "file_name"),
    [
        pytest.param("protect: ['*/Orders']", "Orders", "Renamed", id="by its live name"),
        pytest.param("protect: ['*/Renamed']", "Orders", "Renamed", id="by its new name"),
        pytest.param("protect: ['*/orders']", "Orders", "Renamed", id="by its id"),
    ],
)
def test_a_protected_configuration_cannot_be_renamed_out_of_protection(
    start_workspace, settings, live_name, file_name
):
    files = {
        "kbsync.yaml": f"version: 1\n{settings}\n",
        f"{ORDERS}/config.yaml": f"name: {file_name}\n",
    }
    workspace = start_workspace(files, live(live_config("orders", live_name, rows=[{"id": "a"}])))

    assert workspace.kbsync("apply", "--auto-approve").exit_code == 4
    assert workspace.writes() == []


@pytest.mark.parametrize(
    ("status", "exit_code"), [(400, 8), (401, 7), (403, 7), (404, 8), (500, 8), (503, 8)]
)
def test_a_first_write_that_fails_is_told_and_the_rest_is_not_run(
    start_workspace, status, exit_code
):
    workspace = start_workspace(*two_configs())
    workspace.fault(method="PUT", path="configs/orders$", action="status", status=status)
    result = workspace.kbsync("apply", "--auto-approve", "--parallelism", "1")

    assert result.exit_code == exit_code
    assert "failed    keboola.ex-http/orders" in result.stdout
    assert "not run   keboola.ex-http/users" in result.stdout
    assert "Nothing was written." in result.stdout


def test_a_later_write_that_fails_is_a_partly_applied_plan(start_workspace):
    workspace = start_workspace(*two_configs())
    workspace.fault(method="PUT", path="configs/users$", action="status", status=400)
    result = workspace.kbsync("apply", "--auto-approve", "--parallelism", "1")

    assert result.exit_code == 6
    assert "Applied 1, failed 1" in result.stdout
    assert "kbsync rollback keboola.ex-http/orders --to-version 1" in result.stdout


def test_running_it_again_after_a_failure_converges(start_workspace):
    workspace = start_workspace(FILES, live(live_config("orders", rows=[{"id": "old"}])))
    workspace.fault(method="POST", path="rows$", skip=1, times=1, action="status", status=500)

    assert workspace.kbsync("apply", "--auto-approve").exit_code == 6
    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0
    assert workspace.kbsync("plan", "--detailed-exitcode").exit_code == 0
    assert [row["id"] for row in workspace.project()[0]["configurations"][0]["rows"]] == ["b", "a"]


def test_prune_moves_to_the_trash_and_never_purges(start_workspace):
    workspace = start_workspace(FILES, live(live_config("old")))
    result = workspace.kbsync("apply", "--auto-approve", "--prune")
    trash = workspace.storage("GET", "components?isDeleted=true").json()

    assert result.exit_code == 0
    assert [config["id"] for config in trash[0]["configurations"]] == ["old"]


def test_a_disabled_configuration_that_lies_in_the_trash_comes_back_disabled(start_workspace):
    files = {f"{ORDERS}/config.yaml": "name: Orders\nisDisabled: true\n"}
    workspace = start_workspace(files, live(live_config("orders")))
    workspace.storage("DELETE", f"{CONFIGS}/orders")

    assert workspace.kbsync("apply", "--auto-approve").exit_code == 0
    assert workspace.project()[0]["configurations"][0]["isDisabled"] is True


def test_a_state_is_reset_once_for_each_text(start_workspace):
    rows = [{"id": "a", "name": "A", "configuration": {}, "state": {"since": 5}}]
    workspace = start_workspace(
        {
            f"{ORDERS}/config.yaml": "name: Orders\nresetState: backfill\n",
            f"{ORDERS}/rows/a.yaml": "name: A\n",
        },
        live(live_config("orders", rows=rows)),
    )

    def row_state():
        return workspace.project()[0]["configurations"][0]["rows"][0]["state"]

    first = workspace.kbsync("apply", "--auto-approve")
    assert (first.exit_code, row_state()) == (0, {})

    workspace.storage("PUT", f"{CONFIGS}/orders/rows/a/state", {"state": {"since": 6}})
    second = workspace.kbsync("apply", "--auto-approve")
    assert (second.exit_code, row_state()) == (0, {"since": 6})


def test_limits_refuse_a_plan_until_the_exact_number_is_allowed(start_workspace):
    rows = [{"id": f"r{number}"} for number in range(6)]
    files = {f"{ORDERS}/config.yaml": "name: Orders\n"}
    workspace = start_workspace(files, live(live_config("orders", rows=rows)))

    refused = workspace.kbsync("apply", "--auto-approve")
    assert (refused.exit_code, workspace.writes()) == (4, [])
    assert "--allow deletes=6" in refused.stderr
    assert workspace.kbsync("apply", "--auto-approve", "--allow", "deletes=7").exit_code == 4
    assert workspace.kbsync("apply", "--auto-approve", "--allow", "deletes=6").exit_code == 0


def test_what_is_ignored_keeps_its_live_value(start_workspace):
    workspace = start_workspace(
        {
            "kbsync.yaml": "version: 1\nignore: [{in: '*', path: lastRun}]\n",
            f"{ORDERS}/config.yaml": "name: Orders\nconfiguration: {lastRun: 1, x: 1}\n",
        },
        live(live_config("orders", configuration={"lastRun": 7, "x": 0})),
    )
    result = workspace.kbsync("apply", "--auto-approve")

    assert "1 difference ignored" in result.stdout
    assert workspace.project()[0]["configurations"][0]["configuration"] == {"lastRun": 7, "x": 1}


def test_the_token_is_in_no_output(start_workspace):
    workspace = start_workspace(*two_configs())
    outputs = [
        workspace.kbsync("-v", *arguments).output
        for arguments in (["plan"], ["apply", "--auto-approve"], ["rollback", ORDERS])
    ]

    assert TOKEN not in "".join(outputs)


def test_the_same_files_and_project_give_the_same_plan_byte_for_byte(start_workspace):
    files, seed = two_configs(rows=[{"id": "a"}, {"id": "b"}], metadata={"x": "1", "y": "2"})
    other = live(*reversed(seed[0]["configurations"]))
    seeds = ([*seed, *other_component()], [*other_component(), *other])
    shown = []
    for number, each in enumerate(seeds):
        workspace = start_workspace(files, each, folder=f"{number}/project")
        text = workspace.kbsync("plan", "--prune").stdout
        # The address of the emulator is another one each time, and part of the plan's id.
        text = re.sub("(?m)^Plan .*$", "", text.replace(workspace.server.url, ""))
        shown.append(text.replace(str(workspace.root), ""))

    assert shown[0] == shown[1]


def other_component():
    return [{"id": "keboola.wr-x", "configurations": [live_config("z"), live_config("y")]}]


def test_an_undo_is_offered_for_component_state_and_none_for_metadata(start_workspace):
    files = {f"{ORDERS}/config.yaml": "name: Orders\nmetadata: {k: v}\nresetState: once\n"}
    workspace = start_workspace(files, live(live_config("orders", state={"n": 1})))
    result = workspace.kbsync("apply", "--auto-approve")

    assert result.exit_code == 0
    assert "kbsync rollback" not in result.stdout
    assert "Undo with:\n  kbsync reset-state --undo 01" in result.stdout
