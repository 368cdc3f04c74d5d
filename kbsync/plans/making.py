"""From desired and live to a plan, and what a plan says beside its changes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from kbsync.change import Change, Create, Reorder, ResetState, SetMetadata
from kbsync.compare.diff import diff
from kbsync.graph.impact import impacts
from kbsync.graph.links import dangling
from kbsync.model import Key, Live, Resources, Version
from kbsync.plans.foreign import foreign
from kbsync.plans.kinds import effects
from kbsync.plans.order import in_write_order, with_needs
from kbsync.plans.plan import Plan, Step, Target, deleted_by
from kbsync.plans.resets import with_resets


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
