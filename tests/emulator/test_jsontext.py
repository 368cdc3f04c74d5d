"""JSON as text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.emulator.jsontext import check, dump, list_items, object_members, tidy

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
INDENTS = st.sampled_from([None, 0, 2, "\t"])


@given(VALUES, INDENTS, st.booleans())
def test_tidy_makes_equal_values_equal_texts(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    assert tidy(text) == dump(value)


@given(st.dictionaries(st.text(), VALUES), INDENTS)
def test_members_are_the_texts_of_an_object(value, indent):
    members = object_members(json.dumps(value, indent=indent))

    assert {key: json.loads(text) for key, text in members.items()} == json.loads(json.dumps(value))


@given(st.lists(VALUES), INDENTS)
def test_items_are_the_texts_of_a_list(value, indent):
    items = list_items(json.dumps(value, indent=indent))

    assert [json.loads(text) for text in items] == json.loads(json.dumps(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{ "a" : 1.10 , "b":[ ] }', '{"a":1.10,"b":[]}', id="numbers as written"),
        pytest.param('"\\u00e9 \\/ é"', '"\\u00e9 / \\u00e9"', id="one spelling of text"),
        pytest.param('"a  \\"  b"', '"a  \\"  b"', id="blanks inside text"),
        pytest.param('{"b":1,"a":2}', '{"b":1,"a":2}', id="key order"),
    ],
)
def test_tidy_spells_text_one_way(text, expected):
    assert tidy(text) == expected


@pytest.mark.parametrize("text", ["", " ", "{", "1 2", "NaN", "[Infinity]", "'a'", '"\t"', "{1:2}"])
def test_what_is_not_json_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        check(text)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"{}"'])
def test_members_need_an_object(text):
    with pytest.raises(ValueError, match="expected a JSON object"):
        object_members(text)


@pytest.mark.parametrize("text", ["{}", "1"])
def test_items_need_a_list(text):
    with pytest.raises(ValueError, match="expected a JSON list"):
        list_items(text)


def test_the_last_of_two_equal_keys_wins():
    assert object_members('{"a": 1, "a": 2}') == {"a": "2"}
