"""CSV on its way in and out: every flaw with its line, every row counted, no byte changed."""

import csv
import gzip
import io
import random
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.errors import InvalidFilesError, RefusedError
from kbsync.tables.column_names import extra_columns, flaws, folded, missing_columns
from kbsync.tables.csvfile import CsvFacts, Dialect, check_csv
from kbsync.tables.duplicates import count_duplicates, find_duplicates
from kbsync.tables.exported_csv import DamagedError, RowCounter, expanded, header_line
from kbsync.tables.target import NotWrittenError, check_target, whole_file

cells = st.text(st.sampled_from('ab,;"\n\r\té '), max_size=6)
tables = st.lists(st.lists(cells, min_size=2, max_size=2), max_size=20)


def checked(content, known=(), **dialect):
    return check_csv(io.BytesIO(content), "a.csv", Dialect(**dialect), known=known)


def problems(content, known=(), **dialect):
    with pytest.raises(InvalidFilesError) as caught:
        checked(content, known, **dialect)
    return [str(problem) for problem in caught.value.problems]


def written(rows, **options):
    text = io.StringIO(newline="")
    csv.writer(text, **{"lineterminator": "\n", **options}).writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize(
    ("content", "dialect", "facts"),
    [
        pytest.param(b"id,name\n1,a\n2,b\n", {}, (("id", "name"), 2), id="plain"),
        pytest.param(b"id,name\r\n1,a\r\n2,b", {}, (("id", "name"), 2), id="crlf, no last end"),
        pytest.param(b"\xef\xbb\xbfid\n1\n", {}, (("id",), 1), id="byte order mark"),
        pytest.param(b"id,name\n", {}, (("id", "name"), 0), id="header alone"),
        pytest.param(b'id,"na\nme"\n1,"a\n""b"""\n', {}, (("id", "na\nme"), 1), id="line feeds"),
        pytest.param(b"id,name\n1,a\n\n", {}, (("id", "name"), 1), id="empty last line"),
        pytest.param(b"id;n\n1;a,b\n", {"delimiter": ";"}, (("id", "n"), 1), id="semicolons"),
        pytest.param(b"id\tn\n1\ta\n", {"delimiter": "\t"}, (("id", "n"), 1), id="tabs"),
        pytest.param(b"id,n\n1,'a,b'\n", {"enclosure": "'"}, (("id", "n"), 1), id="other quotes"),
        pytest.param(
            b'id,n\n1,a\\,"b\n',
            {"enclosure": "", "escaped_by": "\\"},
            (("id", "n"), 1),
            id="escaped",
        ),
        pytest.param(gzip.compress(b"id,n\n1,a\n"), {}, (("id", "n"), 1), id="gzip"),
        pytest.param(
            gzip.compress(b"id,n\n1,a\n") + gzip.compress(b"2,b\n"),
            {},
            (("id", "n"), 2),
            id="gzips",
        ),
        pytest.param(b"a" * 200_000 + b"\n1\n", {}, None, id="long name"),
    ],
)
def test_a_sound_file_says_what_it_holds(content, dialect, facts):
    if facts is None:
        assert "has 200000 characters, at most 64 may be" in problems(content, **dialect)[0]
        return

    assert checked(content, **dialect) == CsvFacts(header=facts[0], rows=facts[1])


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        pytest.param(b"", "a.csv:", "the file is empty", id="empty"),
        pytest.param(gzip.compress(b""), "a.csv:", "the file is empty", id="empty gzip"),
        pytest.param(
            b"id,n\n1,a\n2\n", "a.csv:3:", "the row has 1 column, the header 2", id="short"
        ),
        pytest.param(b"id,n\n1,a,x\n", "a.csv:2:", "the row has 3 columns", id="long"),
        pytest.param(b'id,n\n1,"a\nb"\n2\n', "a.csv:4:", "the row has 1", id="after a line feed"),
        pytest.param(b'id,n\n1,"a\n2,b\n', "a.csv:2:", 'a " is opened here and not', id="unclosed"),
        pytest.param(b'id,n\n1,"a"b\n', "a.csv:2:", 'between a closing " and', id="after a quote"),
        pytest.param(b"id,n\r1,a\r", "a.csv:1:", "a carriage return alone", id="old line ends"),
        pytest.param(b"id,n\n1,\xe1\n", "a.csv:2:3:", "not UTF-8 (byte 0xe1)", id="latin"),
        pytest.param("id,n\n".encode("utf-16"), "a.csv:", "this is UTF-16", id="utf-16"),
        pytest.param(b"PK\x03\x04rest", "a.csv:", "a zip archive or a workbook", id="zip"),
        pytest.param(b"id,\n1,a\n", "a.csv:1:", "column 2 of the header has no name", id="no name"),
        pytest.param(b"id,ID\n", "a.csv:1:", "'ID', is there twice", id="twice"),
        pytest.param(gzip.compress(b"id\n1\n" * 99)[:-9], "a.csv", "gzip file is dam", id="cut"),
        pytest.param(gzip.compress(b"id\n1\n")[:-4] + b"abcd", "a.csv", "is damaged", id="sum"),
        pytest.param(gzip.compress(b"id\n1\n") + b"rest", "a.csv", "file is damaged", id="rest"),
    ],
)
def test_a_flaw_is_told_with_its_line(content, place, what):
    (said, *_) = problems(content)

    assert said.startswith(place)
    assert what in said


