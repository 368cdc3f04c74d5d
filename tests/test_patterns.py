"""Regular expressions of other people: which are tried."""

import re
import time

import pytest

from kbsync.documents.patterns import MAX_TEXT, is_quick

QUICK = (
    r"^\d{4}-\d{2}-\d{2}$",
    r"^(\d{2}-){2}\d$",
    r"^[^@]+@[^@]+\.[a-z]+$",
    r"^-?\d+(?:\.\d+)?$",
    r"(a|b)\d+",
    r"[)(+*]+x",
    r"[]a]+[^]]\+\(+",
    r"{",
    r"x{,y",
    r"^(?P<year>\d+)-(?=x)",
    r"\{\{.*\}\}",
    ".*.*.*x",
)
ENDLESS = (
    r"(a+)+$",
    r"(a|aa)+$",
    r"((a|b)?)+$",
    r"(?:x{1,9}){1,9}",
    r"(.*a){20}$",
    r"(\w*?-?)*!",
    "a?" * 25 + "a" * 25,
    ".*" * 4 + "x",
    "x" * 501,
)


@pytest.mark.parametrize("pattern", QUICK)
def test_a_pattern_without_nested_repetition_is_tried_and_is_quick(pattern):
    started = time.process_time()
    for text in ("a" * MAX_TEXT, "1-" * (MAX_TEXT // 2), "(" * MAX_TEXT):
        re.search(pattern, text)

    assert is_quick(pattern)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("pattern", ENDLESS)
def test_a_pattern_that_may_take_for_ever_is_not_tried(pattern):
    assert not is_quick(pattern)
