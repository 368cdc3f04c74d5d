"""One resource of a tree, from its documents to what they declare. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kbsync.documents.document import Document
from kbsync.model import Key, Resource
from kbsync.tree.declared import Layers, Origin, PulledIn
from kbsync.tree.environments import FILLED
from kbsync.tree.overlay import Layered, Said
from kbsync.tree.references import pulled_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A document and what lies over it."""

    file: str
    base: Document
    document: Said
    """Both together; the base itself, where nothing lies over it."""
    overlay: str | None = None
    """The file that counts of those that may lie over it."""
    overlays: tuple[str, ...] = ()
    """Those of all environments."""

    @property
    def value(self) -> Mapping[str, Any]:
        return mapping(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What could be read of one resource. Only without problems it is what its schema says."""

    key: Key
    folder: str
    read: Read
    description: str | None = None
    """From a file of its own."""
    description_file: str | None = None
    order: tuple[str, ...] | None = None
    """Of the rows."""
    base_order: tuple[str, ...] | None = None
    """The same without an overlay."""

    @property
    def is_composed(self) -> bool:
        """Whether it is more than what its one file says by itself."""
        document = self.read.document
        if isinstance(document, Layered):
            return True
        return bool(document.references) and any(each.tag in FILLED for each in document.references)

    def resource(self) -> Resource:
        is_apart = self.description is not None and "description" not in self.read.value
        return self._resource(self.read.value, self.order, is_apart=is_apart)

    def layers(self) -> Layers:
        base = self.read.base
        document = self.read.document
        overlay = document.overlay if isinstance(document, Layered) else _NO_OVERLAY
        is_apart = self.description is not None
        return Layers(
            base=self._resource(mapping(base), self.base_order, is_apart=is_apart),
            base_tags=base.references,
            base_texts=pulled_in(self.read.file, base.references),
            overlay=dict(mapping(overlay)),
            overlay_tags=overlay.references,
            overlay_texts=pulled_in(self.read.overlay or "", overlay.references),
            tags=document.references,
        )

    def _resource(
        self, value: Mapping[str, Any], order: tuple[str, ...] | None, *, is_apart: bool
    ) -> Resource:
        return Resource(
            key=self.key,
            name=value.get("name", ""),
            description=(self.description or "") if is_apart else value.get("description", ""),
            is_disabled=value.get("isDisabled", False),
            configuration=value.get("configuration", {}),
            rows_sort_order=order,
            metadata=value.get("metadata", {}),
            reset_state=value.get("resetState"),
        )

    def origin(self) -> Origin:
        return Origin(
            folder=self.folder,
            file=self.read.file,
            description_file=self.description_file,
            references=self._references(),
            overlay=self.read.overlay,
            overlays=self.read.overlays,
        )

    def _references(self) -> tuple[PulledIn, ...]:
        document = self.read.document
        if isinstance(document, Document):
            return pulled_in(self.read.file, document.references)
        below = pulled_in(self.read.file, document.of_base)
        return (*below, *pulled_in(self.read.overlay or "", document.of_overlay))


def mapping(document: Said) -> Mapping[str, Any]:
    """Return what a document says that is a mapping."""
    assert isinstance(document.value, dict)
    return document.value


_NO_OVERLAY = Document(name="", value={})
