"""Components as a table and as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kbsync.components import marks
from kbsync.model import Component, Json
from kbsync.render.lines import Line, clip, inert_line, printable
from kbsync.render.tables import table_lines

FORMAT_VERSION = 1

_HEAD = ("component", "name", "type", "flags", "in files", "in project")
_WIDEST = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How many configurations there are of each component."""

    files: Mapping[str, int]
    project: Mapping[str, int] | None
    """None when the project was not asked."""

    def is_used(self, component_id: str) -> bool:
        return bool(self.files.get(component_id) or (self.project or {}).get(component_id))


def components_lines(components: Iterable[Component], usage: Usage) -> list[Line]:
    """A line for each component, under a line of headings."""
    rows = [_cells(each, usage) for each in components]
    if not rows:
        return [Line("None of them is used, neither in the files nor in the project.")]
    return [inert_line(line) for line in table_lines(_HEAD, rows)]


def _cells(component: Component, usage: Usage) -> tuple[str, ...]:
    project = "?" if usage.project is None else str(usage.project.get(component.id, "-"))
    cells = (
        component.id,
        component.name,
        component.type,
        ",".join(marks(component)) or "-",
        str(usage.files.get(component.id, "-")),
        project,
    )
    return tuple(clip(printable(cell), _WIDEST) for cell in cells)


def components_json(components: Iterable[Component], usage: Usage) -> str:
    """Return the same for programs."""
    listed: list[Json] = [
        {
            "id": each.id,
            "name": each.name,
            "type": each.type,
            "version": each.version,
            "description": each.description,
            "documentationUrl": each.documentation_url,
            "flags": [*each.flags],
            "inFiles": usage.files.get(each.id, 0),
            "inProject": None if usage.project is None else usage.project.get(each.id, 0),
        }
        for each in components
    ]
    return json.dumps({"formatVersion": FORMAT_VERSION, "components": listed}, indent=2) + "\n"


def schema_json(schema: Json) -> str:
    """Return a schema as it was published, whatever a terminal would make of its characters."""
    return json.dumps(schema, indent=2) + "\n"
