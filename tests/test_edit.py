"""Files that people edited, when only a part of them is to say something else."""

import json
from copy import deepcopy

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kbsync.canonical import canonical
from kbsync.documents.alignment import align, old_path
from kbsync.documents.document import parse
from kbsync.documents.edit import edit
from kbsync.documents.yaml_writer import dump
from kbsync.paths import put_at
from tests.strategies import json_objects

BY_HAND = """\
# yaml-language-server: $schema=x
name: Orders   # the name

# one line apart

configuration:
    # about parameters
    parameters:     # of the reader
        db:
            port: 5432
            # the host
            host: 'db-1'  # was db-0
            user: "u"
        tables:
        # the first
        - name: a   # A
          columns: [x, 'y']   # both

        # the second
        - name: b
          query: |  # SQL
             select 1
             from t

        # the third
        - {name: c, size: 1}
    empty: {}
# the end
"""


def said(text, name="config.yaml"):
    document = parse(text.encode(), name)
    assert document.problems == ()
    return document.value


def with_values(value, values):
    """A copy of *value* with others at some paths; `...` for those that are to go."""
    found = deepcopy(value)
    for path, new in values.items():
        *parents, last = path.split(".")
        inner = found
        for step in parents:
            inner = inner[int(step) if step.isdigit() else step]
        if new is ...:
            del inner[int(last) if last.isdigit() else last]
        elif last == "+":
            inner.append(new)
        elif last.isdigit():
            inner[int(last)] = new
        else:
            inner[last] = new
    return found


def edited(text, wanted, name="config.yaml", **options):
    """The first edit that says what is wanted, as a caller would choose it."""
    is_json = name.endswith(".json")
    for found in edit(text, wanted, is_json=is_json, **options):
        document = parse(found.encode(), name)
        if document.problems == () and canonical(document.value) == canonical(wanted):
            return found
    return None


DB, TABLES = "configuration.parameters.db", "configuration.parameters.tables"


@pytest.mark.parametrize(
    ("values", "before", "after"),
    [
        pytest.param({f"{DB}.host": "db-2"}, "'db-1'", "'db-2'", id="single quotes"),
        pytest.param({f"{DB}.user": "no"}, '"u"', '"no"', id="double quotes"),
        pytest.param({f"{DB}.port": "5432"}, "5432", '"5432"', id="a type that needs quotes"),
        pytest.param({"name": "Bills"}, "Orders   #", "Bills   #", id="plain text"),
        pytest.param({f"{DB}.host": None}, "'db-1'", "null", id="to null"),
        pytest.param(
            {f"{DB}.port": ["a", 1]},
            "port: 5432\n",
            "port:\n              - a\n              - 1\n",
            id="to a list",
        ),
        pytest.param(
            {"name": {"a": "b"}},
            "name: Orders   # the name\n",
            "name:   # the name\n  a: b\n",
            id="to a mapping, with a comment",
        ),
        pytest.param(
            {"name": "two\nlines"},
            "name: Orders   # the name\n",
            "name: |-   # the name\n  two\n  lines\n",
            id="to text of two lines",
        ),
        pytest.param(
            {f"{TABLES}.1.query": "select 2\nfrom t\n"},
            "select 1\n",
            "select 2\n",
            id="a line of a text",
        ),
        pytest.param(
            {f"{TABLES}.1.query": "x"},
            "query: |  # SQL\n             select 1\n             from t\n",
            "query: x  # SQL\n",
            id="a text that is now short",
        ),
        pytest.param(
            {DB: ...},
            BY_HAND[BY_HAND.index("        db:") : BY_HAND.index("        tables:")],
            "",
            id="a mapping that is gone",
        ),
        pytest.param(
            {f"{DB}.host": ...},
            "            # the host\n            host: 'db-1'  # was db-0\n",
            "",
            id="a key that is gone, with its comments",
        ),
        pytest.param(
            {"configuration.empty": {"a": {}}},
            "    empty: {}\n",
            "    empty:\n      a: {}\n",
            id="no longer empty",
        ),
        pytest.param(
            {"configuration.parameters": []},
            BY_HAND[BY_HAND.index("    parameters:") : BY_HAND.index("    empty")],
            "    parameters: []     # of the reader\n",
            id="emptied, with the comment where it starts",
        ),
        pytest.param(
            {f"{TABLES}.0.columns.+": "a, b"},
            "[x, 'y']",
            "[x, 'y', \"a, b\"]",
            id="an item more between brackets",
        ),
        pytest.param({f"{TABLES}.0.columns.0": ...}, "[x, 'y']", "['y']", id="one less"),
        pytest.param(
            {f"{TABLES}.2.size": {"w": [1]}}, "size: 1", "size: {w: [1]}", id="inside brackets"
        ),
        pytest.param(
            {f"{TABLES}.2.more": True}, "size: 1}", "size: 1, more: true}", id="a key in brackets"
        ),
        pytest.param(
            {f"{TABLES}.+": {"name": "d", "z": {"w": 1}}},
            "size: 1}\n",
            "size: 1}\n        - name: d\n          z:\n            w: 1\n",
            id="an item more",
        ),
        pytest.param(
            {f"{TABLES}.1": ...},
            BY_HAND[
                BY_HAND.index("\n        # the second") : BY_HAND.index("\n        # the third")
            ],
            "",
            id="an item less, with its comments",
        ),
        pytest.param(
            {f"{TABLES}.0": ...},
            BY_HAND[BY_HAND.index("        # the first") : BY_HAND.index("        # the second")],
            "",
            id="the first item less",
        ),
    ],
)
def test_only_what_differs_is_changed(values, before, after):
    wanted = with_values(said(BY_HAND), values)

    assert BY_HAND.count(before) == 1
    assert edited(BY_HAND, wanted) == BY_HAND.replace(before, after)


