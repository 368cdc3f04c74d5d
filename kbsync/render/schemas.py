"""A list of schemas. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kbsync.render.lines import Line
from kbsync.render.tables import table_lines


def schemas_lines(schemas: Mapping[str, str]) -> list[Line]:
    """A line for each schema; *schemas* are their texts by name."""
    described = {name: json.loads(text)["description"] for name, text in schemas.items()}
    rows = [(name, text.partition(". ")[0].rstrip(".")) for name, text in described.items()]
    return table_lines(("schema", "what it is for"), rows)
