"""What stands beside a plan that takes a run back: what that plan cannot do, or nobody can tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime

from kbsync.canonical import same
from kbsync.errors import RefusedError
from kbsync.model import Key, Trashed
from kbsync.past.recall import Scene, is_since
from kbsync.run.forgotten import read_thrown_away


def forgotten(scene: Scene, run: str, selected: Callable[[Key], bool]) -> Iterator[str]:
    """Say how to have the component states back that the run has thrown away here, if any."""
    try:
        thrown_away = read_thrown_away(scene.settings.root, run)
    except RefusedError:
        return
    now = scene.live.component_states
    lost = [
        key
        for key, state in thrown_away.states.items()
        if key in scene.live.resources
        and selected(key.config)
        and not same(now.get(key, {}), state)
    ]
    if lost and thrown_away.is_of(scene.target):
        yield (
            "No version has the component state that the run threw away, of "
            f"{_listed(lost)}. "
            f"It is put back by: kbsync reset-state --undo {run}"
        )


def untold(trash: Mapping[Key, Trashed], began: datetime, told: Collection[Key]) -> Iterator[str]:
    """Say which configurations the run may have touched, without anybody being able to tell."""
    found = [
        key
        for key, each in sorted(trash.items())
        if is_since(each.version.created, began) and key not in told
    ]
    if found:
        yield (
            "Deleted since, so nobody can tell whether the run touched them: "
            f"{_listed(found)}. After kbsync restore, run this again."
        )


def _listed(found: Sequence[Key]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(map(str, found[:_SHOWN])) + more


_SHOWN = 5