def test_items_move_with_their_comments():
    text = "# head\nlist:\n  # a\n  - name: a # A\n\n  # b\n  - name: b\n    x: 1 # X\n# tail\n"
    wanted = {"list": [{"name": "b", "x": 2}, {"name": "c"}, {"name": "a"}]}

    assert edited(text, wanted) == (
        "# head\nlist:\n  # b\n  - name: b\n    x: 2 # X\n"
        "  - name: c\n  # a\n  - name: a # A\n# tail\n"
    )


def test_items_without_a_name_are_found_by_what_they_say():
    text = "list:\n- 1 # one\n- 2 # two\n- 3 # three\n- [4] # four\n"

    assert edited(text, {"list": [0, 3, 1, 2, [4, 5]]}) == (
        "list:\n- 0\n- 3 # three\n- 1 # one\n- 2 # two\n- [4, 5] # four\n"
    )


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        pytest.param("c: 1\na: 1\n", {"a": 1, "b": 2, "c": 1}, "c: 1\na: 1\nb: 2\n", id="behind"),
        pytest.param("c: 1\n", {"a": 1, "c": 1, "d": 1}, "c: 1\nd: 1\na: 1\n", id="none before"),
        pytest.param("c: 1", {"c": 1, "d": {"e": 1}}, "c: 1\nd:\n  e: 1", id="no last line break"),
        pytest.param(
            "a: 1 # x\r\nb: 1\r\n", {"a": 1, "c": [1], "b": 2},
            "a: 1 # x\r\nc:\r\n  - 1\r\nb: 2\r\n", id="CRLF",
        ),
        pytest.param("- a: 1 # x\n  b: 2\n", [{"b": 2}], "- b: 2\n", id="first key of an item"),
        pytest.param(
            "- a: 1 # x\n  # of b\n  b: 2\n", [{"b": 2}], "- \n  # of b\n  b: 2\n",
            id="first key of an item, a comment next",
        ),
        pytest.param("- - 1\n  - 2\n- 3\n", [[2, 4], 3], "- - 2\n  - 4\n- 3\n", id="nested lists"),
        pytest.param("a:\nb: # b\n", {"a": 1, "b": [1]}, "a: 1\nb: # b\n  - 1\n", id="nothing"),
        pytest.param("\ufeffa: 1\n", {"a": 2}, "\ufeffa: 2\n", id="byte order mark"),
        pytest.param("a: é\nb: 🎉 # 🎉\n", {"a": 1, "b": 2}, "a: 1\nb: 2 # 🎉\n", id="wide text"),
        pytest.param('"a" : x\n', {"a": "z"}, '"a" : z\n', id="a blank before the colon"),
        pytest.param("a: [\n  1, # one\n  2\n]\n", {"a": [1, 3]}, "a: [\n  1, # one\n  3\n]\n",
            id="comments between brackets"),
        pytest.param("a: [\n  1, # one\n  2\n]\n", {"a": [1]}, "a:\n  - 1\n",
            id="brackets with comments have to go"),
        pytest.param("a: [\n  1,\n  2\n]\n", {"a": [1, 2, 3]}, "a: [\n  1,\n  2,\n  3\n]\n",
            id="a line for each item"),
        pytest.param("a: &x 1 # x\nb: *x\n", {"a": 2, "b": 2}, "a: &x 2 # x\nb: *x\n",
            id="anchor and alias alike"),
        pytest.param("a: &x 1\nb: *x # b\n", {"a": 1, "b": 2}, "a: &x 1\nb: 2 # b\n",
            id="an alias that differs"),
        pytest.param("a: &x 1\nb: *x # b\n", {"a": 2, "b": 1}, "a: &x 2\nb: 1 # b\n",
            id="an anchor that differs"),
        pytest.param("a: &x\n  k: 1 # k\nb: *x\n", {"a": {"k": 2}, "b": {"k": 2}},
            "a: &x\n  k: 2 # k\nb: *x\n", id="an anchored mapping"),
        pytest.param("a: &x 1\nb: *x\nc: *x\n", {"b": 1, "c": 1}, "b: 1\nc: 1\n",
            id="an anchor that is gone"),
        pytest.param("a: |\n  x\n\nb: 1\n", {"a": "x\n\n", "b": 2}, None,
            id="a text that would keep the blank line too"),
        pytest.param("a: |\n  x\n", {"a": "x\n\n"}, "a: |+\n  x\n\n",
            id="a text that keeps its breaks at the end"),
        pytest.param("# head\nb: 1\na: 1\n", {"a": 1}, "# head\na: 1\n", id="the head of the file"),
        pytest.param("a: 1\n\n# apart\n\nb: 1\nc: 1\n", {"a": 1, "c": 1},
            "a: 1\n\n# apart\n\nc: 1\n", id="a comment apart from what is gone"),
        pytest.param("l:\n- 1 # a\n- 1 # b\n", {"l": [2, 1]}, "l:\n- 2 # a\n- 1 # b\n",
            id="one of two that are alike"),
        pytest.param("l:\n# a\n- name: a\n  x: 1 # x\n", {"l": [{"name": "b", "x": 1}]},
            "l:\n# a\n- name: b\n  x: 1 # x\n", id="an item with another name"),
        pytest.param("l:\n# a\n- name: a\n  x: 1 # x\n", {"l": [{"name": "b", "x": 2}]},
            "l:\n- name: b\n  x: 2\n", id="another item"),
        pytest.param("a: [1] # a\n", {"a": ["x" * 99, "y" * 99]},
            f"a: # a\n  - {'x' * 99}\n  - {'y' * 99}\n", id="too long for one line"),
        pytest.param("a: &x 1 # a\nb: *x\n", {"a": [1], "b": [1]}, "a: &x # a\n  - 1\nb: *x\n",
            id="an anchor of something else"),
        pytest.param("a: |+\n  x\n\nb: 1\n", {"a": "y\n", "b": 1}, "a: |\n  y\nb: 1\n",
            id="a text that kept its breaks at the end"),
        pytest.param("a: [b: 1]\n", {"a": [{"b": 2}]}, None, id="a pair without brackets"),
        pytest.param("&x a: 1\n", {"a": 2}, None, id="a key with an anchor"),
        pytest.param("a: 1\n---\nb: 1\n", {"a": 2}, None, id="two documents"),
        pytest.param("? a\n: 1\n", {"a": 2}, None, id="a key of an unusual form"),
    ],
)  # fmt: skip
def test_odd_forms(text, wanted, expected):
    assert edited(text, wanted) == expected


