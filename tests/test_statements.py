from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbsync.documents.statements import comment_of, join, rejoin, resolve_reference, split
from tests.strategies import texts

_PIECES = st.sampled_from(
    [
        *(
            "SELECT 1;",
            "SELECT 2",
            ";",
            "--",
            "-- c; d",
            "//",
            "/* ; */",
            "/*",
            "*/",
            "'",
            "''",
            '"',
        ),
        *("`", "$$", "$a$", "\\", "\n", "\r\n", " ", "{{dump-files}}", "{{a b}}", "x", "#"),
        *("-- kbsync: separator", "# kbsync: separator", "\n-- kbsync: separator\n"),
    ]
)
elements = st.one_of(texts, st.lists(_PIECES, max_size=6).map("".join))


@given(st.lists(elements, max_size=5), st.sampled_from(["--", "#"]))
def test_what_is_joined_splits_into_the_same_list(statements, comment):
    text = join(statements, comment=comment)

    if text is not None:
        assert split(text, comment=comment) == statements
    else:
        assert any("kbsync: separator" in item for item in statements)


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" \n\r\n", [], id="blanks"),
        pytest.param("SELECT 1;\n\nSELECT 2;\n", ["SELECT 1;", "SELECT 2;"], id="a blank line"),
        pytest.param("SELECT 1;SELECT 2", ["SELECT 1;", "SELECT 2"], id="no line, no semicolon"),
        pytest.param("a;\r\n\r\nb\r\nc;\r\n", ["a;", "b\r\nc;"], id="CRLF inside is kept"),
        pytest.param("-- a; b\nx;\n/* ; */ y;", ["-- a; b\nx;", "/* ; */ y;"], id="comments"),
        pytest.param("// a; b\nx;", ["// a; b\nx;"], id="comments of Snowflake"),
        pytest.param("put file:///tmp/x @s; y;", ["put file:///tmp/x @s;", "y;"], id="an address"),
        pytest.param("a ';' \"b;\" `c;`;d;", ["a ';' \"b;\" `c;`;", "d;"], id="quotes"),
        pytest.param("a 'it''s;';b;", ["a 'it''s;';", "b;"], id="a doubled quote"),
        pytest.param("a '\\';';b;", ["a '\\';';", "b;"], id="an escaped quote"),
        pytest.param("a $$ ; ' $$;b;", ["a $$ ; ' $$;", "b;"], id="dollars"),
        pytest.param("a $x$ ; $$ ; $x$;b;", ["a $x$ ; $$ ; $x$;", "b;"], id="named dollars"),
        pytest.param("a$x$;b$x$;", ["a$x$;", "b$x$;"], id="dollars in a name"),
        pytest.param("{{dump}}\n\na;\n {{x y}} \r\nb;", ["{{dump}}", "a;", "{{x y}}", "b;"]),
        pytest.param("a\n{{dump}}\n;", ["a\n{{dump}}\n;"], id="a placeholder inside a statement"),
        pytest.param("a;\n-- the end\n\n", ["a;\n-- the end"], id="a closing comment"),
        pytest.param("-- only this\n", ["-- only this"], id="only a comment"),
        *(
            pytest.param(f"{start} ; b;", [f"{start} ; b;"], id=f"{start} is never closed")
            for start in ("'", '"', "`", "$$", "$x$", "/*", "'\\'")
        ),
    ],
)
def test_sql_is_split_where_a_statement_ends(text, statements):
    assert split(text) == statements


