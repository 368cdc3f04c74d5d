from __future__ import annotations

import json
from itertools import pairwise

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kbsync.canonical import verbatim
from kbsync.documents.document import Document, parse
from kbsync.documents.tags import Reference
from kbsync.documents.text import MAX_BYTES
from tests.strategies import json_values

FILES = {"code/a.sql": "SELECT 1;", "list": ["x", "y"]}


def resolve(reference):
    return FILES.get(reference.target, reference.target)


def read(text, name="config.yaml"):
    data = text if isinstance(text, bytes) else text.encode()
    return parse(data, name, resolve)


def problems(text, name="config.yaml"):
    document = read(text, name)
    assert document.value is None
    return [str(problem).removeprefix(f"{name}:") for problem in document.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: no\nb: 010\nc: 1.0\nd:\n", {"a": "no", "b": "010", "c": 1.0, "d": None}),
        pytest.param("a: 'no'\nb: \"1\"\nc: |\n  1\n", {"a": "no", "b": "1", "c": "1\n"}),
        pytest.param('1: a\ntrue: b\n~: c\n"": d\n', {"1": "a", "true": "b", "~": "c", "": "d"}),
        pytest.param("b: 1\na: [x, {c: []}, {}]\n", {"b": 1, "a": ["x", {"c": []}, {}]}),
        pytest.param("--- [1, 2]\n...\n", [1, 2], id="document markers"),
        pytest.param("%YAML 1.2\n--- x\n", "x", id="a directive"),
        pytest.param("# only this\n---\n", None, id="an empty document that is one"),
        pytest.param(
            "\ufeffa: 1\r\nb: |\r\n  x\r\n  y\r\n", {"a": 1, "b": "x\ny\n"}, id="BOM, CRLF"
        ),
        pytest.param('"<<": 1\n', {"<<": 1}, id="a quoted merge key is a key"),
        pytest.param("? a\n: 1\n", {"a": 1}, id="a key written out"),
        pytest.param(
            "a: &x {k: [1]}\nb: *x\nc: [*x]\n",
            {"a": {"k": [1]}, "b": {"k": [1]}, "c": [{"k": [1]}]},
            id="aliases",
        ),
        pytest.param("&k a: &v b\nc: *k\nd: *v\n", {"a": "b", "c": "a", "d": "b"}, id="of scalars"),
        pytest.param("a: &x [1, &x 2, *x]\nb: *x\n", {"a": [1, 2, 2], "b": [1, 2, 2]}, id="again"),
        pytest.param('a: "\\ud7ff\\U0001F600\\0"\n', {"a": "\ud7ff😀\0"}, id="escapes"),
    ],
)
def test_yaml_is_read_as_json_compatible_yaml_1_2(text, value):
    document = read(text)

    assert document.problems == ()
    assert verbatim(document.value) == verbatim(value)


def test_aliased_values_are_copies():
    document = read("a: &x {k: [1]}\nb: *x\n")
    assert isinstance(document.value, dict)

    document.value["a"]["k"].append(2)

    assert document.value == {"a": {"k": [1, 2]}, "b": {"k": [1]}}


