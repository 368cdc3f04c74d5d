"""What differs between two projects that are made of the same files, and no file explains. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from kbsync.change import Change
from kbsync.compare.diff import content, diff
from kbsync.model import JsonObject, Key, Resource, Resources, by_configuration
from kbsync.paths import MISSING, put_at, same_value, value_at
from kbsync.plans.plan import Target
from kbsync.secrets import ciphertexts, is_ciphertext
from kbsync.tree.carried import changed

Side: TypeAlias = Any
"""A JSON value, or `MISSING`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One of the two projects."""

    environment: str
    target: Target
    names: Mapping[Key, str]
    """What people call each object, in the files or else there."""
    live: Resources
    """What is looked after of it, without what is not compared."""
    desired: Resources
    """What the files say for it, with what live has where they name a secret; the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs between the same configuration in both."""

    key: Key
    name: str
    changes: tuple[Change, ...]
    """From the one to the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What differs between two projects."""

    only_in_one: tuple[Resource, ...]
    """Configurations."""
    only_in_other: tuple[Resource, ...]
    different: tuple[Difference, ...]
    explained: int
    """Configurations that differ only as the files say."""
    same: int

    def __bool__(self) -> bool:
        return bool(self.only_in_one or self.only_in_other or self.different)


def differences(one: Project, other: Project, selected: Callable[[Key], bool]) -> Differences:
    """Compare two projects by the ids of their objects.

    Left out is what the files say differently for both, where each is as they say. A ciphertext in
    both places says nothing, because each project has a key of its own.
    """
    left, right = by_configuration(one.live), by_configuration(other.live)
    both = [key for key in sorted(left.keys() & right.keys()) if selected(key)]
    found: list[Difference] = []
    explained = 0
    for key in both:
        group = _adjusted(left[key], right[key], one.desired, other.desired)
        before, after = _comparable(left[key], group, one.desired, other.desired)
        if changes := diff(after, before, {}):
            found.append(Difference(key=key, name=right[key][key].name, changes=changes))
        else:
            explained += not _alike(left[key], right[key], one.desired, other.desired)
    return Differences(
        only_in_one=_only(left, right, selected),
        only_in_other=_only(right, left, selected),
        different=tuple(found),
        explained=explained,
        same=len(both) - len(found) - explained,
    )


def _only(
    these: Mapping[Key, Resources], those: Mapping[Key, Resources], selected: Callable[[Key], bool]
) -> tuple[Resource, ...]:
    found: Iterable[Key] = sorted(these.keys() - those.keys())
    return tuple(these[key][key] for key in found if selected(key))


def _adjusted(left: Resources, right: Resources, ours: Resources, theirs: Resources) -> Resources:
    """Return *right* as *left* is, where the difference is explained or cannot be told."""
    return {
        key: _as_in(left[key], item, ours.get(key), theirs.get(key)) if key in left else item
        for key, item in right.items()
    }


def _as_in(
    left: Resource, right: Resource, ours: Resource | None, theirs: Resource | None
) -> Resource:
    right = replace(right, configuration=_with_secrets_of(left, right))
    if ours is None or theirs is None:
        return right
    ours = replace(ours, configuration=_with_secrets_of(left, ours))
    theirs = replace(theirs, configuration=_with_secrets_of(left, theirs))
    sides = (_document(each, ours, theirs) for each in (left, right, ours, theirs))
    found = _unexplained(*sides)
    return replace(
        right,
        name=found["name"],
        description=found["description"],
        is_disabled=found["isDisabled"],
        configuration=found["configuration"],
        metadata={**right.metadata, **found["metadata"]},
        rows_sort_order=tuple(found["order"]) if found["order"] else right.rows_sort_order,
    )


def _unexplained(left: Side, right: Side, ours: Side, theirs: Side) -> Side:
    """Return *right* with the value of *left* wherever the files say why they differ."""
    if same_value(left, right):
        return left
    sides = (left, right, ours, theirs)
    if all(isinstance(each, dict) for each in (left, right)):
        found = {
            key: _unexplained(*(value_at(each, (key,)) for each in sides))
            for key in dict.fromkeys([*left, *right])
        }
        return {key: item for key, item in found.items() if item is not MISSING}
    is_explained = not same_value(ours, theirs)
    if is_explained and same_value(left, ours) and same_value(right, theirs):
        return left
    if all(isinstance(each, list) and len(each) == len(left) for each in sides):
        return [_unexplained(*items) for items in zip(*sides, strict=True)]
    return right


def _with_secrets_of(left: Resource, right: Resource) -> JsonObject:
    """Return what *right* has, with the ciphertext of *left* where both have one."""
    paths = ciphertexts(left.configuration)
    if not paths:
        return right.configuration
    found = deepcopy(right.configuration)
    for now, was in changed(left.configuration, right.configuration, paths).items():
        value = value_at(right.configuration, now)
        if isinstance(value, str) and is_ciphertext(value):
            put_at(found, now, paths[was])
    return found


def _document(item: Resource, ours: Resource, theirs: Resource) -> JsonObject:
    managed = {*ours.metadata, *theirs.metadata}
    return {
        **content(item),
        "metadata": {name: text for name, text in item.metadata.items() if name in managed},
        "order": [*(item.rows_sort_order or ())],
    }


def _comparable(
    left: Resources, right: Resources, ours: Resources, theirs: Resources
) -> tuple[Resources, Resources]:
    """Return both with what can be compared: managed metadata, and an order that both have."""
    managed = {
        key: {name for side in (ours, theirs) if key in side for name in side[key].metadata}
        for key in left.keys() | right.keys()
    }
    orders = {
        key: bool(key in right and item.rows_sort_order and right[key].rows_sort_order)
        for key, item in left.items()
    }

    def side(resources: Resources) -> Resources:
        return {
            key: replace(
                item,
                metadata={k: v for k, v in item.metadata.items() if k in managed[key]},
                rows_sort_order=item.rows_sort_order if orders.get(key) else None,
                reset_state=None,
            )
            for key, item in resources.items()
        }

    return side(left), side(right)


def _alike(left: Resources, right: Resources, ours: Resources, theirs: Resources) -> bool:
    """Whether nothing had to be explained."""
    plain = {
        key: replace(item, configuration=_with_secrets_of(left[key], item))
        for key, item in right.items()
        if key in left
    }
    before, after = _comparable(left, plain, ours, theirs)
    return not diff(after, before, {})
