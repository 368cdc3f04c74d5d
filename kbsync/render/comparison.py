"""What differs between two projects, as text and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kbsync.model import Json, JsonObject, Resource
from kbsync.plans.plan_json import key_json
from kbsync.render.changes import change_lines, changes_json
from kbsync.render.lines import Line, Role, inert_line, plural, quoted
from kbsync.render.plan_entry import Paint, unpainted
from kbsync.render.snapshot import json_text
from kbsync.unexplained import Differences, Project


def comparison_lines(
    one: Project, other: Project, found: Differences, paint: Paint = unpainted
) -> list[Line]:
    """Return what is in one project only and what differs, in the words of a plan."""
    return [inert_line(line) for line in _lines(one, other, found, paint)]


def comparison_json(one: Project, other: Project, found: Differences) -> str:
    """Return the same for programs."""
    different: list[Json] = [
        {**key_json(each.key), "name": each.name, "changes": changes_json(each.changes)}
        for each in found.different
    ]
    return json_text(
        {
            "from": _side_json(one),
            "to": _side_json(other),
            "onlyInFrom": _named(found.only_in_one),
            "onlyInTo": _named(found.only_in_other),
            "different": different,
            "explained": found.explained,
            "same": found.same,
        }
    )


def _lines(one: Project, other: Project, found: Differences, paint: Paint) -> Iterator[Line]:
    width = max(len(one.environment), len(other.environment))
    for word, side in (("From", one), ("To", other)):
        target = side.target
        told = f"{target.project_id} {quoted(target.project_name)}"
        yield Line(
            f"{word:<6} {side.environment:<{width}}  {told}   {target.stack}"
            f"   branch {target.branch}",
            Role.MUTED,
        )
    yield Line("")
    for side, only in ((one, found.only_in_one), (other, found.only_in_other)):
        for item in only:
            yield Line(f"  only in {side.environment:<{width}}  {item.key}  {quoted(item.name)}")
    for each in found.different:
        yield Line(f"  {each.key}  {quoted(each.name)}", Role.HEADING)
        yield from change_lines(each.key, each.changes, paint=paint)
    if found:
        yield Line("")
    yield Line(_summary(one, other, found), Role.HEADING)


def _summary(one: Project, other: Project, found: Differences) -> str:
    parts = [
        f"{len(found.different)} different",
        f"{len(found.only_in_one)} only in {one.environment}",
        f"{len(found.only_in_other)} only in {other.environment}",
        f"{found.explained} different as the files say",
        f"{found.same} the same",
    ]
    count = plural(len(found.different) + found.explained + found.same, "configuration")
    return f"{count} in both: {', '.join([parts[0], *parts[3:]])}. {', '.join(parts[1:3])}."


def _side_json(side: Project) -> JsonObject:
    return {
        "environment": side.environment,
        "stack": side.target.stack,
        "project": side.target.project_id,
        "branch": side.target.branch,
    }


def _named(resources: Sequence[Resource]) -> list[Json]:
    return [{**key_json(each.key), "name": each.name} for each in resources]
