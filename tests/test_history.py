"""`kbsync history`: the versions of an object, and the runs of a whole project."""

import json
import re

import pytest

COMPONENT = "keboola.ex-http"
ORDERS = f"{COMPONENT}/orders"
CONFIG = f"components/{COMPONENT}/configs/orders"
RUN = "01KAN5T0W8Z3V7Q2M4R6X9YBCD"
LATER = "01KAN5T8F4H6J2K0N7P3S5T1VW"
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [
            {
                "id": "orders",
                "name": "Orders",
                "configuration": {"x": 1},
                "rows": [{"id": "a", "name": "A", "configuration": {"y": 1}}],
            },
            {"id": "users", "name": "Users", "configuration": {}},
        ],
    }
]


@pytest.fixture
def workspace(start_workspace):
    return start_workspace(live=LIVE)


def edit(workspace, value, message, config="orders"):
    path = f"components/{COMPONENT}/configs/{config}"
    workspace.storage(
        "PUT", path, {"configuration": {"x": value}, "changeDescription": message}
    ).raise_for_status()


def edit_row(workspace, value, message=""):
    body = {"configuration": {"y": value}, "changeDescription": message}
    workspace.storage("PUT", f"{CONFIG}/rows/a", body).raise_for_status()


def history(workspace, *arguments):
    return json.loads(workspace.kbsync("history", *arguments, "--format", "json").stdout)


def test_each_version_tells_who_when_by_which_run_and_why(workspace):
    edit(workspace, 2, f"Nightly [kbsync run={RUN} commit=abc123]")
    result = workspace.kbsync("history", f"{COMPONENT}/Orders")
    title, head, *lines = result.stdout.splitlines()
    time, who = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", r"\S+@emulator.test"

    assert (result.exit_code, result.stderr) == (0, "")
    assert title == f'{ORDERS}  "Orders"'
    assert head.split() == ["version", "when", "who", "run", "commit", "message"]
    assert re.fullmatch(rf"v2 +{time} +{who} +{RUN} +abc123 +Nightly", lines[0])
    assert re.fullmatch(rf"v1 +{time} +{who} +by hand +- +Configuration created", lines[1])


def test_the_newest_are_told_and_how_to_see_more(workspace):
    for value in range(2, 8):
        edit(workspace, value, f"no {value}")
    result = workspace.kbsync("history", ORDERS, "--limit", "3")

    assert [line.split()[0] for line in result.stdout.splitlines()[2:]] == ["v7", "v6", "v5"]
    assert result.stderr == "There are older versions: --limit 15\n"
    assert history(workspace, ORDERS, "--limit", "6")["hasOlder"] is True
    assert history(workspace, ORDERS, "--limit", "7")["hasOlder"] is False


def test_hundreds_of_versions_are_read_page_by_page(workspace):
    for value in range(2, 231):
        edit(workspace, value, "")
    workspace.forget_requests()
    found = history(workspace, ORDERS, "--limit", "220")

    assert [each["version"] for each in found["versions"]] == [*range(230, 10, -1)]
    assert [each for each in workspace.requests() if each.endswith("versions")] == [
        f"GET branch/default/{CONFIG}/versions"
    ] * 3


def test_what_each_version_changed_is_told_on_request(workspace):
    edit(workspace, 2, "by ann")
    edit_row(workspace, 5, "by ben")
    shown = workspace.kbsync("history", ORDERS, "--diff").stdout
    found = history(workspace, ORDERS, "--diff")["versions"]

    assert re.sub(r"20\S+  \S+@emulator.test", "WHO", shown) == (
        f'{ORDERS}  "Orders"\n'
        "  v3  WHO  by hand\n       by ben\n"
        '    ~  row a  "A"\n         y   1 → 5\n\n'
        "  v2  WHO  by hand\n       by ann\n"
        "    ~  configuration\n         x   1 → 2\n\n"
        "  v1  WHO  by hand\n       Configuration created\n    +  the oldest version there is\n\n"
    )
    assert [each.get("changes", [{}])[0].get("kind") for each in found] == [
        "update",
        "update",
        None,
    ]


