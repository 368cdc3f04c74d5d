"""Plans that bring back a recorded version. Pure."""

from __future__ import annotations

from kbsync.change import Rollback
from kbsync.diff import diff
from kbsync.model import Key, Live, Resources
from kbsync.plan import Plan, Target, make_steps


def rollback_plan(
    target: Target, key: Key, to_version: int, recorded: Resources, live: Live
) -> Plan:
    """Return the plan that brings configuration *key* back to *recorded*, its version *to_version*.

    Empty when live has that content already. *live* holds that configuration only.
    """
    changes = diff(recorded, live.resources, live.component_states)
    if not changes:
        return Plan(target=target, steps=(), unchanged=len(recorded))
    rollback = Rollback(key, to_version, changes)
    return Plan(target=target, steps=make_steps([rollback], recorded, live))
