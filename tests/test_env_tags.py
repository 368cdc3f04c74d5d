"""`!env` in files: where it may stand, and what it means there."""

from __future__ import annotations

import pytest

from kbsync.errors import InvalidFilesError
from kbsync.tree.load import load_tree
from tests.trees import write_tree

FILE = "keboola.x/a/config.yaml"
NAME = (
    "`!env` where no secret belongs; in a configuration it may stand under a `#key`; "
    "write the value here, or let the key start with `#`"
)
WITHOUT = (
    "!env without the name of an environment variable, such as DB_PASSWORD; "
    "write it behind the tag: !env DB_PASSWORD"
)


def configuration(tmp_path, text, file=FILE):
    write_tree(tmp_path, {file: text})
    (found,) = load_tree(tmp_path).resources.values()
    return found.configuration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('"#p": !env DB', {"#p": "!env DB"}, id="under a key"),
        pytest.param('"#p": "!env DB"', {"#p": "!env DB"}, id="as text"),
        pytest.param('"#p": !env "DB"', {"#p": "!env DB"}, id="a name in quotes"),
        pytest.param('"#p": {a: [!env DB_2]}', {"#p": {"a": ["!env DB_2"]}}, id="deep below a key"),
        pytest.param(
            'v: [{name: "#x", value: !env _x}]',
            {"v": [{"name": "#x", "value": "!env _x"}]},
            id="a variable",
        ),
        pytest.param(
            'a: {"#p": &x !env DB}\n  b: {"#q": *x}',
            {"a": {"#p": "!env DB"}, "b": {"#q": "!env DB"}},
            id="an alias",
        ),
        pytest.param('p: "!env DB"', {"p": "!env DB"}, id="ordinary text"),
    ],
)
def test_a_secret_may_be_the_value_of_a_variable(tmp_path, text, expected):
    assert configuration(tmp_path, f"name: A\nconfiguration:\n  {text}\n") == expected


def test_in_json_the_text_says_the_same(tmp_path):
    text = '{"name": "A", "configuration": {"#p": "!env DB"}}'

    assert configuration(tmp_path, text, "keboola.x/a/config.json") == {"#p": "!env DB"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("configuration: {p: !env DB}", f"2:20: {NAME}", id="an ordinary key"),
        pytest.param("description: !env DB", f"2:14: {NAME}", id="outside the configuration"),
        pytest.param("metadata: {'#p': !env DB}", f"2:18: {NAME}", id="in metadata"),
        pytest.param(
            "configuration:\n  v: [{name: x, value: !env DB}]",
            f"3:24: {NAME}",
            id="a variable that is no secret",
        ),
        pytest.param(
            "configuration:\n  a: {'#p': &x !env DB}\n  b: *x",
            f"3:13: {NAME}",
            id="an alias of a secret elsewhere",
        ),
        pytest.param("configuration: {'#p': !env }", f"2:23: {WITHOUT}", id="no name"),
        pytest.param(
            "configuration: {'#p': !env 'fake pass word'}", f"2:23: {WITHOUT}", id="no such name"
        ),
        pytest.param(
            "configuration: {'#p': !env 1A}", f"2:23: {WITHOUT}", id="starts with a digit"
        ),
        pytest.param(
            "configuration: {'#p': !env [A]}",
            "2:23: !env before a list; the name of an environment variable was expected",
            id="a list",
        ),
        pytest.param(
            "configuration: {'#p': '!env fake pass word'}",
            "2:17: plain text under '#p', where a secret belongs",
            id="text that is no reference",
        ),
    ],
)
def test_anywhere_else_it_is_a_problem_that_shows_nothing(tmp_path, text, problem):
    write_tree(tmp_path, {FILE: f"name: A\n{text}\n"})
    with pytest.raises(InvalidFilesError) as caught:
        load_tree(tmp_path)

    assert f"{FILE}:{problem}" in str(caught.value)
    assert "pass word" not in str(caught.value)


def test_settings_name_no_secrets(start_workspace):
    workspace = start_workspace({"kbsync.yaml": "version: 1\nscope: {include: [!env A]}\n"})
    result = workspace.kbsync("validate")

    assert result.exit_code == 3
    assert "kbsync.yaml:2:19: !env is not possible in this file" in result.output
