"""How people write which version of an object they mean."""

import pytest

from kbsync.errors import UsageError
from kbsync.past.moment import Place, moment_text, parse_moment, split_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("3", 3, id="a number"),
        pytest.param("v3", 3, id="as kbsync shows it"),
        pytest.param("0", 0, id="one that never is"),
        pytest.param("live", Place.LIVE, id="live"),
        pytest.param("files", Place.FILES, id="the files"),
    ],
)
def test_a_version_is_a_number_or_a_place(text, moment):
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "Live", "v", "9" * 30])
def test_anything_else_is_a_slip(text):
    with pytest.raises(UsageError, match="expected a number, live or files"):
        parse_moment(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("c/o@3", ("c/o", 3), id="a number"),
        pytest.param("c/o@live", ("c/o", Place.LIVE), id="live"),
        pytest.param("c/o", ("c/o", None), id="no version"),
        pytest.param("c/me@acme", ("c/me@acme", None), id="a name with an at"),
        pytest.param("c/me@acme@v2", ("c/me@acme", 2), id="a name with an at, and a version"),
        pytest.param("@3", ("@3", None), id="no object"),
    ],
)
def test_what_stands_after_the_last_at_is_a_version_if_it_reads_as_one(text, parts):
    assert split_moment(text) == parts


@pytest.mark.parametrize("moment", [3, Place.LIVE, Place.FILES])
def test_a_moment_reads_back_as_it_is_written(moment):
    assert parse_moment(moment_text(moment)) == moment
