"""Warnings about references that lead out of the files. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from kbsync.graph.links import Dangling
from kbsync.model import Key
from kbsync.problems import Problem

MOST_TOLD = 3
"""Configurations of one file that are told one by one; more are told in one line."""


def missing(found: Iterable[Dangling], configurations: Collection[Key]) -> list[Problem]:
    """Return what to tell about *found*, sorted by place.

    The rows of a configuration follow its files, so a row without one will not be there. A whole
    configuration without files may well be in the project, which nobody asks here: then many of
    them are no more than one line for each file.
    """
    by_file: dict[str, list[Dangling]] = defaultdict(list)
    for each in found:
        by_file[each.file].append(each)
    warnings: list[Problem] = []
    for group in by_file.values():
        rows = [each for each in group if each.link.target.config in configurations]
        configs = [each for each in group if each.link.target.config not in configurations]
        warnings += [*map(_lost_row, rows), *_unknown(configs)]
    return sorted(set(warnings))


def _unknown(found: Sequence[Dangling]) -> list[Problem]:
    first: dict[Key, Dangling] = {}
    for each in found:
        first.setdefault(each.link.target, each)
    if len(first) <= MOST_TOLD:
        return [_warning(each, str(each.link.target), 1) for each in first.values()]
    examples = ", ".join(map(str, sorted(first)[:MOST_TOLD]))
    told = f"{len(first)} configurations such as {examples}"
    return [_warning(min(first.values(), key=_place), told, len(first))]


def _warning(each: Dangling, told: str, count: int) -> Problem:
    what = f"refers to {told}, {'which is' if count == 1 else 'which are'} not in the files"
    it = "it" if count == 1 else "them"
    return _problem(each, what, f"the project may have {it}, `kbsync plan` tells")


def _lost_row(each: Dangling) -> Problem:
    what = f"refers to {each.link.target}, but that configuration has no such row in the files"
    return _problem(each, what, "correct the id, or add the row")


def _problem(each: Dangling, what: str, todo: str) -> Problem:
    return Problem(*_place(each), what, todo)


def _place(each: Dangling) -> tuple[str, int, int]:
    return each.file, each.line, each.column
