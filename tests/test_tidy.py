"""Files in the style that pull writes: the same meaning, every comment, tidy at once."""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kbsync.canonical import verbatim
from kbsync.documents.document import parse
from kbsync.documents.json_writer import dump_json
from kbsync.documents.tidy import tidied
from kbsync.documents.yaml_writer import dump, in_flow, on_one_line
from tests.strategies import json_objects, texts
from tests.test_edit import documents

ORDER = ("id", "name", "metadata", "configuration")


def nothing(reference):
    """What stands elsewhere does not matter here."""


def tidy(text, name="config.yaml", order=ORDER):
    found = tidied(text.encode(), name, order, resolve=nothing)
    return None if found is None else found.decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("name:   'A' \r\n\r\n\r\n", "name: A\n", id="one line"),
        pytest.param("\ufeffname: A", "name: A\n", id="mark and last line break"),
        pytest.param(
            "configuration:\n    a:\n    -   1\n    -   - 2\n        - k: v\n          l: ~\n",
            "configuration:\n  a:\n    - 1\n    - - 2\n      - k: v\n        l: null\n",
            id="indents",
        ),
        pytest.param(
            "configuration: {b: 1, a: 2}\n# of the id\nid: '1'\nname: A # who\n",
            '# of the id\nid: "1"\nname: A # who\nconfiguration: {b: 1, a: 2}\n',
            id="our own keys in order, others never",
        ),
        pytest.param(
            "# of the file\n\n# of c\nconfiguration:\n    # of x\n    x: 1\n    # below x\n"
            "# of name\nname: A\n# the end\n",
            "# of the file\n\n# of name\nname: A\n# of c\nconfiguration:\n  # of x\n  x: 1\n"
            "  # below x\n# the end\n",
            id="comments go with their keys",
        ),
        pytest.param(
            "# of the file\nconfiguration: {}\n# of name\nname: A\n",
            "# of the file\n\n# of name\nname: A\nconfiguration: {}\n",
            id="a comment that moves up stays apart from the head",
        ),
        pytest.param(
            "configuration:\n  a: &x {m: [1,2]}\n  b:   *x\n  c: !env   A_NAME\n",
            "configuration:\n  a: &x {m: [1, 2]}\n  b: *x\n  c: !env A_NAME\n",
            id="anchors, aliases and tags",
        ),
        pytest.param(
            "configuration: &x A\nname: *x\n",
            "configuration: &x A\nname: *x\n",
            id="an alias never comes before its anchor",
        ),
        pytest.param(
            "a: 'it''s'\nb: \"a\\nb\"\nc: |2-\n    x\n   y\nd: \"\\u00e9\"\ne: 1.50\nf: TRUE\n",
            "a: it's\nb: |-\n  a\n  b\nc: |2-\n    x\n   y\nd: é\ne: 1.5\nf: true\n",
            id="scalars as pull writes them",
        ),
        pytest.param(
            "a: >-   # long\n      one\n      two\n\n        three\n"
            "b: 'x\n\n   y'\nc: one\n      two\n",
            "a: >-   # long\n  one\n  two\n\n    three\nb: 'x\n\n  y'\nc: one\n  two\n",
            id="text over several lines stays spread",
        ),
        pytest.param(
            'a: "x\\ \n    y"\n', 'a: "x\\ \n  y"\n', id="an escaped blank at the end of a line"
        ),
        pytest.param(
            "configuration:\n    a: [\n      1, # one\n      2\n    ]   \n    b: 1\n",
            "configuration:\n  a: [\n    1, # one\n    2\n  ]\n  b: 1\n",
            id="brackets over several lines stay spread",
        ),
        pytest.param(
            "a: |+\n    x\n\nb: |\n   y\n\n\n\n# c\nc: 1\n",
            "a: |+\n  x\n\nb: |\n  y\n\n# c\nc: 1\n",
            id="blank lines that are content",
        ),
        pytest.param(
            "a: # behind a\n  # above 1\n  - 1\n  -   # behind the dash\n     - 2\n",
            "a: # behind a\n  # above 1\n  - 1\n  -   # behind the dash\n    - 2\n",
            id="comments behind a colon or dash",
        ),
        pytest.param(
            "a: # one\n  # two\n  x # three\nb: &n # four\n  k: v\n",
            "# one\n# two\na: x # three\nb: &n # four\n  k: v\n",
            id="more comments than places",
        ),
        pytest.param(
            "%YAML 1.1\n---  # start\n# head\nname: A\n...\n",
            "%YAML 1.1\n---  # start\n# head\nname: A\n...\n",
            id="markers of a document",
        ),
        pytest.param("{name: A,   id: x}\n", "{name: A, id: x}\n", id="all in brackets"),
        pytest.param("# nothing\n{}\n", "# nothing\n{}\n", id="empty"),
    ],
)
def test_a_file_looks_as_pull_would_write_it(text, expected):
    assert tidy(text) == expected
    assert tidy(expected) == expected


