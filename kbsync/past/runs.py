"""The runs that are known: from the journals of a folder and the stamps in a project. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from kbsync import ulid
from kbsync.model import Json, JsonObject, Key, Live, Version, key_of
from kbsync.past.trails import Trail, Trails, stamped
from kbsync.plans.writes import Action
from kbsync.run.journal import RunRecord
from kbsync.run.result import Outcome
from kbsync.stamp import Stamp, parse_stamp


class State(StrEnum):
    """How a run ended."""

    APPLIED = "applied"
    PARTLY = "partly applied"
    TAKEN_BACK = "taken back"
    NOT_APPLIED = "not applied"
    INTERRUPTED = "interrupted"
    BROKE_OFF = "broke off"
    KILLED = "killed"
    RUNNING = "still running"


class Fate(StrEnum):
    """What live tells of a write whose outcome nobody noted."""

    DONE = "carried out"
    NOT_DONE = "not carried out so far"
    """A request that was on its way when the run was killed may still arrive."""
    UNKNOWN = "cannot be told"


_STATES = {
    "done": State.APPLIED,
    "partly_applied": State.PARTLY,
    "interrupted": State.INTERRUPTED,
    "terminated": State.INTERRUPTED,
    "broke off": State.BROKE_OFF,
}
"""By what the journal notes at the end; anything else is an exit code that says no."""


TAKEN_BACK = "taken back"
"""The outcome of a configuration that was written and then brought back."""
DELETED = "deleted"
"""The outcome of one that a run without a journal put into the trash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What a run did to one configuration, as far as that is known."""

    object: str
    """The key, as people write it."""
    outcome: str
    """As in a result, `TAKEN_BACK`, or `DELETED`; `""` when the run did not come to note one."""
    before: int | None
    after: int | None
    error: str = ""

    @property
    def is_written(self) -> bool:
        """Whether live has, or had, what the run meant it to."""
        return self.outcome != TAKEN_BACK and bool(self.after) and self.after != self.before

    @property
    def is_deleted(self) -> bool:
        gone = self.outcome == Outcome.APPLIED and self.before is not None and self.after is None
        return gone or self.outcome == DELETED


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRun:
    """One run."""

    run: str
    stamp: Stamp
    authors: tuple[str, ...]
    """Whose tokens wrote its versions; nothing where only the journal knows it."""
    state: State
    objects: tuple[Touched, ...]
    record: RunRecord | None
    """Its journal, when it ran in this folder."""
    rolled_back: Mapping[str, str] = field(default_factory=dict)
    """Of what it reached: what was rolled back since, and by which run."""
    held: frozenset[str] | None = None
    """Of what it reached: what may not be written again; None where nobody could tell."""

    @property
    def reached(self) -> tuple[str, ...]:
        """What has, or had, a version of this run, or was deleted by it."""
        return tuple(
            each.object
            for each in self.objects
            if self.record is None or each.is_written or each.is_deleted
        )

    @property
    def started(self) -> datetime | None:
        """By its id; None when that is no ULID."""
        try:
            return datetime.fromtimestamp(ulid.milliseconds(self.run) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None

    @property
    def written(self) -> int:
        """How many configurations it wrote."""
        return sum(1 for each in self.objects if each.is_written)


def known_runs(
    records: Iterable[RunRecord], trails: Trails | None, *, is_running: bool
) -> tuple[KnownRun, ...]:
    """Return the runs, the newest first.

    A run that left no journal here is known by *trails* alone. Where these are not whole, an older
    one vanishes as later ones write over it. *is_running* tells whether somebody is writing from
    the folder of the journals right now: then it is the newest run without an end.
    """
    found = {record.run: record for record in records}
    traced = stamped(trails) if trails else {}
    deleted = trails.deleted if trails else {}
    unfinished = [run for run, record in found.items() if record.end is None]
    running = max(unfinished, default="") if is_running else ""
    return tuple(
        _known(
            run,
            found.get(run),
            traced.get(run) or Trail(is_whole=False),
            deleted.get(run, ()),
            is_running=run == running,
        )
        for run in sorted({*found, *traced, *deleted}, reverse=True)
    )


def _known(
    run: str,
    record: RunRecord | None,
    trail: Trail,
    deleted: Sequence[Key],
    *,
    is_running: bool,
) -> KnownRun:
    objects = tuple(_from_journal(record) if record else _from_stamps(trail, deleted))
    stamps = [stamp for each in trail.all if (stamp := parse_stamp(each.message))]
    stamps.append(Stamp(message="", run=run))
    return KnownRun(
        run=run,
        stamp=_stamp(record) if record else stamps[0],
        authors=tuple(sorted(_authors(trail))),
        state=_state(record, objects, is_running=is_running),
        objects=objects,
        record=record,
    )


def _authors(trail: Trail) -> set[str]:
    # A row tells who made it, not who saved its version; the configuration has that version too.
    configurations = (found for key, found in trail.versions.items() if not key.is_row)
    return {each.author for versions in configurations for each in versions if each.author}


def _stamp(record: RunRecord) -> Stamp:
    start = record.start
    back = start.get("rollback")
    return Stamp(
        message=_text(start, "message"),
        run=record.run,
        commit=_text(start, "commit"),
        rolls_back=tuple(map(str, back)) if isinstance(back, list) else (),
    )


def _state(record: RunRecord | None, objects: Sequence[Touched], *, is_running: bool) -> State:
    if record is None:
        return State.APPLIED
    if record.end is None:
        return State.RUNNING if is_running else State.KILLED
    is_back = any(each.outcome == TAKEN_BACK for each in objects)
    if is_back and not any(each.is_written for each in objects):
        return State.TAKEN_BACK
    return _STATES.get(_text(record.end, "outcome"), State.NOT_APPLIED)


def _from_journal(record: RunRecord) -> Iterator[Touched]:
    """Every configuration of the plan, from what it was to what the run left."""
    results: dict[str, list[JsonObject]] = {}
    for result in record.results:
        results.setdefault(_text(result, "object"), []).append(result)
    planned = record.start.get("objects")
    for name in planned if isinstance(planned, list) else results:
        found = results.get(str(name), [{}])
        first, last = found[0], found[-1]
        is_back = len(found) > 1 and last.get("outcome") == Outcome.APPLIED
        yield Touched(
            object=str(name),
            outcome=TAKEN_BACK if is_back else _text(last, "outcome"),
            before=_number(first.get("before")),
            after=_number(last.get("after")),
            error=_text(last, "error") or _text(first, "error"),
        )


def _from_stamps(trail: Trail, deleted: Sequence[Key]) -> Iterator[Touched]:
    gone = {key.config for key in deleted}
    for key in sorted({key.config for key in trail.versions} | gone):
        versions = trail.versions.get(key, [])
        first = min((each.number for each in versions), default=1)
        yield Touched(
            object=str(key),
            outcome=DELETED if key in gone else "",
            before=first - 1 or None if trail.is_whole else None,
            after=max((each.number for each in versions), default=None),
        )


def fate(write: JsonObject, record: RunRecord, live: Live, versions: Sequence[Version]) -> Fate:
    """Return what became of *write*, an unsettled intent of *record*.

    Args:
        live: The project as it is now.
        versions: The recorded ones of its configuration, of which each of the run's writes made
            one; empty when it is not there.
    """
    key = key_of(_text(write, "object"))
    match _text(write, "action"):
        case Action.DELETE:
            return Fate.NOT_DONE if key in live.resources else Fate.DONE
        case Action.RESTORE:
            return Fate.DONE if key in live.resources else Fate.NOT_DONE
        case Action.CREATE if key not in live.resources:
            return Fate.NOT_DONE
        case Action.CREATE | Action.UPDATE | Action.ROLL_BACK:
            made = sum(1 for each in versions if _is_of(each, record.run))
            return Fate.DONE if made > _versions_noted(record, key) else Fate.NOT_DONE
        case Action.RESET_STATE:
            # A state that is there may be the old one, or what a job has stored since.
            return Fate.UNKNOWN if live.component_states.get(key) else Fate.DONE
        case _:
            return Fate.UNKNOWN


def _is_of(version: Version, run: str) -> bool:
    stamp = parse_stamp(version.message)
    return stamp is not None and stamp.run == run


def _versions_noted(record: RunRecord, key: Key) -> int:
    """How many versions of a configuration the run knows that it made."""
    return sum(
        1
        for write in record.settled
        if key_of(_text(write, "object")).config == key.config
        and _text(write, "action") in _MAKE_VERSIONS
        and _text(write, "outcome") in ("done", "found done")
    )


_MAKE_VERSIONS = (Action.CREATE, Action.UPDATE, Action.DELETE, Action.ROLL_BACK)


def _text(event: JsonObject, name: str) -> str:
    return str(event.get(name) or "")


def _number(value: Json) -> int | None:
    return value if isinstance(value, int) else None
