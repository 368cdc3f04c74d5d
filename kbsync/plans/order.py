"""The order in which the steps of a plan are written: what is needed comes first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import TypeAlias

from kbsync.graph.graph import without_circles
from kbsync.graph.links import links
from kbsync.model import Key, Resources
from kbsync.plans.plan import Step, deletes_configuration

TIERS = (
    ("keboola.variables",),
    ("keboola.shared-code",),
    (),  # everything that is not named here
    ("keboola.flow", "keboola.orchestrator"),
    ("keboola.scheduler",),
)
"""Components in the order their configurations refer to each other, mostly backwards.

For what nothing is known to refer to: any field of a configuration may hold an id.
"""

_ORDINARY = TIERS.index(())


def tier(component_id: str) -> int:
    """Where *component_id* stands in the order of writing; deletes go backwards."""
    return next(
        (index for index, names in enumerate(TIERS) if component_id in names),
        _ORDINARY,
    )


Height: TypeAlias = tuple[bool, int, int]
"""What is written first is lower; what is of the same height does not depend on each other."""


def heights(steps: Iterable[Step]) -> dict[Key, Height]:
    """Return how high each of *steps* stands: above all that it needs, and never below its tier.

    Deletes stand above everything, the other way round. What needs itself through others stands as
    if it did not.
    """
    by_key = {step.key: step for step in steps}
    needs = without_circles({key: step.needs for key, step in by_key.items()})
    found: dict[Key, tuple[int, int]] = {}
    for key in TopologicalSorter(needs).static_order():
        below = [found[each] for each in needs.get(key, ())]
        found[key] = max([(tier(key.component_id), 0), *((t, n + 1) for t, n in below)])
    return {
        key: (True, -found[key][0], -found[key][1])
        if deletes_configuration(step)
        else (False, *found[key])
        for key, step in by_key.items()
    }


def with_needs(steps: Iterable[Step], project: Resources) -> list[Step]:
    """Return *steps* with what they need of each other, as far as *project* tells."""
    by_key = {step.key: step for step in steps}
    needs: dict[Key, set[Key]] = {key: set() for key in by_key}
    for item in project.values() if by_key else ():
        source = item.key.config
        if source in by_key:
            targets = {link.target.config for link in links(item, project)}
            needs[source] |= {each for each in targets if _go_together(by_key, source, each)}
    return [replace(step, needs=tuple(sorted(needs[key]))) for key, step in by_key.items()]


def _go_together(steps: Mapping[Key, Step], one: Key, other: Key) -> bool:
    """Whether both are deleted, or neither: whatever is deleted is so after the rest."""
    if one == other or other not in steps:
        return False
    return deletes_configuration(steps[one]) is deletes_configuration(steps[other])


def in_write_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    found = list(steps)
    height = heights(found)
    return tuple(sorted(found, key=lambda step: (height[step.key], step.key)))
