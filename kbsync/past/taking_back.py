"""What taking a run back means for each configuration that it touched. Reads only."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from kbsync.api.fetch import fetch_recorded
from kbsync.compare.diff import diff
from kbsync.errors import NotFoundError
from kbsync.model import Key, Trashed, key_of
from kbsync.past.recall import Scene, with_hold
from kbsync.past.rollback import Edited, Made, Past
from kbsync.plans.fingerprint import Fingerprint
from kbsync.plans.plan import Step
from kbsync.run.journal import RunRecord
from kbsync.workers import READERS, in_parallel


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Sorts what a run did into steps back, what is as it was already, and what is left."""

    scene: Scene
    trash: Mapping[Key, Trashed]
    selected: Callable[[Key], bool]
    include_created: bool
    steps: list[Step] = field(default_factory=list)
    same: list[Key] = field(default_factory=list)
    left: dict[Key, str] = field(default_factory=dict)

    def made(self, made: Mapping[Key, Made]) -> None:
        """Sort what the run wrote and is live."""
        wanted = [(key, each) for key, each in sorted(made.items()) if self.selected(key)]
        pasts = in_parallel(lambda each: self._past(*each), wanted, count=READERS)
        for past in pasts:
            key = past.key
            if past.to is None and not self.include_created:
                self.left[key] = "created by the run; --include-created deletes it, to the trash"
                continue
            step = past.step()
            if step is None:
                self.same.append(key)
            else:
                self.steps.append(with_hold(step, self.scene, self._written(past)))

    def _past(self, key: Key, made: Made) -> Past:
        client, live = self.scene.client, self.scene.only(key)
        edited = None
        if made.others:
            written = fetch_recorded(client, key, made.last.number, live)
            found = Edited(version=made.last, resources=written, edits=made.others)
            # What others did and took back is nothing that could be lost.
            edited = found if found.differs(live) else None
        recorded = fetch_recorded(client, key, made.before.number, live) if made.before else {}
        return Past(key=key, live=live, to=made.before, recorded=recorded, edited=edited)

    def _written(self, past: Past) -> list[Fingerprint]:
        """What the run wrote is rejected as well, when somebody edited it since."""
        if past.edited is None:
            return []
        return [self.scene.compared.fingerprint(past.key, past.edited.resources)]

    def deleted(self, noted: Mapping[Key, int | None]) -> None:
        """Sort what the run noted that it was about to delete, at the version of each."""
        for key, version in sorted(noted.items()):
            if not self.selected(key) or not self.scene.covers(key):
                continue
            live, trashed = self.scene.live.versions.get(key), self.trash.get(key)
            if live and self._is_back(key, version):
                self.same.append(key)
            elif live:
                self.left[key] = f"deleted by the run; somebody made it anew since, v{live.number}"
            elif trashed is None:
                self.left[key] = "deleted by the run; it is no longer in the trash"
            elif version not in (None, trashed.version.number - 1):
                self.left[key] = (
                    "deleted by the run; somebody restored and deleted it again since: "
                    f"kbsync restore {shlex.quote(str(key))}"
                )
            else:
                past = Past(key=key, live=None, recorded={}, trashed=trashed)
                step = past.step()
                assert step
                self.steps.append(with_hold(step, self.scene))

    def _is_back(self, key: Key, version: int | None) -> bool:
        """Whether *key*, live by now, is what it was at *version*, when the run deleted it."""
        live = self.scene.only(key)
        if version in (None, live.versions[key].number):
            return True
        try:
            recorded = fetch_recorded(self.scene.client, key, version, live)
        except NotFoundError:  # purged, and made anew
            return False
        return not diff(recorded, live.resources, {})

    def noted(self, record: RunRecord | None, known: Collection[Key]) -> None:
        """Sort what only the journal knows: what was deleted since, what came out of the trash."""
        told = {*known, *self.left, *self.same, *(step.key for step in self.steps)}
        for key, written in _written_by(record).items() if record else ():
            if key in told or not self.selected(key):
                continue
            if key in self.trash:
                self._vanished(key, is_new=written.before is None)
            elif written.before is None and key in self.scene.live.versions:
                self._restored(key, written.after)

    def _vanished(self, key: Key, *, is_new: bool) -> None:
        if is_new and self.include_created:
            self.same.append(key)
        elif is_new:
            self.left[key] = "created by the run, and deleted since"
        else:
            self.left[key] = (
                f"deleted since, by {self.trash[key].version.author or 'somebody'}: "
                f"kbsync restore {shlex.quote(str(key))}, then this again"
            )

    def _restored(self, key: Key, version: int) -> None:
        """Sort what the run took out of the trash: that version carries no stamp."""
        now = self.scene.live.versions[key].number
        if now != version:
            self.left[key] = f"taken out of the trash by the run, and written since, v{now}"
        elif not self.include_created:
            self.left[key] = (
                "taken out of the trash by the run; --include-created deletes it, to the trash"
            )
        else:
            step = Past(key=key, live=self.scene.only(key), recorded={}).step()
            assert step
            self.steps.append(with_hold(step, self.scene))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """Of one configuration, from which version to which a run took it."""

    before: int | None
    after: int


def _written_by(record: RunRecord) -> dict[Key, _Written]:
    """Return what the journal of a run notes that it wrote."""
    found = {}
    for result in record.results:
        before, after = result.get("before"), result.get("after")
        if isinstance(after, int) and after != before:
            known = before if isinstance(before, int) else None
            found[key_of(str(result["object"]))] = _Written(before=known, after=after)
    return found
