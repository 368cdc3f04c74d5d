"""Resets of component state that a person asks for by name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kbsync.change import Change, Delete, ResetState
from kbsync.model import JsonObject, Key, Live, by_configuration
from kbsync.selectors import Selector, matches_any


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What forgetting some component states takes."""

    resets: tuple[ResetState, ...]
    empty: tuple[Key, ...]
    """What was named and has nothing to forget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """Whose component state a person wants forgotten, and why."""

    selectors: Sequence[Selector]
    reason: str

    def resets(self, live: Live, names: Mapping[Key, str]) -> Asked:
        """Return what that takes in *live*, the part of it that kbsync looks after.

        A configuration with rows keeps its component state in them, so naming it means its rows.
        """
        if not self.selectors:
            return Asked(resets=(), empty=())
        states = {
            key: live.component_states.get(key, {})
            for key in _owners(live)
            if matches_any(self.selectors, key, names)
        }
        targets: dict[Key, dict[Key, JsonObject]] = {}
        for key, state in states.items():
            if state:
                is_whole = matches_any(self.selectors, key.config, names)
                targets.setdefault(key.config if is_whole else key, {})[key] = state
        return Asked(
            resets=tuple(
                ResetState(key, self.reason, found, by_hand=True) for key, found in targets.items()
            ),
            empty=tuple(key for key, state in states.items() if not state),
        )


NOTHING_BY_HAND = ByHand(selectors=(), reason="")
DEFAULT_REASON = "reset by hand"


def _owners(live: Live) -> Iterator[Key]:
    """The configurations and rows that have a component state of their own."""
    for config, group in sorted(by_configuration(live.resources).items()):
        rows = sorted(key for key in group if key.is_row)
        yield from rows or [config]


def with_resets(changes: Sequence[Change], resets: Iterable[ResetState]) -> list[Change]:
    """Return *changes* and what of *resets* they leave to do.

    What is deleted has nothing left to forget, and what a file has reset is not reset twice.
    """
    gone = {change.key for change in changes if isinstance(change, Delete)}
    done = {
        key for change in changes if isinstance(change, ResetState) for key in change.targets
    } | gone
    left = [
        replace(
            reset,
            targets={
                key: state for key, state in reset.targets.items() if not {key, key.config} & done
            },
        )
        for reset in resets
    ]
    return [*changes, *(reset for reset in left if reset.targets)]