_UNKNOWN_TAG = (
    "an unknown tag; !file, !statements, !env, !var, !format and !remove are the known ones;"
    " remove it, or put text that starts with `!` in quotes"
)
_NO_KEY = (
    "a list, mapping or alias where a key was expected; keys are plain text;"
    " write the key out; quote text such as `{{name}}`"
)
_EMPTY = (
    "1:1: the file is empty; a mapping such as `name: Orders` was expected; fill it or delete it"
)
_TOO_DEEP = "more than 100 lists and mappings inside each other; make it flatter"
_TOO_MANY = "more than 1,000,000 values, each alias counted as often as it is used; split the file"
_TWICE = "is here a second time; the first is on line"
_TAB = "a tab in the indentation; indent with spaces"
_COLON = (
    "a `:` where no key can be: text that holds `: `, or wrong indentation;"
    " put the text in quotes, or indent the key like its neighbours"
)
_QUOTE_NUMBER = "write it in quotes if it is meant as text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [_EMPTY], id="empty"),
        pytest.param("# a comment\n\n", [_EMPTY], id="only a comment"),
        pytest.param(
            "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 4\n'a': 5\n",
            [
                f"5:3: the key 'c' {_TWICE} 3; remove one of them",
                f"6:1: the key 'a' {_TWICE} 1; remove one of them",
                f"7:1: the key 'a' {_TWICE} 1; remove one of them",
            ],
            id="every duplicate key",
        ),
        pytest.param(
            "a: !vra x\nb: !!str 1\nc: ! x\nd: !file {}\ne: !statements [x]\nf: !x []\n",
            [
                f"1:4: {_UNKNOWN_TAG}",
                f"2:4: {_UNKNOWN_TAG}",
                f"3:4: {_UNKNOWN_TAG}",
                "4:4: !file before a mapping; the path of a file was expected; write the path",
                "5:4: !statements before a list; the path of a file was expected; write the path",
                f"6:4: {_UNKNOWN_TAG}",
            ],
            id="every unknown or misplaced tag",
        ),
        pytest.param(
            "a: !file\n",
            [
                "1:4: !file without a file; the path of a file was expected;"
                " write it behind the tag: !file code/main.sql"
            ],
            id="a tag without a file",
        ),
        pytest.param(
            "a: !var\nb: !remove x\nc: [!remove ]\nd: !remove []\ne: !format {}\nf: !var [x]\n",
            [
                "1:4: !var without the name of a variable; write it behind the tag: !var db_host",
                "2:4: something behind !remove, which takes the key away and needs nothing else;"
                " leave it out",
                "3:5: !remove where there is no key to take away; let it be the value of a key",
                "4:4: !remove before a list; nothing was expected; leave it out",
                "5:4: !format before a mapping; a text was expected; write it in quotes",
                "6:4: !var before a list; the name of a variable was expected; write the name",
            ],
            id="tags of environments without what belongs behind them",
        ),
        pytest.param(
            "!file a: 1\n<<: 2\n",
            [
                "1:1: a tag on a key; keys are plain text; remove the tag",
                "2:1: the merge key `<<` is not supported; write the keys out",
            ],
            id="tagged and merge keys",
        ),
        pytest.param("host: {{name}}\n", [f"1:8: {_NO_KEY}"], id="braces without quotes"),
        pytest.param("? [a]\n: b\n", [f"1:3: {_NO_KEY}"], id="a list as a key"),
        pytest.param("a: &x b\n*x : c\n", [f"2:1: {_NO_KEY}"], id="an alias as a key"),
        pytest.param(
            "a: 1e999\nb: 1e99\n",
            [f"1:4: a number too large for a 64-bit float; {_QUOTE_NUMBER}"],
            id="an infinite number",
        ),
        pytest.param(
            "a: *b\nc: [*d, &d 1]\n",
            [
                "1:4: an alias to an anchor that is not defined above it;"
                " define it, or put text that starts with `*` in quotes",
                "2:5: an alias to an anchor that is not defined above it;"
                " define it, or put text that starts with `*` in quotes",
            ],
            id="undefined anchors",
        ),
        pytest.param(
            "a: &x\n  - *x\n",
            ["2:5: an alias inside the value it stands for; write it out"],
            id="a recursive alias",
        ),
        pytest.param(
            "a: 1\n---\nb: 1\n",
            [
                "2:1: a second document starts here; one file holds one document;"
                " move it to a file of its own"
            ],
            id="two documents",
        ),
        pytest.param("[" * 20_000, [f"1:101: {_TOO_DEEP}"], id="20,000 levels"),
        pytest.param(
            "a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 40 + "*a" + "]" * 40 + "\n",
            [f"2:44: {_TOO_DEEP}"],
            id="too deep by an alias",
        ),
        pytest.param(
            "a: &a ["
            + "x," * 9
            + "]\n"
            + "".join(f"{b}: &{b} [" + f"*{a}," * 9 + "]\n" for a, b in pairwise("abcdefghi")),
            [f"7:8: {_TOO_MANY}"],
            id="an alias bomb",
        ),
        pytest.param(
            "[" + "1," * 1_000_001 + "]", [f"1:2000000: {_TOO_MANY}"], id="a million values"
        ),
        pytest.param(
            "a: 1\n<<<<<<< ours\nb: 1\n=======\nb: 2\n>>>>>>> theirs\n",
            ["2:1: a merge-conflict marker; mend the conflict and remove the marker lines"],
            id="a merge conflict",
        ),
        pytest.param(
            "a: x\u2028y\n",
            [
                "1:5: the character U+2028 may not stand in YAML as it is;"
                " remove it, or write it as an escape in double quotes"
            ],
            id="a line separator",
        ),
        pytest.param(
            b"a: \xff\n", ["1:4: byte 0xFF is not UTF-8; save the file as UTF-8"], id="not UTF-8"
        ),
    ],
)
def test_what_the_dialect_refuses_says_where_and_what_to_do(text, expected):
    assert problems(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a:\n\tb: 1\n", f"2:1: {_TAB}", id="tab before a key"),
        pytest.param("a:\n  b: 1\n \tc: 2\n", f"3:2: {_TAB}", id="tab behind a space"),
        pytest.param("a: 1\n\tb: 2\n", f"2:1: {_TAB}", id="tab below a value"),
        pytest.param("a: |\n  x\n\ty\n", f"3:1: {_TAB}", id="tab in a block"),
        pytest.param("- \ta: 1\n", f"1:3: {_TAB}", id="tab behind a dash"),
        pytest.param(
            "a: 'x\nb: 1\n", "1:4: a quoted text that is never closed; add the closing quote"
        ),
        pytest.param(
            'a: "x\n---\n',
            "1:4: a quoted text that is not closed before the line `---` or `...`;"
            " add the closing quote",
        ),
        pytest.param(
            'a: "\\q"\n',
            "1:5: a backslash in double quotes that starts no known escape;"
            " write `\\\\` for a backslash, or use single quotes",
        ),
        pytest.param(
            'a: "\\ud800"\n',
            "1:7: an escape that is no character;"
            " write the character itself, or all of it as \\UXXXXXXXX",
        ),
        pytest.param(
            "a: [1, 2\nb: 3\n",
            "1:4: a list in `[` that is not closed, or lacks a comma;"
            " add the `]` or the comma; put text that holds [ ] { } or , in quotes",
        ),
        pytest.param(
            "a: {x: 1\n",
            "1:4: a mapping in `{` that is not closed, or lacks a comma;"
            " add the `}` or the comma; put text that holds [ ] { } or , in quotes",
        ),
        pytest.param("a: b: c\n", f"1:5: {_COLON}", id="colon in text"),
        pytest.param("a: 1\n b: 2\n", f"2:3: {_COLON}", id="key indented too far"),
        pytest.param(
            "a: - b\n",
            "1:4: a `- ` where no list item can be;"
            " start the list on a line of its own, or put the text in quotes",
        ),
        pytest.param(
            "a: 1\nfoo\n",
            "2:1: a line without `:` where `key: value` was expected;"
            " add the colon, or indent the line if it belongs to the text above",
        ),
        pytest.param(
            "a:\n  - 1\n - 2\n",
            "3:2: something that is not a key: wrong indentation, or text behind a value;"
            " indent it like its neighbours, with spaces, or put the whole text in quotes",
        ),
        pytest.param(
            "- a\nb: 1\n",
            "2:1: a list item was expected here; indent it like its neighbours, with spaces",
        ),
        pytest.param(
            "a: @x\n", "1:4: text cannot start with `@` without quotes; put the text in quotes"
        ),
        pytest.param("a: * b\n", "1:4: text that starts with `&` or `*`; put the text in quotes"),
        pytest.param(
            "a: !<x\n", "1:4: text that starts with `!` but is no tag; put the text in quotes"
        ),
        pytest.param(
            "a: !b!c x\n", "1:4: text that starts with `!` but is no tag; put the text in quotes"
        ),
        pytest.param(
            "a: |x\n b\n",
            "1:5: text behind `|` or `>`; a multi-line text starts on the next line;"
            " move it to the next line, indented",
        ),
        pytest.param(
            "a: ]\n",
            "1:4: no value where one was expected;"
            " write it or close the bracket; put text that starts with one of [ ] { } , in quotes",
        ),
        pytest.param(
            "a: 1\n...\nb: 2\n",
            "3:1: something behind the end of the document;"
            " remove it, or indent it like its neighbours",
        ),
        pytest.param(
            "%YAML 1.3\n---\na\n", "1:1: a YAML version that is not 1.1 or 1.2; remove `%YAML`"
        ),
        pytest.param(
            "%TAG ! x\n%TAG ! y\n---\na\n",
            "2:1: found duplicate %TAG directive; mend the YAML here",
            id="libyaml's own words when rare",
        ),
    ],
)
def test_a_syntax_error_is_explained_in_plain_words(text, expected):
    assert problems(text) == [expected]


