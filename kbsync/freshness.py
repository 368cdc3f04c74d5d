"""Whether live is still as it was when a plan was made, object by object. Pure."""

from __future__ import annotations

from kbsync.errors import StaleError
from kbsync.model import Live, Version
from kbsync.plan import Plan, Step

PLAN_AGAIN = "Run `kbsync plan` again and look at what changed."


def check_fresh(plan: Plan, live: Live) -> None:
    """Compare every step with *live*; what the plan does not touch does not matter.

    Raises:
        StaleError: With every configuration that moved, and how many are as planned.
    """
    found = [staleness(step, live.versions.get(step.key)) for step in plan.steps]
    moved = [words for words in found if words]
    if moved:
        count = f"{len(moved)} of {len(found)} configurations changed since the plan was made"
        raise StaleError("\n  ".join([f"{count}:", *moved]), hint=PLAN_AGAIN)


def staleness(step: Step, now: Version | None) -> str:
    """Return how live moved since *step* was planned, or `""` when it did not."""
    if now is None or step.base is None:
        if now is step.base:
            return ""
    elif (now.number, now.identifier) == (step.base.number, step.base.identifier):
        return ""
    planned = f"v{step.base.number}" if step.base else "to be created"
    if now is None:
        return f"{step.key} was planned on {planned}; it was deleted since"
    return (
        f"{step.key} was planned on {planned}; live is now v{now.number},"
        f" by {now.author or 'somebody'} at {now.created}: {now.message}"
    )
