"""What a changed configuration touches: who reads what it writes, and what runs it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kbsync.model import Key


@dataclass(frozen=True, slots=True)
class Peer:
    """A configuration or row, and what people call it."""

    key: Key
    name: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a flow or configuration is run by itself."""

    peer: Peer
    """The configuration of the scheduler."""
    cron: str
    timezone: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What one configuration touches, from what live and the files say."""

    readers: Mapping[str, tuple[Peer, ...]] = field(default_factory=dict)
    """By table it writes: the other configurations that read it."""
    writers: Mapping[str, tuple[Peer, ...]] = field(default_factory=dict)
    """By table it writes: the other configurations that write it too."""
    used_by: tuple[Peer, ...] = ()
    """The configurations that take variables or shared code from it."""
    run_by: tuple[Peer, ...] = ()
    """The flows and orchestrations with a task for it."""
    schedules: tuple[Schedule, ...] = ()
    """What starts it, or a flow that runs it."""

    def __bool__(self) -> bool:
        return any((self.readers, self.writers, self.used_by, self.run_by, self.schedules))
