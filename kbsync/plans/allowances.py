"""What a plan may hold only so many of, by the names that people use. Pure."""

from __future__ import annotations

LIMITED = {"deletes": "delete", "updates": "update", "resets": "state reset"}
"""The limits of the settings, and the kind of change each one counts."""
RENAMES = "renames"
ALLOWABLE = (*LIMITED, RENAMES)
"""What an exact number can be allowed of."""
