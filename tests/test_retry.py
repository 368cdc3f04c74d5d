from datetime import UTC, datetime

import pytest

from kbsync.api.retry import Failure, Fate, RetryPolicy, judge, retry_after

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "code", "body", "pause_s", "fate"),
    [
        pytest.param(400, "", {}, None, Fate.FINAL, id="bad request"),
        pytest.param(401, "", {}, None, Fate.FINAL, id="bad token"),
        pytest.param(403, "", {}, 5.0, Fate.FINAL, id="forbidden, whatever it says about later"),
        pytest.param(404, "", {}, None, Fate.FINAL, id="not found"),
        pytest.param(408, "", {}, None, Fate.UNKNOWN, id="timeout on their side"),
        pytest.param(409, "", {}, None, Fate.FINAL, id="conflict"),
        pytest.param(409, "storage.x.versionConflict", {}, None, Fate.BUSY, id="lock"),
        pytest.param(423, "", {}, None, Fate.BUSY, id="locked"),
        pytest.param(429, "", {}, None, Fate.BUSY, id="too many requests"),
        pytest.param(500, "", {}, None, Fate.UNKNOWN, id="server error"),
        pytest.param(500, "", {}, 5.0, Fate.UNKNOWN, id="server error with a pause"),
        pytest.param(501, "", {}, 5.0, Fate.FINAL, id="not implemented"),
        pytest.param(502, "", {}, None, Fate.UNKNOWN, id="bad gateway"),
        pytest.param(503, "", {}, None, Fate.UNKNOWN, id="unavailable, who knows why"),
        pytest.param(503, "", {}, 0.0, Fate.BUSY, id="unavailable, come back"),
        pytest.param(503, "", {"status": "maintenance"}, None, Fate.BUSY, id="maintenance"),
        pytest.param(504, "", {}, None, Fate.UNKNOWN, id="gateway timeout"),
        pytest.param(302, "", {}, None, Fate.FINAL, id="redirect"),
    ],
)
def test_an_answer_means_one_of_four_things(status, code, body, pause_s, fate):
    assert judge(status, code, body, pause_s) is fate


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param(" 7 ", 7.0, id="blanks"),
        pytest.param("0.5", 0.5, id="half a second"),
        pytest.param("0", 0.0, id="now"),
        pytest.param("-5", 0.0, id="negative"),
        pytest.param("86400", 60.0, id="tomorrow"),
        pytest.param("1e999", 60.0, id="for ever"),
        pytest.param("9" * 5000, 60.0, id="more digits than an integer may have"),
        pytest.param("nan", None, id="not a number"),
        pytest.param("", None, id="absent"),
        pytest.param("soon", None, id="a word"),
        pytest.param("Sun, 22 Nov 2026 12:00:09 GMT", 9.0, id="date"),
        pytest.param("Sun, 22 Nov 2026 11:00:00 GMT", 0.0, id="date that is over"),
        pytest.param("Mon, 22 Nov 2027 12:00:00 GMT", 60.0, id="date next year"),
        pytest.param("Sun, 22 Nov 2026 12:00:09 -0000", None, id="date of no time zone"),
        pytest.param("Sun, 99 Nov 2026 12:00:09 GMT", None, id="date that does not exist"),
    ],
)
def test_a_pause_is_asked_for_in_seconds_or_by_a_date(header, seconds):
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    ("fate", "asked_s", "attempt", "waited_s", "pause_s"),
    [
        pytest.param(Fate.FINAL, 1.0, 1, 0.0, None, id="final"),
        pytest.param(Fate.UNKNOWN, None, 1, 0.0, 0.1, id="first"),
        pytest.param(Fate.UNKNOWN, None, 3, 0.3, 0.4, id="third"),
        pytest.param(Fate.UNKNOWN, None, 7, 0.0, 5.0, id="as long as it gets"),
        pytest.param(Fate.UNKNOWN, None, 8, 0.0, None, id="enough tries"),
        pytest.param(Fate.NOT_SENT, None, 8, 0.0, None, id="enough tries to connect"),
        pytest.param(Fate.BUSY, None, 8, 0.0, 5.0, id="busy is no lack of tries"),
        pytest.param(Fate.BUSY, None, 5000, 0.0, 5.0, id="busy for long"),
        pytest.param(Fate.BUSY, 20.0, 1, 0.0, 20.0, id="as long as is asked for"),
        pytest.param(Fate.BUSY, 0.0, 4, 0.0, 0.8, id="never shorter than our own pause"),
        pytest.param(Fate.BUSY, 20.0, 3, 285.0, None, id="longer than anybody waits"),
        pytest.param(Fate.BUSY, 20.0, 3, 280.0, 20.0, id="just as long as anybody waits"),
    ],
)
def test_pauses_grow_until_patience_is_over(fate, asked_s, attempt, waited_s, pause_s):
    failure = Failure(fate=fate, words="", retry_after_s=asked_s)
    found = RetryPolicy().pause(failure, attempt, waited_s)

    assert found == (None if pause_s is None else pytest.approx(pause_s))


def test_without_patience_the_first_failure_is_the_last():
    failure = Failure(fate=Fate.BUSY, words="", retry_after_s=0.0)

    assert RetryPolicy(max_wait_s=0).pause(failure, 1, 0.0) is None
