"""What a plan says, in values that every format lays out in its own way. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TypeAlias

from kbsync.attribution import Whose
from kbsync.model import Json, JsonObject, Key, Version
from kbsync.moves import Move
from kbsync.paths import Missing
from kbsync.plan import KINDS, Files, Step

SYMBOLS = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "reorder": "↕",
    "state reset": "↺",
    "rollback": "⇄",
    "metadata change": "~",
}

VERDICTS = {
    Whose.DRIFT: "reverts an edit",
    Whose.CONFLICT: "overwrites an edit: the files changed it too",
}


@dataclass(frozen=True, slots=True)
class Given:
    """A piece of text that people wrote, not kbsync. It is printable, but may hold any markup."""

    text: str

    def __str__(self) -> str:
        return self.text


Words: TypeAlias = "tuple[str | Given, ...]"
"""A sentence: our words as they are, other people's as `Given`."""


def plain(words: Words) -> str:
    return "".join(map(str, words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A value that was added, removed or replaced. Secrets are masked."""

    label: str
    before: Json | Missing
    after: Json | Missing
    whose: Whose = Whose.OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A text of several lines that changed."""

    label: str
    file: str
    """Where it stands in the tree; `""` when it has no file of its own."""
    before: str
    after: str
    whose: Whose = Whose.OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Named items of a list, or rows (then without a label), in another order."""

    label: str
    moves: tuple[Move, ...]
    whose: Whose = Whose.OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """A component state that is forgotten."""

    row_id: str
    """`""` for that of the change itself."""
    state: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that a new object holds; secrets are masked."""

    key: Key
    configuration: JsonObject
    files: Files


@dataclass(frozen=True, slots=True)
class Note:
    words: Words


Detail: TypeAlias = Field | Code | Order | Forgotten | Content | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change of a configuration or row."""

    kind: str
    """One of `KINDS`."""
    key: Key
    words: Words
    whose: Whose = Whose.OURS
    details: tuple[Detail, ...] = ()

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One configuration: its changes, the most dangerous first."""

    step: Step
    items: tuple[Item, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is to be done here, the most dangerous first."""
        found = {item.kind for item in self.items}
        return tuple(name for name in KINDS if name in found)

    @property
    def reverts(self) -> bool:
        """Whether an edit of somebody would be lost."""
        return self.step.attribution is not None and bool(self.step.attribution.whose)

    @property
    def edits(self) -> tuple[Version, ...]:
        """What people saved since kbsync last wrote, where the plan would revert some of it."""
        known = self.step.attribution
        return known.edits if known and self.reverts and self.step.base else ()

    @property
    def last_edit(self) -> Version | None:
        """The last version, where none is by kbsync, so that nobody can tell whose changes are."""
        known = self.step.attribution
        return self.step.base if known and known.base is None else None

    @property
    def keep(self) -> str:
        """The command that brings what is live into the files."""
        return f"kbsync pull {shlex.quote(str(self.step.key))}"
