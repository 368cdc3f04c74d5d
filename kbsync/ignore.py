"""Fields that are not compared: the live value is carried into desired. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

from kbsync.canonical import same
from kbsync.model import Json, JsonPath, Key, Resource, Resources
from kbsync.paths import MISSING, put_at, remove_at, same_value, value_at
from kbsync.policy import IgnoreRule
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


def _carry(desired: Resource, live: Resource, rule: IgnoreRule) -> tuple[Resource, int]:
    paths = {*_matches(desired.configuration, rule), *_matches(live.configuration, rule)}
    configuration = deepcopy(desired.configuration)
    count = 0
    for path in sorted(paths, key=repr, reverse=True):  # a list shrinks from its end
        theirs = value_at(live.configuration, path)
        if same_value(value_at(configuration, path), theirs):
            continue
        count += 1
        if theirs is MISSING:
            remove_at(configuration, path)
        else:
            put_at(configuration, path, deepcopy(theirs))
    return replace(desired, configuration=configuration), count


def _matches(value: Json, rule: IgnoreRule) -> Iterator[JsonPath]:
    """The paths that *rule* names in *value*, not those below them."""

    def walk(item: Json, path: JsonPath) -> Iterator[JsonPath]:
        if len(path) == len(rule.path):
            if rule.covers(path):
                yield path
        elif isinstance(item, dict):
            for key in item:
                yield from walk(item[key], (*path, key))
        elif isinstance(item, list):
            for index, each in enumerate(item):
                yield from walk(each, (*path, index))

    return walk(value, ())
