"""What of a run was rolled back since, and what of it may not be written again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kbsync.model import Key
from kbsync.past.runs import KnownRun
from kbsync.plans.holds import Hold


def with_undone(runs: Sequence[KnownRun], holds: Mapping[Key, Hold] | None) -> tuple[KnownRun, ...]:
    """Return *runs* with what of each was rolled back since, and by which of them.

    A rollback tells in its stamp which runs it takes back, and its hold tells that too, for as long
    as it stands: then nothing was written since. A rollback that was rolled back itself counts for
    nothing.

    Args:
        runs: The newest first.
        holds: Those of the branch; None where they could not be read.
    """
    undone: dict[str, dict[str, str]] = {}
    for run in runs:
        lost = undone.get(run.run, {})
        effective = [name for name in run.reached if name not in lost]
        _note(undone, run.stamp.rolls_back, effective, run.run)
    for key, hold in (holds or {}).items():
        _note(undone, hold.runs, [str(key)], hold.run)
    return tuple(_marked(run, undone.get(run.run, {}), holds) for run in runs)


def _note(
    undone: dict[str, dict[str, str]], runs: Iterable[str], objects: Iterable[str], by: str
) -> None:
    names = list(objects)
    for run in runs:
        known = undone.setdefault(run, {})
        for name in names:
            known.setdefault(name, by)


def _marked(run: KnownRun, lost: Mapping[str, str], holds: Mapping[Key, Hold] | None) -> KnownRun:
    reached = run.reached
    held = {str(key) for key, hold in (holds or {}).items() if run.run in hold.runs}
    return replace(
        run,
        rolled_back={name: by for name, by in lost.items() if name in reached},
        held=None if holds is None else frozenset(held & set(reached)),
    )
