import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsync.compare.moves import Move, moves


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("abc", "abc", (), id="nothing moves"),
        pytest.param("abcde", "eabcd", (Move("e", 5, 1),), id="last to first is one move"),
        pytest.param("abcde", "bcdea", (Move("a", 1, 5),), id="first to last is one move"),
        pytest.param("ab", "xb", (), id="what is only on one side does not move"),
        pytest.param("", "", (), id="nothing"),
    ],
)
def test_the_fewest_items_move(before, after, expected):
    assert moves(before, after) == expected


@given(st.permutations(list(range(7))))
def test_taking_out_the_moved_items_leaves_the_same_order(order):
    before = [str(number) for number in range(7)]
    after = [str(number) for number in order]
    moved = {move.item for move in moves(before, after)}

    assert [each for each in before if each not in moved] == [
        each for each in after if each not in moved
    ]