def test_a_version_that_goes_back_says_so(workspace):
    edit(workspace, 2, "")
    workspace.storage("POST", f"{CONFIG}/versions/1/rollback").raise_for_status()
    newest, *_ = history(workspace, ORDERS)["versions"]
    compared, *_ = history(workspace, ORDERS, "--diff")["versions"]

    assert (newest["rolledBackTo"], newest["sameContentAs"]) == (1, None)
    assert (compared["rolledBackTo"], compared["sameContentAs"]) == (1, 1)


def test_versions_without_a_change_of_content_say_that(workspace):
    workspace.storage("DELETE", CONFIG).raise_for_status()
    workspace.storage("POST", f"{CONFIG}/restore").raise_for_status()
    shown = workspace.kbsync("history", ORDERS, "--diff").stdout
    restored, deleted, first = history(workspace, ORDERS, "--diff")["versions"]

    assert shown.count("       no other content than the version before\n") == 2
    assert [each["isDeletion"] for each in (restored, deleted, first)] == [False, True, False]
    assert [each["sameContentAs"] for each in (restored, deleted, first)] == [2, 1, None]


def test_another_order_of_rows_is_another_content(workspace):
    workspace.storage("POST", f"{CONFIG}/rows", {"rowId": "b"}).raise_for_status()
    for order in (["a", "b"], ["b", "a"], ["a", "b"]):
        workspace.storage("PUT", CONFIG, {"rowsSortOrder": order}).raise_for_status()
    found = history(workspace, ORDERS, "--diff")["versions"]

    assert [each["sameContentAs"] for each in found] == [3, None, None, None, None]


def test_a_row_has_versions_of_its_own_whose_identifiers_tell_which_are_alike(workspace):
    edit_row(workspace, 2)
    workspace.storage("POST", f"{CONFIG}/rows/a/versions/1/rollback").raise_for_status()
    result = workspace.kbsync("history", f"{ORDERS}/A")
    found = history(workspace, f"{ORDERS}/a")["versions"]

    assert [each["version"] for each in found] == [3, 2, 1]
    assert [each["sameContentAs"] for each in found] == [1, None, None]
    assert [each["author"] for each in found] == [None, None, None]
    assert "Rollback to version 1   = content of v1\n" in result.stdout
    assert f"kbsync history {ORDERS}\n" in result.stderr


def test_an_identifier_that_tells_no_time_is_no_reason_to_fail(workspace):
    body = [{"version": 1, "versionIdentifier": "none", "changeDescription": "", "isDeleted": 0}]
    workspace.fault(
        method="GET", path="rows/a/versions", action="status", status=200, body=json.dumps(body)
    )
    (version,) = history(workspace, f"{ORDERS}/a")["versions"]

    assert version["created"] is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((f"{COMPONENT}/order",), f"Did you mean {ORDERS}"),
        ((f"{ORDERS}/b",), f"Its rows: a. What was there before: kbsync history {ORDERS}"),
        ((f"{COMPONENT}/users/b",), "It has no rows."),
        ((COMPONENT,), "is not one object; expected component/config"),
        ((f"{COMPONENT}/*",), f"is 2 configurations; one at a time\nHint: One of: {ORDERS}, "),
        (("--diff",), "kbsync history OBJECT --diff"),
        ((ORDERS, "--all"), f"kbsync history {ORDERS} --limit 1000"),
    ],
    ids=["object", "row", "no rows", "component", "several", "diff of runs", "all of one"],
)
def test_a_slip_is_told_with_the_nearest_right_thing(workspace, arguments, told):
    result = workspace.kbsync("history", *arguments)

    assert (result.exit_code, result.stdout) == (64, "")
    assert told in result.stderr


def test_several_rows_that_match_are_named(workspace):
    workspace.storage("POST", f"{CONFIG}/rows", {"rowId": "ab"}).raise_for_status()
    result = workspace.kbsync("history", f"{ORDERS}/a*")

    assert f"is 2 rows; one at a time\nHint: One of: {ORDERS}/a, {ORDERS}/ab\n" in result.stderr


