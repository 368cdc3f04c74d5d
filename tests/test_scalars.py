from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given

from kbsync.canonical import verbatim
from kbsync.documents.scalars import NotRepresentableError, is_plain_string, number_text, read_plain
from tests.strategies import SPECIAL_TEXTS, texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, None) for text in ("", "~", "null", "Null", "NULL")),
        *((text, True) for text in ("true", "True", "TRUE")),
        *((text, False) for text in ("false", "False", "FALSE")),
        *(("0", 0), ("-0", 0), ("12", 12), ("-7", -7), ("9" * 30, int("9" * 30))),
        *(("1.0", 1.0), ("-0.0", -0.0), ("1e5", 1e5), ("1E+5", 1e5), ("2.5e-03", 2.5e-3)),
    ],
)
def test_words_and_json_numbers_are_values(text, expected):
    assert verbatim(read_plain(text)) == verbatim(expected)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "No", "on", "off", "y", "nULL", "tRUE", "none"),
        *("010", "0x1F", "0o17", "0b1", "1_000", "+1", ".5", "1.", "1.e5", "--1", "-", "1e", "١٢"),
        *(".inf", "-.inf", ".nan", "Infinity", "NaN", "12:30:00", "2024-01-01", "1,000"),
    ],
)
def test_everything_else_is_text(text):
    assert read_plain(text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1e999", "a number too large for a 64-bit float"),
        ("-1e999", "a number too large for a 64-bit float"),
        ("9" * 5000, "a whole number with too many digits"),
    ],
    ids=["infinite", "infinite, negative", "5,000 digits"],
)
def test_numbers_that_would_change_are_refused(text, message):
    with pytest.raises(NotRepresentableError, match=message):
        read_plain(text)


@pytest.mark.parametrize(
    "text",
    ["orders", "in.c-main.orders", "say it's", "a [b] {c}", "https://x.test/y#z", "日本語", "v1"],
)
def test_ordinary_text_needs_no_quotes(text):
    assert is_plain_string(text)


@given(texts)
def test_text_without_quotes_is_the_same_to_every_reader(text):
    if is_plain_string(text):
        assert read_plain(text) == text
        assert yaml.load(f"- {text}\n", yaml.SafeLoader) == [text]


@pytest.mark.parametrize("text", SPECIAL_TEXTS)
def test_special_text_without_quotes_is_the_same_to_every_reader(text):
    if is_plain_string(text):
        assert read_plain(text) == text
        assert yaml.load(f"- {text}\n", yaml.SafeLoader) == [text]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-5, "-5"), (1.0, "1.0"), (-0.0, "-0.0"), (1e16, "1.0e+16"), (1.5e-7, "1.5e-07")],
)
def test_a_number_is_written_so_that_yaml_1_1_takes_it_for_one(value, text):
    assert number_text(value) == text
    assert verbatim(read_plain(text)) == verbatim(value) == verbatim(yaml.safe_load(text))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_json_has_no_number_for_is_refused(value):
    with pytest.raises(ValueError, match="is not a JSON number"):
        number_text(value)
