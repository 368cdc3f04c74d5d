"""What the recorded versions of an object tell. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kbsync import ulid
from kbsync.canonical import canonical, digest
from kbsync.change import Change
from kbsync.compare.diff import content
from kbsync.model import Json, JsonObject, Key, Version
from kbsync.past.snapshot import Snapshot, changes_between
from kbsync.stamp import Stamp, parse_stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One version, with what its message and its content tell."""

    version: Version
    when: str
    """As the platform writes it; of a row in UTC, when its content was first saved."""
    who: str
    """`""` for rows: the platform tells who made a row, not who saved a version of it."""
    stamp: Stamp | None
    """None when somebody did it by hand."""
    back_to: int | None
    """The version it was rolled back to, if its message says that."""
    same_as: int | None
    """The newest version before it with the same content, as far as that is known."""
    rolled_back_by: int | None
    """The version that took back what a run of kbsync wrote here."""
    is_held: bool | None
    """Whether its content may not be written again; None where nobody could tell."""
    changes: tuple[Change, ...] | None = None
    """What it changed; None where that was not asked, or nothing was before it."""

    @property
    def message(self) -> str:
        return self.stamp.message if self.stamp else self.version.message


def told(
    key: Key,
    versions: Sequence[Version],
    contents: Mapping[int, Snapshot] | None = None,
    rejected: Collection[str] | None = None,
) -> tuple[Recorded, ...]:
    """Return what is told of *versions*, the newest there are, the newest first.

    *contents* are those that were read. Without them only rows tell which versions are alike, by
    their identifiers; that of a configuration is another after each rollback. *rejected* are the
    runs whose content is held; None where nobody could tell.
    """
    contents = contents or {}
    marks = [_mark(key, version, contents.get(version.number)) for version in versions]
    undone = _undone(versions, has_numbers_of_its_own=key.is_row)
    return tuple(
        Recorded(
            version=version,
            when=_when(key, version),
            who="" if key.is_row else version.author,
            stamp=parse_stamp(version.message),
            back_to=_back_to(version.message),
            same_as=_same_as(marks, versions, at),
            rolled_back_by=undone.get(version.number),
            is_held=None if rejected is None else _run(version) in rejected,
            changes=_changes(contents, versions[at : at + 2]),
        )
        for at, version in enumerate(versions)
    )


_BACK = re.compile(r"Roll ?back to version ([0-9]{1,18})\b", re.IGNORECASE)


def _back_to(message: str) -> int | None:
    found = _BACK.match(message)
    return int(found[1]) if found else None


def _run(version: Version) -> str:
    stamp = parse_stamp(version.message)
    return stamp.run if stamp else ""


def _undone(versions: Sequence[Version], *, has_numbers_of_its_own: bool) -> dict[int, int]:
    """Return which versions of runs were taken back, and by which; not by one that itself was."""
    found: dict[int, int] = {}
    for at, version in enumerate(versions):
        stamp = parse_stamp(version.message)
        runs = stamp.rolls_back if stamp else ()
        # The text of the platform's own rollback, of which a row tells the configuration's number.
        by_hand = None if stamp or has_numbers_of_its_own else _BACK.fullmatch(version.message)
        back = int(by_hand[1]) if by_hand else version.number
        for older in versions[at + 1 :] if version.number not in found else ():
            run = _run(older)
            if run and (run in runs or older.number > back):
                found.setdefault(older.number, version.number)
    return found


def _mark(key: Key, version: Version, found: Snapshot | None) -> str:
    """Return what equal contents have in common; `""` where it is not known."""
    if found is None:
        return version.identifier if key.is_row else ""
    order: list[Json] = [*(found.subject.rows_sort_order or ())]
    contents: JsonObject = {str(each): content(item) for each, item in found.resources.items()}
    return digest(canonical([order, contents]))


def _same_as(marks: Sequence[str], versions: Sequence[Version], at: int) -> int | None:
    older = zip(marks[at + 1 :], versions[at + 1 :], strict=True)
    return next((each.number for mark, each in older if mark and mark == marks[at]), None)


def _changes(
    contents: Mapping[int, Snapshot], pair: Sequence[Version]
) -> tuple[Change, ...] | None:
    sides = [contents[version.number] for version in pair if version.number in contents]
    return changes_between(sides[1], sides[0]) if len(sides) == 2 else None


def _when(key: Key, version: Version) -> str:
    if not key.is_row:
        return version.created
    # What the API calls `created` of a row's version is when the row was made.
    try:
        moment = datetime.fromtimestamp(ulid.milliseconds(version.identifier) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{moment:%Y-%m-%dT%H:%M:%S+0000}"
