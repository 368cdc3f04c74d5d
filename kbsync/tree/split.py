"""What a file and the one over it shall say, so that both together say something else. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, TypeAlias

from kbsync.canonical import same
from kbsync.model import Json, JsonObject, JsonPath, Resource
from kbsync.paths import MISSING, same_value
from kbsync.tree.declared import document_of


class Removed(Enum):
    """Stands in an overlay where it takes a key away."""

    REMOVED = "removed"


REMOVED = Removed.REMOVED

Layer: TypeAlias = Any
"""A JSON value, `MISSING`, or what an overlay says: with `REMOVED` in it."""


def split(
    base: JsonObject, overlay: Layer, wanted: JsonObject, goes_below: Callable[[JsonPath], bool]
) -> tuple[JsonObject, Layer]:
    """Return what *base* and *overlay* shall say to mean *wanted* together.

    Where the overlay says something already, it says what is new. Elsewhere the base does where
    *goes_below* tells so of a path; otherwise the overlay, with no more than it takes.
    """
    new_base, new_overlay = _split(base, overlay, wanted, goes_below, ())
    assert isinstance(new_base, dict)
    return new_base, {} if new_overlay is MISSING else new_overlay


def complete(resource: Resource) -> JsonObject:
    """Return the document of *resource* but for its id, with what could be left out."""
    document = document_of(resource)
    del document["id"]
    document["isDisabled"] = resource.is_disabled
    if not resource.key.is_row:
        document["metadata"] = {**resource.metadata}
    return document


def removed_in(layer: Layer, path: JsonPath = ()) -> Iterator[JsonPath]:
    """Yield the paths that *layer* takes away."""
    if layer is REMOVED:
        yield path
    elif isinstance(layer, dict):
        for key, item in layer.items():
            yield from removed_in(item, (*path, key))


def plain(layer: Layer) -> JsonObject:
    """Return *layer* with null where it takes a key away."""
    found: JsonObject = {key: _plain(item) for key, item in layer.items()}
    return found


def _plain(layer: Layer) -> Json:
    found: Json = plain(layer) if isinstance(layer, dict) else layer
    return None if layer is REMOVED else found


def same_layer(one: Layer, other: Layer) -> bool:
    """Whether two overlays say the same."""
    return same(plain(one), plain(other)) and {*removed_in(one)} == {*removed_in(other)}


def with_removals(value: Json, paths: frozenset[JsonPath], path: JsonPath = ()) -> Layer:
    """Return *value* with `REMOVED` at *paths*, whose holders it has."""
    if not isinstance(value, dict):
        return value
    found: dict[str, Layer] = {
        key: with_removals(item, paths, (*path, key)) for key, item in value.items()
    }
    gone = (each[-1] for each in paths if each[:-1] == path)
    return {**found, **{str(key): REMOVED for key in gone}}


def _split(
    base: Layer,
    overlay: Layer,
    wanted: Layer,
    goes_below: Callable[[JsonPath], bool],
    path: JsonPath,
) -> tuple[Layer, Layer]:
    if same_value(_together(base, overlay), wanted):
        return base, overlay
    if isinstance(base, dict) and isinstance(wanted, dict) and _may_lie_over(overlay):
        return _split_mapping(base, overlay, wanted, goes_below, path)
    if overlay is MISSING and goes_below(path):
        return wanted, MISSING
    if overlay is MISSING or overlay is REMOVED or isinstance(wanted, dict) or wanted is MISSING:
        return base, difference(base, wanted)
    return base, wanted


def _split_mapping(
    base: dict[str, Layer],
    overlay: Layer,
    wanted: dict[str, Layer],
    goes_below: Callable[[JsonPath], bool],
    path: JsonPath,
) -> tuple[Layer, Layer]:
    over: dict[str, Layer] = {} if overlay is MISSING else overlay
    new_base, new_over = {}, {}
    for key in dict.fromkeys([*base, *wanted, *over]):
        under, above, new = (each.get(key, MISSING) for each in (base, over, wanted))
        below, above = _split(under, above, new, goes_below, (*path, key))
        if below is not MISSING:
            new_base[key] = below
        if above is not MISSING:
            new_over[key] = above
    return new_base, new_over or MISSING


def difference(base: Layer, wanted: Layer) -> Layer:
    """Return the least overlay that makes *wanted* of *base*; `MISSING` when they are the same."""
    if same_value(base, wanted):
        return MISSING
    if wanted is MISSING:
        return REMOVED
    if not (isinstance(base, dict) and isinstance(wanted, dict)):
        return wanted
    found = {
        key: difference(base.get(key, MISSING), wanted.get(key, MISSING))
        for key in dict.fromkeys([*base, *wanted])
    }
    return {key: item for key, item in found.items() if item is not MISSING}


def _may_lie_over(overlay: Layer) -> bool:
    return overlay is MISSING or isinstance(overlay, dict)


def _together(base: Layer, overlay: Layer) -> Layer:
    if overlay is MISSING:
        return base
    if overlay is REMOVED:
        return MISSING
    if not (isinstance(base, dict) and isinstance(overlay, dict)):
        return overlay
    found = {
        key: _together(base.get(key, MISSING), overlay.get(key, MISSING))
        for key in dict.fromkeys([*base, *overlay])
    }
    return {key: item for key, item in found.items() if item is not MISSING}
