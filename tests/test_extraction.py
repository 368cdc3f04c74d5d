"""`extract` in kbsync.yaml: which texts get files of their own when a pull writes them."""

from __future__ import annotations

import pytest
from hypothesis import given

from kbsync.policy import Extraction, TextRule, parse_path_pattern
from kbsync.selectors import parse
from kbsync.settings import load_settings
from tests.strategies import configurations_with_rows
from tests.test_encode import by_key, config, decode, exact, files_of, row, texts_of
from tests.trees import write_tree

DOCUMENTS = ("config.yaml", "rows/r.yaml")


def rule(path, ending="", *, selector="*"):
    return TextRule(selector=parse(selector), path=parse_path_pattern(path), ending=ending)


def extracted(configuration, *rules, lines=20, **options):
    """The texts that leave the document of a configuration, by the name of their file."""
    extraction = Extraction(lines=lines, texts=rules)
    found = texts_of(config(configuration), extraction=extraction, **options)
    return {name: text for name, text in found.items() if name not in DOCUMENTS}


@pytest.mark.parametrize(
    ("configuration", "rules", "expected"),
    [
        pytest.param(
            {"parameters": {"query": "SELECT 1"}},
            [rule("parameters.query")],
            {"code/query.sql": "SELECT 1"},
            id="a text, with an ending that fits",
        ),
        pytest.param(
            {"parameters": {"template": "<a>"}},
            [rule("parameters.template", "html")],
            {"code/template.html": "<a>"},
            id="with a given ending",
        ),
        pytest.param(
            {"queries": ["SELECT 1;", "SELECT 2;"]},
            [rule("queries", "sql")],
            {"code/queries.sql": "SELECT 1;\n\nSELECT 2;\n"},
            id="a list of statements",
        ),
        pytest.param(
            {"tables": [{"q": "a"}, {"q": "b"}, {"q": 1}]},
            [rule("tables[*].q", "sql")],
            {"code/tables-1-q.sql": "a", "code/tables-2-q.sql": "b"},
            id="in every item",
        ),
        pytest.param(
            {"tables": [{"q": "a"}, {"q": "b"}]},
            [rule("tables[1].q", "sql")],
            {"code/tables-2-q.sql": "b"},
            id="in one item",
        ),
        pytest.param(
            {"a": "x", "b": "y"},
            [rule("a", "md"), rule("*", "sql")],
            {"code/a.md": "x", "code/b.sql": "y"},
            id="the first rule wins",
        ),
        pytest.param(
            {"a": "x"}, [rule("a", selector="keboola.other/*")], {}, id="of another component"
        ),
        pytest.param(
            {"a": "x"}, [rule("a", selector="*/Orders")], {"code/a.txt": "x"}, id="by name"
        ),
        pytest.param(
            {"a": "", "b": " \n", "c": None, "d": {"e": "x"}, "f": [], "g": [""], "h": [1]},
            [rule("*")],
            {},
            id="nothing that is a text",
        ),
        pytest.param(
            {"#a": "KBC::x", "vars": [{"name": "#b", "value": "KBC::y"}], "c": {"#d": {"e": "z"}}},
            [rule("*"), rule("*.*"), rule("vars[*].value"), rule("c.*.e")],
            {},
            id="no secret",
        ),
    ],
)
def test_a_rule_gives_texts_a_file(configuration, rules, expected):
    assert extracted(configuration, *rules) == expected


def test_what_is_long_can_be_said():
    two, three = "a\nb", "a\nb\nc\n"

    assert extracted({"x": two, "y": three}, lines=2) == {"code/y.txt": three}
    assert extracted({"x": two, "y": three}, lines=1) == {"code/x.txt": two, "code/y.txt": three}


def test_a_rule_for_rows_gives_rows_files():
    item = row("r", {"query": "SELECT 1"})
    extraction = Extraction(texts=(rule("query", selector="*/Orders/r"),))
    found = texts_of(config({"query": "SELECT 2"}), [item], extraction=extraction)

    assert found["code/rows/r/query.sql"] == "SELECT 1"
    assert found["rows/r.yaml"].endswith("query: !file ../code/rows/r/query.sql\n")
    assert found["config.yaml"].endswith("query: SELECT 2\n")


EVERYTHING = Extraction(
    lines=1,
    texts=(
        rule("*", "sql"),
        rule("*.*", "yaml"),
        rule("*[*]", "py"),
        rule("*.*.*"),
        rule("[*][*]"),
    ),
)


@given(configurations_with_rows())
def test_nothing_is_lost_whatever_leaves(group):
    item, rows = group
    files = files_of(item, rows, extraction=EVERYTHING)

    assert exact(decode(files, item.key)) == exact(by_key(item, rows))


SETTINGS = """\
version: 1
extract:
  lines: 3
  texts:
    - {in: "keboola.ex-*/*", path: parameters.query, as: sql}
    - {in: "*", path: "notes[*]"}
"""


def test_the_settings_say_it(tmp_path):
    root = write_tree(tmp_path, {"kbsync.yaml": SETTINGS})

    assert load_settings(root, environment=None, environ={}).extraction == Extraction(
        lines=3,
        texts=(
            rule("parameters.query", "sql", selector="keboola.ex-*/*"),
            rule("notes[*]"),
        ),
    )


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{lines: 0}", "'lines' is 0; expected 1 or more"),
        ("{texts: [{in: a, path: 'b.#c'}]}", "leads to a secret, which has no file of its own"),
        ("{texts: [{in: a, path: 'b..c'}]}", "'b..c' is not a path"),
        ("{texts: [{in: a/, path: b}]}", "the selector 'a/' has an empty part"),
        ("{texts: [{in: a, path: b, as: ../x}]}", "as"),
        ("{texts: [{path: b}]}", "in"),
    ],
)
def test_what_is_wrong_with_them_is_told_with_its_place(start_workspace, written, told):
    workspace = start_workspace({"kbsync.yaml": f"version: 1\nextract: {written}\n"})
    result = workspace.kbsync("validate")

    assert result.exit_code == 3
    assert result.stderr.startswith("kbsync.yaml:2:")
    assert told in result.stderr


LIVE = [
    {
        "id": "keboola.ex-db",
        "configurations": [
            {"id": "1", "name": "Old", "configuration": {"parameters": {"query": "SELECT 1"}}},
            {"id": "2", "name": "New", "configuration": {"parameters": {"query": "SELECT 2"}}},
        ],
    }
]
OLD = "name: Old\nid: '1'\nconfiguration: {parameters: {query: SELECT 0}}\n"


def test_a_pull_moves_only_what_it_writes_anew(start_workspace):
    workspace = start_workspace(
        {"kbsync.yaml": SETTINGS, "keboola.ex-db/old/config.yaml": OLD}, LIVE
    )
    first = workspace.kbsync("pull")
    second = workspace.kbsync("pull")
    files = workspace.files()

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert files["keboola.ex-db/new/code/query.sql"] == b"SELECT 2"
    assert b"query: !file code/query.sql" in files["keboola.ex-db/new/config.yaml"]
    assert files["keboola.ex-db/old/config.yaml"] == OLD.replace("SELECT 0", "SELECT 1").encode()
    assert "0 files changed" in second.stdout or "Nothing" in second.stdout
