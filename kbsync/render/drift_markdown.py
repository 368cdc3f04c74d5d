"""Drift as the body of an issue in GitHub-flavoured Markdown. Pure."""

from __future__ import annotations

import re
from itertools import accumulate

from kbsync.plans.drift import Drift
from kbsync.render.drift import counts_text, drift_lines
from kbsync.render.lines import clip, inert, plural
from kbsync.render.markdown import CHARACTERS
from kbsync.render.markup import fenced

_ROOM = CHARACTERS - 1_000
"""For the lines; the rest is for the sentences around them and the fences."""

_WIDTH = 2_000
"""No line may take the room of all others."""


def render_drift_markdown(drift: Drift) -> str:
    """Return the body: at most `CHARACTERS`, other people's texts all inside one fence.

    It starts with a hidden marker that stays the same for a branch of a project. What does not fit
    is counted.
    """
    target = drift.target
    branch = re.sub(r"[^A-Za-z0-9_.]", "_", target.branch)
    parts = [
        f"<!-- kbsync-drift:{target.project_id}:{branch} -->",
        f"### kbsync drift: {counts_text(drift) if drift else 'none'}",
        "\n".join(fenced(_shown(drift), "text")),
    ]
    return inert("".join(f"{part}\n\n" for part in parts))


def _shown(drift: Drift) -> list[str]:
    """The lines of a terminal, as far as there is room."""
    lines = [clip(line.text, _WIDTH) for line in drift_lines(drift)]
    used = accumulate(len(line) + 1 for line in lines)
    fitting = sum(1 for length in used if length <= _ROOM)
    left_out = plural(len(lines) - fitting, "more line")
    more = [f"and {left_out}, see `kbsync drift`"] if fitting < len(lines) else []
    return [*lines[:fitting], *more]
