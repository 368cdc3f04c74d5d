"""`kbsync show OBJECT@VERSION` and `kbsync diff`: an object at any moment, and what differs."""

import json

import pytest

from kbsync.change import Rollback
from kbsync.model import Key
from kbsync.render.changes import changes_json

COMPONENT = "keboola.ex-http"
ORDERS = f"{COMPONENT}/orders"
CONFIG = f"components/{COMPONENT}/configs/orders"
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [
            {
                "id": "orders",
                "name": "Orders",
                "configuration": {"x": 1, "#p": "KBC::ProjectSecure::fake-one"},
                "metadata": [{"key": "team", "value": "sales"}, {"key": "other", "value": "o"}],
                "rowsSortOrder": ["b", "a"],
                "rows": [
                    {"id": "a", "name": "A", "configuration": {"y": 1}},
                    {"id": "b", "name": "B", "isDisabled": True, "configuration": {}},
                ],
            },
            {"id": "users", "name": "Users", "configuration": {}},
        ],
    }
]
FILES = {
    f"{ORDERS}/config.yaml": (
        "name: Orders\nmetadata: {team: sales}\n"
        "configuration: {x: 1, '#p': 'KBC::ProjectSecure::fake-one'}\n"
    ),
    f"{ORDERS}/rows/a.yaml": "name: A\nconfiguration: {y: 1}\n",
    f"{ORDERS}/rows/b.yaml": "name: B\nisDisabled: true\n",
}


@pytest.fixture
def workspace(start_workspace):
    return start_workspace(FILES, LIVE)


def edit(workspace, **body):
    workspace.storage("PUT", CONFIG, {"changeDescription": "edited", **body}).raise_for_status()


def edit_row(workspace, value):
    workspace.storage("PUT", f"{CONFIG}/rows/a", {"configuration": {"y": value}})


def diff(workspace, *arguments):
    return json.loads(workspace.kbsync("diff", *arguments, "--format", "json").stdout)


def test_a_version_is_shown_as_its_files_would_say_it(workspace):
    edit(workspace, configuration={"x": 2}, name="New name")
    result = workspace.kbsync("show", f"{COMPONENT}/New name@1")
    head, *lines = result.stdout.splitlines()

    assert head.startswith(f"# {ORDERS}  v1 by owner@emulator.test, 20")
    assert "\n".join(lines) == (
        'id: orders\nname: Orders\ndescription: ""\nrowsSortOrder:\n  - b\n  - a\n'
        'configuration:\n  x: 1\n  "#p": (secret) c:9e71732d\n'
        "---\n# row b\n"
        'id: b\nname: B\ndescription: ""\nisDisabled: true\nconfiguration: {}\n'
        "---\n# row a\n"
        'id: a\nname: A\ndescription: ""\nconfiguration:\n  "y": 1'
    )
    assert result.stderr.startswith("Secrets are masked. Their ciphertext is in the files of")


def test_what_is_live_and_what_the_files_say_is_shown_too(workspace):
    def shown(moment):
        result = workspace.kbsync("show", f"{ORDERS}@{moment}", "--format", "json")
        return json.loads(result.stdout), result.stderr

    (live, said), (files, _) = shown("live"), shown("files")

    assert live["at"]["is"] == "live"
    assert live["content"]["metadata"] == {"team": "sales", "other": "o"}
    assert [row["id"] for row in live["rows"]] == ["b", "a"]
    assert said == f"Secrets are masked. Their ciphertext is in the files: kbsync pull {ORDERS}\n"
    assert files["at"] == {"is": "files"}
    assert files["content"] == {
        "id": "orders",
        "name": "Orders",
        "description": "",
        "metadata": {"team": "sales"},
        "configuration": {"x": 1, "#p": "(secret) c:9e71732d"},
    }


def test_the_version_of_a_row_is_its_own(workspace):
    edit_row(workspace, 2)
    result = workspace.kbsync("show", f"{ORDERS}/A@1")

    assert result.stdout == (
        f'# {ORDERS}/a  v1: "Row a added"\n'
        'id: a\nname: A\ndescription: ""\nconfiguration:\n  "y": 1\n'
    )
    assert result.stderr == ""


def test_what_yaml_cannot_say_is_shown_as_json(workspace):
    edit(workspace, configuration={"x": "\ud800"})
    result = workspace.kbsync("show", f"{ORDERS}@live")

    assert '"x": "\\ud800"' in result.stdout


def test_a_secret_inside_a_text_is_masked_too(workspace):
    edit(workspace, configuration={"body": '{"#p": "fake-plain"}'})
    shown = workspace.kbsync("show", f"{ORDERS}@live").stdout
    new = diff(workspace, ORDERS, "--from", "1")

    assert """  body: '{"#p": "(secret) plain text"}'""" in shown
    assert "fake-plain" not in json.dumps(new)


