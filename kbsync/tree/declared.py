"""What the files of a tree declare, and where. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from kbsync.documents.tags import Reference
from kbsync.model import JsonObject, JsonPath, Key, Resource, Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledIn:
    """A part of a document that stands in a file of its own."""

    path: JsonPath
    """In the document."""
    tag: str
    """`!file` or `!statements`."""
    target: str
    """As written: relative to the folder of the document."""
    file: str
    """Relative to the tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a resource is declared. Paths are relative to the tree, with forward slashes."""

    folder: str
    """The configuration's own folder."""
    file: str
    description_file: str | None = None
    """Of a configuration whose description is not in `file`."""
    references: tuple[PulledIn, ...] = ()
    """Those that count."""
    overlay: str | None = None
    """The file of the chosen environment that lies over `file`."""
    overlays: tuple[str, ...] = ()
    """Those of all environments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """What a resource is composed of."""

    base: Resource
    """What its own file says, with the variables of the chosen environment."""
    base_tags: tuple[Reference, ...]
    """Every tag of that file, also where an overlay says something else."""
    base_texts: tuple[PulledIn, ...]
    """What it pulls in."""
    overlay: JsonObject
    """What its overlay says; empty when there is none."""
    overlay_tags: tuple[Reference, ...]
    """Every tag of that, also those of keys that it takes away."""
    overlay_texts: tuple[PulledIn, ...]
    tags: tuple[Reference, ...]
    """Those of both that count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What the files declare."""

    resources: Resources
    """In the order of their keys."""
    origins: Mapping[Key, Origin]
    layers: Mapping[Key, Layers] = field(default_factory=dict)
    """Of those that are more than what one file says by itself."""
    overlaid: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By overlay, of any environment, the files that it pulls in."""

    def without_overlays(self) -> Tree:
        """Return what the files declare that lie over no other."""
        bases = {key: layers.base for key, layers in self.layers.items()}
        texts = {
            key: replace(self.origins[key], references=layers.base_texts)
            for key, layers in self.layers.items()
        }
        return replace(
            self, resources={**self.resources, **bases}, origins={**self.origins, **texts}
        )

    def overlaid_by(self, keys: Iterable[Key]) -> set[str]:
        """Return the files that overlays of *keys* pull in, of any environment."""
        overlays = (self.origins[key].overlays for key in keys if key in self.origins)
        return {
            file for found in overlays for each in found for file in self.overlaid.get(each, ())
        }


def document_of(resource: Resource) -> JsonObject:
    """Return what the document of *resource* says, its texts included."""
    document: JsonObject = {
        "id": resource.key.row_id or resource.key.config_id,
        "name": resource.name,
        "description": resource.description,
    }
    if resource.is_disabled:
        document["isDisabled"] = True
    if resource.rows_sort_order:
        document["rowsSortOrder"] = [*resource.rows_sort_order]
    if resource.reset_state is not None:
        document["resetState"] = resource.reset_state
    if resource.metadata:
        document["metadata"] = {**resource.metadata}
    return {**document, "configuration": resource.configuration}
