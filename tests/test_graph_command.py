"""`kbsync graph`: text, Mermaid, one page, JSON; of the files and of the project."""

import json
import re

import pytest
from hypothesis import given
from jsonschema import validate

from kbsync.documents.validate import load_schema
from kbsync.graph.picture import picture
from kbsync.model import Key
from kbsync.render.graph import graph_lines
from kbsync.render.graph_html import graph_html
from kbsync.render.graph_mermaid import graph_mermaid
from kbsync.render.lines import to_text
from tests.builders import by_key, config
from tests.hostile import texts
from tests.test_graph import PROJECT
from tests.test_impact import FLOW, runs

TASKS = "name: {0}\nconfiguration: {{tasks: [{{task: {{componentId: {1}, configId: {2}}}}}]}}\n"
FILES = {
    "keboola.flow/outer/config.yaml": TASKS.format("Outer", "keboola.flow", "inner"),
    "keboola.flow/inner/config.yaml": TASKS.format("Inner", "keboola.ex-http", "orders"),
    "keboola.ex-http/orders/config.yaml": "name: Orders\nisDisabled: true\n",
}
LIVE = [
    {
        "id": "keboola.flow",
        "configurations": [
            {
                "id": "other",
                "name": "Other",
                "configuration": {
                    "tasks": [{"task": {"componentId": "keboola.flow", "configId": "outer"}}]
                },
            }
        ],
    }
]


def offline(workspace, *arguments):
    return workspace.kbsync("graph", *arguments, KEBOOLA_TOKEN="")


