import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.canonical import same
from kbsync.compare.explain import FieldChange, FormChange, OrderChange, TextChange, explain
from kbsync.paths import MISSING
from tests.strategies import json_values


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"a": 1}, {"a": True}, [("a", 1, True)], id="number to boolean"),
        pytest.param({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)], id="integer to float"),
        pytest.param({"a": {}}, {"a": []}, [("a", {}, [])], id="empty object to empty list"),
        pytest.param({"a": None}, {}, [("a", None, MISSING)], id="null removed"),
        pytest.param({}, {"a": None}, [("a", MISSING, None)], id="null added"),
        pytest.param(
            {"configuration": {"p": {"q": 1}}},
            {"configuration": {"p": {"q": 2}}},
            [("p.q", 1, 2)],
            id="inside the configuration the prefix is left out",
        ),
        pytest.param(
            {"l": ["a", "b", "c"]},
            {"l": ["b", "c"]},
            [("l[0]", "a", MISSING)],
            id="plain lists are aligned, not compared by place",
        ),
        pytest.param(
            {"t": [{"source": "a"}, {"source": "b", "x": 1}]},
            {"t": [{"source": "b", "x": 2}]},
            [("t[a]", {"source": "a"}, MISSING), ("t[b].x", 1, 2)],
            id="items are compared by what names them",
        ),
        pytest.param(
            {"phases": [{"id": 1, "name": "E"}, {"id": 2, "name": "T"}]},
            {"phases": [{"id": 1, "name": "E"}, {"id": 2, "name": "L"}]},
            [("phases[2].name", "T", "L")],
            id="numbers name items too",
        ),
        pytest.param(
            {"t": [{"v": 1}, {"v": 2}, {"v": 3}]},
            {"t": [{"v": 0}, {"v": 1}, {"v": 2}, {"v": 4}]},
            [("t[0]", MISSING, {"v": 0}), ("t[3].v", 3, 4)],
            id="items without a name are aligned too",
        ),
        pytest.param(
            {"t": [{"v": 1}, {"v": 2}, {"v": 2}]},
            {"t": [{"v": 2}, {"v": 2}]},
            [("t[was 0]", {"v": 1}, MISSING)],
            id="an item without a name that is gone",
        ),
        pytest.param(
            {"script": ["import a\nb"]},
            {"script": ["import a\nc"]},
            [("script[0]", "import a\nb", "import a\nc")],
            id="a single element is its own file",
        ),
        pytest.param(
            {"t": []},
            {"t": [{"id": "a"}]},
            [("t[0]", MISSING, {"id": "a"})],
            id="the first item of a list",
        ),
    ],
)
def test_a_difference_is_told_field_by_field(before, after, expected):
    found = explain(before, after)

    assert [(each.label, each.before, each.after) for each in found] == expected


def test_items_that_only_moved_are_told_as_another_order():
    before = {"t": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}
    after = {"t": [{"id": "c"}, {"id": "a"}, {"id": "b"}]}

    assert explain(before, after) == (OrderChange(("t",), "t", ("a", "b", "c"), ("c", "a", "b")),)


def test_a_list_of_statements_is_told_as_the_text_of_its_file():
    before = {"script": ["SELECT 1;", "SELECT 2;"]}
    after = {"script": ["SELECT 1;", "SELECT 3;"]}

    assert explain(before, after) == (
        TextChange(
            ("script",), "script", "SELECT 1;\n\nSELECT 2;\n", "SELECT 1;\n\nSELECT 3;\n", True
        ),
    )


def test_another_split_into_statements_is_a_difference():
    (found,) = explain(
        {"script": ["SELECT 1;\n\nSELECT 2;"]}, {"script": ["SELECT 1;", "SELECT 2;"]}
    )

    assert isinstance(found, TextChange)


def test_the_path_of_an_item_is_its_place_in_the_new_content():
    before = {"b": [{"name": "x", "v": 1}, {"name": "y", "v": 1}]}
    after = {"b": [{"name": "y", "v": 2}]}

    assert explain(before, after)[1].path == ("b", 0, "v")


def test_ciphertext_is_told_by_its_fingerprint_and_plain_text_not_at_all():
    before = {"#a": "KBC::ProjectSecure::one", "#b": "hunter2", "#c": "hunter2"}
    after = {"#a": "KBC::ProjectSecure::two", "#b": "KBC::ProjectSecure::two", "#c": "hunter3"}
    found = explain(before, after)

    assert "hunter" not in str(found)
    assert [each.label for each in found] == ["#a", "#b", "#c"]
    assert found[0].before.startswith("(secret) c:")
    assert found[0].before != found[0].after
    assert found[2] == FieldChange(
        ("#c",), "#c", "(secret) plain text", "(secret) other plain text"
    )


CONTENTS = st.dictionaries(
    st.sampled_from(["a", "b", "__x", "script", "id", "#s", "x.y[0]"]), json_values, max_size=3
)


