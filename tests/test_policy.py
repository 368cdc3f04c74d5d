from __future__ import annotations

import pytest

from kbsync.model import Key
from kbsync.policy import IgnoreRule, Scope, Wildcard, parse_path_pattern
from kbsync.selectors import parse

ANY = Wildcard.ANY


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("parameters.lastRun", ("parameters", "lastRun")),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ("a.*.b", ("a", ANY, "b")),
        ("*", (ANY,)),
        ("a[*].b", ("a", ANY, "b")),
        ("a.*[0]", ("a", ANY, 0)),
        ("a[10][2]", ("a", 10, 2)),
        ('a["b.c"].d', ("a", "b.c", "d")),
        ("['#a'].b c", ("#a", "b c")),
        ("a.*b", ("a", "*b")),
        ("a.10", ("a", "10")),
    ],
)
def test_a_path_is_its_steps(text, steps):
    assert parse_path_pattern(text) == steps


@pytest.mark.parametrize("text", ["", ".a", "a.", "a..b", "a[", "a[x]", "a[0]b", "a]", "a[-1]"])
def test_what_is_no_path_is_refused_with_examples(text):
    with pytest.raises(ValueError, match="expected one such as parameters"):
        parse_path_pattern(text)


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        pytest.param(("a", "x", "b"), True, id="the field"),
        pytest.param(("a", 3, "b"), True, id="an index stands for any step too"),
        pytest.param(("a", "x", "b", "c"), True, id="below it"),
        pytest.param(("a", "x"), False, id="above it"),
        pytest.param(("a", "x", "c"), False, id="beside it"),
        pytest.param((), False, id="everything"),
    ],
)
def test_a_rule_covers_the_field_and_what_is_below(path, covered):
    rule = IgnoreRule(selector=parse("*"), path=parse_path_pattern("a.*.b"))

    assert rule.covers(path) is covered


def test_a_key_that_looks_like_an_index_is_none():
    rule = IgnoreRule(selector=parse("*"), path=("a", 0))

    assert rule.covers(("a", 0))
    assert not rule.covers(("a", "0"))
    assert not rule.covers(("a", False))


def test_the_scope_is_what_is_included_and_not_excluded():
    scope = Scope(include=(parse("keboola.*"),), exclude=(parse("keboola.sandboxes/*"),))

    assert scope.covers(Key("keboola.ex", "a", "row"), {})
    assert not scope.covers(Key("keboola.sandboxes", "a", "row"), {})
    assert not scope.covers(Key("other.ex", "a"), {})


def test_without_a_scope_everything_is_looked_after():
    assert Scope().covers(Key("any", "a", "row"), {})
