"""Who refers to whom, ways that lead back to themselves, and what of it is shown."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.graph.graph import Graph, circle_text, circles, without_circles
from kbsync.graph.picture import Place, Table, picture
from kbsync.model import Key
from tests.builders import by_key, config, row
from tests.test_impact import FLOW, TABLE, reads, runs, schedules, writes

LETTERS = "abcdefgh"


def keys(letters):
    return tuple(Key("c", letter) for letter in letters)


def arrows(text):
    """`ab bc` means from a to b and from b to c."""
    found = {}
    for pair in text.split():
        source, target = keys(pair)
        found.setdefault(source, set()).add(target)
    return found


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("ab bc ac", [], id="none"),
        pytest.param("aa", ["a"], id="itself"),
        pytest.param("ba ab", ["ab"], id="two, from the smallest on"),
        pytest.param("ab bc cd da ca", ["abc"], id="the shortest of several"),
        pytest.param("ab ba bc cd dc", ["ab", "cd"], id="one after the other"),
        pytest.param("xa ab ba by", ["ab"], id="with ways in and out"),
        pytest.param("ab bc ca cd de ed", ["abc", "de"], id="of two knots that hang together"),
    ],
)
def test_a_way_back_to_its_start_is_found_in_each_knot(ways, expected):
    assert circles(arrows(ways)) == tuple(map(keys, expected))


def test_a_chain_longer_than_the_stack_of_python_is_walked():
    long = [Key("c", f"{number:05}") for number in range(20_000)]
    chain = {one: {other} for one, other in pairwise(long)}

    assert circles(chain) == ()
    assert circles({**chain, long[-1]: {long[0]}}) == (tuple(long),)


def test_a_circle_is_told_to_where_it_began():
    assert circle_text(keys("ab")) == "c/a → c/b → c/a"


def reaches(ways, start, end):
    seen, waiting = set(), [start]
    while waiting:
        for target in ways.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return end in seen


@given(st.sets(st.tuples(st.sampled_from(LETTERS), st.sampled_from(LETTERS))))
def test_what_leads_back_to_itself_is_what_is_taken_out_and_told(pairs):
    ways = arrows(" ".join(map("".join, sorted(pairs))))
    straight = without_circles(ways)
    told = {key for circle in circles(ways) for key in circle}

    assert circles(straight) == ()
    assert all(reaches(ways, key, key) for key in told)
    for source, targets in ways.items():
        for target in targets:
            assert (target in straight[source]) is not reaches(ways, target, source)


def test_rows_count_as_their_configuration():
    flow = runs("f", Key("keboola.ex-http", "gone"))
    own = row("r", "f", component=FLOW, configuration={"variables_id": "v"})
    graph = Graph(by_key(flow, own))

    assert graph.uses == {flow.key: {Key("keboola.ex-http", "gone"), Key("keboola.variables", "v")}}


SOURCE, CLEAN, SHEET = writes("a", TABLE), reads("b", TABLE), reads("z", "in.c-main.nobody")
INNER = runs("inner", SOURCE.key, CLEAN.key)
NIGHTLY = schedules("nightly", INNER.key)
PROJECT = by_key(SOURCE, CLEAN, SHEET, INNER, NIGHTLY)


def test_everything_is_shown_also_what_is_only_referred_to():
    missing = Key("keboola.ex-http", "gone")
    outer = runs("outer", missing)
    shown = picture(by_key(outer, SHEET), {})

    assert {key: node.place for key, node in shown.nodes.items()} == {
        SHEET.key: Place.FILES,
        missing: Place.NOWHERE,
        outer.key: Place.FILES,
    }
    assert shown.uses == {outer.key: (missing,)}
    assert shown.alone == [SHEET.key]


def test_tables_are_shown_that_lead_from_one_configuration_to_another():
    lonely = config(
        "own",
        configuration={"storage": {**writes("x", "t.own").configuration["storage"]}},
    )
    itself = row("r", "own", configuration=reads("x", "t.own").configuration)
    shown = picture({**PROJECT, **by_key(lonely, itself)}, None)

    assert shown.tables == (Table(id=TABLE, writers=(SOURCE.key,), readers=(CLEAN.key,)),)
    assert shown.inputs == {CLEAN.key: {SOURCE.key: [TABLE]}}
    assert shown.outputs == {SOURCE.key: {CLEAN.key: [TABLE]}}


@pytest.mark.parametrize(
    ("around", "depth", "expected"),
    [
        pytest.param(CLEAN, None, [SOURCE, CLEAN, INNER, NIGHTLY], id="all of both directions"),
        pytest.param(CLEAN, 1, [SOURCE, CLEAN, INNER], id="one step"),
        pytest.param(SOURCE, 1, [SOURCE, CLEAN, INNER], id="to its readers"),
        pytest.param(NIGHTLY, 1, [INNER, NIGHTLY], id="what it starts"),
        pytest.param(NIGHTLY, 2, [SOURCE, CLEAN, INNER, NIGHTLY], id="two steps"),
        pytest.param(SHEET, None, [SHEET], id="alone"),
    ],
)
def test_what_is_around_one_is_what_it_needs_and_what_needs_it(around, depth, expected):
    shown = picture(PROJECT, None, [around.key], depth=depth)

    assert list(shown.nodes) == sorted(item.key for item in expected)
    assert shown.around == (around.key,)


def test_the_files_win_over_the_project():
    shown = picture(by_key(config("a", name="New")), by_key(config("a", name="Old"), SHEET))

    assert [(node.name, node.place) for node in shown.nodes.values()] == [
        ("New", Place.BOTH),
        ("Z", Place.PROJECT),
    ]
