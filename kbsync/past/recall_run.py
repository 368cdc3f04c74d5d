"""From a run to the plan that takes it back: all of it from the platform. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from kbsync import ulid
from kbsync.api.client import StorageClient
from kbsync.errors import RefusedError, UsageError
from kbsync.model import Key, Trashed, Version
from kbsync.past.beside import forgotten, untold
from kbsync.past.recall import (
    Recalled,
    Scene,
    history_since,
    is_since,
    look,
    recalled,
)
from kbsync.past.rollback import made_by, run_of
from kbsync.past.taking_back import Undo
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
        RefusedError: The run was of another project or branch.
    """
    began = _began(run)
    run = run.upper()
    scene = look(settings, client)
    trash = scene.trash()
    histories = _histories(scene, run, began)
    made = {key: each for key, versions in histories.items() if (each := made_by(run, versions))}
    notes = _noted(scene.metadata)
    record = next((each for each in read_runs(settings.root) if each.run == run), None)
    is_traced = bool(made) or run in notes
    if record and not record.is_of(scene.target):
        if not is_traced:
            raise _elsewhere(record)
        record = None
    if not is_traced and record is None:
        raise _unknown(run, scene, histories, notes)
    undo = Undo(
        scene=scene,
        trash=trash,
        selected=_selected(selectors, scene, trash, [*made, *notes.get(run, {})]),
        include_created=include_created,
    )
    undo.made(made)
    undo.deleted({key: each for key, each in notes.get(run, {}).items() if key not in made})
    undo.noted(record, made)
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


def _elsewhere(record: RunRecord) -> RefusedError:
    return RefusedError(
        f"Run {record.run} wrote to another place: {record.place}",
        hint="Choose that one with --env, or with the stack and the token of the environment.",
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
