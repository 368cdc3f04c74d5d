"""Every format says the same facts in the same words."""

import re
from dataclasses import replace

import pytest

from kbsync.change import (
    Create,
    Delete,
    PutState,
    Reorder,
    ResetState,
    Rollback,
    SetMetadata,
    Update,
)
from kbsync.graph.impact import Impact, Peer, Schedule
from kbsync.graph.links import Dangling, Link
from kbsync.model import Key
from kbsync.plans.attribution import Whose
from kbsync.render.highlight import painted
from kbsync.render.html import render_html
from kbsync.render.lines import Line, inert_line
from kbsync.render.markdown import render_markdown
from kbsync.render.plan import plan_lines, render_plan
from tests.builders import config, row
from tests.plans import deleted, plan, step, updated, version
from tests.test_render_html import Page

KEY = config().key


def text_of(a_plan):
    return render_plan(a_plan, requests=7, source="here")


def markdown_of(a_plan):
    text = render_markdown(a_plan, requests=7, source="here", files={})
    return re.sub("<[^>]*>|[`*]|&quot;", "", text)


def html_of(a_plan):
    return Page(render_html(a_plan, requests=7, source="here", files={})).text


FORMATS = {"text": text_of, "markdown": markdown_of, "html": html_of}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        pytest.param(
            [Delete(config(), (KEY.row("a"), KEY.row("b")))],
            ["configuration is deleted, to the trash, with its 2 rows"],
            id="a deleted configuration with rows",
        ),
        pytest.param(
            [Rollback(KEY, 7, (Delete(row("x", name="X")), Update(config(), config(name="B"))))],
            ["back to the content of v7, which means:", 'row x "X" is deleted', "name"],
            id="a rollback",
        ),
        pytest.param([Reorder(KEY, ("a", "b"), ("b", "a"))], ['"b" 2 → 1'], id="rows that move"),
        pytest.param([Reorder(KEY, ("a", "b"), ("a", "b"))], ["set to a, b"], id="a first order"),
        pytest.param(
            [Reorder(KEY, ("a",), ())],
            ["no longer set: rows are listed by id"],
            id="an order no more",
        ),
        pytest.param(
            [ResetState(KEY, "why", {})],
            ['component state: none yet, noted as reset: "why"'],
            id="a reset of nothing",
        ),
        pytest.param(
            [ResetState(KEY.row("r"), "why", {KEY.row("r"): {"since": 5}})],
            ['component state of row r is forgotten: "why"', '{"since": 5}'],
            id="the reset of a row",
        ),
        pytest.param(
            [SetMetadata(KEY, {}, {"folder": "Sales"})], ["folder", '"Sales"'], id="metadata"
        ),
        pytest.param(
            [Create(config(is_disabled=True, description="About."))],
            ["configuration is created", "isDisabled", "true", '"About."'],
            id="a disabled configuration",
        ),
        pytest.param(
            [Update(config(configuration={"t": "a\nb"}), config(configuration={"t": "a\nb\n"}))],
            ["a line end at the end is added"],
            id="only the last line end",
        ),
        pytest.param(
            [
                Update(
                    config(configuration={"l": [{"id": "a"}, {"id": "b"}]}),
                    config(configuration={"l": [{"id": "b"}, {"id": "a"}]}),
                )
            ],
            ["l order", '"b" 2 → 1'],
            id="items that move",
        ),
    ],
)
def test_each_format_tells_it(changes, facts, format_):
    text = " ".join(FORMATS[format_](plan(step(KEY, *changes))).split())

    assert [fact for fact in facts if fact not in re.sub(r"order: ", "order ", text)] == []


@pytest.mark.parametrize("format_", FORMATS)
def test_what_is_left_alone_is_counted(format_):
    text = FORMATS[format_](
        plan(updated("a", {}, {"x": 1}), unchanged=5, ignored=2, not_managed=(KEY,))
    )

    assert "5 unchanged, 2 differences ignored, 1 not managed. Apply makes 7 requests." in text


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_of_many_edits_the_newest_are_told_and_the_others_counted(format_):
    edits = tuple(version(number, author="ann") for number in range(9, 2, -1))
    text = FORMATS[format_](
        plan(updated("a", {"x": 1}, {"x": 2}, edits=edits, whose={KEY: {"x": Whose.DRIFT}}))
    )

    assert text.count("by ann") - (format_ == "markdown") == 5
    assert "and 2 edits before" in text


def test_an_edit_is_named_where_live_has_no_version():
    edits = (version(2, author="ann"),)
    steps = plan(updated("a", {"x": 1}, {"x": 2}, edits=edits, whose={KEY: {"x": Whose.DRIFT}}))
    (one,) = steps.steps
    without = plan(replace(one, base=None))

    assert "an edit since kbsync wrote it" in markdown_of(without)
    assert "an edit since kbsync wrote it" in html_of(without)


