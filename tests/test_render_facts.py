"""Every format says the same facts in the same words."""

import re
from dataclasses import replace

import pytest

from kbsync.attribution import Whose
from kbsync.change import Create, Delete, Reorder, ResetState, Rollback, SetMetadata, Update
from kbsync.render.html import render_html
from kbsync.render.markdown import render_markdown
from kbsync.render.plan import render_plan
from tests.builders import config, row
from tests.plans import plan, step, updated, version
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


def test_a_terminal_shows_the_start_of_a_large_new_object():
    fields = {f"f{number:02}": number for number in range(25)}
    text = text_of(plan(step(KEY, Create(config(configuration=fields)))))

    assert "f19   + 19\n" in text
    assert "and 5 more fields, as in the files" in text
