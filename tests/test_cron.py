import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.render.cron import when_words
from kbsync.render.facts import plain


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 6 * * *", "every day at 06:00"),
        ("5 6,18 * * *", "every day at 06:05 and 18:05"),
        ("0 6,12,18 * * *", "every day at 06:00, 12:00 and 18:00"),
        ("*/15 * * * *", "every 15 minutes"),
        ("* * * * *", "every minute"),
        ("30 * * * *", "every hour at minute 30"),
        ("0 6 * * 1-5", "Monday to Friday at 06:00"),
        ("0 6 * * 0", "every Sunday at 06:00"),
        ("0 6 * * 7", "every Sunday at 06:00"),
        ("0 6 1 * *", "on day 1 of each month at 06:00"),
        ("*/7 * * * *", '"*/7 * * * *"'),
        ("*/0 * * * *", '"*/0 * * * *"'),
        ("0 */2 * * *", '"0 */2 * * *"'),
        ("0,30 6 * * *", '"0,30 6 * * *"'),
        ("0 6 1 * 1", '"0 6 1 * 1"'),
        ("0 6 1,15 * *", '"0 6 1,15 * *"'),
        ("0 6 * 1 *", '"0 6 * 1 *"'),
        ("0 24 * * *", '"0 24 * * *"'),
        ("60 6 * * *", '"60 6 * * *"'),
        ("0 6 * * MON", '"0 6 * * MON"'),
        ("0 6 * *", '"0 6 * *"'),
        ("٠ ٦ * * *", '"٠ ٦ * * *"'),
        ("", '""'),
    ],
)
def test_simple_times_are_told_in_words_and_others_as_they_are(cron, expected):
    assert plain(when_words(cron, "")) == expected


def test_the_time_zone_follows():
    assert plain(when_words("0 6 * * *", "Europe/Prague\n")) == (
        "every day at 06:00 Europe/Prague\\n"
    )


@given(st.lists(st.text("0123456789*/,-9x"), min_size=5, max_size=5).map(" ".join) | st.text())
def test_whatever_it_is_there_are_words(cron):
    assert plain(when_words(cron, "UTC")).endswith(" UTC")
