"""A plan as a page: what it says, that it loads nothing, that nothing in it is taken for markup."""

import base64
import hashlib
import re
import time
from html.parser import HTMLParser
from importlib.resources import files as resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.plans.kinds import KINDS
from kbsync.render.element import Html, block, element
from kbsync.render.highlight import LONGEST, highlighted, language_of
from kbsync.render.html import render_html
from kbsync.render.marks import marks
from tests.hostile import FRAGMENTS, texts
from tests.plans import created, deleted, mixed, plan, reset, reverted, updated, version
from tests.test_render_markdown import hostile

STYLE, SCRIPT = (
    resources("kbsync.render").joinpath(name).read_text(encoding="utf-8")
    for name in ("report.css", "report.js")
)
VOID = {"meta", "input", "col"}


class Page(HTMLParser):
    """The elements of a page, with a check that each is closed where it must be."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.raw, self._open = [], [], []
        self.texts = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        (self.raw if self._open[-1:] in (["script"], ["style"]) else self.texts).append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def attributes(self, name):
        return [attributes[name] for _, attributes in self.elements if name in attributes]

    @property
    def text(self):
        return "".join(self.texts)


def html(a_plan, *, files=None, refusals=(), source="project at commit 0123456789"):
    return render_html(a_plan, requests=7, source=source, files=files or {}, refusals=refusals)


def test_the_page_loads_nothing_and_runs_only_its_own_script():
    page = Page(html(mixed(10)))
    (policy,) = [each["content"] for _, each in page.elements if each.get("http-equiv") is not None]
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (STYLE, SCRIPT)
    ]

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert page.raw == [STYLE, SCRIPT]
    assert page.attributes("src") == page.attributes("style") == []
    assert {link[0] for link in page.attributes("href")} == {"#"}
    assert not re.search(r"https?:|url\(|@import|fetch\(|eval\(|innerHTML", STYLE + SCRIPT)


def test_every_link_leads_to_a_place_on_the_page():
    page = Page(html(mixed(10)))
    ids = page.attributes("id")

    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in page.attributes("href")} <= set(ids)
    assert set(page.attributes("aria-labelledby")) <= set(ids)


def test_each_configuration_says_its_kinds_for_the_filter():
    edit = version(2, author="ann", created="noon", message="hotfix")
    page = Page(
        html(
            plan(
                deleted("a"), reset("b", "again", {"r": {}}), reverted("c", edit), created("d", {})
            )
        )
    )

    assert page.attributes("data-kinds") == ["delete", "state-reset", "update reverts", "create"]
    assert page.attributes("data-kind") == ["delete", "state-reset", "update", "create", "reverts"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_style(kind):
    assert f".symbol.{kind.replace(' ', '-')}" in STYLE


def test_reasons_to_look_twice_are_on_top_with_their_number():
    edit = version(2, author="ann", created="noon", message="hotfix #771")
    text = Page(html(plan(reverted("a", edit), deleted("b")), refusals=["No & no"])).text
    _, _, rest = text.partition("Before you approve")
    top, _, _ = rest.partition("2 configurations")

    assert " ".join(top.split()) == (
        "Apply will refuse this No & no "
        "- Deletes 1 keboola.ex-db-mysql/b configuration is deleted, to the trash "
        "! Edits that would be lost 1 keboola.ex-db-mysql/a "
        'v2 by ann, noon: "hotfix #771"; to keep that: kbsync pull keboola.ex-db-mysql/a'
    )


def test_both_sides_of_code_have_their_own_numbers_and_signs():
    page = html(plan(updated("a", {"t": "one\ntwo\nthree\n"}, {"t": "zero\none\n2\nthree\n"})))
    lines = re.findall(
        r'<div class="line (\w+) (\w+)"><span class="ln o" data-n="(\d*)"></span>'
        r'<span class="ln w" data-n="(\d*)"></span><span class="sign">(.)</span>'
        r"<code>(.*)</code></div>",
        page,
    )

    assert lines == [
        ("add", "new", "", "1", "+", "zero"),
        ("same", "old", "1", "", " ", "one"),
        ("same", "new", "1", "2", " ", "one"),
        ("del", "old", "2", "", "-", "two"),
        ("add", "new", "", "3", "+", "2"),
        ("same", "old", "3", "", " ", "three"),
        ("same", "new", "3", "4", " ", "three"),
    ]


def test_the_words_that_differ_are_marked():
    page = html(plan(updated("a", {"host": "db-1.shop.test"}, {"host": "db-2.shop.test"})))

    assert '"db-<mark>1</mark>.shop.test"' in page
    assert '"db-<mark>2</mark>.shop.test"' in page


def test_blanks_at_the_end_of_a_changed_line_are_visible():
    page = html(plan(updated("a", {"t": "a \nb\n"}, {"t": "a\nb\n"})))

    assert '<code>a<span class="blanks">·</span></code>' in page


def test_that_only_the_last_line_end_differs_is_said():
    assert "a line end at the end is added" in html(
        plan(updated("a", {"t": "a\nb"}, {"t": "a\nb\n"}))
    )


def test_a_very_long_difference_is_cut_and_counted():
    old, new = ("".join(f"{word} {n}\n" for n in range(20_000)) for word in ("old", "new"))
    page = html(plan(updated("a", {"t": old}, {"t": new})))

    assert "and 34000 more changed lines, see `kbsync plan`" in page
    assert page.count('<div class="line ') == 6_000


def test_small_plans_are_unfolded_and_large_ones_folded():
    small, large = (Page(html(mixed(count))) for count in (5, 100))

    assert (len(small.attributes("open")), len(large.attributes("open"))) == (5, 0)


def test_a_plan_without_changes_has_no_list():
    page = Page(html(plan(unchanged=3)))

    assert "No changes: the project is as the files say." in page.text
    assert "search" not in page.attributes("id")


def test_no_secret_is_shown():
    text = html(
        plan(
            updated("a", {"#a": "fake-canary"}, {"#a": "KBC::ProjectSecure::fake-canary-2"}),
            reset("r", "again", {"r": {"#token": "fake-canary"}}),
            created("n", {"#a": "fake-canary", "sql": "x\nKBC::ProjectSecure::fake-canary\n"}),
        )
    )

    assert "canary" not in text


def test_the_same_plan_gives_the_same_bytes():
    assert html(mixed(50)) == html(mixed(50))


@given(st.lists(texts, min_size=12, max_size=12))
def test_nothing_that_people_wrote_is_taken_for_markup(given_texts):
    a_plan, options = hostile(given_texts)

    assert_safe(html(a_plan, **options))


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=ascii)
def test_every_hostile_text_is_escaped_everywhere(fragment):
    a_plan, options = hostile([fragment] * 12)

    assert_safe(html(a_plan, **options))


def assert_safe(text):
    page = Page(text)
    plain = Page(html(hostile(["x"] * 12)[0]))
    names = {(tag, name) for tag, attributes in page.elements for name in attributes}
    allowed = {(tag, name) for tag, attributes in plain.elements for name in attributes}

    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in plain.elements} | {
        *("mark", "dl", "div", "ul", "li", "p", "b", "span")
    }
    assert names <= allowed | {("span", "class"), ("td", "colspan"), ("p", "class")}
    assert page.raw == [STYLE, SCRIPT]
    assert not [char for char in text if char not in "\n\t" and ord(char) < 32]
    assert not re.search("[\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]", text)
    assert not re.search(r"##\w*\[", text)
    assert not [line for line in text.split("\n") if line.lstrip().startswith("::")]
    assert text.encode()


def test_an_element_escapes_all_that_is_not_markup():
    inner = element("b", "<i>", title='"<')

    assert inner == '<b title="&quot;&lt;">&lt;i&gt;</b>'
    assert block("p", inner, Html("<br>"), "&") == f"<p>\n{inner}\n<br>\n&amp;\n</p>"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param(
            "SELECT 'a''b' -- c\nFROM t",
            "sql",
            [
                [("k", "SELECT"), ("", " "), ("s", "'a''b'"), ("", " "), ("c", "-- c")],
                [("", ""), ("k", "FROM"), ("", " "), ("", "t")],
            ],
            id="sql",
        ),
        pytest.param(
            "/* a\nselect */ 1",
            "sql",
            [[("c", "/* a")], [("c", "select */"), ("", " "), ("n", "1")]],
            id="a comment over two lines",
        ),
        pytest.param(
            'if """a\nb""": # c',
            "python",
            [
                [("k", "if"), ("", " "), ("s", '"""a')],
                [("s", 'b"""'), ("", ": "), ("c", "# c")],
            ],
            id="python",
        ),
        pytest.param(
            '{"a": [1, null]}',
            "json",
            [
                [
                    *(("", "{"), ("s", '"a"'), ("", ": ["), ("n", "1"), ("", ", ")),
                    *(("k", "null"), ("", "]}")),
                ]
            ],
            id="json",
        ),
        pytest.param("a\n'b", "", [[("", "a")], [("", "'b")]], id="no language"),
    ],
)
def test_code_is_coloured(text, language, expected):
    found = [[piece for piece in line if piece != ("", "")] for line in highlighted(text, language)]

    assert found == [[piece for piece in line if piece != ("", "")] for line in expected]


