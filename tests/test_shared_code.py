"""Shared code: where transformations use it, what they receive, and who is touched by a change."""

from __future__ import annotations

import json

import pytest
from jsonschema import validate

from kbsync.documents.validate import load_schema
from kbsync.graph.impact import impacts
from kbsync.graph.shared_code import Filled, Use, filled, uses
from kbsync.model import Key
from tests.builders import by_key, config, row

SHARED = "keboola.shared-code"
SNOWFLAKE = "keboola.snowflake-transformation"
CODE = Key(SHARED, "sc")


def transformation(config_id, *scripts, rows=(), **fields):
    codes = [{"name": f"Code {number}", "script": script} for number, script in enumerate(scripts)]
    return config(
        config_id,
        component=SNOWFLAKE,
        configuration={
            "parameters": {"blocks": [{"name": "Block", "codes": codes}]},
            "shared_code_id": "sc",
            "shared_code_row_ids": list(rows),
        },
        **fields,
    )


def code(row_id, content):
    return row(row_id, "sc", component=SHARED, configuration={"code_content": content})


def scripts(item):
    (block,) = item.configuration["parameters"]["blocks"]
    return [each["script"] for each in block["codes"]]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(["a;", "{{dump}}", "b;"], ["a;", "1;", "2;", "b;"], id="between others"),
        pytest.param(["{{ dump }}", "{{dump}}"], ["1;", "2;", "1;", "2;"], id="twice"),
        pytest.param(["{{old}}"], ["print(1)"], id="a text instead of a list"),
        pytest.param(["{{empty}}", "a;"], ["a;"], id="without a statement"),
        pytest.param(["{{day}}"], ["{{day}}"], id="a variable"),
        pytest.param(["a; {{dump}}"], ["a; {{dump}}"], id="at the end of an element"),
        pytest.param(["{{dump}} a;"], ["{{dump}} a;"], id="at the start of an element"),
        pytest.param(["{{gone}}"], ["{{gone}}"], id="not there"),
        pytest.param(["{{other}}"], ["{{other}}"], id="there, but not listed"),
        pytest.param([1, None], [1, None], id="no text"),
        pytest.param("{{dump}}", "{{dump}}", id="no list"),
    ],
)
def test_a_placeholder_that_is_an_element_becomes_the_code(script, expected):
    item = transformation("t", script, rows=["dump", "old", "empty", "gone"])
    project = by_key(
        config("sc", component=SHARED),
        code("dump", ["1;", "2;"]),
        code("old", "print(1)"),
        code("empty", []),
        code("other", ["9;"]),
    )

    assert scripts(filled(item, project).resource) == [expected]


def test_what_was_put_in_and_what_is_missing_is_told_once():
    item = transformation("t", ["{{b}}", "{{gone}}"], ["{{a}}", "{{b}}"], rows=["a", "b", "gone"])
    found = filled(item, by_key(code("a", ["1;"]), code("b", ["2;"])))

    assert found.used == (CODE.row("b"), CODE.row("a"))
    assert found.missing == (CODE.row("gone"),)
    assert [(use.path[3:], use.row.row_id) for use in uses(item)] == [
        (("codes", 0, "script", 0), "b"),
        (("codes", 0, "script", 1), "gone"),
        (("codes", 1, "script", 0), "a"),
        (("codes", 1, "script", 1), "b"),
    ]


@pytest.mark.parametrize(
    "configuration",
    [
        {},
        {"parameters": {"blocks": [{"codes": [{"script": ["{{a}}"]}]}]}},
        {"parameters": {"blocks": 1}, "shared_code_id": "sc", "shared_code_row_ids": ["a"]},
        {"parameters": [], "shared_code_id": "sc", "shared_code_row_ids": ["a"]},
    ],
    ids=["empty", "takes none", "blocks of another shape", "parameters of another shape"],
)
def test_whatever_is_not_of_the_documented_shape_uses_nothing(configuration):
    item = config(configuration=configuration)

    assert list(uses(item)) == []
    assert filled(item, by_key(code("a", ["1;"]))) == Filled(resource=item)


def test_of_a_row_that_changes_those_are_touched_who_take_it():
    shared = config("sc", component=SHARED)
    both = transformation("both", rows=["a", "b"])
    one = transformation("one", rows=["b"])
    project = by_key(shared, code("a", ["1;"]), code("b", ["2;"]), both, one)

    def touched(*keys):
        (found,) = impacts(keys, project, project).values()
        return [peer.key.config_id for peer in found.used_by]

    assert touched(CODE.row("a")) == ["both"]
    assert touched(CODE.row("b")) == touched(CODE.row("a"), CODE.row("b")) == ["both", "one"]
    assert touched(CODE, CODE.row("a")) == touched(CODE) == ["both", "one"]
    assert touched(CODE.row("new")) == []