@pytest.mark.parametrize(
    ("statements", "text"),
    [
        pytest.param(["a;", "b;"], "a;\n\nb;\n", id="natural"),
        pytest.param(["{{dump}}", "b;"], "{{dump}}\n\nb;\n", id="a placeholder"),
        pytest.param(["a"], "a\n", id="one without semicolon"),
        pytest.param(
            ["a", " b;"],
            "-- kbsync: separator\na\n-- kbsync: separator\n b;\n",
            id="blanks and no semicolon",
        ),
        pytest.param([""], "-- kbsync: separator\n\n", id="one empty"),
        pytest.param(["-- kbsync: separator"], None, id="the separator itself"),
    ],
)
def test_the_explicit_form_is_taken_only_where_it_is_needed(statements, text):
    assert join(statements) == text


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        pytest.param("-- kbsync: separator", [], id="only the first line"),
        pytest.param("-- kbsync: separator\na; b;", ["a; b;"], id="no newline at the end"),
        pytest.param(
            "-- kbsync: separator \r\na\r\n-- kbsync: separator\r\nb\r\n", ["a\r", "b\r"], id="CRLF"
        ),
        pytest.param("a;\n-- kbsync: separator\nb;", ["a;", "-- kbsync: separator\nb;"]),
    ],
)
def test_the_first_line_says_that_the_form_is_explicit(text, statements):
    assert split(text) == statements


def test_a_file_in_another_language_is_one_element():
    text = "import a; b\n\n# the end\n"

    assert split(text, comment="#") == [text]
    assert join([text], comment="#") == text
    assert join(["a", "b"], comment="#") == "# kbsync: separator\na\n# kbsync: separator\nb\n"


@pytest.mark.parametrize(
    ("target", "comment"), [("code/a.sql", "--"), ("A.SQL", "--"), ("a.py", "#"), ("sql", "#")]
)
def test_the_name_of_a_file_says_its_language(target, comment):
    assert comment_of(target) == comment


def test_a_tag_says_what_its_file_stands_for():
    assert resolve_reference("!file", "a.sql", "a;b;") == "a;b;"
    assert resolve_reference("!statements", "a.sql", "a;b;") == ["a;", "b;"]
    assert resolve_reference("!statements", "a.py", "a;b;") == ["a;b;"]


@pytest.mark.parametrize(
    "text",
    [
        "'" * 200_001 + "\\",
        "'\\'" * 100_000,
        "$a$" * 100_000,
        "x {{a}}\n" * 100_000,
        "/*" * 200_000,
    ],
    ids=["quotes", "escapes", "dollars", "placeholders", "comments"],
)
def test_odd_megabytes_take_no_longer_than_ordinary_ones(text):
    assert "".join(split(text)).strip() == text.strip()


@pytest.mark.parametrize(
    ("text", "statements", "expected"),
    [
        pytest.param("\na;\n\n\nb;\n", ["a;", "b;"], "\na;\n\n\nb;\n", id="the same"),
        pytest.param("a;\nb;\nc;", ["a;", "x;", "c;"], "a;\nx;\nc;", id="one differs"),
        pytest.param("a;\nb;\n", ["a;", "b;", "c;"], "a;\nb;\n\nc;\n", id="one more"),
        pytest.param("a;\n\n\nb;\nc;\n", ["b;", "c;"], "b;\nc;\n", id="one less"),
        pytest.param("a; b;\nc;\n", ["c;", "a;", "b;"], "c;\n\na; b;\n", id="moved"),
        pytest.param("a;\r\nb;\r\n", ["a;", "c;", "b;"], "a;\r\n\r\nc;\r\n\r\nb;\r\n", id="CRLF"),
        pytest.param("a;\nb;\n", ["a", "b"], "-- kbsync: separator\na\n-- kbsync: separator\nb\n",
            id="not possible"),
        pytest.param("-- kbsync: separator\na\n", ["b;"], "b;\n", id="from the explicit form"),
    ],
)  # fmt: skip
def test_what_stands_between_statements_is_kept(text, statements, expected):
    assert rejoin(text, statements) == expected


@settings(max_examples=300)
@given(texts, st.lists(texts, max_size=4))
def test_statements_put_into_a_text_read_back(text, statements):
    found = rejoin(text, statements)

    assert found is None or split(found) == statements
    assert rejoin(text, split(text)) == text


def test_a_megabyte_of_statements_is_put_into_another():
    text = "SELECT 1;\n" * 50_000

    assert split(rejoin(text, ["SELECT 2;", *split(text)[1:-1]])) == [
        "SELECT 2;",
        *split(text)[1:-1],
    ]
