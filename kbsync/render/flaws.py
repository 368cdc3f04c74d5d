"""Warnings about parameters that are not as the schemas of their components say. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from kbsync.model import JsonPath, Key
from kbsync.parameters import Flaw
from kbsync.problems import Problem
from kbsync.render.lines import plural

PlaceOf: TypeAlias = Callable[[Key, JsonPath], tuple[str, int, int]]
"""Returns file, line and column of a path in the `configuration` of a resource."""

MOST_TOLD = 3
"""Flaws of one kind that are told one by one: a schema that is wrong finds fault everywhere."""


def flawed(flaws: Iterable[Flaw], place_of: PlaceOf) -> list[Problem]:
    """Return what to tell about *flaws*, sorted by place."""
    by_kind: dict[tuple[str, bool, str, str], list[Flaw]] = defaultdict(list)
    for each in flaws:
        kind = (each.key.component_id, each.key.is_row, each.label, each.what)
        by_kind[kind].append(each)
    return sorted(warning for group in by_kind.values() for warning in _told(group, place_of))


def _told(group: list[Flaw], place_of: PlaceOf) -> list[Problem]:
    warnings = sorted(_warning(each, place_of) for each in group)
    left = len(warnings) - MOST_TOLD
    if left <= 0:
        return warnings
    last = warnings[MOST_TOLD - 1]
    rest = f"{last.todo} ({plural(left, 'more object')} like this)"
    return [*warnings[: MOST_TOLD - 1], replace(last, todo=rest)]


def _warning(each: Flaw, place_of: PlaceOf) -> Problem:
    what = f"{each.what}, says the schema of {each.key.component_id}"
    return Problem(*place_of(each.key, each.path), what, each.todo)


def unused(remarks: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a line for each component of whose schemas something is not used."""
    return [
        f"the schema of {component_id} is not used as a whole: {'; '.join(told)}"
        for component_id, told in sorted(remarks.items())
    ]