def test_a_file_with_the_name_of_a_version_is_a_plan(workspace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace.kbsync("plan", "-o", "orders@1")

    assert "No changes" in workspace.kbsync("show", "orders@1").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "plan.jsn"), "plan.jsn: there is no such file"),
        (("show", f"{ORDERS}@1", "--format", "html"), "text or json, not as html"),
        (("show", f"{ORDERS}@0"), "has no version 0\nHint: Its newest version is 1."),
        (("show", f"{ORDERS}/a@7"), "has no version 7\nHint: Its newest version is 1."),
        (("show", f"{COMPONENT}/order@1"), f"Did you mean {ORDERS}"),
        (("show", f"{ORDERS}/c@1"), f"There is no row 'c' in {ORDERS}"),
        (("show", f"{COMPONENT}/users@files"), f"{COMPONENT}/users is not in the files"),
        (("diff", ORDERS, "--from", "9"), "has no version 9\nHint: Its newest version is 1."),
        (("diff", ORDERS, "--to", "new"), "'new' is no version; expected a number, live or files"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, tuple) else "",
)
def test_a_slip_is_told_with_the_nearest_right_thing(workspace, arguments, told):
    result = workspace.kbsync(*arguments)

    assert (result.exit_code, result.stdout) == (64, "")
    assert told in result.stderr


def test_an_object_of_the_files_alone_is_neither_live_nor_has_versions(workspace):
    workspace.write({f"{COMPONENT}/new/config.yaml": "name: New\n"})
    key = f"{COMPONENT}/new"

    assert "name: New" in workspace.kbsync("show", f"{key}@files").stdout
    assert f"kbsync plan {key}" in workspace.kbsync("diff", key).stderr
    assert (
        "so it has no versions"
        in workspace.kbsync("diff", key, "--from", "1", "--to", "files").stderr
    )


def test_by_default_diff_tells_what_apply_would_change(workspace):
    edit(workspace, configuration={"x": 2})
    edit_row(workspace, 2)
    result = workspace.kbsync("diff", ORDERS, "--detailed-exitcode")
    head, side, other, *lines = result.stdout.splitlines()

    assert result.exit_code == 2
    assert head == f'  {ORDERS}  "Orders"'
    assert side.startswith("       from  live, v3 by ")
    assert other == "       to    the files"
    assert lines == [
        "    ~  configuration",
        '         #p   + "(secret) c:9e71732d"',
        "         x   2 → 1",
        '    ~  row a  "A"',
        "         y   2 → 1",
        "",
        "Different: 2 updates.",
    ]


@pytest.mark.parametrize("sides", [(), ("--from", "files"), ("--from", "1", "--to", "live")])
def test_what_is_the_same_is_no_difference(workspace, sides):
    result = workspace.kbsync("diff", ORDERS, *sides, "--detailed-exitcode")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "No difference."


def test_two_versions_differ_by_rows_and_their_order_too(workspace):
    edit(workspace, rowsSortOrder=["a", "b"])
    workspace.storage("DELETE", f"{CONFIG}/rows/b").raise_for_status()
    workspace.storage("POST", f"{CONFIG}/rows", {"rowId": "c", "configuration": {"z": 1}})
    told = diff(workspace, ORDERS, "--from", "1", "--to", "4")["changes"]
    back = diff(workspace, ORDERS, "--from", "2", "--to", "1")["changes"]

    assert [(each["kind"], each.get("rowId")) for each in told] == [
        ("create", "c"),
        ("delete", "b"),
    ]
    assert told[0]["after"]["configuration"] == {"z": 1}
    assert told[1]["before"]["name"] == "B"
    assert back == [
        {
            "kind": "reorder",
            "componentId": COMPONENT,
            "configId": "orders",
            "before": ["a", "b"],
            "after": ["b", "a"],
        }
    ]


def test_a_version_alone_is_compared_with_live(workspace):
    edit_row(workspace, 2)
    told = diff(workspace, f"{ORDERS}/a", "--from", "v1")
    same = diff(workspace, f"{ORDERS}/a", "--from", "2")
    fields = [{"path": ["configuration", "y"], "label": "y", "before": 1, "after": 2}]

    assert (told["from"]["version"], told["to"]["is"], told["to"]["version"]) == (1, "live", 2)
    assert told["changes"][0]["fields"] == fields
    assert same["changes"] == []


def test_metadata_that_the_files_manage_is_compared_with_live_only(workspace):
    workspace.write({f"{ORDERS}/config.yaml": FILES[f"{ORDERS}/config.yaml"].replace("sales", "x")})
    (change,) = diff(workspace, ORDERS)["changes"]

    assert (change["before"], change["after"]) == ({"team": "sales"}, {"team": "x"})
    assert diff(workspace, ORDERS, "--from", "1", "--to", "files")["changes"] == []


