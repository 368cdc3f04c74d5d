"""From a moment to the plan that brings back what was current then. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kbsync import ulid
from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_recorded
from kbsync.model import Key, Trashed, Version
from kbsync.past.recall import (
    Recalled,
    Scene,
    deleted_by,
    history_since,
    is_since,
    look,
    recalled,
    runs_of,
    stamped_contents,
    with_hold,
)
from kbsync.past.rollback import Past
from kbsync.planning import check_selectors
from kbsync.plans.plan import Step
from kbsync.selectors import Selector, matches_any
from kbsync.settings import Settings
from kbsync.workers import READERS, in_parallel


def recall_before(
    settings: Settings,
    client: StorageClient,
    moment: datetime,
    *,
    selectors: Sequence[Selector] = (),
    include_created: bool = False,
) -> Recalled:
    """Plan to bring back what was current just before *moment*: five requests, all GET.

    Two or three more for each configuration that was written since. Which these are, the listing
    tells: every change of a row is a version of its configuration too.

    Args:
        moment: With a zone, and past. A version of that very second counts as made after it.
        selectors: Limit the plan to some configurations.
        include_created: Delete, to the trash, what was created since.

    Raises:
        UsageError: A selector matches nothing.
    """
    scene = look(settings, client)
    trash = scene.trash()
    names = {key: each.name for key, each in trash.items()} | scene.names
    covered = [key for key in scene.live.resources if scene.covers(key)]
    check_selectors(selectors, (*covered, *trash), names)

    def selected(key: Key) -> bool:
        return not selectors or matches_any(selectors, key, names)

    configs = [key for key in sorted(covered) if not key.is_row and selected(key)]
    changed = [key for key in configs if is_since(scene.live.versions[key].created, moment)]
    back = _Back(scene=scene, moment=moment, include_created=include_created)
    back.written(changed)
    back.deleted({key: each for key, each in sorted(trash.items()) if selected(key)})
    return recalled(
        scene,
        back.steps,
        back=sorted(back.same),
        untouched=len(configs) - len(changed),
        left=back.left,
        notes=tuple(back.notes),
        # Of a run that had begun before, some of what it wrote may stay.
        rolls_back=tuple(run for run in back.runs if began_since(run, moment)),
    )


def began_since(run: str, moment: datetime) -> bool:
    """Whether a run began at *moment* or later, by the clock of its machine."""
    try:
        return ulid.milliseconds(run) >= moment.timestamp() * 1000
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Back:
    """Sorts what was written since a moment into steps back, what is as it was, what is left."""

    scene: Scene
    moment: datetime
    include_created: bool
    steps: list[Step] = field(default_factory=list)
    same: list[Key] = field(default_factory=list)
    left: dict[Key, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    undone: list[Version] = field(default_factory=list)
    """What was made since of that which goes back."""
    deleters: set[str] = field(default_factory=set)
    """The runs that deleted what comes back."""

    @property
    def runs(self) -> list[str]:
        """The runs that wrote or deleted what goes back, the newest first."""
        return sorted({*runs_of(self.undone), *self.deleters}, reverse=True)

    def written(self, keys: Sequence[Key]) -> None:
        """Sort what is live and has a version since."""
        for past in in_parallel(self._past, keys, count=READERS):
            if past.to is None and not self.include_created:
                self.left[past.key] = _created(past)
                continue
            step = past.step()
            if step is None:
                self.same.append(past.key)
            else:
                self.undone.extend(past.undone)
                more = stamped_contents(past, self.scene)
                self.steps.append(with_hold(step, self.scene, more))

    def _past(self, key: Key) -> Past:
        client, live = self.scene.client, self.scene.only(key)
        versions = history_since(client, key, self.moment)
        to = next((each for each in versions if not is_since(each.created, self.moment)), None)
        undone = tuple(each for each in versions if to is None or each.number > to.number)
        if to is None or to.is_deletion:
            return Past(key=key, live=live, recorded={}, undone=undone)
        recorded = fetch_recorded(client, key, to.number, live) if undone else live.resources
        return Past(key=key, live=live, to=to, recorded=recorded, undone=undone)

    def deleted(self, trash: Mapping[Key, Trashed]) -> None:
        """Sort what lies in the trash: what was there at the moment comes back."""
        unread = []
        for key, trashed in trash.items():
            was_there = not is_since(trashed.created, self.moment)
            if was_there and is_since(trashed.version.created, self.moment):
                step = Past(key=key, live=None, recorded={}, trashed=trashed).step()
                assert step
                self.steps.append(with_hold(step, self.scene))
                self.deleters.update(deleted_by(self.scene, key, trashed))
                if trashed.version.number > _CREATED_AND_DELETED:
                    unread.append(str(key))
        if unread:
            self.notes.append(
                "What comes back from the trash has the content that it went there with; its"
                " versions can be read only then. Run this again to bring back older content of "
                f"{', '.join(unread)}."
            )


_CREATED_AND_DELETED = 2
"""The number of the version in the trash of what was never changed."""


def _created(past: Past) -> str:
    first = past.undone[-1] if past.undone else None
    who = f" by {first.author or 'somebody'}, {first.created}" if first else ""
    return f"not there then; it came{who}. --include-created deletes it, to the trash"
