from __future__ import annotations

import json

import pytest
from hypothesis import given

from kbsync.canonical import verbatim
from kbsync.documents.document import parse
from tests.strategies import json_values


def read(text):
    return parse(text.encode(), "config.json")


@given(json_values)
def test_what_json_dumps_writes_is_read(value):
    document = read(json.dumps(value))

    assert document.problems == ()
    assert verbatim(document.value) == verbatim(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"a": "\\ud800"}', {"a": "\ud800"}, id="half a surrogate pair"),
        pytest.param("\ufeff[1]\r\n", [1], id="BOM and CRLF"),
        pytest.param("[" * 100 + "]" * 100, json.loads("[" * 100 + "]" * 100), id="100 levels"),
        pytest.param("[" * 99 + "1" + "]" * 99, json.loads("[" * 99 + "1" + "]" * 99), id="99"),
        pytest.param("[" + "[]," * 200 + "{}]", [[]] * 200 + [{}], id="many lists, none deep"),
    ],
)
def test_unusual_json_is_read(text, value):
    document = read(text)

    assert document.problems == ()
    assert verbatim(document.value) == verbatim(value)


_TWICE = "is here a second time; the first is on line 1; remove one of them"
_TOO_DEEP = "more than 100 lists and mappings inside each other; make it flatter"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            " \n",
            [
                "1:1: the file is empty; a mapping such as `name: Orders` was expected;"
                " fill it or delete it"
            ],
            id="empty",
        ),
        pytest.param(
            '{"a": 1, "b": {"c": [1], "c": 2},\n "a": {}, "\\u0061": 1}',
            [
                f"1:26: the key 'c' {_TWICE}",
                f"2:2: the key 'a' {_TWICE}",
                f"2:11: the key 'a' {_TWICE}",
            ],
            id="every duplicate key",
        ),
        pytest.param(
            '{"a": {"b": 1}, "a": {"b": 1}}',
            [f"1:17: the key 'a' {_TWICE}"],
            id="not what it holds",
        ),
        pytest.param(
            '{"a": NaN,\n"b": [Infinity, -Infinity, 1e999]}',
            [
                "1:7: a number that is not finite; JSON has none;"
                " write it in quotes if it is meant as text",
                "2:7: a number that is not finite; JSON has none;"
                " write it in quotes if it is meant as text",
                "2:17: a number that is not finite; JSON has none;"
                " write it in quotes if it is meant as text",
                "2:28: a number too large for a 64-bit float;"
                " write it in quotes if it is meant as text",
            ],
            id="every number JSON has not",
        ),
        pytest.param(
            "[" + "9" * 5000 + "]",
            ["1:2: a whole number with too many digits; write it in quotes if it is meant as text"],
            id="5,000 digits",
        ),
        pytest.param("[" * 101 + "]" * 101, [f"1:101: {_TOO_DEEP}"], id="101 levels"),
        pytest.param(
            '{"a": ' * 101 + "1" + "}" * 101, [f"1:601: {_TOO_DEEP}"], id="101 levels of mappings"
        ),
        pytest.param("[" * 20_000, [f"1:101: {_TOO_DEEP}"], id="20,000 levels, never closed"),
        pytest.param(
            "[" + "1," * 1_000_000 + "1]",
            [
                "1:2000000: more than 1,000,000 values, each alias counted as often as it is used;"
                " split the file"
            ],
            id="a million values",
        ),
        pytest.param(
            '{"a": 1\n<<<<<<< ours\n}',
            ["2:1: a merge-conflict marker; mend the conflict and remove the marker lines"],
            id="a merge conflict",
        ),
    ],
)
def test_what_would_change_or_break_is_refused(text, expected):
    document = read(text)

    assert document.value is None
    assert [str(item).removeprefix("config.json:") for item in document.problems] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a: 1}", "1:2: a key in double quotes was expected; write it, or remove the comma"),
        ('{"a": no}', "1:7: a value was expected; write one; text stands in double quotes"),
        ('{"a" 1}', "1:6: a `:` between a key and its value was expected; add it"),
        ("[1\n2]", "2:1: a `,` or the closing bracket was expected; add it"),
        ("{}\n{}", "2:1: something behind the end of the document; remove it"),
        ('["a]', "1:2: a text that is never closed; add the closing double quote"),
        ('["a\nb"]', "1:4: a line break or control character inside a text; escape it"),
        ('["\\q"]', "1:3: a backslash that starts no JSON escape; write `\\\\` for a backslash"),
    ],
)
def test_a_syntax_error_is_explained_in_plain_words(text, expected):
    document = read(text)

    assert document.value is None
    assert [str(item).removeprefix("config.json:") for item in document.problems] == [expected]


@pytest.mark.parametrize("text", ["[1,]", '{"a": 1,}'])
def test_a_comma_too_many_is_told_whatever_words_the_library_has_for_it(text):
    (problem,) = read(text).problems

    assert (problem.line, "comma" in problem.todo or "a value" in problem.what) == (1, True)
