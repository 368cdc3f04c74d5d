"""What a project consists of: keys, resources, versions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"
JsonPath: TypeAlias = "tuple[str | int, ...]"


UNADDRESSABLE = (".", "..")
"""Ids that no address can hold, however they are encoded: they are taken for steps in a path, and a
request for a row would be one for its configuration."""


@dataclass(frozen=True, order=True, slots=True)
class Key:
    """The address of one resource in a branch. A configuration sorts before its rows.

    Ids are opaque: compared exactly, never parsed, never trimmed.
    """

    component_id: str
    config_id: str
    row_id: str = ""

    @property
    def is_row(self) -> bool:
        return self.row_id != ""

    @property
    def config(self) -> Key:
        """The configuration this resource belongs to (itself, unless it is a row)."""
        return Key(self.component_id, self.config_id) if self.is_row else self

    def row(self, row_id: str) -> Key:
        return Key(self.component_id, self.config_id, row_id)

    def __str__(self) -> str:
        parts = (self.component_id, self.config_id, self.row_id)
        return "/".join(quote_segment(part) for part in parts if part)


def quote_segment(text: str) -> str:
    """Percent-encode what would make `component/config/row` ambiguous or unprintable."""
    if text.isprintable() and "/" not in text and "%" not in text:
        return text
    return "".join(
        char
        if char.isprintable() and char not in "/%"
        else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
        for char in text
    )


def key_of(text: str) -> Key:
    """Return the key whose `str` is *text*."""
    return Key(*(unquote(part, errors="surrogatepass") for part in text.split("/", 2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A configuration or a row, reduced to what a person declares in a file.

    What the server manages (version, created, component state) is left out, so desired and
    live resources are the same exactly when a person would call them the same.
    """

    key: Key
    name: str
    configuration: JsonObject
    description: str = ""
    is_disabled: bool = False
    rows_sort_order: tuple[str, ...] | None = None
    """Configurations only. Desired: all row ids in order, or None when the order is not managed.
    Live: the ids as the server keeps them; empty means it was never sorted."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Configurations only. Desired: the managed keys. Live: every key."""
    reset_state: str | None = None
    """Why the component state was last reset. A new text asks for a new reset."""


Resources: TypeAlias = Mapping[Key, Resource]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One recorded version of a configuration or row, without its content."""

    number: int
    identifier: str
    """The platform's ULID of this content; `""` where the platform does not tell."""
    created: str = ""
    author: str = ""
    message: str = ""
    is_deletion: bool = False
    """In a list of versions: this one put the configuration into the trash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trashed:
    """A configuration in the trash."""

    version: Version
    """The one that put it there."""
    name: str
    created: str
    """When the configuration was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What the platform tells of a component."""

    id: str
    name: str
    type: str
    """`extractor`, `writer`, `application`, `transformation`, ..."""
    version: int
    """Goes up with every change of what is told."""
    description: str
    documentation_url: str
    flags: tuple[str, ...]
    configuration_schema: Json
    """Of `parameters` in a configuration, as published: mostly JSON Schema, made for a form."""
    row_schema: Json
    """The same for rows."""
    empty_configuration: JsonObject
    """What a new configuration starts with."""
    empty_row: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a branch holds now."""

    resources: Resources
    versions: Mapping[Key, Version]
    component_states: Mapping[Key, JsonObject]
    first_versions: Mapping[Key, Version] = field(default_factory=dict)
    """Of configurations: who made them, when; the message only while there is no newer version."""
    notes: Mapping[Key, str] = field(default_factory=dict)
    """Of configurations: what kbsync noted of the secrets it encrypted; see `env_secrets`."""
    components: tuple[Component, ...] = ()
    """Those that the listing describes, which may be none."""
    announced: Mapping[Key, str] = field(default_factory=dict)
    """Of schedules: the number of the version that kbsync told the scheduler service of."""


def by_configuration(resources: Resources) -> dict[Key, dict[Key, Resource]]:
    """Return *resources* in groups: each configuration with its rows."""
    groups: dict[Key, dict[Key, Resource]] = {}
    for key, item in resources.items():
        groups.setdefault(key.config, {})[key] = item
    return groups
