"""A new object that looks like one that goes away: a rename that lost its id. Pure.

Compared are the objects of one component, or the rows of one configuration, by name and by the
values in them. What three or more of them hold is a template and says nothing about who is who, so
only values that two objects alone hold count. That also keeps the search linear.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeAlias

from kbsync.canonical import canonical
from kbsync.change import Create, Delete
from kbsync.model import Json, Key, Resources
from kbsync.plans.plan import Plan

LIKE = 0.8
"""From this share of equal values on, 0.0 to 1.0, two objects are nearly equal."""
TELLING = 4
"""So many equal values at least, or equality is chance."""

_Leaf: TypeAlias = "tuple[str, ...]"
"""The keys that lead to a value, and the value; list indexes left out: an insertion moves none."""
_Members: TypeAlias = "dict[Key, set[_Leaf]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """Two objects of a plan that look like one."""

    old: Key
    new: Key
    deleted: bool
    """Whether the plan deletes the old one; if not, the project would have both."""
    same_name: bool
    share: float
    """Of values that are equal, 0.0 to 1.0."""


def find_renames(plan: Plan, live: Resources) -> tuple[Rename, ...]:
    """Return the pairs of *plan* that look like one object each, by the new key.

    With an object that is deleted, the same name or nearly equal content is enough. With one that
    is only not managed it takes both, because to begin with a copy is usual.
    """
    deleted = {change.key for change in plan.changes if isinstance(change, Delete)}
    created = {change.key: change.after for change in plan.changes if isinstance(change, Create)}
    gone = {key for key in deleted | {*plan.not_managed} if key in live}
    wanted = {_pool(key) for key in gone} & {_pool(key) for key in created}
    if not wanted:
        return ()
    known = {**live, **created}
    pools = _pools(known, wanted)
    found = [
        Rename(
            old=old,
            new=new,
            deleted=old in deleted,
            same_name=_namesakes(known, old, new),
            share=share,
        )
        for members in pools.values()
        for (old, new), share in _alike(members, known, gone, created.keys()).items()
    ]
    return tuple(sorted(_one_each(filter(_is_told, found)), key=lambda each: each.new))


def _namesakes(known: Resources, old: Key, new: Key) -> bool:
    return known[old].name == known[new].name != ""  # many rows have none


def _is_told(rename: Rename) -> bool:
    alike = rename.share >= LIKE
    return (rename.same_name or alike) if rename.deleted else (rename.same_name and alike)


def _one_each(found: Iterable[Rename]) -> Iterator[Rename]:
    """The likeliest of *found*, no object twice."""
    taken: set[Key] = set()
    for each in sorted(found, key=lambda each: (not each.same_name, -each.share, each.old)):
        if not taken & {each.old, each.new}:
            taken |= {each.old, each.new}
            yield each


def _pool(key: Key) -> Key:
    """What *key* can be confused in: its component, or for a row its configuration."""
    return key.config if key.is_row else _component(key)


def _component(key: Key) -> Key:
    return Key(key.component_id, "")


def _pools(resources: Resources, wanted: Set[Key]) -> dict[Key, _Members]:
    """The members of each wanted pool with their values; a configuration has those of its rows."""
    pools: dict[Key, _Members] = {pool: defaultdict(set) for pool in wanted}
    for key, item in resources.items():
        if key.is_row and key.config in pools:
            pools[key.config][key] |= set(_leaves(item.configuration))
        # A saved plan may create a row of a configuration that was deleted since.
        if _component(key) in pools and key.config in resources:
            pools[_component(key)][key.config] |= set(_leaves(item.configuration))
    return pools


def _leaves(value: Json) -> Iterator[_Leaf]:
    """Every value inside *value*; of a text each line, because a script is edited in places."""
    waiting: list[tuple[tuple[str, ...], Json]] = [((), value)]
    while waiting:
        path, found = waiting.pop()
        if isinstance(found, dict):
            waiting += [((*path, name), child) for name, child in found.items()]
        elif isinstance(found, list):
            waiting += [((*path, "[]"), child) for child in found]
        elif isinstance(found, str):
            yield from ((*path, "text", line) for line in found.splitlines() if line.strip())
        else:
            yield (*path, "value", canonical(found))


def _alike(
    members: _Members, known: Resources, gone: Set[Key], created: Set[Key]
) -> dict[tuple[Key, Key], float]:
    """How alike an object that goes and a new one are, for the pairs worth a look."""
    shared, own = _shared(members, gone, created)
    olds, news = sorted(members.keys() & gone), sorted(members.keys() & created)
    found = dict.fromkeys(_paired(olds, news, {key: known[key].name for key in members}), 0.0)
    for (old, new), count in shared.items():
        telling = count >= TELLING or _namesakes(known, old, new)
        found[old, new] = count / max(own[old], own[new]) if telling else 0.0
    contents = {key: frozenset(leaves) for key, leaves in members.items()}
    for old, new in _paired(olds, news, contents):
        if len(contents[old]) >= TELLING or _namesakes(known, old, new):
            found[old, new] = 1.0
    return found


def _shared(
    members: _Members, gone: Set[Key], created: Set[Key]
) -> tuple[Counter[tuple[Key, Key]], Counter[Key]]:
    """How many values a pair alone shares, and how many of each object no third one holds."""
    holders: dict[_Leaf, list[Key]] = defaultdict(list)
    for key, leaves in members.items():
        for leaf in leaves:
            holders[leaf].append(key)
    shared: Counter[tuple[Key, Key]] = Counter()
    own: Counter[Key] = Counter()
    for keys in holders.values():
        if len(keys) > 2:
            continue
        own.update(keys)
        old, new = [key for key in keys if key in gone], [key for key in keys if key in created]
        if old and new:
            shared[old[0], new[0]] += 1
    return shared, own


def _paired(
    olds: Sequence[Key], news: Sequence[Key], trait: Mapping[Key, object]
) -> Iterator[tuple[Key, Key]]:
    """Pair those of one trait, the first with the first; no pair for an empty trait."""
    waiting: dict[object, list[Key]] = defaultdict(list)
    for key in reversed(olds):
        waiting[trait[key]].append(key)
    for key in news:
        if trait[key] and waiting[trait[key]]:
            yield waiting[trait[key]].pop(), key
