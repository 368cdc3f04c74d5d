"""Drift as the body of an issue in GitHub-flavoured Markdown. Pure."""

from __future__ import annotations

import re
from itertools import accumulate

from kbsync.drift import Drift
from kbsync.render.drift import drift_lines
from kbsync.render.lines import inert, printable
from kbsync.render.markdown import CHARACTERS
from kbsync.render.markup import fenced, span

_REST = 1_000
"""For the sentences around the lines, and for what fences take."""

_LINE = 2_000
"""No line may take the room of all others."""


def render_drift_markdown(drift: Drift) -> str:
    """Return the body: at most `CHARACTERS`, other people's texts all inside one fence.

    It starts with a hidden marker that stays the same for a branch of a project, so that a pipeline
    can find its issue again. What does not fit is counted.
    """
    target = drift.target
    branch = re.sub(r"[^A-Za-z0-9_.]", "_", target.branch)
    title = "somebody edited outside of it" if drift else "none"
    parts = [
        f"<!-- kbsync-drift:{target.project_id}:{branch} -->",
        f"### kbsync drift: {title}",
        f"Project {target.project_id}, branch {span(printable(target.branch))}",
        "\n".join(fenced(_shown(drift), "text")),
    ]
    return inert("".join(f"{part}\n\n" for part in parts))


def _shown(drift: Drift) -> list[str]:
    """The lines of a terminal, as far as there is room; the last, which counts, in any case."""
    *lines, last = [line.text[:_LINE] for line in drift_lines(drift)]
    used = accumulate(len(line) + 1 for line in lines)
    fitting = sum(1 for length in used if length <= CHARACTERS - _REST - _LINE)
    left_out = len(lines) - fitting
    more = [f"... and {left_out} more lines, see `kbsync drift`"] if left_out else []
    return [*lines[:fitting], *more, last]
