"""What may not be applied without being named. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kbsync.change import Change, Delete, ResetState
from kbsync.model import Key
from kbsync.plan import Plan, counts, effects

LIMITED = {"deletes": "delete", "updates": "update", "resets": "state reset"}
"""The limits of the settings, and the kind of change each one counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """The rules of one project, and what this run was allowed beyond them."""

    limits: Mapping[str, int]
    """By name of `LIMITED`: the largest number that needs no allowance."""
    allowed: Mapping[str, int] = field(default_factory=dict)
    """By name of `LIMITED`: the exact number that was allowed on the command line."""
    protected: Callable[[Key], bool] = lambda key: False
    overwritable: Callable[[Key], bool] = lambda key: False
    """Configurations whose edits by other people may be overwritten."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plan may not be applied, and what to type if it is meant."""

    why: str
    todo: str

    def __str__(self) -> str:
        return f"{self.why}. {self.todo}"


def refusals(plan: Plan, guards: Guards) -> tuple[Refusal, ...]:
    """Return every reason not to apply *plan*; none means go."""
    return (
        *_over_limits(plan, guards),
        *_protected(plan, guards),
        *_overwritten(plan, guards),
    )


def _over_limits(plan: Plan, guards: Guards) -> list[Refusal]:
    found = counts(effects(plan.changes))
    return [
        Refusal(
            f"{found[kind]} {kind}s are over the limit of {guards.limits[name]}",
            f"If you mean it: --allow {name}={found[kind]}",
        )
        for name, kind in LIMITED.items()
        if found[kind] > guards.limits[name] and guards.allowed.get(name) != found[kind]
    ]


def _protected(plan: Plan, guards: Guards) -> list[Refusal]:
    return [
        Refusal(
            f"{key} is protected: it may not be {_passive(change)}",
            "If you mean it, take it out of `protect` in kbsync.yaml",
        )
        for change in effects(plan.changes)
        for key in _harmed(change)
        if guards.protected(key)
    ]


def _harmed(change: Change) -> list[Key]:
    """What *change* deletes or makes forget its state, the rows that go with it included."""
    if isinstance(change, Delete):
        return [change.key, *change.rows]
    if isinstance(change, ResetState):
        return sorted({change.key, *change.targets})
    return []


def _overwritten(plan: Plan, guards: Guards) -> list[Refusal]:
    return [
        Refusal(
            f"{step.key} was edited since kbsync wrote it; this would overwrite that",
            f"Keep the edit: kbsync pull {shlex.quote(str(step.key))}. "
            f"Overwrite it: --overwrite-drift {shlex.quote(str(step.key))}",
        )
        for step in plan.steps
        if step.attribution and step.attribution.whose and not guards.overwritable(step.key)
    ]


def _passive(change: Change) -> str:
    return "deleted" if isinstance(change, Delete) else "reset"
