"""What the files of a tree declare, and where. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What the files declare."""

    resources: Resources
    """In the order of their keys."""
    origins: Mapping[Key, Origin]


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
