"""Conditions and columns as they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.errors import UsageError
from kbsync.tables.catalog import Column, Table
from kbsync.tables.where import (
    Condition,
    check_columns,
    filters_json,
    filters_query,
    parse_condition,
    split_columns,
)

SIGNS = {"=": "eq", "!=": "ne", ">": "gt", ">=": "ge", "<": "lt", "<=": "le"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("country=CZ", ("country", "eq", "CZ")),
        ("country!=CZ", ("country", "ne", "CZ")),
        ("day>=2026-11-01", ("day", "ge", "2026-11-01")),
        ("day<=2026-11-01", ("day", "le", "2026-11-01")),
        ("n>1", ("n", "gt", "1")),
        ("n<1", ("n", "lt", "1")),
        ("a==b", ("a", "eq", "=b")),
        ("a=>1", ("a", "eq", ">1")),
        ("note=", ("note", "eq", "")),
        ("note= x ", ("note", "eq", " x ")),
        ("note=a\nb", ("note", "eq", "a\nb")),
        ("two words=x", ("two words", "eq", "x")),
        ('"a=b">=5', ("a=b", "ge", "5")),
        ('"say ""hi"""=x', ('say "hi"', "eq", "x")),
    ],
)
def test_a_condition_is_a_column_an_operator_and_the_rest(text, expected):
    found = parse_condition(text)

    assert (found.column, found.operator, found.value) == expected


@pytest.mark.parametrize("text", ["", "country", "=CZ", "!=CZ", '"country=CZ', '""=x', ">1"])
def test_what_is_no_condition_is_said_to_be_none(text):
    with pytest.raises(UsageError) as caught:
        parse_condition(text)

    assert f"'{text}' is no condition" in str(caught.value)


@given(st.text(min_size=1), st.sampled_from(sorted(SIGNS)), st.text())
def test_every_column_can_be_named_in_quotes(column, sign, value):
    # A value that starts with an equals sign makes another operator of `>` and the like.
    text = '"' + column.replace('"', '""') + '"' + sign + value
    expected = Condition(column=column, operator=SIGNS[sign], value=value)

    assert parse_condition(text) == expected or value.startswith("=")


def test_conditions_are_written_as_the_api_takes_them():
    conditions = [parse_condition("a=1"), parse_condition("b>2")]

    assert filters_json(conditions) == [
        {"column": "a", "operator": "eq", "values": ["1"]},
        {"column": "b", "operator": "gt", "values": ["2"]},
    ]
    assert filters_query(conditions) == {
        "whereFilters[0][column]": "a",
        "whereFilters[0][operator]": "eq",
        "whereFilters[0][values][0]": "1",
        "whereFilters[1][column]": "b",
        "whereFilters[1][operator]": "gt",
        "whereFilters[1][values][0]": "2",
    }


def test_columns_are_named_once_each_in_their_order():
    assert split_columns(["b, a", "c,,b"]) == ("b", "a", "c")


def test_a_column_that_is_not_there_is_told_with_the_nearest():
    table = Table(
        id="in.c-main.t",
        name="t",
        primary_key=(),
        rows=None,
        size=None,
        created="",
        imported="",
        changed="",
        alias_of="",
        columns=(Column(name="country"), Column(name="id")),
    )
    check_columns(table, ["id", "country"])

    with pytest.raises(UsageError, match=r"in\.c-main\.t has no column 'Country'") as near:
        check_columns(table, ["id", "Country"])
    with pytest.raises(UsageError) as far:
        check_columns(table, ["zzz"])

    assert near.value.hint == "Did you mean country?"
    assert far.value.hint == "See its columns: kbsync table show in.c-main.t"