def test_long_lists_that_are_all_different_are_aligned_in_time():
    zeros: list = [0] * 40_000
    found = align(zeros, [1, *[0, 1] * 20_000])

    assert sorted(index for index in found if index is not None) == sorted({*found} - {None})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(("l", 0, "x"), ("l", 1, "x"), id="an item that moved"),
        pytest.param(("l", 1), None, id="a new item"),
        pytest.param(("k",), None, id="a new key"),
    ],
)
def test_a_path_is_found_where_it_was(path, expected):
    old = {"l": [{"name": "a", "x": 1}, {"name": "b", "x": 1}]}
    new = {"l": [{"name": "b", "x": 2}, {"name": "c"}], "k": 1}

    assert old_path(old, new, path) == expected


def test_what_stands_elsewhere_is_named_by_its_tag():
    text = "a: !file x.txt # x\nb: 1 # b\nc: [!file y.txt, 1]\n"
    tags = {
        ("a",): ("!file", "z.txt"),
        ("b",): ("!file", "new.sql"),
        ("c", 0): ("!file", "y.txt"),
        ("c", 2): ("!file", "a,b.txt"),
    }

    assert next(edit(text, {"a": "A", "b": "B", "c": ["Y", 2, "Z"]}, tags)) == (
        'a: !file z.txt # x\nb: !file new.sql # b\nc: [!file y.txt, 2, !file "a,b.txt"]\n'
    )


