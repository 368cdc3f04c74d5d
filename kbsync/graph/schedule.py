"""Schedules: when they start something, and whether the scheduler service knows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kbsync.graph.links import SCHEDULER
from kbsync.model import Json, Key, Live, Resource, Version
from kbsync.paths import Missing, value_at
from kbsync.secrets import is_ciphertext
from kbsync.stamp import parse_stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When something is run by itself."""

    cron: str
    """`""` where there is no such text; so is `timezone`."""
    timezone: str
    state: str
    """`enabled` or `disabled`, as it is written."""


def timing_of(item: Resource) -> Timing:
    found = value_at(item.configuration, ("schedule",))
    cron, timezone, state = (
        _text(value_at(found, (name,))) for name in ("cronTab", "timezone", "state")
    )
    return Timing(cron=cron, timezone=timezone, state=state)


def is_switched_off(item: Resource) -> bool:
    """Whether *item* says that nothing shall be run. What says neither is on."""
    return item.is_disabled or timing_of(item).state == "disabled"


def is_untold(key: Key, live: Live) -> bool:
    """Whether kbsync wrote the schedule *key* last, and did not tell the service of that.

    Whoever writes it by other means tells the service too, as the platform's own pages do.
    """
    version = _untold_version(key, live)
    return version is not None and parse_stamp(version.message) is not None


def is_untold_since_restored(key: Key, live: Live) -> bool:
    """Whether the schedule *key* came out of the trash last, and kbsync did not tell the service.

    The platform puts no stamp on that version, so this is also true of what somebody else restored:
    only to be asked of what a person wants restored.
    """
    version = _untold_version(key, live)
    return version is not None and version.message == _RESTORED


def _untold_version(key: Key, live: Live) -> Version | None:
    """Return the newest version of a schedule, unless kbsync noted that it told the service."""
    if key.component_id != SCHEDULER or key.is_row:
        return None
    version = live.versions.get(key)
    return version if version and live.announced.get(key) != str(version.number) else None


_RESTORED = "Configuration restored"
"""How the platform describes the version that comes out of the trash."""


def _text(value: Json | Missing) -> str:
    return value if isinstance(value, str) and not is_ciphertext(value) else ""
