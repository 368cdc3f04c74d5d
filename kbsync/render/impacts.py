"""What else depends on a configuration, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kbsync.graph.impact import Impact, Peer, Schedule
from kbsync.render.facts import Given, Words
from kbsync.render.lines import plural, printable, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One way in which others depend on a configuration."""

    title: str
    words: Words


def touches(impact: Impact, *, most: int | None = None) -> tuple[Touch, ...]:
    """Return how others depend on a configuration; in each, at most *most* of them by name."""
    return tuple(_touches(impact, most))


def _touches(impact: Impact, most: int | None) -> Iterator[Touch]:
    for schedule in impact.schedules:
        yield Touch(title="scheduled", words=_schedule(schedule))
    if impact.run_by:
        yield Touch(title="run by", words=_peers(impact.run_by, most))
    yield from _tables("feeds", impact.readers, " → ", most)
    if impact.used_by:
        yield Touch(title="used by", words=_peers(impact.used_by, most))
    yield from _tables("shares", impact.writers, ", also written by ", most)


def _tables(
    title: str, tables: Mapping[str, Sequence[Peer]], between: str, most: int | None
) -> Iterator[Touch]:
    """Tell the tables that the same configurations share in one go."""
    by_peers: dict[tuple[Peer, ...], list[str]] = {}
    for table, peers in sorted(tables.items()):
        by_peers.setdefault(tuple(peers), []).append(table)
    for shared, names in by_peers.items():
        listed = _listed([(Given(printable(name)),) for name in names], most)
        yield Touch(title=title, words=(*listed, between, *_peers(shared, most)))


def _schedule(schedule: Schedule) -> Words:
    when = Given(printable(f"{schedule.cron} {schedule.timezone}".strip()))
    disabled = "" if schedule.enabled else ", disabled"
    return (when, disabled, ", by ", *_peer(schedule.peer))


def _peers(peers: Sequence[Peer], most: int | None) -> Words:
    return _listed([_peer(peer) for peer in peers], most)


def _listed(found: Sequence[Words], most: int | None) -> Words:
    words: list[str | Given] = []
    for index, each in enumerate(found[:most]):
        words += [", " if index else "", *each]
    if most is not None and len(found) > most:
        words.append(f" and {len(found) - most} more")
    return tuple(words)


def _peer(peer: Peer) -> Words:
    name: Words = (" ", Given(quoted(peer.name))) if peer.name else ()
    return (Given(printable(str(peer.key))), *name)


def impact_text(impact: Impact) -> str:
    """Count what depends on a configuration: `feeds 2, run by 1, scheduled`; `""` for nothing."""
    readers = {peer.key for peers in impact.readers.values() for peer in peers}
    enabled = sum(schedule.enabled for schedule in impact.schedules)
    parts = [
        f"feeds {len(readers)}" if readers else "",
        f"used by {len(impact.used_by)}" if impact.used_by else "",
        f"run by {len(impact.run_by)}" if impact.run_by else "",
        f"on {plural(enabled, 'schedule')}" if enabled else "",
    ]
    return ", ".join(part for part in parts if part)


def still_needed(impact: Impact) -> str:
    """Say that what is deleted would be missed; `""` when nothing depends on it."""
    found = impact_text(impact)
    return f"others depend on it: {found}" if found else ""
