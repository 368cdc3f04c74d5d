"""Component state: the plan that forgets it, and the one that puts it back. Reads only."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from kbsync.api.client import StorageClient
from kbsync.canonical import same
from kbsync.change import Change, PutState
from kbsync.errors import RefusedError
from kbsync.model import JsonObject, Key
from kbsync.past.recall import Recalled, Scene, look, recalled
from kbsync.planning import check_selectors, in_scope
from kbsync.plans.making import make_steps
from kbsync.plans.resets import ByHand
from kbsync.run.forgotten import read_thrown_away
from kbsync.selectors import Selector, matches_any
from kbsync.settings import Settings


def forget_states(
    settings: Settings, client: StorageClient, selectors: Sequence[Selector], reason: str
) -> Recalled:
    """Plan to forget the component state of what *selectors* name: four requests, all GET.

    A configuration with rows keeps its state in them, so naming it means its rows.

    Raises:
        UsageError: A selector matches nothing.
    """
    scene = look(settings, client)
    live = in_scope(scene.live, settings, scene.names)
    check_selectors(selectors, live.resources, scene.names)
    asked = ByHand(selectors=selectors, reason=reason).resets(live, scene.names)
    return _planned(scene, asked.resets, same=asked.empty)


def return_states(
    settings: Settings, client: StorageClient, run: str, selectors: Sequence[Selector]
) -> Recalled:
    """Plan to put back what *run* threw away, or the part that *selectors* name: four GETs.

    Raises:
        UsageError: *run* is no id of a run, or a selector matches nothing of it.
        RefusedError: This folder has no component states of it, or those of another project.
    """
    thrown_away = read_thrown_away(settings.root, run)
    scene = look(settings, client)
    if not thrown_away.is_of(scene.target):
        raise RefusedError(
            f"Run {run.upper()} was of another project: {thrown_away.stack}, "
            f"project {thrown_away.project_id}, branch {thrown_away.branch}",
            hint="Choose that one with --env, or with the stack and the token of the environment.",
        )
    check_selectors(selectors, thrown_away.states, scene.names)
    wanted = {
        key: state
        for key, state in thrown_away.states.items()
        if not selectors or matches_any(selectors, key, scene.names)
    }
    now = scene.live.component_states
    left = {key: why for key in wanted if (why := _why_not(key, scene))}
    there = {key: state for key, state in wanted.items() if key not in left}
    back = {key: state for key, state in there.items() if not same(now.get(key, {}), state)}
    unchanged = tuple(key for key in there if key not in back)
    return _planned(scene, [*_returned(back, now)], same=unchanged, left=left)


def _returned(back: Mapping[Key, JsonObject], now: Mapping[Key, JsonObject]) -> Iterator[Change]:
    for config in dict.fromkeys(key.config for key in back):
        states = {key: state for key, state in back.items() if key.config == config}
        yield PutState(config, states, before={key: now.get(key, {}) for key in states})


def _planned(
    scene: Scene,
    changes: Sequence[Change],
    *,
    same: tuple[Key, ...],
    left: Mapping[Key, str] | None = None,
) -> Recalled:
    steps = make_steps(changes, scene.live.resources, scene.live)
    return recalled(scene, steps, same=same, left=left or {})


def _why_not(key: Key, scene: Scene) -> str:
    if not scene.covers(key.config):
        return "outside the scope of kbsync.yaml"
    if key in scene.live.resources:
        return ""
    config = shlex.quote(str(key.config))
    if key.config in scene.live.resources:
        return f"the row is gone; what was there before: kbsync history {config}"
    return f"it is gone; from the trash it comes back with: kbsync restore {config}"
