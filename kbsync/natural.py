"""What identifies an item of a list, so that items are compared by name, not place. Pure."""

from __future__ import annotations

from collections.abc import Sequence

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
