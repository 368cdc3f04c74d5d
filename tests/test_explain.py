import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.canonical import same
from kbsync.explain import FieldChange, OrderChange, TextChange, explain
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
        TextChange(("script",), "script", "SELECT 1;\n\nSELECT 2;\n", "SELECT 1;\n\nSELECT 3;\n"),
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
