"""Which file of a tree belongs to which value of what its resources shall say. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kbsync.model import JsonPath, Key, Resource
from kbsync.paths import MISSING, value_at
from kbsync.tree.carried import followed
from kbsync.tree.declared import PulledIn, Tree, document_of


class Following:
    """Follows what documents pull in to where it stands in other content of the same resource."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._places: dict[Key, tuple[Resource, Mapping[JsonPath, JsonPath]]] = {}
        """Of each resource that was asked for last: by path in its document the one in that."""

    def place(self, item: Resource, reference: PulledIn) -> JsonPath | None:
        """Return where in *item* stands what *reference* pulls in; None when that is gone."""
        known, places = self._places.get(item.key, (None, {}))
        if known is not item:
            before = document_of(self._tree.resources[item.key])
            paths = [each.path for each in self._tree.origins[item.key].references]
            places = followed(before, document_of(item), paths)
            self._places[item.key] = (item, places)
        return places.get(reference.path)

    def wanted(self, item: Resource, reference: PulledIn) -> object:
        """Return what *item* says in that place; `MISSING` when it is gone."""
        path = self.place(item, reference)
        return MISSING if path is None else value_at(document_of(item), path)

    def is_the_same(self, item: Resource, reference: PulledIn) -> bool:
        """Whether *item* says what the file says now."""
        now = value_at(document_of(self._tree.resources[item.key]), reference.path)
        return bool(self.wanted(item, reference) == now)
