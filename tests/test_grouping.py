"""The same update in many places is told once, and nothing dangerous is told so."""

import re

import pytest

from kbsync.change import Delete, ResetState, Rollback, Update
from kbsync.graph.impact import Impact, Peer
from kbsync.plans.attribution import Attribution, Whose
from kbsync.render.grouping import grouped
from kbsync.render.markdown import CHARACTERS
from kbsync.render.outline import outline
from tests.builders import COMPONENT, config, row
from tests.plans import deleted, plan, step, updated, version
from tests.test_render_facts import FORMATS, html_of, markdown_of, text_of


def tagged(config_id, before="1.4", after="1.5", **fields):
    return updated(config_id, {"tag": before}, {"tag": after}, **fields)


def row_update(row_id, config_id, limit=5):
    before, after = (row(row_id, config_id, configuration={"limit": each}) for each in (1, limit))
    return Update(before, after)


def told(*steps):
    """The entries that are left, with what they say, and the groups with their members."""
    entries, groups = grouped(outline(steps))
    return (
        [(entry.step.key.config_id, len(entry.items), entry.told_together) for entry in entries],
        [(group.title, [str(member.key) for member in group.members]) for group in groups],
    )


def test_three_are_told_together_and_two_one_by_one():
    assert told(tagged("a"), tagged("b")) == ([("a", 1, 0), ("b", 1, 0)], [])
    assert told(tagged("b"), tagged("c"), tagged("a")) == (
        [],
        [("same change in 3 configurations", [f"{COMPONENT}/{name}" for name in "abc"])],
    )


def test_rows_are_counted_with_their_configurations():
    a = step(config("a").key, row_update("x", "a"), row_update("y", "a"), row_update("z", "a", 6))
    b = step(config("b").key, row_update("x", "b"))

    assert told(a, b) == (
        [("a", 1, 2)],
        [
            (
                "same change in 3 rows of 2 configurations",
                [f"{COMPONENT}/a/x", f"{COMPONENT}/a/y", f"{COMPONENT}/b/x"],
            )
        ],
    )


def test_the_largest_group_comes_first():
    steps = [tagged(name) for name in "abc"] + [tagged(name, "1", "2") for name in "defg"]
    _, groups = told(*steps)

    assert [title for title, _ in groups] == [
        "same change in 4 configurations",
        "same change in 3 configurations",
    ]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(tagged("c", after="1.6"), id="another value"),
        pytest.param(updated("c", {"tag": 1.4}, {"tag": "1.5"}), id="another type"),
        pytest.param(updated("c", {}, {"tag": "1.5"}), id="a new field"),
        pytest.param(updated("c", {"tag": "1.4"}, {"tag": "1.5", "x": 1}), id="one field more"),
        pytest.param(
            tagged(
                "c",
                edits=(version(2, author="ann"),),
                whose={config("c").key: {"tag": Whose.DRIFT}},
            ),
            id="it reverts an edit",
        ),
        pytest.param(
            step(
                config("c").key,
                Rollback(config("c").key, 2, tuple(tagged("c").changes)),
            ),
            id="a rollback",
        ),
        pytest.param(
            step(
                config("c").key,
                Update(*(row("r", "c", configuration={"tag": tag}) for tag in ("1.4", "1.5"))),
            ),
            id="a row",
        ),
        pytest.param(
            step(
                config("c").key,
                *tagged("c").changes,
                row_update("r", "c"),
                edits=(version(2, author="ann"),),
                whose={config("c").key.row("r"): {"limit": Whose.DRIFT}},
            ),
            id="a row of it reverts an edit",
        ),
    ],
)
def test_only_what_is_the_same_is_told_together(odd):
    entries, groups = told(tagged("a"), tagged("b"), odd)

    assert (len(entries), groups) == (3, [])


def test_deletes_and_resets_are_never_told_together():
    gone = [deleted(name) for name in "abcd"]
    resets = [
        step(config(name).key, ResetState(config(name).key, "again", {config(name).key: {}}))
        for name in "efgh"
    ]
    rows = [step(config(name).key, Delete(row("r", name))) for name in "ijkl"]
    entries, groups = told(*gone, *resets, *rows)

    assert (len(entries), groups) == (12, [])


@pytest.mark.parametrize("format_", FORMATS)
def test_each_format_tells_the_change_once_and_names_where(format_):
    text = FORMATS[format_](plan(*(tagged(f"c{number}") for number in range(7))))

    assert "same change in 7 configurations" in text
    assert text.count('"1.4"') == 1
    assert [number for number in range(7) if f"{COMPONENT}/c{number}" not in text] == []


@pytest.mark.parametrize("format_", FORMATS)
def test_a_configuration_says_that_more_of_it_is_told_elsewhere(format_):
    steps = [
        step(config(name).key, *updated(name, {}, {"n": name}).changes, row_update("r", name))
        for name in "abc"
    ]

    assert (
        FORMATS[format_](plan(*steps)).count(
            "1 more update is told below: the same change as in others"
        )
        == 3
    )


def test_a_terminal_names_some_and_a_page_all():
    many = plan(*(tagged(f"c{number:03}") for number in range(300)))

    assert "and 292 more, see --format html" in text_of(many)
    assert {f"c{number:03}" for number in range(300)} == set(
        re.findall(rf"{COMPONENT}/(c\d+)", html_of(many))
    )
    assert "same change in 300 configurations" in markdown_of(many)


def test_who_edited_last_and_what_depends_on_it_is_still_told():
    (one,), others = [tagged("a").changes], [tagged("b"), tagged("c")]
    first = tagged("a")
    known = type(first)(
        key=first.key,
        name=first.name,
        base=version(3, author="ann", created="noon"),
        changes=one,
        attribution=Attribution(base=None),
        impact=Impact(run_by=(Peer(config("flow").key, "Nightly"),)),
    )
    a_plan = plan(known, *others)

    assert "no version of 1 configuration here is by kbsync" in text_of(a_plan)
    assert "v3   run by 1" in text_of(a_plan)
    assert "v3, last edited by ann, noon, run by 1" in markdown_of(a_plan)
    assert "last edited by ann, noon" in html_of(a_plan)
    assert f'run by {COMPONENT}/flow "Nightly"' in html_of(a_plan)


@pytest.mark.parametrize("size", [10, 3_000])
def test_groups_of_any_size_fit_one_comment(size):
    long = "x" * size
    steps = [
        tagged(f"c{group:02}-{number:03}", f"{group}{long}1", f"{group}{long}2")
        for group in range(30)
        for number in range(20)
    ]
    text = FORMATS["markdown"](plan(*steps, *(deleted(f"d{number}") for number in range(9))))

    assert len(text) <= CHARACTERS
    assert "same change in 20 configurations" in text
    assert text.count("is deleted, to the trash") == 18
