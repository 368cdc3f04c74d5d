import time
from datetime import UTC, datetime

import pytest

from kbsync.errors import UsageError
from kbsync.past.instant import parse_instant, told

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_prague(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Prague")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        pytest.param("2026-11-21T09:40+01:00", "2026-11-21 08:40:00", id="with an offset"),
        pytest.param("2026-11-21T09:40-0500", "2026-11-21 14:40:00", id="as the API writes it"),
        pytest.param("2026-11-21T09:40-05", "2026-11-21 14:40:00", id="hours alone"),
        pytest.param("2026-11-21T09:40:30Z", "2026-11-21 09:40:30", id="Z"),
        pytest.param("2026-11-21 09:40 utc", "2026-11-21 09:40:00", id="UTC"),
        pytest.param("2026-11-21 09:40 Asia/Tokyo", "2026-11-21 00:40:00", id="a zone"),
        pytest.param("2026-07-21 09:40", "2026-07-21 07:40:00", id="here, in summer"),
        pytest.param("2026-11-21 09:40", "2026-11-21 08:40:00", id="here, in winter"),
        pytest.param("2026-11-21", "2026-11-20 23:00:00", id="the day begins"),
        pytest.param("4:40", "2026-11-22 03:40:00", id="today here"),
        pytest.param("23:50 America/New_York", "2026-11-22 04:50:00", id="today there"),
        pytest.param("2026-10-25 02:30 +01:00", "2026-10-25 01:30:00", id="clocks set, but told"),
    ],
)
def test_a_time_means_one_moment(text, utc):
    now = datetime(2026, 11, 22, 4, 55, tzinfo=UTC) if text.startswith("23:50") else NOW

    assert f"{parse_instant(text, now).astimezone(UTC):%Y-%m-%d %H:%M:%S}" == utc


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("yesterday", "is not a time"),
        ("", "is not a time"),
        ("25:00", "is not a time"),
        ("2026-13-01", "is not a time"),
        ("0001-01-01T00:00+14:00", "is not a time"),
        ("0001-01-01", "is not a time"),
        ("9999-12-31 23:59:59", "is not a time"),
        ("+01:00", "is not a time"),
        ("2026-11-21 09:40 Mars", "'Mars' in '2026-11-21 09:40 Mars' is no time zone"),
        ("2026-11-21 09:40 +99:00", "is no time zone"),
        ("2026-11-21 09:40 ../etc", "is no time zone"),
        ("2026-10-25 02:30", "is there twice or not at all"),
        ("2026-03-29 02:30", "is there twice or not at all"),
        ("09:40", "is still to come: it means 2026-11-22 09:40:00 +0100 CET"),
        ("2027-01-01", "is still to come"),
    ],
)
def test_what_is_no_past_moment_is_refused_with_examples(text, words):
    with pytest.raises(UsageError) as caught:
        parse_instant(text, NOW)

    assert words in str(caught.value)
    assert "2026-11-21T09:40+01:00" in caught.value.hint


def test_a_moment_is_told_where_it_was_meant_and_in_utc():
    meant = parse_instant("2026-11-21 09:40", NOW)

    assert told(meant) == "2026-11-21 09:40:00 +0100 CET, which is 2026-11-21 08:40:00 UTC"
    assert told(NOW) == "2026-11-22 05:30:00 UTC"
