"""The traces of runs in a project: stamps on versions, notes of deletions, holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kbsync.model import Key, Version
from kbsync.plans.holds import Hold
from kbsync.stamp import parse_stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Trails:
    """All of them, as far as they were looked for."""

    versions: Mapping[Key, Sequence[Version]]
    """The newest first."""
    is_whole: bool
    """Whether these are all versions of all configurations, not only the newest."""
    deleted: Mapping[str, Sequence[Key]] = field(default_factory=dict)
    """What runs noted that they delete, by run."""
    holds: Mapping[Key, Hold] | None = None
    """Those of the branch; None where they could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The versions of one run."""

    is_whole: bool
    """Whether the run made no others."""
    versions: dict[Key, list[Version]] = field(default_factory=dict)

    @property
    def all(self) -> list[Version]:
        return [version for versions in self.versions.values() for version in versions]


def stamped(trails: Trails) -> dict[str, Trail]:
    """Return the versions that carry a stamp, by run."""
    found: dict[str, Trail] = {}
    for key, versions in trails.versions.items():
        for version in versions:
            stamp = parse_stamp(version.message)
            if stamp:
                trail = found.setdefault(stamp.run, Trail(is_whole=trails.is_whole))
                trail.versions.setdefault(key, []).append(version)
    return found