@pytest.mark.parametrize(
    ("text", "values", "before", "after"),
    [
        pytest.param('{\n    "b": 1,\n    "a": [1, 2]\n}\n', {"b": 2}, "1,\n", "2,\n", id="value"),
        pytest.param('{\n\t"b": 1\n}', {"c": {"d": 1}}, "1", '1,\n\t"c": {\n\t\t"d": 1\n\t}',
            id="tabs, a new key"),
        pytest.param('{"b": 1, "a": []}', {"a": [1, {}]}, "[]", "[1, {}]", id="one line"),
        pytest.param('{\r\n "b": {\r\n  "x": 1\r\n }\r\n}', {"b.y": [1]}, "1",
            '1,\r\n  "y": [\r\n   1\r\n  ]',
            id="CRLF"),
        pytest.param('{"b": "\\u00e9", "a": 1}', {"a": "é"}, "1", '"\\u00e9"', id="escapes"),
        pytest.param('{"b": "x\\/y", "a": "é"}', {"a": ...}, ', "a": "é"', "", id="a key less"),
    ],
)  # fmt: skip
def test_json_keeps_its_layout(text, values, before, after):
    wanted = with_values(said(text, "config.json"), values)

    assert edited(text, wanted, "config.json") == text.replace(before, after)


def lines_with_comments(draw, lines):
    """The lines with comments between them and behind them, wherever these are comments."""
    found, in_text = [], None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if in_text is not None and (not line.strip() or indent > in_text):
            found.append(line)
            continue
        in_text = None
        above = draw(st.sampled_from(["", "", f"# above {number}.", f"\n# apart {number}.\n"]))
        if above:
            found += [" " * indent + each if each else "" for each in above.split("\n")]
        if line.endswith(("|", "|-", "|+", "|2", "|2-", "|2+")):
            in_text = indent
            found.append(line)
        elif draw(st.booleans()) and '"' not in line and "'" not in line:
            found.append(f"{line} # behind {number}.")
        else:
            found.append(line)
    return found


