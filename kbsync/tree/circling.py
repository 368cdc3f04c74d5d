"""Warnings about configurations that refer to themselves through others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kbsync.graph.graph import Graph, circle_text, circles
from kbsync.graph.links import Link, links
from kbsync.model import JsonPath, Key, Resources, by_configuration
from kbsync.problems import Problem


def circling(
    resources: Resources, place: Callable[[Key, JsonPath], tuple[str, int, int]]
) -> list[Problem]:
    """Return a warning for each circle of references, where its first one stands.

    *place* tells that: the file, the line and the column of a path in a `configuration`.
    """
    graph = Graph(resources)
    found = circles(graph.uses)
    groups = by_configuration(resources) if found else {}
    return [
        _problem(circle, _first(circle, groups[circle[0]], resources), place) for circle in found
    ]


def _first(circle: Sequence[Key], group: Resources, resources: Resources) -> Link:
    following = (*circle, circle[0])[1]
    return next(
        link
        for key in sorted(group)
        for link in links(group[key], resources)
        if link.target.config == following
    )


def _problem(
    circle: Sequence[Key], link: Link, place: Callable[[Key, JsonPath], tuple[str, int, int]]
) -> Problem:
    what = f"leads back to itself: {circle_text(circle)}"
    todo = "take one of these references out, or a run may never end"
    return Problem(*place(link.source, link.path), what, todo)