def test_the_files_and_the_project_together_when_there_is_a_token(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    result = workspace.kbsync("graph")

    assert result.exit_code == 0
    assert result.stderr == "Of the files and the project.\n"
    assert result.stdout == (
        "Who uses whom\n"
        '  keboola.flow/other  "Other"   not in the files\n'
        '    keboola.flow/outer  "Outer"   only in the files\n'
        '      keboola.flow/inner  "Inner"   only in the files\n'
        '        keboola.ex-http/orders  "Orders"   disabled   only in the files\n'
        "\n"
        "4 configurations, 3 references, 0 tables between them.\n"
    )
    assert workspace.writes() == []


def test_the_files_alone_without_a_token_or_when_asked(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    without, asked = offline(workspace), workspace.kbsync("graph", "--files")

    assert without.stdout == asked.stdout
    assert "Other" not in asked.stdout
    assert (without.stderr, asked.stderr) == (
        "Of the files alone: no token is set.\n",
        "Of the files alone.\n",
    )
    assert workspace.requests() == []


@pytest.mark.parametrize("name", ["keboola.flow/inner", "*/Inner", "keboola.flow/inner/row"])
def test_of_one_it_is_told_what_it_needs_and_what_needs_it(start_workspace, name):
    result = offline(start_workspace(FILES), name.removesuffix("/row"))

    assert result.stdout == (
        'keboola.flow/inner  "Inner"\n'
        "  needs\n"
        '    keboola.ex-http/orders  "Orders"   disabled\n'
        "  is needed by\n"
        '    keboola.flow/outer  "Outer"\n'
        "\n"
        "3 configurations, 2 references, 0 tables between them.\n"
    )


def test_a_name_that_is_not_there_is_told_with_the_nearest(start_workspace):
    result = offline(start_workspace(FILES), "keboola.flow/iner")

    assert result.exit_code == 64
    assert "Did you mean keboola.flow/inner" in result.stderr


def test_tables_are_told_with_who_fills_and_who_reads_them():
    text = to_text(graph_lines(picture(PROJECT, None)))

    assert (
        "Tables between them\n"
        "  in.c-main.orders\n"
        "    from keboola.ex-db-mysql/a\n"
        "    to   keboola.ex-db-mysql/b\n"
    ) in text
    assert "Alone: keboola.ex-db-mysql/z\n" in text


def test_a_circle_is_marked_and_comes_to_an_end():
    one, two = runs("one", Key(FLOW, "two")), runs("two", Key(FLOW, "one"))
    text = to_text(graph_lines(picture(by_key(one, two), None)))

    assert text == (
        "Who uses whom\n"
        '  keboola.flow/one  "One"\n'
        '    keboola.flow/two  "Two"\n'
        '      ! keboola.flow/one  "One"   back where it began\n'
        "\n"
        "In a circle\n"
        "  ! keboola.flow/one → keboola.flow/two → keboola.flow/one\n"
        "\n"
        "2 configurations, 2 references, 0 tables between them.\n"
    )


def test_what_is_used_twice_is_unfolded_once():
    leaf, inner = config("leaf"), runs("inner", config("leaf").key)
    one, two = runs("one", inner.key), runs("two", inner.key)
    text = to_text(graph_lines(picture(by_key(leaf, inner, one, two), None)))

    assert text.count("see above") == 1
    assert text.count("ex-db-mysql/leaf") == 1


def test_a_circle_of_references_is_a_warning_where_it_begins(start_workspace):
    around = TASKS.format("Inner", "keboola.flow", "outer")
    workspace = start_workspace({**FILES, "keboola.flow/inner/config.yaml": around})
    result = workspace.kbsync("validate")

    assert result.exit_code == 0
    assert (
        "warning: keboola.flow/inner/config.yaml:2:60: leads back to itself: "
        "keboola.flow/inner → keboola.flow/outer → keboola.flow/inner; take one" in result.stderr
    )
    assert workspace.kbsync("validate", "--strict").exit_code == 3


def test_json_is_as_its_schema_says(start_workspace):
    workspace = start_workspace(FILES, LIVE)
    found = json.loads(workspace.kbsync("graph", "--format", "json").stdout)
    validate(found, load_schema("graph"))

    assert found["withProject"]
    assert [(each["configId"], each["inProject"]) for each in found["configurations"]] == [
        ("orders", False),
        ("inner", False),
        ("other", True),
        ("outer", False),
    ]
    assert json.loads(offline(workspace, "--format", "json").stdout)["configurations"][0] == {
        "componentId": "keboola.ex-http",
        "configId": "orders",
        "name": "Orders",
        "isDisabled": True,
        "inFiles": True,
        "inProject": None,
    }


def test_mermaid_has_a_box_for_each_and_arrows_between_them(start_workspace):
    drawn = graph_mermaid(picture(PROJECT, None))

    assert '  c1["keboola.ex-db-mysql/a<br/>A"]\n' in drawn
    assert "  c4 -.-> c1\n" in drawn
    assert '  t1[("in.c-main.orders")]\n  c1 --> t1\n  t1 --> c2\n' in drawn


@given(texts)
def test_no_name_is_anything_but_a_label(name):
    item = config(name or "x", name=name)
    shown = picture(by_key(item, runs("f", item.key)), None)
    plain = re.compile(r'  c\d+\["[\w .\-_/#;]*(<br/>[\w #;]*)?"\](:::\w+)?')
    boxes = [line for line in graph_mermaid(shown).splitlines() if '"' in line]
    page = graph_html(shown, title=name)

    assert all(plain.fullmatch(line) for line in boxes)
    assert len(boxes) == len(shown.nodes)
    assert page.count("<script") == 1
    assert page.count('class="node') == len(shown.nodes)


def test_the_page_loads_nothing_and_runs_only_its_own_script():
    page = graph_html(picture(PROJECT, None), title="Shop")

    assert "default-src 'none'" in page
    assert not re.search(r"https?://", page)
    assert page.count("<path ") == 4
    assert "Alone: 1 configuration" in page


def test_what_is_needed_stands_left_of_what_needs_it():
    page = graph_html(picture(PROJECT, None), title="Shop")
    places = dict(re.findall(r'id="(n\d)" transform="translate\((\d+) ', page))
    arrows = re.findall(r'data-from="(n\d)" data-to="(n\d)"', page)

    assert len(arrows) == 4
    assert all(int(places[source]) < int(places[target]) for source, target in arrows)


def test_what_is_missing_what_is_asked_for_and_what_is_off_look_different():
    off, missing = config("off", is_disabled=True), Key("keboola.ex-http", "gone")
    asked = runs("f", missing, off.key)
    shown = picture(by_key(off, asked), {}, [asked.key])
    drawn, page = graph_mermaid(shown), graph_html(shown, title="f")

    assert re.findall(r":::\w+", drawn) == [":::off", ":::missing", ":::asked"]
    assert set(re.findall(r'class="node (\w+)"', page)) == {"disabled", "missing", "asked"}


def test_a_page_tells_circles_too():
    one, two = runs("one", Key(FLOW, "two")), runs("two", Key(FLOW, "one"))
    page = graph_html(picture(by_key(one, two), None), title="Shop")

    assert "<li>keboola.flow/one → keboola.flow/two → keboola.flow/one</li>" in page


def test_a_chart_that_github_does_not_draw_is_told(start_workspace):
    tasks = [{"task": {"componentId": "c.x", "configId": str(n)}} for n in range(501)]
    content = json.dumps({"name": "F", "configuration": {"tasks": tasks}})
    workspace = start_workspace({"keboola.flow/f/config.yaml": content})
    result = offline(workspace, "--format", "mermaid")

    assert "More than 500 arrows, which GitHub does not draw: name an OBJECT." in result.stderr
    assert result.stdout.count("-.->") == 501


def test_more_than_a_page_can_show_is_refused(start_workspace):
    many = {f"c.x/{n}/config.yaml": f"name: '{n}'\n" for n in range(3)}
    reading = "configuration: {storage: {input: {tables: [{source: t.b.c}]}}}\n"
    writing = "configuration: {storage: {output: {tables: [{destination: t.b.c}]}}}\n"
    for number in range(80):
        many[f"c.r/r{number}/config.yaml"] = f"name: R\n{reading}"
        many[f"c.w/w{number}/config.yaml"] = f"name: W\n{writing}"
    workspace = start_workspace(many)
    refused = offline(workspace, "--format", "html")

    assert refused.exit_code == 4
    assert "more than a page can show" in refused.stderr
    assert offline(workspace, "c.x/1", "--format", "html").exit_code == 0
    assert offline(workspace, "--format", "mermaid").exit_code == 0
