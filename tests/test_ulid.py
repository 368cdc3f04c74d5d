from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.ulid import new


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
