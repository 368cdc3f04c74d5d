from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given, settings

from kbsync.canonical import verbatim
from kbsync.documents.document import parse
from kbsync.documents.yaml_writer import dump
from tests.strategies import SPECIAL_TEXTS, json_values


@settings(max_examples=500)
@given(json_values)
def test_what_is_written_reads_back_exactly(value):
    document = parse(dump(value).encode(), "config.yaml")

    assert document.problems == ()
    assert verbatim(document.value) == verbatim(value)


@settings(max_examples=300)
@given(json_values)
def test_other_readers_read_the_same(value):
    text = dump(value)

    assert verbatim(yaml.load(text, yaml.CSafeLoader)) == verbatim(value)
    assert verbatim(yaml.load(text, yaml.SafeLoader)) == verbatim(value)


@pytest.mark.parametrize("text", SPECIAL_TEXTS)
def test_special_text_reads_back_wherever_it_stands(text):
    value = [text, {text: [[text], {"k": text}], "last": text}, text]
    written = dump(value)

    assert verbatim(parse(written.encode(), "config.yaml").value) == verbatim(value)
    assert verbatim(yaml.load(written, yaml.SafeLoader)) == verbatim(value)
    assert verbatim(parse(dump(text).encode(), "config.yaml").value) == verbatim(text)


@pytest.mark.parametrize("length", [990, 1000, 1010, 1024, 1030, 5000])
@pytest.mark.parametrize("char", ["k", "\\", "'", "\n"])
def test_a_key_of_any_length_reads_back(length, char):
    value = {"a": [{char * length: {"b": [1]}, "c": 1}], char * length: "x\ny\n"}

    assert verbatim(parse(dump(value).encode(), "config.yaml").value) == verbatim(value)


def test_lists_and_mappings_are_written_in_block_style():
    value = {
        "id": "364479526",
        "list": [1, [2, []], {"c": None, "d": {}}, {"e": ["x"]}, {"f": {"g": True}}],
        "mapping": {"h": 1.5, "i": 1e16},
    }

    assert dump(value) == (
        'id: "364479526"\n'
        "list:\n"
        "  - 1\n"
        "  - - 2\n"
        "    - []\n"
        "  - c: null\n"
        "    d: {}\n"
        "  - e:\n"
        "      - x\n"
        "  - f:\n"
        "      g: true\n"
        "mapping:\n"
        "  h: 1.5\n"
        "  i: 1.0e+16\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("Orders of ž 日本", "a: Orders of ž 日本\n", id="plain"),
        pytest.param("yes", 'a: "yes"\n', id="a word of YAML 1.1"),
        pytest.param("🎉 done", 'a: "🎉 done"\n', id="emoji as they are"),
        pytest.param('"hi" \\ it\'s', "a: '\"hi\" \\ it''s'\n", id="single quotes"),
        pytest.param('tab\t"', 'a: "tab\\t\\""\n', id="double quotes"),
        pytest.param("\x00\x1b\x7f\u2028\ufeff", 'a: "\\u0000\\u001B\\u007F\\u2028\\uFEFF"\n'),
        pytest.param("x\u202ey\nz", 'a: "x\\u202Ey\\nz"\n', id="text that turns the line around"),
        pytest.param("a\r\nb\n", 'a: "a\\r\\nb\\n"\n', id="CRLF"),
        pytest.param("a\nb", "a: |-\n  a\n  b\n", id="no newline at the end"),
        pytest.param("a\n\nb\n", "a: |\n  a\n\n  b\n", id="one newline at the end"),
        pytest.param("a\nb\n\n\n", "a: |+\n  a\n  b\n\n\n", id="more newlines at the end"),
        pytest.param(" a\nb\n", "a: |2\n   a\n  b\n", id="a blank at the start"),
        pytest.param("\n\ta \nb", "a: |2-\n\n  \ta \n  b\n", id="an empty line at the start"),
        pytest.param("\n\n", 'a: "\\n\\n"\n', id="only newlines"),
        pytest.param("x" * 500, f"a: {'x' * 500}\n", id="never folded"),
    ],
)
def test_text_is_written_as_a_person_would(text, written):
    assert dump({"a": text}) == written


def test_tagged_paths_are_written_as_tags():
    value = {"a": "x", "b": [{"c": ["y"]}, "z"]}
    tags = {
        ("a",): ("!file", "../code/x.sql"),
        ("b", 0, "c"): ("!statements", "code/a: b.sql"),
        ("b", 1): ("!file", "1"),
    }

    assert dump(value, tags) == (
        'a: !file ../code/x.sql\nb:\n  - c: !statements "code/a: b.sql"\n  - !file "1"\n'
    )


@pytest.mark.parametrize(
    "value",
    [["\ud800"], {"\udfff": 1}, [math.inf], [math.nan]],
    ids=["half a pair", "half a pair in a key", "infinity", "nan"],
)
def test_what_yaml_cannot_say_is_refused(value):
    with pytest.raises(ValueError, match=r"surrogate|not a JSON number"):
        dump(value)
