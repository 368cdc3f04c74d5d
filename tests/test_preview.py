"""Rows of a table on a terminal, as CSV and as JSON."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.errors import ApiError
from kbsync.render.lines import printable
from kbsync.render.preview import harmless, preview_csv, preview_json, preview_lines, text_width
from kbsync.tables.preview import Cell, Page, read_page


def page(columns, *rows):
    cells = tuple(tuple(Cell(value=value) for value in row) for row in rows)
    return Page(columns=tuple(columns), rows=cells)


def shown(found, width=80):
    return [line.text for line in preview_lines(found, width)]


def test_columns_are_as_wide_as_they_need():
    assert shown(page(["id", "country"], ["1", "CZ"], ["12345", None])) == [
        "id     country",
        "1      CZ",
        "12345  (null)",
    ]


def test_a_narrow_terminal_cuts_the_widest_columns_first():
    found = page(["id", "note", "more"], ["1", "a" * 30, "b" * 20])

    assert shown(found, 30) == [
        "id  note          more",
        "1   aaaaaaaaaaa…  bbbbbbbbbbb…",
    ]


def test_columns_that_do_not_fit_at_all_are_left_out_and_counted():
    found = page([f"column_{number}" for number in range(9)], ["x" * 9] * 9)

    assert shown(found, 30) == [
        "column_0  column_1  column_2",
        "xxxxxxx…  xxxxxxx…  xxxxxxx…",
        "6 more columns, such as --columns column_3,column_4",
    ]


def test_wide_letters_take_two_places():
    assert shown(page(["a", "b"], ["日本", "x"], ["e\u0301", "y"])) == [
        "a     b",
        "日本  x",
        "e\u0301     y",
    ]


@given(
    st.lists(st.text(max_size=30), min_size=1, max_size=8).flatmap(
        lambda columns: st.tuples(
            st.just(columns),
            st.lists(
                st.lists(
                    st.none() | st.text(max_size=90), min_size=len(columns), max_size=len(columns)
                ),
                max_size=4,
            ),
        )
    ),
    st.integers(8, 120),
)
def test_no_line_is_wider_than_the_terminal_and_none_holds_a_control_character(table, width):
    columns, rows = table
    lines = shown(page(columns, *rows), width)
    told = [line for line in lines if "--columns" not in line and line != "(no rows)"]

    assert [line for line in told if text_width(line) > width and "\\u00" not in line] == []
    assert [line for line in lines if printable(line) != line] == []
    assert len(told) == 1 + len(rows)


def test_what_the_platform_cut_off_is_marked():
    found = read_page(
        {
            "columns": ["a"],
            "rows": [[{"columnName": "a", "value": "long", "isTruncated": True}]],
        }
    )

    assert shown(found) == ["a", "long …"]
    assert json.loads(preview_json("in.c-main.t", found))["cut"] == [{"row": 0, "column": "a"}]
    assert found.cut == 1


def test_a_table_without_rows_says_so():
    assert shown(page(["a"])) == ["a", "(no rows)"]


def test_what_could_be_a_command_of_a_pipeline_is_none():
    assert shown(page(["a"], ["::set-env name=x::y"])) == ["a", "\\u003a:set-env name=x::y"]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_csv_holds_every_value_exactly(rows):
    read = csv.reader(io.StringIO(preview_csv(page(["a", "b"], *rows)), newline=""))

    assert list(read) == [["a", "b"], *rows]


def test_csv_on_a_terminal_moves_no_cursor():
    assert harmless('"a"\n"\x1b[31m\r"\n') == '"a"\n"\\u001b[31m\\r"\n'


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {"columns": ["a"]},
        {"columns": ["a"], "rows": [[]]},
        {"columns": ["a"], "rows": [[{"columnName": "a"}]]},
        {"columns": ["a"], "rows": [["x"]]},
    ],
)
def test_an_answer_of_another_form_is_refused(found):
    with pytest.raises(ApiError, match="unexpected form: the preview of a table"):
        read_page(found)
