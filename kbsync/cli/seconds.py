"""Options that say how long something may take."""

from __future__ import annotations

import math
from typing import Any

import click


class Seconds(click.FloatRange):
    """How long at most. `nan` is no limit that anything could reach, so it is refused."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        return seconds
