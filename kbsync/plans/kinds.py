"""The kinds of change, in words, and how many there are of each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import assert_never

from kbsync.change import (
    Activation,
    Change,
    Create,
    Delete,
    PutState,
    Reorder,
    ResetState,
    Restore,
    Rollback,
    SetMetadata,
    Update,
)

KINDS = (
    "delete",
    "state reset",
    "rollback",
    "update",
    "restore",
    "returned state",
    "create",
    "metadata change",
    "reorder",
    "schedule stop",
    "schedule activation",
)
"""Every kind of change, the most dangerous first: the order in which a plan is shown."""


def kind(change: Change) -> str:
    """The word for *change*: one of `KINDS`."""
    match change:
        case Delete():
            return "delete"
        case ResetState():
            return "state reset"
        case Rollback():
            return "rollback"
        case Update():
            return "update"
        case Create(trashed=None):
            return "create"
        case Create() | Restore():
            return "restore"
        case PutState():
            return "returned state"
        case SetMetadata():
            return "metadata change"
        case Reorder():
            return "reorder"
        case Activation(is_on=is_on):
            return "schedule activation" if is_on else "schedule stop"
        case _:
            assert_never(change)


def effects(changes: Iterable[Change]) -> Iterator[Change]:
    """Return *changes* with what a rollback does in the place of the rollback."""
    for change in changes:
        if isinstance(change, Rollback):
            yield from change.changes
        else:
            yield change


def counts(changes: Iterable[Change]) -> dict[str, int]:
    """How many changes there are of each kind, in the order of `KINDS`, zeros included.

    A state reset counts once for each configuration or row whose state is forgotten.
    """
    found: Counter[str] = Counter()
    for change in changes:
        found[kind(change)] += len(change.targets) if isinstance(change, ResetState) else 1
    return {name: found[name] for name in KINDS}
