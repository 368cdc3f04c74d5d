"""The kinds of change a plan can hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from kbsync.model import JsonObject, Key, Resource, Version


@dataclass(frozen=True, slots=True)
class Create:
    """A configuration or row that live lacks."""

    after: Resource
    trashed: Version | None = None
    """Of a configuration whose id lies in the trash: the version that put it there. It comes back
    with its history and metadata, without its rows and component state."""

    @property
    def key(self) -> Key:
        return self.after.key


@dataclass(frozen=True, slots=True)
class Update:
    """Another name, description, isDisabled or configuration."""

    before: Resource
    after: Resource

    @property
    def key(self) -> Key:
        return self.after.key


@dataclass(frozen=True, slots=True)
class Delete:
    """A row that has no file, or a configuration to prune (to the trash, never purged)."""

    before: Resource
    rows: tuple[Key, ...] = ()
    """Of a configuration: the rows that go with it."""

    @property
    def key(self) -> Key:
        return self.before.key


@dataclass(frozen=True, slots=True)
class Reorder:
    """Another order of the rows of a configuration.

    `before` is the order live would have after the creates and deletes of the same plan.
    """

    key: Key
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """Managed metadata of a configuration; only the keys that differ."""

    key: Key
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ResetState:
    """Forget the component state of *targets*, once per *reason*."""

    key: Key
    reason: str
    targets: Mapping[Key, JsonObject]
    """What is forgotten, by whose it is: the rows of a configuration that has some."""
    by_hand: bool = False
    """Whether a person asked for it now: then *reason* is the text of no file, and not noted."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Back to a version the platform recorded, by the platform's own rollback."""

    key: Key
    to_version: int
    """Of a row: the row's own number."""
    changes: tuple[Change, ...]
    """What that will change, from live to the recorded content."""
    undone: tuple[Version, ...] = ()
    """The versions made since, whose content is lost, the newest first; where they were read."""


@dataclass(frozen=True, slots=True)
class Restore:
    """A configuration out of the trash, with its rows and component state, as it went there."""

    key: Key
    trashed: Version


@dataclass(frozen=True, slots=True)
class PutState:
    """Component state that had been forgotten, back where it was."""

    key: Key
    states: Mapping[Key, JsonObject]
    """By whose it is."""
    resets: tuple[Key, ...] = ()
    """The configuration or rows whose `resetState` text counts as new again."""
    before: Mapping[Key, JsonObject] = field(default_factory=dict)
    """What is there until then, and is lost; of those where it was looked at."""


@dataclass(frozen=True, slots=True)
class Activation:
    """The scheduler service takes a schedule over as it is then, or stops it.

    It looks at no configuration by itself.
    """

    key: Key
    is_on: bool
    """Of a schedule out of the trash, whose content nobody can tell: unless it is switched off."""
    cron: str = ""
    timezone: str = ""


Change: TypeAlias = (
    Create
    | Update
    | Delete
    | Reorder
    | SetMetadata
    | ResetState
    | Rollback
    | Restore
    | PutState
    | Activation
)
