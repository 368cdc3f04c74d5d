"""From a run to the plan that takes it back: all of it from the platform. Reads only."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from kbsync import ulid
from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_recorded
from kbsync.compare.diff import diff
from kbsync.errors import NotFoundError, UsageError
from kbsync.model import Key, Trashed, Version, key_of
from kbsync.past.beside import forgotten, untold
from kbsync.past.recall import (
    Recalled,
    Scene,
    history_since,
    is_since,
    look,
    recalled,
    with_hold,
)
from kbsync.past.rollback import Edited, Made, Past, made_by, run_of
from kbsync.plans.fingerprint import Fingerprint
from kbsync.plans.plan import Step
from kbsync.run.deleted import read_deleted
from kbsync.run.journal import RunRecord, read_runs
from kbsync.selectors import Selector, matches_any
from kbsync.settings import Settings
from kbsync.workers import READERS, in_parallel

_CLOCKS = timedelta(days=1)
"""How far the clock of the machine of a run may have been ahead of the platform's."""
_NEWEST = 3
"""So many runs are named when the one that was typed is not known."""


def recall_run(
    settings: Settings,
    client: StorageClient,
    run: str,
    *,
    selectors: Sequence[Selector] = (),
    include_created: bool = False,
) -> Recalled:
    """Plan to take *run* back: five requests, all GET, and some for each configuration it touched.

    The journal is not needed. What a run touched is told by its stamps in the versions of what was
    written since it began, and by what it noted before it deleted.

    Args:
        run: The id, in upper or lower case.
        selectors: Limit the plan to some of what the run touched.
        include_created: Delete, to the trash, what the run created.

    Raises:
        UsageError: There never was such a run, or a selector matches nothing that it touched.
    """
    began = _began(run)
    run = run.upper()
    scene = look(settings, client)
    trash = scene.trash()
    histories = _histories(scene, run, began)
    made = {key: each for key, versions in histories.items() if (each := made_by(run, versions))}
    notes = _noted(scene.metadata)
    record = next((each for each in read_runs(settings.root) if each.run == run), None)
    if not made and run not in notes and record is None:
        raise _unknown(run, scene, histories, notes)
    undo = _Undo(
        scene=scene,
        trash=trash,
        selected=_selected(selectors, scene, trash, [*made, *notes.get(run, {})]),
        include_created=include_created,
    )
    undo.made(made)
    undo.deleted({key: each for key, each in notes.get(run, {}).items() if key not in made})
    undo.vanished(record, made)
    return recalled(
        scene,
        undo.steps,
        back=sorted(undo.same),
        left=undo.left,
        rolls_back=(run,),
        notes=(
            *untold(trash, began, {*undo.left, *undo.same, *notes.get(run, {})}),
            *forgotten(scene, run, undo.selected),
        ),
    )


def _began(run: str) -> datetime:
    try:
        # The platform tells whole seconds.
        return datetime.fromtimestamp(ulid.milliseconds(run) // 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"'{run}' is no run id: it has 26 letters and digits",
            hint="`kbsync runs` lists them; each version that kbsync wrote tells its own.",
        ) from None


def _histories(scene: Scene, run: str, began: datetime) -> dict[Key, list[Version]]:
    """Read the versions of whatever was written since shortly before the run, or by it."""
    since = began - _CLOCKS
    keys = sorted(
        key
        for key, newest in scene.live.versions.items()
        if not key.is_row
        and scene.covers(key)
        and (is_since(newest.created, since) or run_of(newest) == run)
    )
    found = in_parallel(lambda key: history_since(scene.client, key, since), keys, count=READERS)
    return dict(zip(keys, found, strict=True))


def _noted(metadata: Any) -> dict[str, dict[Key, int | None]]:
    """By run: what it was about to delete, and the version that had."""
    found: dict[str, dict[Key, int | None]] = {}
    for each in read_deleted(metadata):
        if isinstance(each, dict) and "componentId" in each and "configId" in each:
            key = Key(str(each["componentId"]), str(each["configId"]))
            version = each.get("version")
            found.setdefault(str(each.get("run")), {})[key] = (
                version if isinstance(version, int) else None
            )
    return found


def _selected(
    selectors: Sequence[Selector],
    scene: Scene,
    trash: Mapping[Key, Trashed],
    touched: Iterable[Key],
) -> Callable[[Key], bool]:
    """Return what tells whether a configuration is one of those that were named.

    Raises:
        UsageError: One of *selectors* matches nothing of *touched*.
    """
    names = {key: each.name for key, each in trash.items()} | scene.names
    keys = sorted(touched)
    for selector in selectors:
        if not any(matches_any([selector], key, names) for key in keys):
            raise UsageError(
                f"'{selector}' matches nothing that the run touched",
                hint=f"It touched {', '.join(map(str, keys[:5]))}." if keys else "",
            )
    return lambda key: not selectors or matches_any(selectors, key, names)


def _unknown(
    run: str,
    scene: Scene,
    histories: Mapping[Key, Sequence[Version]],
    notes: Mapping[str, object],
) -> UsageError:
    versions = [*scene.live.versions.values(), *(v for each in histories.values() for v in each)]
    journals = (record.run for record in read_runs(scene.settings.root))
    known = sorted({*map(run_of, versions), *notes, *journals} - {""}, reverse=True)
    close = get_close_matches(run, known, n=1, cutoff=0.8)
    if close:
        hint = f"Did you mean {close[0]}?"
    elif known:
        hint = f"The newest that are known: {', '.join(known[:_NEWEST])}. See `kbsync runs`."
    elif scene.metadata is None:
        hint = (
            "No run of kbsync is known here. What runs have deleted is noted in the metadata of "
            "the branch, which this token may not read."
        )
    else:
        hint = "No run of kbsync is known in this project."
    return UsageError(f"There is no trace of a run {run} in this branch", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Undo:
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

    def vanished(self, record: RunRecord | None, known: Collection[Key]) -> None:
        """Sort what only the journal knows: what was deleted after the run wrote it."""
        for key, is_new in _written_by(record).items() if record else ():
            trashed = self.trash.get(key)
            if key in known or key in self.left or trashed is None or not self.selected(key):
                continue
            if any(step.key == key for step in self.steps):
                continue
            if is_new and self.include_created:
                self.same.append(key)
            elif is_new:
                self.left[key] = "created by the run, and deleted since"
            else:
                self.left[key] = (
                    f"deleted since, by {trashed.version.author or 'somebody'}: "
                    f"kbsync restore {shlex.quote(str(key))}, then this again"
                )


def _written_by(record: RunRecord) -> dict[Key, bool]:
    """Of which configurations the journal of a run notes that it wrote a version, and made them."""
    return {
        key_of(str(result["object"])): result.get("before") is None
        for result in record.results
        if result.get("after") not in (None, result.get("before"))
    }