@pytest.mark.parametrize(
    "text",
    ["? a\n: 1\n", "&a name: A\n", "a: [b: 1]\n", '? "' + "x" * 1001 + '"\n: 1\n'],
    ids=["a key of its own line", "an anchor on a key", "a pair in a list", "a long key"],
)
def test_a_form_that_is_not_known_is_left_alone(text):
    assert tidy(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"configuration":{"b":[1.50,{}],"a":"é"},"id":"1"}', '{"b": [1.5, {}], "a": "é"}'),
        ('{"id": "1", "configuration": "\\ud800"}', '"\\ud800"'),
    ],
    ids=["all on one line", "half a surrogate pair"],
)
def test_json_has_an_indent_of_two_and_our_own_keys_in_order(text, expected):
    wanted = {"id": "1", "configuration": json.loads(expected)}

    assert tidy(text, "config.json") == dump_json(wanted).decode()


class Writer:
    """Writes a document as nobody should: every line in another style."""

    def __init__(self, draw):
        self.draw = draw
        self.lines = []
        self.anchors = 0
        self.comments = 0
        self.named = []

    def one_of(self, *choices):
        return self.draw(st.sampled_from(choices))

    def comment(self):
        self.comments += 1
        return f"# note {self.comments}."

    def between(self, column):
        """Lines above, below or beside what comes next."""
        for _ in range(self.one_of(0, 0, 0, 1, 2)):
            odd = max(column + self.one_of(-1, 0, 0, 0, 1, 5), 0)
            self.lines.append(self.one_of("", "  ", " " * odd + self.comment()))

    def behind(self):
        return self.one_of("", "", "  ", f"{self.one_of(' ', '   ')}{self.comment()}")

    def mapping(self, column, depth):
        for key in self.draw(st.lists(keys, min_size=1, max_size=3, unique=True)):
            self.between(column)
            self.value(f"{' ' * column}{self.key(key)}:", column, depth)

    def key(self, key):
        return on_one_line(key, quotes=self.one_of("", "", "'", '"')) + self.one_of("", " ")

    def items(self, column, depth):
        for _ in range(self.one_of(1, 2, 3)):
            self.between(column)
            self.value(f"{' ' * column}-", column, depth)

    def value(self, first, column, depth):
        word = self.word()
        kinds = (self.scalar, self.scalar, self.block, self.brackets)
        nested = (self.nested,) if depth else ()
        if not word and self.named and self.one_of(0, 0, 1):
            self.lines.append(f"{first} *{self.one_of(*self.named)}{self.behind()}")
            return
        kind = self.one_of(*kinds, *nested, *nested)
        kind(first + word, column, depth)
        if word and kind != self.nested:
            self.named.append(word.strip(" &"))

    def word(self):
        self.anchors += 1
        return self.one_of("", "", "", "", f" &a{self.anchors}")

    def nested(self, first, column, depth):
        is_list = self.one_of(True, False)
        self.lines.append(first + self.behind())
        step = self.one_of(0 if is_list and not first.endswith("-") else 1, 1, 2, 3, 4)
        step = max(step, 0 if is_list and first.strip()[-1] == ":" else 1)
        (self.items if is_list else self.mapping)(column + step, depth - 1)
        for _ in range(self.one_of(0, 0, 1)):
            self.lines.append(" " * (column + step) + self.comment())

    def scalar(self, first, column, depth):
        text = self.one_of("", " ~", " 12", " 1.50", " no", " !env A_NAME", " !file   a/b.sql")
        if "&" not in first or not text.startswith(" !"):
            text = self.one_of(text, f" {self.quoted()}")
        if self.one_of(0, 0, 0, 1) and text.strip():
            self.lines.append(first + self.behind())
            first, text = " " * (column + 2), text.strip()
        self.lines.append(first + text + self.behind())

    def quoted(self):
        return on_one_line(self.draw(texts), quotes=self.one_of("", "'", '"'))

    def block(self, first, column, depth):
        style, chomp = self.one_of("|", ">"), self.one_of("", "-", "+")
        indent = " " * (column + self.one_of(1, 2, 5))
        lines = self.draw(
            st.lists(st.sampled_from(["x", "x  y", "# no note", "", "  z"]), max_size=4)
        )
        self.lines.append(f"{first} {style}{chomp}{self.behind()}")
        self.lines += [indent + line if line else "" for line in ["begins", *lines]]

    def brackets(self, first, column, depth):
        values = self.draw(json_objects)
        texts = [f"{in_flow(key, {})}: {in_flow(item, {})}" for key, item in values.items()]
        if self.one_of(True, False) or not texts:
            self.lines.append(f"{first} {{ {', '.join(texts)} }}{self.behind()}")
            return
        self.lines.append(f"{first} {{")
        for text in texts:
            self.lines.append(f"{' ' * (column + self.one_of(1, 3))}{text}, {self.comment()}")
        self.lines.append(f"{' ' * (column + 1)}}}{self.behind()}")


