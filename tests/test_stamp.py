import pytest

from kbsync.stamp import Stamp, parse_stamp


@pytest.mark.parametrize(
    ("stamp", "text"),
    [
        (Stamp(message="Fix", run="01R", commit="9c1e"), "Fix [kbsync run=01R commit=9c1e]"),
        (Stamp(message="", run="01R"), "[kbsync run=01R]"),
        (Stamp(message="a [b] c", run="01R"), "a [b] c [kbsync run=01R]"),
        (
            Stamp(message="Back", run="01R", commit="9c1e", rolls_back=("01Q", "01P")),
            "Back [kbsync run=01R commit=9c1e rollback=01Q,01P]",
        ),
    ],
)
def test_a_stamp_reads_back_as_written(stamp, text):
    assert str(stamp) == text
    assert parse_stamp(text) == stamp


def test_words_of_a_later_version_are_passed_over():
    text = "Fix [kbsync run=01R pipeline=77 commit=9c1e note=]"

    assert parse_stamp(text) == Stamp(message="Fix", run="01R", commit="9c1e")


def test_only_so_many_runs_are_told_as_fit():
    runs = tuple(f"R{number}" for number in range(12))
    found = parse_stamp(str(Stamp(message="", run="01R", rolls_back=runs)))

    assert found == Stamp(message="", run="01R", rolls_back=runs[:10])


@pytest.mark.parametrize("text", ["", "Configuration created", "[kbsync run=]", "[kbsync run=1] x"])
def test_what_others_wrote_has_no_stamp(text):
    assert parse_stamp(text) is None
