"""Whether live is now as a change wanted it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from kbsync.canonical import same
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
from kbsync.compare.diff import content
from kbsync.graph.schedule import is_untold
from kbsync.model import Live, Resource


def unmet(changes: Iterable[Change], live: Live) -> tuple[str, ...]:
    """Return what of *changes* is not so in *live*, a few words for each."""
    return tuple(words for change in changes for words in _unmet(change, live))


def _unmet(change: Change, live: Live) -> Iterable[str]:
    match change:
        case Create(after=after) | Update(after=after):
            return _content_unmet(after, live)
        case Delete(before):
            return [f"{before.key} is still there"] if before.key in live.resources else []
        case Reorder(key, _, order):
            found = live.resources.get(key)
            return [] if found and found.rows_sort_order == order else [f"{key}: the order of rows"]
        case SetMetadata(key, _, after):
            found = live.resources.get(key)
            known = found.metadata if found else {}
            return [f"{key}: metadata {name}" for name in after if known.get(name) != after[name]]
        case ResetState(_, _, targets):
            return [f"{key}: component state" for key in targets if live.component_states.get(key)]
        case Restore(key):
            return [] if key in live.resources else [f"{key} is not there"]
        case PutState(_, states):
            return [
                f"{key}: component state"
                for key, found in states.items()
                if not same(live.component_states.get(key, {}), found)
            ]
        case Rollback(_, _, changes):
            return unmet(changes, live)
        case Activation(key):
            return [f"{key}: what the scheduler service was told"] if is_untold(key, live) else []
        case _:
            assert_never(change)


def _content_unmet(after: Resource, live: Live) -> list[str]:
    found = live.resources.get(after.key)
    if found is None:
        return [f"{after.key} is not there"]
    have, want = content(found), content(after)
    return [f"{after.key}: {name}" for name in want if not same(have[name], want[name])]