@pytest.mark.parametrize(
    "rest",
    ["? [a]\n: b\n", "d: " + "[" * 20_000, "d: &x [*x]\n", "d: [\n"],
    ids=["a list as a key", "20,000 levels", "a recursive alias", "never closed"],
)
def test_a_duplicate_key_is_reported_with_what_makes_the_rest_unreadable(rest):
    found = problems(f"b: 1\nc: &a [*u]\nb: [*a]\n{rest}")

    assert [text.split(":")[0] for text in found[:2]] == ["2", "3"]
    assert len(found) == 3


def test_a_problem_found_before_a_syntax_error_is_reported_too():
    assert [text.split(":")[0] for text in problems("a: 1\na: 2\nb: !x y\nc: [\n")] == [
        "2",
        "3",
        "5",
    ]


@pytest.mark.parametrize(
    "text",
    [
        '"#password": !hunter2 x\n',
        '"#password": !hunter2\n',
        '"#password": *hunter2\n',
        '"#password": &hunter2 *hunter2\n',
        '"#password": !file! hunter2\n',
        '"#password": @hunter2\n',
        '"#password": hunter2: hunter2\n',
        '"#password": "hunter2\n',
        '"#password": [hunter2\n',
        '"#password": !hunter2 []\n',
        '"#password": !hunter2!x y\n',
        '"#password": !<hunter2 x\n',
        '"#password": %hunter2\n',
        '"#password": |hunter2\n',
    ],
)
def test_no_problem_repeats_what_may_be_a_secret(text):
    found = problems(text)

    assert found
    assert not [problem for problem in found if "hunter2" in problem]


