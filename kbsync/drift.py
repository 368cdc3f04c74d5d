"""What people changed outside kbsync, and the files do not say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kbsync.model import Key, Version
from kbsync.plan import Plan, Step, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The edits and deletes of other people, and how far the files are ahead of live."""

    target: Target
    edited: tuple[Step, ...]
    """What the edits changed, from the version kbsync wrote last to live."""
    deleted: tuple[tuple[Step, Version], ...]
    """What lies in the trash though the files declare it, and the version that put it there."""
    ahead: int
    """Configurations that differ because the files moved on, which is no drift."""

    def __bool__(self) -> bool:
        return bool(self.edited or self.deleted)


def find_drift(plan: Plan, trash: Mapping[Key, Version]) -> Drift:
    """Return the part of what *plan* would change that other people brought about."""
    edited = [step for step in plan.steps if step.attribution and step.attribution.whose]
    deleted = [step for step in plan.steps if step.base is None and step.key in trash]
    return Drift(
        target=plan.target,
        edited=tuple(_their_step(step) for step in edited),
        deleted=tuple((step, trash[step.key]) for step in deleted),
        ahead=len(plan.steps) - len(edited) - len(deleted),
    )


def _their_step(step: Step) -> Step:
    """Return *step* with what the edits did in the place of what apply would do."""
    assert step.attribution
    return replace(step, changes=step.attribution.theirs)