FLOW = Peer(Key("keboola.flow", "nightly"), "Nightly")
READERS = tuple(Peer(config(f"r{number}").key, "") for number in range(5))
SCHEDULE = Schedule(
    Peer(Key("keboola.scheduler", "s"), "Daily"), "0 6 1 2 3", "Europe/Prague", True
)
IMPACT = Impact(
    readers={"out.c-kpi.daily": READERS, "out.c-kpi.users": READERS},
    writers={"out.c-kpi.daily": (FLOW,)},
    used_by=(FLOW,),
    run_by=(FLOW,),
    schedules=(SCHEDULE, replace(SCHEDULE, enabled=False)),
)


def with_impact(a_step, impact=IMPACT):
    return plan(replace(a_step, impact=impact))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("impact", "fact"),
    [
        (Impact(readers={"t": (FLOW,)}), 'feeds t → keboola.flow/nightly "Nightly"'),
        (
            Impact(readers={"b": (FLOW,), "a": (FLOW,)}),
            'feeds a, b → keboola.flow/nightly "Nightly"',
        ),
        (
            Impact(writers={"t": (FLOW,)}),
            'shares t, also written by keboola.flow/nightly "Nightly"',
        ),
        (Impact(used_by=(FLOW,)), 'used by keboola.flow/nightly "Nightly"'),
        (Impact(run_by=(FLOW,)), 'run by keboola.flow/nightly "Nightly"'),
        (
            Impact(schedules=(SCHEDULE,)),
            'scheduled 0 6 1 2 3 Europe/Prague, by keboola.scheduler/s "Daily"',
        ),
        (
            Impact(schedules=(replace(SCHEDULE, enabled=False),)),
            'scheduled 0 6 1 2 3 Europe/Prague, disabled, by keboola.scheduler/s "Daily"',
        ),
    ],
    ids=["a reader", "two tables", "a writer", "a user", "a runner", "a schedule", "a paused one"],
)
def test_what_depends_on_a_change_is_told(impact, fact, format_):
    text = FORMATS[format_](with_impact(updated("a", {}, {"x": 1}), impact))

    assert fact in " ".join(text.split())


def test_a_terminal_tells_some_of_what_depends_on_a_change_and_a_page_all():
    a_plan = with_impact(updated("a", {}, {"x": 1}))
    shown = text_of(a_plan)

    assert "and more: feeds 5, used by 1, run by 1, on 1 schedule\n" in shown
    assert shown.count(" and 2 more\n") == 1
    assert shown.count("keboola.flow/nightly") == 1
    assert html_of(a_plan).count(f"{READERS[4].key}") == 1


@pytest.mark.parametrize("format_", FORMATS)
def test_a_delete_that_would_be_missed_says_so_where_it_stands(format_):
    text = FORMATS[format_](with_impact(deleted("a")))

    assert re.search(
        r"configuration is deleted, to the trash *! "
        r"others depend on it: feeds 5, used by 1, run by 1, on 1 schedule",
        text,
    )


def test_a_row_that_is_deleted_says_no_more_than_its_configuration():
    assert "others depend" not in text_of(with_impact(step(KEY, Delete(row("x")))))


@pytest.mark.parametrize("format_", ["markdown", "html"])
def test_references_that_lead_nowhere_are_warned_of(format_):
    links = (Link(KEY, ("a",), config(f"gone{number}").key) for number in range(12))
    text = FORMATS[format_](plan(dangling=tuple(Dangling(link=link) for link in links)))

    assert re.search(r"References that lead nowhere *\(?12\)?", text)
    assert "refers to keboola.ex-db-mysql/gone0, which is neither in the files nor in" in text
    assert ("gone11" in text) or "and 2 more, see kbsync plan" in text


@pytest.mark.parametrize("format_", FORMATS)
def test_the_id_of_the_plan_is_told(format_):
    a_plan, said = plan(deleted("a")), {"requests": 1, "source": "", "files": {}}
    render = {"text": render_plan, "markdown": render_markdown, "html": render_html}[format_]

    assert "0123456789abcdef" in render(a_plan, **said, plan_id="0123456789abcdef")


def test_a_terminal_counts_the_risks_and_says_why_apply_will_refuse():
    text = render_plan(
        plan(deleted("a"), deleted("b"), updated("c", {"#s": "KBC::ProjectSecure::a"}, {"#s": ""})),
        requests=1,
        refusals=["Too much.\nIf you mean it: --allow deletes=2"],
    )

    assert "Risk     2 deletes, 1 secret changes\n" in text
    assert text.endswith(
        "\nApply will refuse this: Too much.\\nIf you mean it: --allow deletes=2\n"
    )


SCRIPT = ("configuration", "script")