def test_a_use_says_where_and_what():
    (use,) = uses(transformation("t", ["{{a}}"], rows=["a"]))
    path = ("parameters", "blocks", 0, "codes", 0, "script", 0)

    assert use == Use(path=path, row=CODE.row("a"))


FILES = {
    f"{SHARED}/shared/config.yaml": "name: Shared\nid: sc\n"
    f"configuration: {{componentId: {SNOWFLAKE}}}\n",
    f"{SHARED}/shared/rows/dump.yaml": "name: Dump\n"
    "configuration: {code_content: !statements ../code/dump.sql}\n",
    f"{SHARED}/shared/code/dump.sql": "COPY 1;\nCOPY 2;\n",
    f"{SHARED}/shared/rows/clean.yaml": "configuration: {code_content: [DELETE 1;]}\n",
    f"{SNOWFLAKE}/main/config.yaml": """\
name: Main
configuration:
  parameters:
    blocks:
      - {name: Block, codes: [{name: Code, script: !statements code/main.sql}]}
  shared_code_id: sc
  shared_code_row_ids: [dump, clean, gone]
""",
    f"{SNOWFLAKE}/main/code/main.sql": "SELECT 1;\n{{dump}}\n{{clean}}\n{{gone}}\n",
    f"{SNOWFLAKE}/other/config.yaml": "name: Other\n"
    "configuration: {shared_code_id: sc, shared_code_row_ids: [clean]}\n",
}


@pytest.fixture
def workspace(start_workspace):
    workspace = start_workspace(FILES)
    workspace.kbsync("apply", "--auto-approve")
    return workspace


def test_effective_shows_the_code_in_its_place(workspace):
    result = workspace.kbsync("effective", f"{SNOWFLAKE}/main")

    assert (
        "- SELECT 1;\n            - COPY 1;\n            - COPY 2;\n            - DELETE 1;\n"
        in (result.stdout)
    )
    assert result.stderr == (
        f'Filled in: shared code {SHARED}/sc/dump "Dump".\n'
        f"Filled in: shared code {SHARED}/sc/clean.\n"
        f"Not filled in: shared code {SHARED}/sc/gone, which does not exist.\n"
    )


def test_effective_of_the_files_takes_the_code_of_the_files(workspace):
    workspace.write({f"{SHARED}/shared/code/dump.sql": "COPY 3;\n"})

    assert "COPY 3;" in workspace.kbsync("effective", f"{SNOWFLAKE}/main", "--files").stdout
    assert "COPY 3;" not in workspace.kbsync("effective", f"{SNOWFLAKE}/main").stdout


def test_effective_of_a_version_says_that_the_code_is_that_of_today(workspace):
    result = workspace.kbsync("effective", f"{SNOWFLAKE}/main@1")

    assert f'Filled in: shared code {SHARED}/sc/dump "Dump", as it is today.\n' in result.stderr


def test_explain_tells_which_file_has_the_code(workspace):
    lines = workspace.kbsync("explain", f"{SNOWFLAKE}/main").stdout.splitlines()
    told = [line.strip() for line in lines if "shared code:" in line]

    assert told == [
        f'- "{{{{dump}}}}"  # shared code: {SHARED}/shared/code/dump.sql',
        f'- "{{{{clean}}}}"  # shared code: {SHARED}/shared/rows/clean.yaml',
        f'- "{{{{gone}}}}"  # shared code: {SHARED}/sc/gone',
    ]


def test_programs_are_told_the_same(workspace):
    result = workspace.kbsync("explain", f"{SNOWFLAKE}/main", "--format", "json")
    found = json.loads(result.stdout)
    validate(found, load_schema("explain"))

    assert [each["sharedCode"] for each in found["values"] if "sharedCode" in each] == [
        f"{SHARED}/shared/code/dump.sql",
        f"{SHARED}/shared/rows/clean.yaml",
        f"{SHARED}/sc/gone",
    ]


def test_a_graph_tells_which_rows_are_taken(workspace):
    result = workspace.kbsync("graph", f"{SHARED}/sc")
    found = json.loads(workspace.kbsync("graph", "--format", "json").stdout)
    validate(found, load_schema("graph"))

    assert f'    {SNOWFLAKE}/main  "Main"   by clean, dump, gone\n' in result.stdout
    assert f'    {SNOWFLAKE}/other  "Other"   by clean\n' in result.stdout
    assert [each.get("sharedCodeRows") for each in found["uses"]] == [
        ["clean", "dump", "gone"],
        ["clean"],
    ]


def test_a_plan_tells_of_a_changed_row_who_takes_it(workspace):
    workspace.write({f"{SHARED}/shared/code/dump.sql": "COPY 3;\n"})
    result = workspace.kbsync("plan")

    assert f'used by    {SNOWFLAKE}/main "Main"\n' in result.stdout
    assert "Other" not in result.stdout
