"""What a document that people edited says now, and how it would say something else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from kbsync.documents.document import parse
from kbsync.model import Json, JsonObject, JsonPath, Resource
from kbsync.tree.declared import document_of

Tags: TypeAlias = Mapping[JsonPath, tuple[str, str]]
"""Tag and target by path in a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A document of a tree without problems."""

    file: str
    text: str
    resource: Resource
    """What it says."""
    elsewhere: Mapping[JsonPath, str | None]
    """What tags pull in, and the text of its file where that is a list of statements."""
    has_description_file: bool = False
    filled: Tags = field(default_factory=dict)
    """The tags whose values come from the environment."""

    @property
    def document(self) -> JsonObject:
        """What it says, with what it need not say."""
        return document_of(self.resource) | {"isDisabled": self.resource.is_disabled}

    @property
    def extension(self) -> str:
        return self.file.rpartition(".")[2]

    @property
    def is_json(self) -> bool:
        return self.extension.lower() == "json"


_UNSAID: JsonObject = {"name": "", "description": "", "configuration": {}}
"""What it means when a document lacks these. A lacking id is the name of the folder or file."""


def redeclared(resource: Resource, present: Present, *, same_rows: bool) -> JsonObject:
    """Return what *present* shall say to mean *resource*, with no more keys than that takes.

    *same_rows* tells whether there are the rows that there were: then an order that names only
    some of them means what it meant.
    """
    written = _written(present)
    document = {
        key: value
        for key, value in document_of(resource).items()
        if key in written or (key != "id" and _UNSAID.get(key) != value)
    }
    if "isDisabled" in written:
        document["isDisabled"] = resource.is_disabled
    is_same_order = resource.rows_sort_order == present.resource.rows_sort_order
    if same_rows and is_same_order and "rowsSortOrder" in document:
        document["rowsSortOrder"] = written["rowsSortOrder"]
    return document


def _written(present: Present) -> JsonObject:
    """Return what stands in the document; of what a tag pulls in only that it is there."""
    value: Json = parse(present.text.encode(), present.file, lambda _: None).value
    return value if isinstance(value, dict) else {}