@pytest.mark.parametrize("text", ["orders", "Orders", "orders/a"])
def test_what_lies_in_the_trash_is_told_to_be_there(workspace, text):
    workspace.storage("DELETE", CONFIG).raise_for_status()
    result = workspace.kbsync("history", f"{COMPONENT}/{text}")

    assert result.exit_code == 64
    assert result.stderr.startswith(
        f"Error: {ORDERS} lies in the trash\nHint: Bring it back first: kbsync restore {ORDERS}\n"
    )


def test_a_row_that_vanishes_while_it_is_read_has_no_history(workspace):
    workspace.fault(method="GET", path="rows/a/versions", action="status", status=404)
    result = workspace.kbsync("history", f"{ORDERS}/a")

    assert result.exit_code == 64
    assert f"{ORDERS}/a is not in the project, so it has no history" in result.stderr


def test_without_an_object_it_lists_the_runs_and_says_what_it_did_not_look_at(workspace):
    edit(workspace, 2, f"First [kbsync run={RUN}]")
    edit(workspace, 3, "by hand")
    edit(workspace, 4, f"Second [kbsync run={LATER}]", config="users")
    result = workspace.kbsync("history")

    assert result.stdout == workspace.kbsync("runs").stdout
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["run", LATER]
    assert "a run that was written over since is missing" in result.stderr
    assert history(workspace)["isWhole"] is False


def test_all_finds_runs_that_were_written_over_with_what_they_did(workspace):
    edit(workspace, 2, f"First [kbsync run={RUN} commit=ab]")
    edit(workspace, 3, f"First [kbsync run={RUN} commit=ab]")
    edit(workspace, 4, "by hand")
    edit(workspace, 4, f"Second [kbsync run={LATER}]", config="users")
    result = workspace.kbsync("history", "--all")
    found = history(workspace, "--all")

    assert [line.split()[0] for line in result.stdout.splitlines()] == ["run", LATER, RUN]
    assert result.stderr == (
        "Reading the versions of 2 configurations, with a request or more for each.\n"
    )
    assert found["isWhole"] is True
    assert [(run["runId"], run["message"], run["objects"]) for run in found["runs"]] == [
        (LATER, "Second", [touched("users", 1, 2)]),
        (RUN, "First", [touched("orders", 1, 3)]),
    ]


def touched(config, before, after, outcome=None):
    return {
        "object": f"{COMPONENT}/{config}",
        "outcome": outcome,
        "versionBefore": before,
        "versionAfter": after,
        "rolledBackBy": None,
        "isHeld": False,
        "error": None,
    }


def test_all_knows_which_run_deleted_what(workspace):
    note = [{"componentId": COMPONENT, "configId": "orders", "run": RUN}, "nonsense"]
    workspace.storage(
        "POST", "metadata", {"metadata": [{"key": "KBSYNC.deleted", "value": json.dumps(note)}]}
    ).raise_for_status()
    workspace.storage("DELETE", CONFIG).raise_for_status()
    (run,) = history(workspace, "--all")["runs"]

    assert (run["runId"], run["objects"]) == (RUN, [touched("orders", None, None, "deleted")])
    assert "Not looked at: 1 in the trash" in workspace.kbsync("history", "--all").stderr


def test_all_goes_on_when_a_configuration_vanishes_meanwhile(workspace):
    edit(workspace, 2, f"First [kbsync run={RUN}]", config="users")
    workspace.fault(method="GET", path="orders/versions", action="status", status=404)

    assert [run["runId"] for run in history(workspace, "--all")["runs"]] == [RUN]


def test_the_number_of_runs_is_limited_too(workspace):
    edit(workspace, 2, f"First [kbsync run={RUN}]")
    edit(workspace, 4, f"Second [kbsync run={LATER}]", config="users")
    result = workspace.kbsync("history", "--limit", "1")

    assert [line.split()[0] for line in result.stdout.splitlines()] == ["run", LATER]
    assert result.stderr.startswith("There are older runs: --limit 2\n")
