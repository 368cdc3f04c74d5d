"""What identifies an item of a list, so that items are compared by name, not place. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from kbsync.canonical import canonical
from kbsync.model import Json

NATURAL_KEYS = ("id", "name", "source", "destination", "key")
"""The first that every item has, and that is unique in either list, wins."""


def natural_key(left: Sequence[Json], right: Sequence[Json]) -> str | None:
    """Return the key that names the items of both lists; None when there is none."""
    if not left or not right:
        return None
    return next((key for key in NATURAL_KEYS if _names(key, left) and _names(key, right)), None)


def _names(key: str, items: Sequence[Json]) -> bool:
    found = [item.get(key) if isinstance(item, dict) else None for item in items]
    return all(
        isinstance(name, str | int) and not isinstance(name, bool) for name in found
    ) and len({str(name) for name in found}) == len(found)


class Item(str):
    """What stands for a list item, and remembers where in the list the item stands."""

    __slots__ = ("place",)
    place: int


Items = dict[Item, Json]


def by_name(
    items: Sequence[Json], key: str, known: Mapping[str, Item]
) -> tuple[Items, dict[str, Item]]:
    """Return *items* by what they call themselves under *key*, and those names.

    A name of *known* is used again: so the place is that of the list it was made from.
    """
    found: Items = {}
    names = dict(known)
    for index, item in enumerate(items):
        assert isinstance(item, dict)
        name = _item(str(item[key]), index)
        found[names.setdefault(str(name), name)] = item
    return found, names


def by_likeness(left: Sequence[Json], right: Sequence[Json]) -> tuple[Items, Items]:
    """Pair the items of two lists by a longest common subsequence; what stays apart is unpaired."""
    old: Items = {}
    new: Items = {}
    texts = [canonical(item) for item in left], [canonical(item) for item in right]
    for _, a, b, c, d in SequenceMatcher(None, *texts).get_opcodes():
        for before, after in zip_longest(range(a, b), range(c, d)):
            if after is None:
                old[_item(f"was {before}", before)] = left[before]
            elif before is None:
                new[_item(str(after), after)] = right[after]
            else:
                name = _item(str(after), after)
                old[name], new[name] = left[before], right[after]
    return old, new


def _item(name: str, place: int) -> Item:
    item = Item(name)
    item.place = place
    return item
