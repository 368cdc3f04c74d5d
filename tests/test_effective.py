"""`kbsync effective`: what a component receives."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.effective import effective, overlaid
from kbsync.past.moment import Place
from kbsync.past.snapshot import Snapshot
from kbsync.secrets import MASKED, plain_secrets, secret_leaves
from tests.builders import by_key, config, row
from tests.strategies import json_objects

COMPONENT = "keboola.ex-http"
ORDERS = f"{COMPONENT}/orders"
LIVE = [
    {
        "id": COMPONENT,
        "configurations": [
            {
                "id": "orders",
                "name": "Orders",
                "configuration": {"parameters": {"url": "https://a.test", "retries": 3}},
                "rowsSortOrder": ["late", "early", "off"],
                "rows": [
                    {"id": "early", "name": "E", "configuration": {"parameters": {"path": "e"}}},
                    {"id": "late", "name": "L", "configuration": {"parameters": {"retries": 9}}},
                    {"id": "off", "name": "O", "isDisabled": True, "configuration": {}},
                ],
            },
            {"id": "alone", "name": "A", "configuration": {"x": 1, "processors": {}}},
        ],
    }
]


@pytest.mark.parametrize(
    ("root", "over", "laid"),
    [
        pytest.param({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}, id="by key"),
        pytest.param({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}, id="deep"),
        pytest.param([1, 2, 3], [9], [9, 2, 3], id="a shorter list"),
        pytest.param([1], [9, 8], [9, 8], id="a longer list"),
        pytest.param([{"a": 1}, 2], [{"b": 1}], [{"a": 1, "b": 1}, 2], id="items of lists"),
        pytest.param({"a": [1]}, {"a": []}, {"a": [1]}, id="an empty list takes nothing away"),
        pytest.param({"a": {}}, {"a": [1]}, {"a": [1]}, id="over nothing"),
        pytest.param({"a": 1}, {"a": None}, {"a": None}, id="null takes away"),
        pytest.param({"a": {"x": 1}}, {"a": "text"}, {"a": "text"}, id="a text over an object"),
        pytest.param({"a": "text"}, {"a": {}}, {"a": {}}, id="an empty object over a text"),
        pytest.param({"x": 1}, ["y"], {"x": 1, "0": "y"}, id="a list over an object"),
        pytest.param(True, 1, 1, id="a number over a boolean"),
    ],
)
def test_a_row_is_laid_over_the_root_as_the_platform_does_it(root, over, laid):
    assert json.dumps(overlaid(root, over)) == json.dumps(laid)


def runs(root, over):
    resources = by_key(config(configuration=root), row("a", configuration=over))
    key = config().key
    found = Snapshot(key=key, moment=Place.LIVE, version=None, resources=resources)
    return [run.configuration for run in effective(found).runs]


@pytest.mark.parametrize(
    ("root", "over", "shown"),
    [
        pytest.param({"#p": "x"}, {}, {"#p": "(secret) plain text"}, id="of the root"),
        pytest.param(
            {"#p": {"a": 1}}, {"#p": {"a": "y"}}, {"#p": {"a": "(secret) plain text"}}, id="of both"
        ),
        pytest.param(
            {"body": '{"#p": "x", "deep": "[{\\"#q\\": \\"x\\"}]"}', "other": "[1 ]"},
            {},
            {
                "body": '{"#p": "(secret) plain text", '
                '"deep": "[{\\"#q\\": \\"(secret) plain text\\"}]"}',
                "other": "[1 ]",
            },
            id="inside a text",
        ),
        pytest.param(
            {"v": {"name": "#x", "value": "x"}},
            {"v": {"name": "x"}},
            {"v": {"name": "x", "value": "(secret) plain text"}},
            id="renamed by the row",
        ),
        pytest.param(
            {"v": {"name": "x", "value": "x"}},
            {"v": {"name": "#x"}},
            {"v": {"name": "#x", "value": "(secret) plain text"}},
            id="made one by the row",
        ),
    ],
)
def test_secrets_of_either_side_are_hidden(root, over, shown):
    assert runs(root, over) == [shown]


secret_holders = st.recursive(
    st.sampled_from(["hidden", "#name", "name", "", 7, None]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["#p", "name", "value", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)
"""Values in which much is a secret, and may become one or none when one is laid over another."""
holders = st.dictionaries(st.sampled_from(["#p", "x", "y"]), secret_holders, max_size=3)


@given(holders, holders)
def test_what_is_a_secret_on_its_own_or_in_the_end_is_never_shown(root, over):
    (found,) = runs(root, over)
    whole = overlaid(root, over)
    shown = {path: leaf for path, leaf in secret_leaves(found) if leaf not in ("", None)}

    assert all(str(leaf).startswith(MASKED) for leaf in shown.values())
    assert not plain_secrets(whole) or MASKED in json.dumps(found)
    assert {*found} == {*root, *over}


@given(json_objects, json_objects)
def test_any_row_can_be_laid_over_any_root(root, over):
    (found,) = runs(root, over)

    assert {*found} == {*root, *over} - {"processors"}


def test_each_enabled_row_gets_a_document_in_their_order(start_workspace):
    result = start_workspace(live=LIVE).kbsync("effective", f"{COMPONENT}/Orders")

    assert result.stdout == (
        '# row late  "L"\n'
        "parameters:\n  url: https://a.test\n  retries: 9\n"
        "---\n"
        '# row early  "E"\n'
        "parameters:\n  url: https://a.test\n  retries: 3\n  path: e\n"
    )
    assert result.stderr == "Left out: row off, which is disabled.\n"


def test_without_rows_it_is_the_configuration_without_its_processors(start_workspace):
    result = start_workspace(live=LIVE).kbsync("effective", f"{COMPONENT}/alone")

    assert result.stdout.splitlines()[1:] == ["x: 1"]


def test_a_disabled_row_is_shown_to_who_asks_for_it(start_workspace):
    result = start_workspace(live=LIVE).kbsync("effective", f"{ORDERS}/off")

    assert result.stdout.splitlines()[0] == '# row off  "O"'
    assert result.stderr == "Row off is disabled: it runs only when a job names it.\n"


def test_when_every_row_is_disabled_there_is_nothing_to_run(start_workspace):
    workspace = start_workspace(live=LIVE)
    for name in ("early", "late"):
        path = f"components/{COMPONENT}/configs/orders/rows/{name}"
        workspace.storage("PUT", path, {"isDisabled": True})
    workspace.storage("PUT", f"components/{COMPONENT}/configs/orders", {"isDisabled": True})
    result = workspace.kbsync("effective", ORDERS)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        f"{ORDERS} is disabled, so it does not run at all.",
        "Left out: row late, which is disabled.",
        "Left out: row early, which is disabled.",
        "Left out: row off, which is disabled.",
    ]


def test_it_can_be_that_of_a_version_or_of_the_files(start_workspace):
    files = {f"{COMPONENT}/orders/config.yaml": "name: Orders\nconfiguration: {from: files}\n"}
    workspace = start_workspace(files, LIVE)
    new = {"configuration": {"from": "live"}}
    workspace.storage("PUT", f"components/{COMPONENT}/configs/orders", new)

    def received(*arguments):
        told = json.loads(workspace.kbsync("effective", *arguments, "--format", "json").stdout)
        return told["runs"][0]["configuration"]

    assert received(ORDERS) == {"from": "live", "parameters": {"retries": 9}}
    assert received(f"{ORDERS}@1") == {"parameters": {"url": "https://a.test", "retries": 9}}
    assert received(ORDERS, "--files") == received(f"{ORDERS}@files") == {"from": "files"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((f"{ORDERS}/late@1",), f"kbsync effective {ORDERS}@NUMBER"),
        ((f"{ORDERS}@1", "--files"), "use one of them"),
        ((f"{ORDERS}@9",), "Its newest version is 1."),
        ((f"{ORDERS}/latte",), f"Did you mean {ORDERS}/late?"),
        ((f"{COMPONENT}/order",), f"Did you mean {ORDERS}"),
    ],
    ids=["version of a row", "two versions", "no such version", "no such row", "no such object"],
)
def test_what_cannot_be_told_is_said_with_the_nearest_that_can(start_workspace, arguments, told):
    result = start_workspace(live=LIVE).kbsync("effective", *arguments)

    assert (result.exit_code, result.stdout) == (64, "")
    assert told in result.stderr
