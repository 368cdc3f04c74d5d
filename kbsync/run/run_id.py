"""A new name for each run."""

from __future__ import annotations

import os
import time

from kbsync import ulid


def new_run_id() -> str:
    """Return a ULID of now: later runs sort after earlier ones."""
    return ulid.new(time.time_ns() // 1_000_000, os.urandom(10))
