"""What the scheduler service is to be told when a plan writes schedules. Pure.

The service keeps a copy of each active schedule and looks at no configuration by itself, so a write
has no effect before it is told; and it is only told of schedules in the default branch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from kbsync.change import Activation, Create, Delete, Reorder, Restore, Rollback, Update
from kbsync.graph.links import SCHEDULER
from kbsync.graph.schedule import is_switched_off, timing_of
from kbsync.model import Key, Live, Resource
from kbsync.plans.holds import outcome
from kbsync.plans.order import in_write_order
from kbsync.plans.plan import Plan, Step, deletes_configuration

_WRITES = Create | Update | Delete | Reorder | Rollback | Restore
"""The changes that make a version."""


def with_activations(
    plan: Plan, live: Live, *, is_default: Callable[[], bool], late: Iterable[Key] = ()
) -> Plan:
    """Return *plan* with what the scheduler service is to be told once it is carried out.

    Args:
        plan: Of changes to configurations and rows.
        live: Everything the branch holds.
        is_default: Tells whether it is the default branch; asked only if that matters.
        late: Schedules that an earlier run wrote, and did not live to tell the service of.
    """
    begun = {step.key for step in plan.steps}
    told = [step for step in plan.steps if _writes_schedule(step)]
    late = sorted(set(late) - begun)
    if not (told or late) or not is_default():
        return plan
    steps = {step.key: step for step in plan.steps}
    steps |= {step.key: _with(step, _once_written(step, live)) for step in told}
    steps |= {key: _with(_nothing(key, live), activation(live.resources[key])) for key in late}
    return replace(plan, steps=in_write_order(steps.values()), unchanged=plan.unchanged - len(late))


def without_activation(plan: Plan) -> list[Key]:
    """Return the schedules that *plan* writes, and that the service is not told of."""
    return [
        step.key
        for step in plan.steps
        if _writes_schedule(step)
        and not any(isinstance(change, Activation) for change in step.changes)
    ]


def _writes_schedule(step: Step) -> bool:
    is_schedule = step.key.component_id == SCHEDULER
    return is_schedule and any(isinstance(change, _WRITES) for change in step.changes)


def activation(item: Resource) -> Activation:
    """Return what the service is to be told of a schedule that is as *item*."""
    if is_switched_off(item):
        return Activation(item.key, is_on=False)
    timing = timing_of(item)
    return Activation(item.key, True, timing.cron, timing.timezone)


def _once_written(step: Step, live: Live) -> Activation:
    if deletes_configuration(step):
        return Activation(step.key, is_on=False)
    after = outcome(step, live.resources).get(step.key)
    return activation(after) if after else Activation(step.key, is_on=True)


def _with(step: Step, told: Activation) -> Step:
    return replace(step, changes=(*step.changes, told))


def _nothing(key: Key, live: Live) -> Step:
    return Step(key=key, name=live.resources[key].name, base=live.versions[key], changes=())