def test_references_say_where_their_values_belong():
    document = read("a: !file code/a.sql\nb:\n  - x\n  - {c: !statements list}\n")

    assert document == Document(
        name="config.yaml",
        value={"a": "SELECT 1;", "b": ["x", {"c": ["x", "y"]}]},
        references=(
            Reference(path=("a",), tag="!file", target="code/a.sql", line=1, column=4),
            Reference(path=("b", 1, "c"), tag="!statements", target="list", line=4, column=9),
        ),
    )


def test_a_reference_counts_wherever_an_alias_puts_it():
    document = read("a: &x {k: &y !file f}\nb: [*x]\nc: *y\n")

    assert document.value == {"a": {"k": "f"}, "b": [{"k": "f"}], "c": "f"}
    assert [item.path for item in document.references] == [("a", "k"), ("b", 0, "k"), ("c",)]


def test_what_a_reference_brings_in_counts_as_often_as_it_is_used():
    document = parse(
        b"a: &x !statements big\nb: [" + b"*x," * 10_000 + b"]\n", "f.yaml", lambda _: ["x"] * 100
    )

    assert [str(problem) for problem in document.problems] == [f"f.yaml:2:29702: {_TOO_MANY}"]


def test_nothing_is_pulled_in_where_that_is_not_possible():
    document = parse(b"a: !file x.sql\n", "kbsync.yaml")

    assert [str(problem) for problem in document.problems] == [
        "kbsync.yaml:1:4: !file is not possible in this file; write the value here"
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f.yaml", "a: 1\nb:\n  - x\n  -   c: &x [y]\n      d: *x\n? e\n: f\n"),
        ("f.json", '{"a": 1,\n"b": [\n    "x",\n   {"c": ["y"],\n "d": ["y"]}],\n  "e": "f"}'),
    ],
)
def test_a_document_knows_where_its_parts_are(name, text):
    document = read(text, name)
    lines = text.splitlines()
    paths = [
        ("a",),
        ("b",),
        ("b", 0),
        ("b", 1),
        ("b", 1, "c"),
        ("b", 1, "c", 0),
        ("b", 1, "d"),
        ("e",),
    ]

    places = [document.where(path) for path in paths]

    assert [lines[line - 1][column - 1 :].lstrip('"{')[0] for line, column in places] == [
        *("a", "b", "x", "c", "c", "y", "d", "e")
    ]


