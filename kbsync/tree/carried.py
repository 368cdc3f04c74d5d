"""Which tags of a document still fit when it shall say something else. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from kbsync.canonical import same
from kbsync.documents.alignment import align
from kbsync.model import Json, JsonPath


def carried(old: Json, new: Json, paths: Iterable[JsonPath]) -> dict[JsonPath, JsonPath]:
    """Return where in *new* the values at *paths* of *old* stand that are as they were.

    By their new path the old one; items of lists are recognised.
    """
    return {now: was for now, was, is_same in _followed(old, new, paths) if is_same}


def changed(old: Json, new: Json, paths: Iterable[JsonPath]) -> dict[JsonPath, JsonPath]:
    """Return where in *new* the values at *paths* of *old* stand that are other ones now."""
    return {now: was for now, was, is_same in _followed(old, new, paths) if not is_same}


def followed(old: Json, new: Json, paths: Iterable[JsonPath]) -> dict[JsonPath, JsonPath]:
    """Return where in *new* the values at *paths* of *old* stand, by their old path."""
    return {was: now for now, was, _ in _followed(old, new, paths)}


def _followed(
    old: Json, new: Json, paths: Iterable[JsonPath]
) -> Iterator[tuple[JsonPath, JsonPath, bool]]:
    yield from _inside(old, new, [(path, path) for path in paths], ())


def _inside(
    old: Json, new: Json, left: list[tuple[JsonPath, JsonPath]], now: JsonPath
) -> Iterator[tuple[JsonPath, JsonPath, bool]]:
    """Yield new path, old path and whether the values are the same; *left* is what of each path is
    still to go, and all of it."""
    below: dict[str | int, list[tuple[JsonPath, JsonPath]]] = defaultdict(list)
    for rest, was in left:
        if rest:
            below[rest[0]].append((rest[1:], was))
        else:
            yield now, was, same(old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (key for key in below if key in old and key in new):
            yield from _inside(old[str(key)], new[str(key)], below[key], (*now, key))
    elif below and isinstance(old, list) and isinstance(new, list):
        for index, before in enumerate(align(old, new)):
            if before is not None and before in below:
                yield from _inside(old[before], new[index], below[before], (*now, index))
