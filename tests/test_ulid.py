from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.ulid import milliseconds, new


@pytest.mark.parametrize(
    ("now_ms", "randomness", "text"),
    [
        (0, bytes(10), "0" * 26),
        (1, bytes(10), "0000000001" + "0" * 16),
        (2**48 - 1, b"\xff" * 10, "7" + "Z" * 25),
        # the timestamp of the example in the specification of ULIDs
        (1469918176385, bytes(10), "01ARYZ6S41" + "0" * 16),
        (0, bytes(9) + b"\x20", "0" * 24 + "10"),
    ],
)
def test_known_values(now_ms, randomness, text):
    assert new(now_ms, randomness) == text


@given(*[st.tuples(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))] * 2)
def test_they_sort_by_time_first(one, other):
    assert (new(*one) < new(*other)) is (one < other)


@pytest.mark.parametrize("size", [0, 9, 11])
def test_too_little_or_too_much_randomness_is_refused(size):
    with pytest.raises(ValueError, match=f"expected 10 random bytes, got {size}"):
        new(0, bytes(size))


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_the_time_can_be_read_again(now_ms, randomness):
    assert milliseconds(new(now_ms, randomness)) == now_ms
    assert milliseconds(new(now_ms, randomness).lower()) == now_ms


@pytest.mark.parametrize(
    "text",
    ["", "0" * 25, "0" * 27, "U" + "0" * 25, "8" + "0" * 25],
    ids=["empty", "short", "long", "no such letter", "too large"],
)
def test_what_is_no_ulid_has_no_time(text):
    with pytest.raises(ValueError):  # noqa: PT011 # which of the reasons is nobody's business
        milliseconds(text)