@given(before=CONTENTS, after=CONTENTS)
def test_whatever_differs_is_told_and_nothing_else(before, after):
    assert (explain(before, after) == ()) is same(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"__x": 1}, {"__x": 2}, id="a key with two underscores"),
        pytest.param({"a": 0.0}, {"a": -0.0}, id="negative zero"),
        pytest.param({"a": [1, True]}, {"a": [True, 1]}, id="one and true swapped"),
        pytest.param({"a": [[]]}, {"a": [{}]}, id="empty list and object in a list"),
        pytest.param({"a": [{"id": 1}]}, {"a": [{"id": "1"}]}, id="number and text as names"),
        pytest.param({"a": [1.0]}, {"a": [1]}, id="float and integer in a list"),
        pytest.param({"a": 10**40}, {"a": 10**40 + 1}, id="huge numbers"),
        pytest.param({"a": "x"}, {"a": "x\u0000"}, id="an invisible character"),
        pytest.param({"#s": 1}, {"#s": 2}, id="a number that is a secret"),
        pytest.param({"#s": ["x"]}, {"#s": ["y"]}, id="a secret in a list"),
        pytest.param({"#s": {"a": "x"}}, {"#s": {"a": "y"}}, id="a secret in an object"),
        pytest.param({"a": "KBC::x"}, {"a": "KBC::y"}, id="what looks like ciphertext"),
    ],
)
def test_differences_that_python_or_a_library_may_miss_are_told(before, after):
    assert explain(before, after) != ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            '{"user": {"name": "ann"}, "n": 1}',
            '{"n": 1, "user": {"name": "bob"}}',
            [("t (JSON).user.name", "ann", "bob")],
            id="inside an object",
        ),
        pytest.param(
            '[{"id": "a", "v": 1}]',
            ' [{"id": "b", "v": 1}, {"id": "a", "v": 2}]',
            [("t (JSON)[b]", MISSING, {"id": "b", "v": 1}), ("t (JSON)[a].v", 1, 2)],
            id="inside a list, by name",
        ),
        pytest.param("{}", "[]", [("t (JSON)", {}, [])], id="an object becomes a list"),
        pytest.param('{"a": 1}', '{"a": true}', [("t (JSON).a", 1, True)], id="one and true"),
        pytest.param(
            r'{"t": "{\"a\": 1}"}',
            r'{"t": "{\"a\": 2}"}',
            [("t (JSON).t (JSON).a", 1, 2)],
            id="JSON in JSON",
        ),
        pytest.param("1", "2", [("t", "1", "2")], id="a number is no object"),
        pytest.param('{"a": 1}', "{a: 1}", [("t", '{"a": 1}', "{a: 1}")], id="only one is JSON"),
        pytest.param(
            '{"a": 1, "a": 2}',
            '{"a": 3}',
            [("t", '{"a": 1, "a": 2}', '{"a": 3}')],
            id="a key twice",
        ),
        pytest.param("[NaN]", "[1]", [("t", "[NaN]", "[1]")], id="NaN is no JSON"),
        pytest.param("[1e999]", "[1]", [("t", "[1e999]", "[1]")], id="a number too large to keep"),
        pytest.param(
            "[0.1]",
            "[0.10000000000000000001]",
            [("t", "[0.1]", "[0.10000000000000000001]")],
            id="numbers that only reading makes one",
        ),
        pytest.param(
            f"{'[' * 100}1{']' * 100}",
            f"{'[' * 100}2{']' * 100}",
            [("t", f"{'[' * 100}1{']' * 100}", f"{'[' * 100}2{']' * 100}")],
            id="too deep",
        ),
    ],
)
def test_a_change_inside_a_text_of_json_is_told_by_its_path(before, after, expected):
    found = explain({"t": before}, {"t": after})

    assert [(each.label, each.before, each.after) for each in found] == expected


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        pytest.param(
            '{"a":"x y"}', '{ "a" :\n"x y"}', "only whitespace in the JSON text", id="blanks"
        ),
        pytest.param(
            '{"a":1,"b":"/"}',
            r'{"b":"\/","a":1}',
            "only how the JSON text is written, not what it holds",
            id="the order of keys, and an escape",
        ),
    ],
)
def test_the_same_json_written_in_another_way_is_said_to_be_that(before, after, words):
    assert explain({"t": before}, {"t": after}) == (FormChange(("t", "(JSON)"), "t (JSON)", words),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('{"#p": "hunter2"}', '{"#p": "hunter3"}', id="both sides"),
        pytest.param('{"#p": "hunter2"}', "", id="a side that is no JSON"),
        pytest.param("", '[{"#p": "hunter2"}]', id="the new side"),
        pytest.param('{"#p":"hunter2"}', '{"#p": "hunter2"}', id="only whitespace"),
        pytest.param(
            '{"#p": "KBC::ProjectSecure::hunter2"}',
            r'{"#p": "KBC::ProjectSecure::hun\/ter3"}',
            id="ciphertext",
        ),
        pytest.param(
            '{"values": [{"name": "#p", "value": "hunter2"}]}',
            '{"values": [{"name": "#p", "value": "hunter3"}], "x": 1}',
            id="a variable",
        ),
    ],
)
def test_a_secret_inside_a_text_of_json_is_told_but_not_shown(before, after):
    found = explain({"t": before}, {"t": after})

    assert found
    assert "hun" not in str(found)


def test_a_secret_that_is_json_stays_shut():
    found = explain({"#t": '{"a": "hunter2"}'}, {"#t": '{"a": "hunter3"}'})

    assert found == (
        FieldChange(("#t",), "#t", "(secret) plain text", "(secret) other plain text"),
    )


def test_statements_that_look_like_json_are_code():
    (found,) = explain({"script": ["[1]", "[2]"]}, {"script": ["[1]", "[3]"]})

    assert isinstance(found, TextChange)
    assert found.is_list


def test_a_text_of_json_in_what_comes_or_goes_is_told_as_a_text():
    text = '{"a": 1}'

    assert explain({}, {"o": {"t": text}}) == (FieldChange(("o",), "o", MISSING, {"t": text}),)


JSON_TEXTS = json_values.map(json.dumps) | st.sampled_from(["{", "[1,]", "[1e999]", ' {"a":1}'])


@given(before=JSON_TEXTS, after=JSON_TEXTS)
def test_texts_that_differ_are_told_and_no_others(before, after):
    assert (explain({"t": before}, {"t": after}) == ()) is (before == after)
