from __future__ import annotations

import pytest

from kbsync.documents.text import MAX_BYTES, conflicts, conflicts_in_prose, decode, place, shown
from kbsync.problems import ProblemError


def test_text_is_kept_exactly():
    text = "\ufeffa\r\nb\rc\u2028 ž 🎉\n\n"

    assert decode(text.encode(), "a.sql") == text


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(
            b"a\nb: \xc5\xbe\xff\n",
            "f:2:5: byte 0xFF is not UTF-8; save the file as UTF-8",
            id="a wrong byte, its column in characters",
        ),
        pytest.param(
            "a".encode("utf-16"),
            "f:1:1: the file is UTF-16; UTF-8 was expected; save it as UTF-8",
            id="UTF-16, little end first",
        ),
        pytest.param(
            b"\xfe\xff\x00a",
            "f:1:1: the file is UTF-16; UTF-8 was expected; save it as UTF-8",
            id="UTF-16, big end first",
        ),
        pytest.param(
            b"a\n\x00",
            "f:2:1: a NUL character; text was expected; remove it, or save the file as UTF-8",
            id="NUL",
        ),
        pytest.param(
            b"a" * (MAX_BYTES + 1),
            "f: the file has 10,000,001 bytes; at most 10,000,000 are read;"
            " split it or move data out of it",
            id="one byte too many",
        ),
    ],
)
def test_what_is_not_text_says_where_and_why(data, problem):
    with pytest.raises(ProblemError) as caught:
        decode(data, "f")

    assert str(caught.value.problem) == problem


def test_a_file_of_the_largest_size_is_read():
    assert len(decode(b"a" * MAX_BYTES, "f")) == MAX_BYTES


@pytest.mark.parametrize(
    ("text", "in_document", "in_prose"),
    [
        pytest.param("a\n<<<<<<< x\n=======\n>>>>>>> y\n", [2], [2], id="a conflict"),
        pytest.param("<<<<<<< x\n=\n<<<<<<< x\n", [1, 3], [1, 3], id="two conflicts"),
        pytest.param("a\n>>>>>>> y\n>>>>>>> y\n", [2], [2], id="only ends are left"),
        pytest.param("a\r\n=======\r\n", [2], [], id="a middle alone may underline a heading"),
        pytest.param("a <<<<<<< x\n ======= \n<<<<<<<\n========\n", [], [], id="none"),
    ],
)
def test_merge_conflicts_are_found_at_their_lines(text, in_document, in_prose):
    document, prose = conflicts(text, "f"), conflicts_in_prose(text, "f")

    assert [problem.line for problem in document] == in_document
    assert [problem.line for problem in prose] == in_prose
    assert {str(problem).partition(": ")[2] for problem in document + prose} <= {
        "a merge-conflict marker; mend the conflict and remove the marker lines"
    }


def test_a_place_counts_lines_and_characters_from_one():
    assert [place("a\nžb", index) for index in range(4)] == [(1, 1), (1, 2), (2, 1), (2, 2)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a b", "'a b'", id="short"),
        pytest.param("a\n\x1b[0m", "'a\\n\\x1b[0m'", id="not printable"),
        pytest.param("a" * 60, f"'{'a' * 60}'", id="60 characters"),
        pytest.param("a" * 61, f"'{'a' * 59}…'", id="61 characters"),
    ],
)
def test_text_in_a_message_is_one_printable_short_line(text, expected):
    assert shown(text) == expected
