"""What a plan deletes only because something is not there, which may be a mistake. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kbsync.change import Create, Delete
from kbsync.model import Key, Resources, by_configuration
from kbsync.plans.plan import Plan

MANY = 3
"""Fewer than so many are deleted together on purpose every day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Files that are missing in a suspicious way."""

    what: str
    """A clause that says what is odd."""
    keys: tuple[Key, ...]
    """What would be deleted for it."""
    todo: str
    """What to look at, as a sentence."""
    of_tree: bool = False
    """Whether the plan and the project alone do not show it."""


def find_absences(plan: Plan, live: Resources, missing: Sequence[str] = ()) -> tuple[Absence, ...]:
    """Return why the deletes of *plan* may be a mistake.

    What a rollback deletes is recorded, not absent, so it does not count.

    Args:
        live: All that kbsync looks after in the project.
        missing: Files of the tree that the commit has and the checkout lacks.
    """
    deleted = {change.key: change for change in plan.changes if isinstance(change, Delete)}
    if not deleted:
        return ()
    return (*_not_checked_out(deleted, missing), *_rows_gone(plan, live), *_most(deleted, live))


def _not_checked_out(deleted: dict[Key, Delete], missing: Sequence[str]) -> Iterator[Absence]:
    if missing:
        count = "1 file is" if len(missing) == 1 else f"{len(missing)} files are"
        yield Absence(
            what=f"{count} in git but not in the checkout, such as {missing[0]}, so these may"
            " only look deleted",
            keys=tuple(deleted),
            todo="Check them out: git sparse-checkout disable, git submodule update --init.",
            of_tree=True,
        )


def _rows_gone(plan: Plan, live: Resources) -> Iterator[Absence]:
    groups = by_configuration(live)
    for step in plan.steps:
        rows = tuple(key for key in groups.get(step.key, {}) if key.is_row)
        gone = {change.key for change in step.changes if isinstance(change, Delete)}
        is_emptied = gone == set(rows) and not any(
            isinstance(change, Create) for change in step.changes
        )
        if len(rows) >= MANY and is_emptied:
            yield Absence(
                what=f"{step.key} would lose all of its {len(rows)} rows",
                keys=rows,
                todo="Is its rows folder where it should be?",
            )


def _most(deleted: dict[Key, Delete], live: Resources) -> Iterator[Absence]:
    known = [key for key in live if not key.is_row]
    gone = tuple(key for key in known if key in deleted)
    if len(gone) >= MANY and len(gone) > len(known) / 2:
        yield Absence(
            what=f"{len(gone)} of all {len(known)} configurations would be deleted",
            keys=gone,
            todo="Is this the right folder and checkout?",
        )