def test_what_the_settings_ignore_is_not_told(workspace):
    rule = "version: 1\nignore: [{in: '*/orders', path: x}]\n"
    workspace.write({"kbsync.yaml": rule})
    edit(workspace, configuration={"x": 2, "#p": "KBC::ProjectSecure::fake-one"})

    assert diff(workspace, ORDERS)["changes"] == []
    assert diff(workspace, ORDERS, "--from", "files")["changes"] == []
    assert len(diff(workspace, ORDERS, "--from", "1")["changes"]) == 1


@pytest.mark.parametrize("object_", [ORDERS, f"{ORDERS}/a"])
def test_a_secret_by_its_variable_is_the_same_while_live_has_its_value(workspace, object_):
    name = "config" if object_ == ORDERS else "rows/a"
    workspace.write({f"{ORDERS}/{name}.yaml": "name: A\nconfiguration: {'#s': !env API_KEY}\n"})
    workspace.kbsync("apply", "--auto-approve", API_KEY="fake-value")

    def kinds(value):
        told = workspace.kbsync("diff", object_, "--format", "json", API_KEY=value).stdout
        return [each["kind"] for each in json.loads(told)["changes"]]

    assert kinds("fake-value") == []
    assert kinds("another") == ["update"]


def test_a_row_names_the_secret_that_its_configuration_holds(workspace):
    workspace.write({f"{ORDERS}/config.yaml": "name: O\nconfiguration: {'#s': !env API_KEY}\n"})
    workspace.kbsync("apply", "--auto-approve", API_KEY="fake-value")
    workspace.write({f"{ORDERS}/rows/a.yaml": "name: A\nconfiguration: {'#t': !env API_KEY}\n"})
    shown = workspace.kbsync("diff", f"{ORDERS}/a", API_KEY="fake-value").stdout

    assert '         #t   + "(secret) c:' in shown


def test_a_reset_of_component_state_is_no_content(workspace):
    text = FILES[f"{ORDERS}/config.yaml"]
    workspace.write({f"{ORDERS}/config.yaml": f"resetState: once\n{text}"})

    assert diff(workspace, ORDERS)["changes"] == []


def test_code_is_told_with_its_file(workspace):
    workspace.write(
        {
            f"{ORDERS}/config.yaml": "name: Orders\nconfiguration: {query: !file q.sql}\n",
            f"{ORDERS}/q.sql": "SELECT 1\nFROM a\n",
        }
    )
    workspace.kbsync("apply", "--auto-approve")
    edit(workspace, configuration={"query": "SELECT 2\nFROM a\n"})
    shown = workspace.kbsync("diff", ORDERS).stdout

    assert f"         query   {ORDERS}/q.sql\n" in shown
    assert "           -SELECT 2\n           +SELECT 1\n" in shown
    assert f"{ORDERS}/q.sql" not in workspace.kbsync("diff", ORDERS, "--from", "2").stdout


def test_what_no_two_contents_differ_by_is_a_bug():
    with pytest.raises(ValueError, match="differ by none of these"):
        changes_json([Rollback(Key(COMPONENT, "orders"), 1, ())])


@pytest.mark.parametrize(
    "arguments",
    [
        ("diff", ORDERS),
        ("diff", f"{ORDERS}/a", "--from", "1"),
        ("show", f"{ORDERS}@1"),
        ("show", f"{ORDERS}/a@live"),
        ("effective", f"{ORDERS}@1"),
        ("effective", ORDERS, "--files"),
        ("history", ORDERS, "--diff"),
        ("history", "--all"),
        ("runs",),
    ],
    ids=" ".join,
)
def test_whoever_only_looks_sends_nothing_but_reads(workspace, arguments):
    before = workspace.project()
    workspace.forget_requests()
    result = workspace.kbsync(*arguments)

    assert result.exit_code == 0
    assert {each.split()[0] for each in workspace.requests()} == {"GET"}
    assert workspace.project() == before


def test_a_comparison_costs_three_reads_and_one_for_each_version(workspace):
    workspace.forget_requests()
    workspace.kbsync("diff", ORDERS, "--from", "1")

    assert workspace.requests() == [
        "GET tokens/verify",
        "GET branch/default/search/component-configurations",
        "GET branch/default/components",
        f"GET branch/default/{CONFIG}/versions/1",
    ]


def test_broken_files_stop_a_comparison_with_them_before_any_request(workspace):
    workspace.write({f"{ORDERS}/config.yaml": "name: 1\n"})
    workspace.forget_requests()

    assert workspace.kbsync("diff", ORDERS).exit_code == 3
    assert workspace.requests() == []
    assert workspace.kbsync("diff", ORDERS, "--from", "1").exit_code == 0