@pytest.mark.parametrize(
    ("file", "before", "after", "path", "hunk"),
    [
        pytest.param(
            "a.sql", ["A;", "B;"], ["A;", "C;"], SCRIPT,
            ["@@ -1,3 +1,3 @@", "A;", "", "-B;", "+C;"],
            id="statements of SQL",
        ),
        pytest.param(
            "a.sql", ["A", "B"], ["A", "C"], SCRIPT,
            ["@@ -1,4 +1,4 @@", "-- kbsync: separator", "A", "-- kbsync: separator", "-B", "+C"],
            id="SQL that only separators keep apart",
        ),
        pytest.param(
            "a.py", ["a\n", "b\n"], ["a\n", "c\n"], SCRIPT,
            [
                "@@ -2,5 +2,5 @@", "a", "", "# kbsync: separator", "-b", "+c", "",
            ],
            id="several elements of Python",
        ),
        pytest.param(
            "a.py", ["a\nb"], ["a\nc"], (*SCRIPT, 0), ["@@ -1,2 +1,2 @@", "a", "-b", "+c"],
            id="a Python file that is the only element",
        ),
        pytest.param(
            "a.sql", ["\nA;"], ["\nB;"], SCRIPT,
            ["@@ -1,3 +1,3 @@", "-- kbsync: separator", "", "-A;", "+B;"],
            id="an only statement that starts with a blank line",
        ),
    ],
)  # fmt: skip
def test_lines_are_numbered_as_in_the_file(file, before, after, path, hunk):
    a_plan = plan(updated("a", {"script": before}, {"script": after}))
    key = config("a").key
    text = render_plan(a_plan, requests=1, files={(key, path): file})
    _, _, shown = text.partition("@@")
    lines = [line.strip() for line in f"@@{shown}".splitlines()]

    assert lines[: len(hunk)] == hunk


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("A;\nB;\n", ["@@ -1,2 +1,2 @@", "A;", "-B;", "+C;"], id="no blank lines"),
        pytest.param(
            "\n\nA;\n\n\nC;\n", ["@@ -3,4 +3,4 @@", "A;", "", "", "-B;", "+C;"], id="more of them"
        ),
        pytest.param(
            "-- kbsync: separator\nA;\n-- kbsync: separator\nC;\n",
            ["@@ -1,3 +1,3 @@", "A;", "", "-B;", "+C;"],
            id="separators that need not be",
        ),
        pytest.param("other\n", ["@@ -1,3 +1,3 @@", "A;", "", "-B;", "+C;"], id="edited since"),
    ],
)
def test_lines_are_numbered_as_a_person_wrote_them(text, expected):
    a_plan = plan(updated("a", {"script": ["A;", "B;"]}, {"script": ["A;", "C;"]}))
    files = {(config("a").key, SCRIPT): "a.sql"}
    shown = render_plan(a_plan, requests=1, files=files, texts={"a.sql": text})
    _, _, hunk = shown.partition("@@")
    lines = [line.strip() for line in f"@@{hunk}".splitlines()]

    assert [line for line in lines if line in expected][: len(expected)] == expected


def test_a_file_shows_no_ciphertext_that_a_plan_hides():
    secret = "KBC::ProjectSecure::fake-canary"
    sides = ({"script": [f"A '{secret}';", last]} for last in ("B;", "C;"))
    files = {(config("a").key, SCRIPT): "a.sql"}
    text = f"A '{secret}';\nC;\n"
    shown = render_plan(plan(updated("a", *sides)), requests=1, files=files, texts={"a.sql": text})

    assert "canary" not in shown
    assert "@@ -1,2 +1,2 @@" in shown


def test_each_line_of_code_has_the_colours_of_its_own_text():
    before, after = {"t": "x\nSELECT 1"}, {"t": "new\nx\n'text'"}
    lines = plan_lines(plan(updated("a", before, after)), requests=1, paint=painted_sql)
    spans = {line.text.strip(): [each[2] for each in line.spans] for line in lines if line.spans}

    assert spans == {"-SELECT 1": ["k", "n"], "+'text'": ["s"]}


def painted_sql(text, file, component_id):
    return painted(text, "a.sql", component_id)


def test_a_line_that_had_to_be_made_harmless_has_no_colours():
    assert inert_line(Line("::error", spans=((0, 2, "k"),))) == Line("\\u003a:error")
    assert inert_line(Line("ok", spans=((0, 2, "k"),))) == Line("ok", spans=((0, 2, "k"),))


def test_state_that_comes_back_is_no_risk():
    assert "Risk" not in text_of(plan(step(KEY, PutState(KEY, {KEY: {"since": 5}}))))


def test_a_terminal_shows_the_start_of_a_large_new_object():
    fields = {f"f{number:02}": number for number in range(25)}
    text = text_of(plan(step(KEY, Create(config(configuration=fields)))))

    assert "f19   + 19\n" in text
    assert "and 5 more fields" in text
