"""Which item of a list is which item of another, so that what belongs to it stays with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from kbsync.canonical import canonical, same
from kbsync.model import Json, JsonPath
from kbsync.natural import natural_key
from kbsync.paths import MISSING, value_at

_MOST_PAIRS = 4_000_000
"""To compare each with each; with more it would take minutes."""


def align(old: Sequence[Json], new: Sequence[Json]) -> list[int | None]:
    """Return for each item of *new* the index of the one in *old* that it continues, if any.

    By the key that names the items; where there is none, equal items are the same. What is then
    left between the same neighbours is the same item, one by one, with another value; if items have
    names and these differ, only when at least half of the rest is much as it was.
    """
    key = natural_key(old, new)
    if key is None:
        return _matched([*map(canonical, old)], [*map(canonical, new)], lambda _old, _new: True)
    return _matched(
        [_name(item, key) for item in old],
        [_name(item, key) for item in new],
        lambda old_index, new_index: _is_renamed(old[old_index], new[new_index]),
    )


def old_path(old: Json, new: Json, path: JsonPath) -> JsonPath | None:
    """Return where in *old* stands what is at *path* of *new*, the items of lists aligned."""
    found: JsonPath = ()
    for step in path:
        old_step: int | str | None = step
        if isinstance(step, int) and isinstance(old, list) and isinstance(new, list):
            old_step = align(old, new)[step]
        if old_step is None:
            return None
        old, new = value_at(old, (old_step,)), value_at(new, (step,))
        if old is MISSING or new is MISSING:
            return None
        found = (*found, old_step)
    return found


def _name(item: Json, key: str) -> str:
    assert isinstance(item, dict)
    return str(item[key])


def _is_renamed(old: Json, new: Json) -> bool:
    assert isinstance(old, dict)
    assert isinstance(new, dict)
    alike = sum(key in new and _is_alike(item, new[key]) for key, item in old.items())
    return 2 * alike >= max(len(old), len(new))


def _is_alike(old: Json, new: Json) -> bool:
    """Whether two values are the same, or lists that have at least half of their items in common.

    By name, or as they are where they have none.
    """
    if not (isinstance(old, list) and isinstance(new, list)):
        return same(old, new)
    key = natural_key(old, new)
    before, after = (
        {_name(item, key) if key else canonical(item) for item in side} for side in (old, new)
    )
    return 2 * len(before & after) >= max(len(before), len(after))


def _matched(
    texts: Sequence[str], wanted: Sequence[str], is_successor: Callable[[int, int], bool]
) -> list[int | None]:
    found: list[int | None] = [None] * len(wanted)
    codes = _opcodes(texts, wanted)
    for kind, old_start, old_end, new_start, new_end in codes:
        if kind == "equal":
            found[new_start:new_end] = range(old_start, old_end)
    free = set(range(len(texts))).difference(index for index in found if index is not None)
    for new_index, old_index in _moved(texts, wanted, found, free):
        found[new_index] = old_index
        free.discard(old_index)
    for _, old_start, old_end, new_start, new_end in codes:
        left = [index for index in range(old_start, old_end) if index in free]
        empty = [index for index in range(new_start, new_end) if found[index] is None]
        for new_index, old_index in zip(empty, left, strict=False):
            if is_successor(old_index, new_index):
                found[new_index] = old_index
    return found


def _opcodes(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """Return the steps from *old* to *new*: of several alike what is alike at both ends stays."""
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    middle: list[tuple[str, int, int, int, int]] = [("replace", 0, len(left), 0, len(right))]
    if len(left) * len(right) <= _MOST_PAIRS:
        middle = [*SequenceMatcher(None, left, right, autojunk=False).get_opcodes()]
    return [
        ("equal", 0, start, 0, start),
        *((kind, a + start, b + start, c + start, d + start) for kind, a, b, c, d in middle),
        ("equal", len(old) - end, len(old), len(new) - end, len(new)),
    ]


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many are alike at the start."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(old), len(new)))


def _moved(
    texts: Sequence[str], wanted: Sequence[str], found: Sequence[int | None], free: set[int]
) -> Iterator[tuple[int, int]]:
    """Yield the items that are somewhere else now: their new and old index."""
    places: dict[str, list[int]] = {}
    for index in sorted(free, reverse=True):
        places.setdefault(texts[index], []).append(index)
    for index, text in enumerate(wanted):
        if found[index] is None and places.get(text):
            yield index, places[text].pop()