@given(texts, st.sampled_from(["sql", "python", "json", ""]))
def test_colours_lose_no_character(text, language):
    lines = highlighted(text, language)

    assert "\n".join("".join(piece for _, piece in line) for line in lines) == text


@pytest.mark.parametrize("language", ["sql", "python", "json"])
@pytest.mark.parametrize("fragment", ["'", '"', "/* ", "$$", "'''", '"""', "\\", "''\\"])
def test_colouring_takes_linear_time_on_text_made_to_be_slow(fragment, language):
    text = fragment * (LONGEST // len(fragment))
    start = time.process_time()
    found = "".join(piece for _, piece in highlighted(text, language)[0])
    spent_s = time.process_time() - start

    # A hundred times what it takes; trying again at each place would take minutes.
    assert (found == text, spent_s < 10) == (True, True)


@pytest.mark.parametrize(
    ("file", "component", "text", "expected"),
    [
        ("code/a.sql", "x", "", "sql"),
        ("code/A.PY", "x", "", "python"),
        ("", "keboola.python-transformation-v2", "x", "python"),
        ("", "keboola.snowflake-transformation", "SELECT 1", "sql"),
        ("", "keboola.ex-http", ' {"a": 1}', "json"),
        ("README.md", "keboola.ex-http", "text", ""),
    ],
)
def test_the_language_is_told_by_the_file_or_else_by_the_component(file, component, text, expected):
    assert language_of(file, component, text) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("a b c", "a x c", (((2, 3),), ((2, 3),)), id="a word"),
        pytest.param("a b", "a b c", ((), ((3, 5),)), id="more"),
        pytest.param("same", "same", ((), ()), id="the same"),
        pytest.param("one two", "drei", ((), ()), id="nothing in common"),
        pytest.param("x" * 700, "x" * 700 + "y", ((), ((700, 701),)), id="long"),
    ],
)
def test_what_differs_in_a_line_is_found(before, after, expected):
    assert marks(before, after) == expected