simple_texts = st.sampled_from(["a", "b", "id", "name", "x y", "1", "no", "two\nlines\n", "x\n y"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | simple_texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "id", "name"]), inner, max_size=4)
        | st.lists(
            st.fixed_dictionaries({"name": st.sampled_from("abcd")}, optional={"x": inner}),
            max_size=3,
            unique_by=lambda item: item["name"],
        )
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(["a", "b", "c", "name", "z"]), values, min_size=1)


@st.composite
def documents(draw, objects=objects):
    """A text that somebody has edited."""
    lines = dump(draw(objects)).removesuffix("\n").split("\n")
    text = "\n".join(lines_with_comments(draw, lines)) + "\n"
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def comments_in(text):
    return {line.partition("# ")[2].rstrip() for line in text.splitlines() if "# " in line}


@settings(max_examples=500)
@given(text=documents(), wanted=objects)
def test_an_edit_says_what_is_wanted(text, wanted):
    found = edited(text, wanted)

    assert found is not None or "\n\n" in json.dumps(wanted)
    assert found is None or next(edit(found, wanted)) == found


@settings(max_examples=300)
@given(text=documents(json_objects.filter(bool)), wanted=json_objects)
def test_an_edit_of_anything_is_right_or_none(text, wanted):
    value = parse(text.encode(), "config.yaml").value
    assume(isinstance(value, dict))
    found = edited(text, wanted)

    assert found is None or canonical(said(found)) == canonical(wanted)


@given(text=documents())
def test_an_edit_to_the_same_changes_no_byte(text):
    assert next(edit(text, said(text))) == text


LAYOUTS = st.fixed_dictionaries(
    {"indent": st.sampled_from([None, 1, 2, 4, "\t"]), "ensure_ascii": st.booleans()}
)


@settings(max_examples=300)
@given(value=json_objects, wanted=json_objects, layout=LAYOUTS)
def test_an_edit_of_any_json_is_right_or_none(value, wanted, layout):
    found = edited(json.dumps(value, **layout), wanted, "config.json")

    assert found is None or canonical(said(found, "config.json")) == canonical(wanted)


@given(value=objects, wanted=objects, layout=LAYOUTS)
def test_json_that_was_edited_looks_as_before(value, wanted, layout):
    text = json.dumps(value, **layout)
    found = edited(text, wanted, "config.json")

    assert edited(text, value, "config.json") == text
    assert found is not None
    assert ("\n" in found) == (layout["indent"] is not None)


def paths_of(value, path=()):
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from paths_of(item, (*path, key))


@settings(max_examples=500)
@given(text=documents(), data=st.data())
@example(text="a: 1 # behind 0.\n", data=None)
def test_one_other_value_costs_no_comment_but_its_own(text, data):
    value = said(text)
    paths = sorted(paths_of(value), key=str)
    path = data.draw(st.sampled_from(paths)) if data else ("a",)
    assume(not (path[-1] in ("id", "name") and isinstance(path[-2:][0], int)))
    new = data.draw(st.sampled_from([7, "new", None])) if data else 7
    wanted = deepcopy(value)
    put_at(wanted, path, new)
    found = edited(text, wanted)
    start, end = lines_of(text, path)
    before = comments_in("\n".join(text.splitlines()[:start]))
    behind = comments_in("\n".join(text.splitlines()[end:]))

    assert found is not None
    assert before | behind <= comments_in(found)


def lines_of(text, path):
    """The first line of what is at a path, and the one behind its last; from 0."""
    document = parse(text.encode(), "config.yaml")
    start = document.where(path)
    indent, lines = start[1] - (3 if isinstance(path[-1], int) else 1), text.splitlines()
    end = start[0]
    while end < len(lines) and (
        not lines[end].strip()
        or len(lines[end]) - len(lines[end].lstrip()) > indent
        or lines[end].lstrip(" ")[0] == "-"
    ):
        end += 1
    return start[0] - 1, end
