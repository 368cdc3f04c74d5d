import pytest

from kbsync.compare.ignore import carry_ignored
from kbsync.policy import IgnoreRule, parse_path_pattern
from kbsync.selectors import parse
from tests.builders import by_key, config


@pytest.mark.parametrize(
    ("path", "desired", "live", "expected", "count"),
    [
        pytest.param("a.b", {"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {"b": 2}}, 1, id="changed"),
        pytest.param("a.b", {"a": {}}, {"a": {"b": 2}}, {"a": {"b": 2}}, 1, id="only live"),
        pytest.param("a.b", {}, {"a": {"b": 2}}, {"a": {"b": 2}}, 1, id="no parent in the files"),
        pytest.param("a.b", {"a": {"b": 1}}, {"a": {}}, {"a": {}}, 1, id="only in the files"),
        pytest.param("a.b", {"a": {"b": 1}}, {"a": {"b": 1}}, {"a": {"b": 1}}, 0, id="same"),
        pytest.param("a", {"a": 1, "c": 1}, {"a": 2}, {"a": 2, "c": 1}, 1, id="others compared"),
        pytest.param(
            "l[*].x",
            {"l": [{"x": 1, "y": 1}, {"x": 1}]},
            {"l": [{"x": 2}, {"x": 1}]},
            {"l": [{"x": 2, "y": 1}, {"x": 1}]},
            1,
            id="any item",
        ),
        pytest.param("l[*]", {"l": [1, 2, 3]}, {"l": [9]}, {"l": [9]}, 1, id="whole items"),
        pytest.param("l[*]", {"l": [1]}, {"l": [1, 2]}, {"l": [1, 2]}, 1, id="more items live"),
        pytest.param(
            "l[*].n",
            {"l": [{"id": "new", "n": 0}, {"id": "a"}, {"id": "b", "n": 0}]},
            {"l": [{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "gone", "n": 3}]},
            {"l": [{"id": "new", "n": 0}, {"id": "a", "n": 1}, {"id": "b", "n": 2}]},
            2,
            id="items by name, not place",
        ),
        pytest.param(
            "l[*].n",
            {"l": [{"n": 0}, {"n": 1}]},
            {"l": [{"n": 5}]},
            {"l": [{"n": 0}, {"n": 1}]},
            0,
            id="items that cannot be told apart are compared",
        ),
        pytest.param("l[1]", {"l": [1, 2]}, {"l": [3, 4]}, {"l": [1, 4]}, 1, id="one item"),
        pytest.param(
            "*.n",
            {"a": {"n": 1}},
            {"a": {"n": 2}, "b": {"n": 3, "m": 1}},
            {"a": {"n": 2}, "b": {"n": 3}},
            2,
            id="any key",
        ),
        pytest.param("a.b", {"a": 1}, {"a": {"b": 2}}, {"a": 1}, 0, id="another kind of parent"),
    ],
)
def test_an_ignored_field_keeps_its_live_value(path, desired, live, expected, count):
    rule = IgnoreRule(selector=parse("*"), path=parse_path_pattern(path))
    ours, theirs = config(configuration=desired), config(configuration=live)
    result, ignored = carry_ignored(by_key(ours), by_key(theirs), [rule], {})

    assert (result[ours.key].configuration, ignored) == (expected, {ours.key: count})
    assert ours.configuration == desired


def test_a_rule_covers_only_what_it_selects():
    rule = IgnoreRule(selector=parse("keboola.wr-*"), path=("a",))
    ours, theirs = config(configuration={"a": 1}), config(configuration={"a": 2})

    assert carry_ignored(by_key(ours), by_key(theirs), [rule], {}) == (by_key(ours), {})
