"""From the trash to the plan that brings a configuration back. Reads only."""

from __future__ import annotations

from collections.abc import Mapping

from kbsync.api.client import StorageClient
from kbsync.errors import StaleError, UsageError
from kbsync.graph.schedule import is_untold_since_restored
from kbsync.model import Key, Trashed
from kbsync.past.recall import Recalled, Scene, deleted_by, look, recalled
from kbsync.past.rollback import Past
from kbsync.planning import nearest
from kbsync.selectors import matches_any, parse
from kbsync.settings import Settings


def recall_deleted(settings: Settings, client: StorageClient, object_: str) -> Recalled:
    """Plan to bring one configuration back from the trash as it went there: five requests, all GET.

    A schedule that came back before the scheduler service was told is live: that is left to do.

    Args:
        object_: `component/config`, with the id or the name of the configuration.

    Raises:
        UsageError: There is no such configuration in the trash, or more than one.
        StaleError: It is live.
    """
    scene = look(settings, client)
    trash = scene.trash()
    key = _resolve(object_, scene, trash)
    if key not in trash:
        return recalled(scene, (), back=[key])
    step = Past(key=key, live=None, recorded={}, trashed=trash[key]).step()
    assert step
    return recalled(scene, [step], rolls_back=tuple(deleted_by(scene, key, trash[key])))


def _resolve(text: str, scene: Scene, trash: Mapping[Key, Trashed]) -> Key:
    selector = parse(text)
    if len(selector.segments) != 2:
        raise UsageError(
            f"'{text}' is not one configuration; expected component/config",
            hint="A row comes back with its configuration, or by a rollback of that.",
        )
    names = {key: each.name for key, each in trash.items()}
    exact = [key for key in trash if str(key) == text]
    found = exact or [key for key in sorted(trash) if matches_any([selector], key, names)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"'{text}' is {len(found)} configurations in the trash; one at a time",
            hint="One of: " + ", ".join(map(str, found[:5])),
        )
    live = [key for key in scene.live.resources if not key.is_row]
    for key in live:
        if matches_any([selector], key, scene.names):
            if is_untold_since_restored(key, scene.live):
                return key
            raise StaleError(
                f"{key} is live, at v{scene.live.versions[key].number}: it is not in the trash",
                hint="To bring older content back: kbsync rollback.",
            )
    hint = nearest(text, trash, names) or _newest(trash)
    raise UsageError(f"There is no configuration '{text}' in the trash", hint=hint)


def _newest(trash: Mapping[Key, Trashed]) -> str:
    if not trash:
        return "The trash of this branch is empty."
    newest = sorted(trash, key=lambda key: trash[key].version.created, reverse=True)
    return f"The last that were deleted: {', '.join(map(str, newest[:3]))}."
