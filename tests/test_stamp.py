import pytest

from kbsync.stamp import Stamp, parse_stamp


@pytest.mark.parametrize(
    ("stamp", "text"),
    [
        (Stamp(message="Fix", run="01R", commit="9c1e"), "Fix [kbsync run=01R commit=9c1e]"),
        (Stamp(message="", run="01R"), "[kbsync run=01R]"),
        (Stamp(message="a [b] c", run="01R"), "a [b] c [kbsync run=01R]"),
    ],
)
def test_a_stamp_reads_back_as_written(stamp, text):
    assert str(stamp) == text
    assert parse_stamp(text) == stamp


@pytest.mark.parametrize("text", ["", "Configuration created", "[kbsync run=]", "[kbsync run=1] x"])
def test_what_others_wrote_has_no_stamp(text):
    assert parse_stamp(text) is None
