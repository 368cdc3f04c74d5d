"""Fields that are not compared: the live value is carried into desired. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kbsync.canonical import same
from kbsync.model import Json, Key, Resource, Resources
from kbsync.natural import natural_key
from kbsync.paths import MISSING, Missing, same_value
from kbsync.policy import IgnoreRule, PathPattern, Wildcard
from kbsync.selectors import matches_any


def carry_ignored(
    desired: Resources, live: Resources, rules: Sequence[IgnoreRule], names: Mapping[Key, str]
) -> tuple[dict[Key, Resource], dict[Key, int]]:
    """Return *desired* with the live value in every ignored field, and how many fields differed.

    An update replaces the whole configuration, so what is not compared must be sent as it is.
    """
    result = dict(desired)
    counts: dict[Key, int] = {}
    for key in desired.keys() & live.keys():
        for rule in rules:
            if matches_any([rule.selector], key, names):
                result[key], count = _carry(result[key], live[key], rule)
                counts[key] = counts.get(key, 0) + count
    return result, counts


def keep_ignored(
    live: Resources, ours: Resources, rules: Sequence[IgnoreRule], names: Mapping[Key, str]
) -> dict[Key, Resource]:
    """Return *live* with what *ours* says in every ignored field: what a pull should write."""
    compared, _ = carry_ignored(ours, live, rules, names)
    kept, _ = carry_ignored(live, ours, rules, names)
    for key in ours.keys() & live.keys():
        if same(compared[key].configuration, live[key].configuration):
            kept[key] = replace(live[key], configuration=ours[key].configuration)
    return kept


def without_ignored(
    resources: Resources, rules: Sequence[IgnoreRule], names: Mapping[Key, str]
) -> dict[Key, Resource]:
    """Return *resources* without what is not compared."""
    result = dict(resources)
    for key in resources:
        for rule in rules:
            if matches_any([rule.selector], key, names):
                left = _without(result[key].configuration, rule.path)
                assert isinstance(left, dict)
                result[key] = replace(result[key], configuration=left)
    return result


def _without(value: Json, pattern: PathPattern) -> Json:
    step, rest = pattern[0], pattern[1:]
    if isinstance(value, dict):
        kept = {
            key: item if not _is_at(step, key) else _without(item, rest)
            for key, item in value.items()
            if rest or not _is_at(step, key)
        }
        return {key: item for key, item in kept.items() if item != {} or value[key] == {}}
    if isinstance(value, list):
        return [
            item if not _is_at(step, index) else _without(item, rest)
            for index, item in enumerate(value)
            if rest or not _is_at(step, index)
        ]
    return value


def _is_at(step: str | int | Wildcard, place: str | int) -> bool:
    return step is Wildcard.ANY or (step == place and type(step) is type(place))


def _carry(desired: Resource, live: Resource, rule: IgnoreRule) -> tuple[Resource, int]:
    carrier = _Carrier()
    found = carrier.carry(desired.configuration, live.configuration, rule.path)
    assert isinstance(found, dict)
    return replace(desired, configuration=found), carrier.count


class _Carrier:
    """Walks two values side by side and takes from live what a pattern names."""

    def __init__(self) -> None:
        self.count = 0

    def carry(
        self, desired: Json | Missing, live: Json | Missing, pattern: PathPattern
    ) -> Json | Missing:
        """Return *desired* with what *pattern* names as it is in *live*, there or not there."""
        if not pattern:
            self.count += not same_value(desired, live)
            return live
        if _may_be(dict, desired, live):
            return self._objects(desired, live, pattern)
        if isinstance(desired, list) and isinstance(live, list):
            return self._lists(desired, live, pattern)
        return desired

    def _objects(self, desired: Any, live: Any, pattern: PathPattern) -> Json | Missing:
        ours: dict[str, Json] = {} if desired is MISSING else desired
        theirs: dict[str, Json] = {} if live is MISSING else live
        step, rest = pattern[0], pattern[1:]
        keys = dict.fromkeys([*ours, *theirs]) if step is Wildcard.ANY else [step]
        found = dict(ours)
        for key in keys:
            if isinstance(key, str):
                item = self.carry(ours.get(key, MISSING), theirs.get(key, MISSING), rest)
                if item is MISSING:
                    found.pop(key, None)
                else:
                    found[key] = item
        # An object that holds nothing but what is ignored comes and goes with it.
        return MISSING if desired is MISSING and not found else found

    def _lists(self, ours: list[Json], theirs: list[Json], pattern: PathPattern) -> Json:
        step, rest = pattern[0], pattern[1:]
        if step is Wildcard.ANY and not rest:
            self.count += not same_value(ours, theirs)
            return theirs
        partners = _partners(ours, theirs)
        return [
            _there(self.carry(item, partners[index], rest), item)
            if step in (Wildcard.ANY, index) and index in partners
            else item
            for index, item in enumerate(ours)
        ]


def _may_be(kind: type, desired: Json | Missing, live: Json | Missing) -> bool:
    sides = [side for side in (desired, live) if side is not MISSING]
    return bool(sides) and all(isinstance(side, kind) for side in sides)


def _there(found: Json | Missing, otherwise: Json) -> Json:
    return otherwise if found is MISSING else found


def _partners(ours: list[Json], theirs: list[Json]) -> dict[int, Json]:
    """By place in *ours* the item of *theirs* that is the same thing: by name, else by place.

    Unnamed items of lists that differ in length cannot be told apart, so none has a partner.
    """
    key = natural_key(ours, theirs)
    if key is None:
        return dict(enumerate(theirs)) if len(ours) == len(theirs) else {}
    named = {str(item[key]): item for item in theirs if isinstance(item, dict)}
    return {
        index: named[str(item[key])]
        for index, item in enumerate(ours)
        if isinstance(item, dict) and str(item[key]) in named
    }