keys = st.sampled_from(["a", "b", "c", "#k", "no", "two words", "id", "name", "1"])


@st.composite
def odd_documents(draw):
    """A text of every layout that YAML allows, or nearly."""
    writer = Writer(draw)
    if writer.one_of(0, 0, 1):
        writer.lines += [writer.comment(), *writer.one_of([], [""])]
    if writer.one_of(0, 0, 0, 1):
        writer.lines.append("---")
    writer.mapping(writer.one_of(0, 0, 2), 3)
    writer.between(0)
    return writer.one_of("\n", "\n", "\r\n").join([*writer.lines, ""])


NOTE = re.compile(r"# (?:note|above|apart|behind) \d+\.")


def said(text, name="config.yaml"):
    document = parse(text.encode(), name, nothing)
    tags = sorted((str(each.path), each.tag, each.target) for each in document.references)
    assert document.problems == (), text
    return document.value, tags


@settings(max_examples=500)
@given(text=odd_documents() | documents() | documents(json_objects.filter(bool)))
@example(text='a:\n- "x\\n\\n"\n\n- - "x\\n\\n"\n\n  # note 1.\n\n- 1\n')
@example(text="a: |+\n  x\n\n\nb: 1\n")
def test_whatever_is_tidied_says_the_same_with_every_comment_and_is_tidy(text):
    (value, tags), found = said(text), tidy(text)
    assert found is not None, text
    after, tags_after = said(found)

    assert {key: verbatim(item) for key, item in after.items()} == {
        key: verbatim(item) for key, item in value.items()
    }
    assert tags_after == tags
    assert sorted(NOTE.findall(found)) == sorted(NOTE.findall(text))
    assert tidy(found) == found


@settings(max_examples=500)
@given(value=json_objects)
def test_what_pull_writes_is_tidy(value):
    text = dump(value)

    assert parse(text.encode(), "config.yaml").problems or tidy(text, order=()) == text
    assert tidy(dump_json(value).decode(), "config.json", ()) == dump_json(value).decode()
