"""A plan: the changes of one branch, a step for each configuration. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import TypeAlias

from kbsync.change import (
    Change,
    Create,
    Delete,
    Reorder,
    ResetState,
    Restore,
    SetMetadata,
)
from kbsync.compare.diff import diff
from kbsync.graph.graph import without_circles
from kbsync.graph.impact import Impact, impacts
from kbsync.graph.links import Dangling, dangling, links
from kbsync.model import JsonPath, Key, Live, Resources, Version
from kbsync.plans.attribution import Attribution
from kbsync.plans.fingerprint import Fingerprint
from kbsync.plans.foreign import Foreign, foreign
from kbsync.plans.kinds import effects
from kbsync.plans.resets import with_resets


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The branch of the project that a plan is for."""

    stack: str
    """Base URL, without a trailing slash."""
    project_id: int
    project_name: str
    branch: str
    """`default`, or the digits of a branch id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """All changes of one configuration and its rows.

    The unit of review, of writing and of versions: rows share their configuration's version
    counter, so what belongs to one configuration is written serially, in one go.
    """

    key: Key
    name: str
    base: Version | None
    """The version these changes were planned against; None when live has no such configuration."""
    changes: tuple[Change, ...]
    attribution: Attribution | None = None
    """Whose the changes are; None where the history was not read."""
    impact: Impact = field(default_factory=Impact)
    """What else depends on this configuration."""
    note: str = ""
    """What to note of the secrets that are written with it; `""` before they are encrypted."""
    rejected: tuple[Fingerprint, ...] = ()
    """Contents that apply shall refuse to write again once this is done."""
    foreign: tuple[Foreign, ...] = ()
    """What it writes that cannot be decrypted in this project."""
    needs: tuple[Key, ...] = ()
    """The configurations of the same plan that this one refers to: written before it, and deleted
    after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What apply will do, and what it will leave alone."""

    target: Target
    steps: tuple[Step, ...]
    """In the order they are written: see `heights`."""
    unchanged: int = 0
    """Configurations and rows that are as the files say."""
    not_managed: tuple[Key, ...] = ()
    """Live configurations that have no files."""
    ignored: int = 0
    """Differences that a rule says not to compare."""
    unchecked: tuple[str, ...] = ()
    """Variables of secrets taken for unchanged, because they are not set where this was made."""
    dangling: tuple[Dangling, ...] = ()
    """References in what the files say that lead nowhere, or will when this is applied."""

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(change for step in self.steps for change in step.changes)

    def __bool__(self) -> bool:
        return bool(self.steps)


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


def make_plan(
    target: Target,
    desired: Resources,
    live: Live,
    *,
    prune: bool = False,
    selected: Callable[[Key], bool] = lambda key: True,
    ignored: int = 0,
    resets: Iterable[ResetState] = (),
) -> Plan:
    """Return the plan that makes *live* what *desired* says.

    A live configuration without files is left alone and listed, unless *prune*. *selected* limits
    the plan to some keys; a new configuration comes along when one of its rows is selected.
    *resets* were asked for by hand, whatever is selected.
    """
    without_files = sorted(
        key for key in live.resources if not key.is_row and key not in desired and selected(key)
    )
    managed = {
        key: item
        for key, item in live.resources.items()
        if key.config in desired or (prune and selected(key.config))
    }
    changes = _selected(diff(desired, managed, live.component_states), selected)
    changes = with_resets(changes, resets)
    changed = {key for change in changes for key in _keys(change)}
    return Plan(
        target=target,
        steps=make_steps(changes, desired, live),
        unchanged=sum(1 for key in desired if selected(key) and key not in changed),
        not_managed=() if prune else tuple(without_files),
        ignored=ignored,
    )


def _selected(changes: Sequence[Change], selected: Callable[[Key], bool]) -> list[Change]:
    chosen = [change for change in changes if selected(change.key)]
    parents = {change.key.config for change in chosen if isinstance(change, Create)}
    return [
        change
        for change in changes
        if selected(change.key) or (isinstance(change, Create) and change.key in parents)
    ]


def _keys(change: Change) -> Collection[Key]:
    return {change.key, *change.targets} if isinstance(change, ResetState) else {change.key}


def make_steps(changes: Iterable[Change], desired: Resources, live: Live) -> tuple[Step, ...]:
    """Group *changes* by configuration, in the order of writing."""
    grouped: dict[Key, list[Change]] = {}
    for change in changes:
        grouped.setdefault(change.key.config, []).append(change)
    steps = [
        Step(
            key=key,
            name=(desired.get(key) or live.resources[key]).name,
            base=live.versions.get(key),
            changes=tuple(items),
        )
        for key, items in grouped.items()
    ]
    return in_write_order(with_needs(steps, {**live.resources, **desired}))


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


def with_references(
    plan: Plan,
    desired: Resources,
    live: Resources,
    selected: Callable[[Key], bool] = lambda key: True,
) -> Plan:
    """Return *plan* with what depends on what it changes, and what *desired* refers to in vain.

    *live* is the whole branch: what kbsync does not look after is there all the same. *selected*
    limits whose references are told.
    """
    touched = impacts((key for step in plan.steps for key in _touched(step)), desired, live)
    alien = foreign(plan.changes, live)
    steps = tuple(
        replace(
            step,
            impact=touched[step.key],
            foreign=tuple(each for each in alien if each.key.config == step.key),
        )
        for step in plan.steps
    )
    sources = {key: item for key, item in desired.items() if selected(key)}
    lost = dangling(sources, {**live, **desired}, deleted_by(plan.changes))
    return replace(plan, steps=steps, dangling=lost)


def _touched(step: Step) -> Collection[Key]:
    """Return the configuration or rows whose content changes; the former for other changes."""
    found = effects(step.changes)
    return {each.key for each in found if not isinstance(each, Reorder | SetMetadata)} or {step.key}


def from_trash(plan: Plan, trash: Mapping[Key, Version]) -> Plan:
    """Return *plan* with what it creates out of the *trash* marked so."""

    def marked(change: Change) -> Change:
        if isinstance(change, Create) and change.key in trash:
            return replace(change, trashed=trash[change.key])
        return change

    steps = (replace(step, changes=tuple(map(marked, step.changes))) for step in plan.steps)
    return replace(plan, steps=tuple(steps))


def creates_configurations(plan: Plan) -> bool:
    return any(
        isinstance(change, Create) and not change.key.is_row
        for step in plan.steps
        for change in step.changes
    )


def version_before(step: Step) -> int:
    """The number of the newest version when *step* was planned; 0 when there was none.

    A configuration that comes back out of the trash goes on counting.
    """
    if step.base:
        return step.base.number
    trashed = (change.trashed for change in step.changes if isinstance(change, Create | Restore))
    return next((version.number for version in trashed if version), 0)


def deletes_configuration(step: Step) -> bool:
    return any(isinstance(change, Delete) and not change.key.is_row for change in step.changes)


def deleted_by(changes: Iterable[Change]) -> set[Key]:
    """Return every configuration and row that *changes* delete."""
    deletes = [change for change in effects(changes) if isinstance(change, Delete)]
    return {key for change in deletes for key in (change.key, *change.rows)}


Files = Mapping[tuple[Key, JsonPath], str]
"""Where a text of a configuration stands in the tree, for those that have a file of their own."""
