"""What turns live into desired. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kbsync.canonical import same
from kbsync.change import Change, Create, Delete, Reorder, ResetState, SetMetadata, Update
from kbsync.model import JsonObject, Key, Resource, Resources, by_configuration


def diff(
    desired: Resources, live: Resources, component_states: Mapping[Key, JsonObject]
) -> tuple[Change, ...]:
    """Return the changes that turn *live* into *desired*, a configuration at a time.

    Whatever *live* holds and *desired* lacks is deleted, so pass only what is managed. Rows that
    go with their configuration are not listed apart.
    """
    changes: list[Change] = []
    wanted, found = by_configuration(desired), by_configuration(live)
    for key in sorted(wanted.keys() | found.keys()):
        if key not in desired:
            changes.append(Delete(live[key], tuple(sorted(found[key].keys() - {key}))))
        else:
            after, before = wanted[key], found.get(key, {})
            changes += _configuration(after[key], after, before, component_states)
    return tuple(changes)


def _configuration(
    config: Resource,
    desired: Resources,
    live: Resources,
    component_states: Mapping[Key, JsonObject],
) -> Iterator[Change]:
    creates = _in_order(config, (key for key in desired if key not in live))
    deletes = sorted(key for key in live if key not in desired)
    kept = sorted(key for key in desired if key in live)

    yield from (Create(desired[key]) for key in creates)
    for key in kept:
        if not same(content(desired[key]), content(live[key])):
            yield Update(live[key], desired[key])
    yield from (Delete(live[key]) for key in deletes)
    yield from _reorder(config, live.get(config.key), live, creates, deletes)
    yield from _metadata(config, live.get(config.key))
    covered: set[Key] = set()
    for key in sorted([*kept, *creates]):
        for reset in _reset(desired[key], live, kept, component_states):
            # What the configuration's own reset forgets is not forgotten twice.
            targets = {each: found for each, found in reset.targets.items() if each not in covered}
            covered |= targets.keys()
            yield replace(reset, targets=targets)


def content(resource: Resource) -> JsonObject:
    """The part of *resource* that versions record: what an update replaces."""
    return {
        "name": resource.name,
        "description": resource.description,
        "isDisabled": resource.is_disabled,
        "configuration": resource.configuration,
    }


def _in_order(config: Resource, keys: Iterable[Key]) -> list[Key]:
    """The configuration first, then rows in the declared order: the order to create them in."""
    order = {row_id: index for index, row_id in enumerate(config.rows_sort_order or ())}
    return sorted(keys, key=lambda key: (key.is_row, order.get(key.row_id, len(order)), key))


def _reorder(
    config: Resource,
    before: Resource | None,
    live: Resources,
    creates: Sequence[Key],
    deletes: Sequence[Key],
) -> Iterator[Reorder]:
    if config.rows_sort_order is None:
        return
    sorted_ids = (before.rows_sort_order if before else None) or ()
    added = [key.row_id for key in creates if key.is_row]
    gone = {key.row_id for key in deletes}
    if sorted_ids:
        # The server appends a new row to a sorted configuration and removes a deleted one.
        order = (*(row_id for row_id in sorted_ids if row_id not in gone), *added)
        if order != config.rows_sort_order:
            yield Reorder(config.key, order, config.rows_sort_order)
    elif config.rows_sort_order:
        # Never sorted: the server lists rows by id, and a declared order must be set once.
        stay = (key.row_id for key in live if key.is_row and key.row_id not in gone)
        yield Reorder(config.key, tuple(sorted([*stay, *added])), config.rows_sort_order)


def _metadata(config: Resource, before: Resource | None) -> Iterator[SetMetadata]:
    live = before.metadata if before else {}
    changed = {key: value for key, value in config.metadata.items() if live.get(key) != value}
    if changed:
        known = {key: live[key] for key in changed if key in live}
        yield SetMetadata(config.key, known, changed)


def _reset(
    after: Resource,
    live: Resources,
    kept: Sequence[Key],
    component_states: Mapping[Key, JsonObject],
) -> Iterator[ResetState]:
    before = live.get(after.key)
    if after.reset_state is None or (before and before.reset_state == after.reset_state):
        return
    if before is None:
        targets: Sequence[Key] = ()
    else:
        # A configuration with rows keeps its state in them; its own is not used.
        rows = [] if after.key.is_row else [key for key in kept if key.is_row]
        targets = rows or [after.key]
    states = {key: component_states.get(key, {}) for key in targets}
    yield ResetState(after.key, after.reset_state, states)
