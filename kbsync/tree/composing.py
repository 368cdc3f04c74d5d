"""A resource to what its file and its overlay shall say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kbsync.canonical import same
from kbsync.documents.tags import ENV, REMOVE, Reference
from kbsync.model import JsonObject, JsonPath, Resource
from kbsync.paths import MISSING
from kbsync.secrets import references
from kbsync.tree.carried import carried, changed
from kbsync.tree.declared import Layers, Origin, Tree
from kbsync.tree.environments import FILLED, Environments
from kbsync.tree.overlaying import Over
from kbsync.tree.present import Tags
from kbsync.tree.split import Layer, complete, same_layer, split, with_removals

_ORDER = "rowsSortOrder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What the files of a resource shall say."""

    base: Resource
    over: Over | None = None
    """None without an overlay, before and after."""
    lost: tuple[Reference, ...] = ()
    """Tags for values of the environment that live has another value for."""


def compose(wanted: Resource, tree: Tree, environments: Environments) -> Composed:
    """Return what the files shall say to mean *wanted* in the chosen environment.

    In an environment that is not the default, what is new is said in its overlay: the file itself
    counts in all of them. So it is where a tag stood for another value, which may be right in
    others, unless there are none.
    """
    ours = tree.resources.get(wanted.key)
    layers = tree.layers.get(wanted.key)
    if ours is None or (layers is None and environments.has_default):
        return Composed(base=wanted)
    origin = tree.origins[wanted.key]
    layers = layers or _plain_layers(ours, origin)
    old, new = complete(ours), complete(wanted)
    filled = {each.path: each for each in layers.tags if each.tag in FILLED}
    lost = changed(old, new, filled)
    kept_above = set(lost.values()) if len(environments.variables) > 1 else set()

    def goes_below(path: JsonPath) -> bool:
        return environments.has_default and not any(_touch(path, each) for each in kept_above)

    before = _layer(layers, ours, origin)
    below, after = split(complete(layers.base), before, new, goes_below)
    is_new = not same_layer({} if before is MISSING else before, after)
    if _ORDER in after and _ORDER in layers.overlay and same(after[_ORDER], before[_ORDER]):
        after[_ORDER] = layers.overlay[_ORDER]
    return Composed(
        base=_resource(layers.base, below),
        over=_over(wanted, after, (old, new), filled.values(), origin, environments, is_new=is_new)
        if origin.overlay or is_new
        else None,
        lost=tuple(filled[was] for was in lost.values()),
    )


def _over(
    wanted: Resource,
    layer: Layer,
    sides: tuple[JsonObject, JsonObject],
    filled: Iterable[Reference],
    origin: Origin,
    environments: Environments,
    *,
    is_new: bool,
) -> Over:
    texts = {each.path: (each.tag, each.target) for each in origin.references}
    every = texts | {each.path: (each.tag, each.target) for each in filled}
    secrets: dict[JsonPath, tuple[str, str]] = {
        ("configuration", *path): (ENV, name)
        for path, name in references(wanted.configuration).items()
    }
    stem = origin.file.rpartition(".")[0]
    return Over(
        file=origin.overlay or f"{stem}.{environments.chosen}.yaml",
        folder=origin.folder,
        environment=environments.chosen,
        layer=layer,
        is_new=is_new,
        tags=secrets | _moved(every, carried(*sides, every)),
        outdated=_moved(texts, changed(*sides, texts)),
    )


def _moved(tags: Tags, places: Mapping[JsonPath, JsonPath]) -> dict[JsonPath, tuple[str, str]]:
    return {now: tags[was] for now, was in places.items()}


def _layer(layers: Layers, ours: Resource, origin: Origin) -> Layer:
    """Return what the overlay says, an order of rows in full."""
    if origin.overlay is None:
        return MISSING
    removed = frozenset(each.path for each in layers.overlay_tags if each.tag == REMOVE)
    found = with_removals(layers.overlay, removed)
    if _ORDER in layers.overlay:
        found[_ORDER] = [*(ours.rows_sort_order or ())]
    return found


def _plain_layers(ours: Resource, origin: Origin) -> Layers:
    return Layers(
        base=ours,
        base_tags=(),
        base_texts=origin.references,
        overlay={},
        overlay_tags=(),
        overlay_texts=(),
        tags=(),
    )


def _resource(before: Resource, document: JsonObject) -> Resource:
    """Return *before* as *document* says it, as `complete` would."""
    if same(complete(before), document):
        return before
    said: dict[str, Any] = {**document}
    order = said.get(_ORDER)
    return replace(
        before,
        name=said["name"],
        description=said["description"],
        is_disabled=said["isDisabled"],
        configuration=said["configuration"],
        metadata=said.get("metadata", {}),
        reset_state=said.get("resetState"),
        rows_sort_order=None if order is None else tuple(order),
    )


def _touch(one: JsonPath, other: JsonPath) -> bool:
    """Whether one of two paths leads through the other."""
    return one[: len(other)] == other[: len(one)]
