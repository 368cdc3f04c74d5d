"""What a plan says, in values that every format lays out in its own way. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from kbsync.compare.moves import Move
from kbsync.model import Json, JsonObject, Key, Version
from kbsync.paths import MISSING, Missing
from kbsync.plans.attribution import Whose
from kbsync.plans.kinds import KINDS
from kbsync.plans.plan import Files, Step
from kbsync.render.lines import plural

SYMBOLS = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "reorder": "↕",
    "state reset": "↺",
    "rollback": "⇄",
    "restore": "⇄",
    "returned state": "↺",
    "metadata change": "~",
    "schedule stop": "⏻",
    "schedule activation": "⏻",
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
class Written:
    """How texts stand in the tree."""

    files: Files
    texts: Mapping[str, str]
    """By name of a file, for those that could be read: its lines are numbered in a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A value that was added, removed or replaced. Secrets are masked."""

    label: str
    before: Json | Missing
    after: Json | Missing
    whose: Whose = Whose.OURS
    wrote: Json | Missing = MISSING
    """What kbsync wrote, where live and the files both differ from it."""


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
    written: Written


@dataclass(frozen=True, slots=True)
class Note:
    words: Words
    whose: Whose = Whose.OURS


Detail: TypeAlias = Field | Code | Order | Forgotten | Content | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change of a configuration or row."""

    kind: str
    """One of `KINDS`."""
    key: Key
    words: Words
    name: str = ""
    """What people call what is updated."""
    whose: Whose = Whose.OURS
    warning: str = ""
    """What makes it more dangerous than others of its kind."""
    details: tuple[Detail, ...] = ()

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One configuration: its changes, the most dangerous first."""

    step: Step
    items: tuple[Item, ...]
    told_together: int = 0
    """How many more of its changes are the same as in others, and told with those."""

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
    def together(self) -> str:
        """What is said of the changes that are told with those of others; `""` without any."""
        if not self.told_together:
            return ""
        count = plural(self.told_together, "more update")
        verb = "is" if self.told_together == 1 else "are"
        return f"{count} {verb} told below: the same change as in others"

    @property
    def keep(self) -> str:
        """The command that brings what is live into the files."""
        return f"kbsync pull {shlex.quote(str(self.step.key))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One configuration or row that changes as others do."""

    key: Key
    name: str
    entry: Entry
    """All that is said of the configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The same update in several configurations or rows."""

    members: tuple[Member, ...]
    details: tuple[Detail, ...]
    kind: str = "update"

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.kind]

    @property
    def title(self) -> str:
        configs = plural(len({member.key.config for member in self.members}), "configuration")
        if not self.members[0].key.is_row:
            return f"same change in {configs}"
        return f"same change in {plural(len(self.members), 'row')} of {configs}"

    @property
    def component_id(self) -> str:
        """Tells the language of code, where the members are of different components: the first."""
        return self.members[0].key.component_id