def test_what_a_document_does_not_hold_itself_is_placed_at_what_it_does():
    document = read("a:\n  b: &x [1]\nc: *x\n")

    assert document.where(("c", 0)) == (3, 1)
    assert document.where(("a", "b", 7, "z")) == (2, 3)
    assert document.where(("missing",)) == (1, 1)


def test_a_document_with_problems_has_no_places():
    assert read("a: [\n").where(("a",)) == (1, 1)


@pytest.mark.parametrize("name", ["config.yaml", "config.json"])
def test_a_file_that_is_too_big_is_not_read(name):
    document = read(b" " * (MAX_BYTES + 1), name)

    assert [problem.line for problem in document.problems] == [0]


@given(json_values)
def test_json_is_yaml_but_for_characters_that_yaml_wants_escaped(value):
    document = read(json.dumps(value, ensure_ascii=False))

    if not any("may not stand in YAML" in problem.what for problem in document.problems):
        assert document.problems == ()
        assert verbatim(document.value) == verbatim(value)


SAMPLE = """\
id: "364479526"
name: Orders ž 🎉
description: |-
  Two
  lines
metadata: {KBC.configuration.folderName: 'Sales'}
configuration: &c
  parameters:
    - "a\\tb"
    - !file code/a.sql
    - {k: [1, -2.5e+3, null, true, *d]}
"""


@pytest.mark.parametrize("name", ["f.yaml", "f.json"])
def test_a_file_cut_anywhere_is_read_or_explained(name):
    data = (
        SAMPLE.encode() if name == "f.yaml" else json.dumps(yaml.safe_load("[a, {b: 1}]")).encode()
    )

    for end in range(len(data)):
        document = parse(data[:end], name, resolve)

        assert document.problems == () or all(1 <= item.line <= 13 for item in document.problems)


@settings(max_examples=500)
@given(
    st.sampled_from(["f.yaml", "f.json"]),
    st.sampled_from([SAMPLE.encode(), b'{"a": [1, {"b": "\\u0041", "c": -1.5e3}], "d": null}']),
    st.lists(st.tuples(st.integers(0, 250), st.integers(0, 255)), max_size=4),
)
def test_a_damaged_file_is_read_or_explained(name, data, damages):
    damaged = bytearray(data)
    for index, byte in damages:
        damaged[index % len(data)] = byte

    document = parse(bytes(damaged), name, resolve)

    assert document.problems == () or document.value is None
    assert all(item.line >= 1 and item.what and item.todo for item in document.problems)


@given(st.binary(max_size=40), st.sampled_from(["f.yaml", "f.json"]))
def test_any_bytes_are_read_or_explained(data, name):
    document = parse(data, name, resolve)

    assert document.where(("a", 0))
    assert all(str(item).startswith(f"{name}:") for item in document.problems)
