"""Holds as text and as JSON. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping

from kbsync.model import Json, Key
from kbsync.plans.holds import Hold
from kbsync.plans.plan_json import key_json
from kbsync.render.lines import Line, Role, inert_line, plural, printable, quoted

FORMAT_VERSION = 1


def holds_lines(holds: Mapping[Key, Hold]) -> list[Line]:
    """Who rejected what, when and why."""
    return [inert_line(line) for line in _lines(holds)]


def _lines(holds: Mapping[Key, Hold]) -> Iterator[Line]:
    if not holds:
        yield Line("There are no holds: every content may be written.")
    for key, hold in sorted(holds.items()):
        yield Line(f"  {key}", Role.HEADING)
        yield Line(f"       by       {printable(hold.holder)}, {printable(hold.time)}")
        yield Line(f"       run      {printable(hold.run)}")
        if hold.message:
            yield Line(f"       message  {quoted(hold.message)}")
        rejected = plural(len(hold.rejected), "rejected content")
        yield Line(f"       holds    {rejected}")
        yield Line(f"       lift     kbsync apply --lift-hold {shlex.quote(str(key))}")


def holds_json(holds: Mapping[Key, Hold]) -> str:
    """Return the same for programs."""
    listed: list[Json] = [
        {
            **key_json(key),
            "runId": hold.run,
            "rejectedRuns": [*hold.runs],
            "holder": hold.holder,
            "time": hold.time,
            "message": hold.message,
            "rejected": len(hold.rejected),
        }
        for key, hold in sorted(holds.items())
    ]
    return json.dumps({"formatVersion": FORMAT_VERSION, "holds": listed}, indent=2) + "\n"
