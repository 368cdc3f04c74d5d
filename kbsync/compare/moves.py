"""The fewest moves that turn one order into another. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """One item that changes its place. Positions count from 1."""

    item: str
    before: int
    after: int


def moves(before: Sequence[str], after: Sequence[str]) -> tuple[Move, ...]:
    """Return the smallest set of items to pick up and put elsewhere, in the new order.

    Items are unique. Positions count only the items that both orders hold.
    """
    common = set(before) & set(after)
    old = [item for item in before if item in common]
    new = [item for item in after if item in common]
    old_place = {item: index for index, item in enumerate(old, start=1)}
    staying = _longest_increasing([old_place[item] for item in new])
    return tuple(
        Move(item, old_place[item], index)
        for index, item in enumerate(new, start=1)
        if index - 1 not in staying
    )


def _longest_increasing(numbers: Sequence[int]) -> set[int]:
    """The indexes of a longest increasing subsequence: what need not move."""
    ends: list[int] = []
    end_indexes: list[int] = []
    previous: list[int] = []
    for index, number in enumerate(numbers):
        length = bisect_left(ends, number)
        previous.append(end_indexes[length - 1] if length else -1)
        ends[length : length + 1] = [number]
        end_indexes[length : length + 1] = [index]
    chosen: set[int] = set()
    index = end_indexes[-1] if end_indexes else -1
    while index >= 0:
        chosen.add(index)
        index = previous[index]
    return chosen