def test_the_first_ten_flaws_are_told_at_once():
    said = problems(b"id,n\n" + b"1\n" * 50)

    assert [each.split(":")[1] for each in said] == [str(line) for line in range(2, 12)]


@pytest.mark.parametrize(
    ("header", "known", "meant"),
    [
        pytest.param(b"id;name", (), "';'", id="semicolon"),
        pytest.param(b"id\tname", (), "tab", id="tab"),
        pytest.param(b"id|name", (), "'|'", id="bar"),
        pytest.param(b"id;na|me|x|y", ("id", "na_me_x_y"), "';'", id="by the table's columns"),
    ],
)
def test_a_wrong_delimiter_is_guessed(header, known, meant):
    (said,) = problems(header + b"\n1\n", known)

    assert f"add --delimiter {meant}" in said


@given(tables, st.booleans())
def test_what_is_written_as_csv_is_read_as_many_rows(rows, zipped):
    content = written([["a", "b"], *rows], quoting=csv.QUOTE_ALL)

    facts = checked(gzip.compress(content) if zipped else content)

    assert facts == CsvFacts(header=("a", "b"), rows=len(rows))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("id", "id"),
        ("Total Price (€)", "Total_Price"),
        ("Příliš žluťoučký", "Prilis_zlutoucky"),
        ("_x_", "x"),
        ("ß–", ""),
    ],
)
def test_a_cell_of_a_header_becomes_a_name(text, name):
    assert folded(text) == name


def test_a_header_is_compared_with_the_columns_of_a_table_whatever_the_case():
    columns, header = ["id", "Total_Price"], ["ID", "note"]

    assert missing_columns(columns, header) == ("Total_Price",)
    assert extra_columns(columns, header) == ("note",)
    assert list(flaws(["id", "total price"])) == []


@given(tables, st.integers(0, 2**32))
def test_rows_are_counted_wherever_the_pieces_end(rows, seed):
    content = written(rows, quoting=csv.QUOTE_ALL)
    counter, dice, start = RowCounter(), random.Random(seed), 0
    while start < len(content):
        size = dice.randint(1, 9)
        counter.feed(content[start : start + size])
        start += size

    assert counter.rows == len(rows)
    assert counter.is_at_an_end


@given(st.lists(st.binary(max_size=2000), max_size=5), st.integers(1, 500))
def test_gzips_in_a_row_expand_to_what_they_hold(parts, size):
    packed = b"".join(map(gzip.compress, parts))
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]

    assert b"".join(expanded(pieces)) == b"".join(parts)


def test_a_small_gzip_that_expands_a_lot_comes_in_pieces():
    packed = gzip.compress(bytes(64 * 1024 * 1024))

    assert max(map(len, expanded([packed]))) <= 4 * 1024 * 1024


@pytest.mark.parametrize(
    "packed", [b"\x1f\x8bnonsense", gzip.compress(b"x" * 99)[:-1]], ids=["odd", "cut"]
)
def test_a_damaged_gzip_is_told(packed):
    with pytest.raises(DamagedError):
        list(expanded([packed]))


def test_a_header_is_quoted_like_the_rows():
    assert header_line(["id", 'na"me']) == b'"id","na""me"\n'


@given(st.lists(st.tuples(cells, cells), max_size=30))
def test_rows_that_are_there_twice_are_found_and_counted(rows):
    expected = {row: rows.count(row) for row in rows if rows.count(row) > 1}

    found = find_duplicates(rows, most=1000)

    assert count_duplicates(rows, found) == expected


def test_values_that_only_look_alike_side_by_side_are_no_duplicates():
    assert find_duplicates([("a", "bc"), ("ab", "c")], most=9) == frozenset()


def test_a_new_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "a.csv"
    with whole_file(path, overwrite=False) as write:
        write(b"half")
        (hidden,) = tmp_path.iterdir()
        assert stat.S_IMODE(hidden.stat().st_mode) == 0o600
        assert not path.exists()
        write(b", whole")

    assert path.read_bytes() == b"half, whole"
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]
    assert stat.S_IMODE(path.stat().st_mode) != 0o600


def test_of_a_file_that_fails_nothing_is_left(tmp_path):
    def fail():
        with whole_file(tmp_path / "a.csv", overwrite=False) as write:
            write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_came_meanwhile_stays(tmp_path):
    path = tmp_path / "a.csv"

    def write_late():
        with whole_file(path, overwrite=False) as write:
            write(b"ours")
            path.write_text("theirs")

    with pytest.raises(RefusedError):
        write_late()

    assert path.read_text() == "theirs"
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_a_file_that_is_replaced_keeps_its_mode_and_its_link(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "real.csv").chmod(0o640)
    (tmp_path / "a.csv").symlink_to("real.csv")
    with whole_file(tmp_path / "a.csv", overwrite=True) as write:
        write(b"new")

    assert (tmp_path / "a.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "real.csv").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("name", "overwrite", "error", "what"),
    [
        pytest.param("there.csv", False, RefusedError, "is there already", id="there"),
        pytest.param("folder", True, RefusedError, "is no file", id="folder"),
        pytest.param("none/a.csv", True, NotWrittenError, "there is no folder", id="no folder"),
        pytest.param("there.csv/a", True, NotWrittenError, "cannot be written", id="in a file"),
    ],
)
def test_a_place_that_must_not_be_written_to_is_refused(tmp_path, name, overwrite, error, what):
    (tmp_path / "there.csv").touch()
    (tmp_path / "folder").mkdir()

    with pytest.raises(error, match=what):
        check_target(tmp_path / name, overwrite=overwrite)
