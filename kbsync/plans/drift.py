"""What people changed outside kbsync, and the files do not say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kbsync.model import Key, Live, Version
from kbsync.plans.plan import Plan, Step, Target
from kbsync.stamp import parse_stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A configuration that somebody made, and that has no files."""

    key: Key
    name: str
    first: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What other people edited, deleted and made, and how far the files are ahead of live."""

    target: Target
    edited: tuple[Step, ...]
    """What the edits changed, from the version kbsync wrote last to live."""
    deleted: tuple[tuple[Step, Version], ...]
    """What lies in the trash though the files declare it, and the version that put it there."""
    created: tuple[Created, ...] = ()
    """What has no files and was made after kbsync last wrote anything in the branch."""
    unknown: tuple[Step, ...] = ()
    """What differs though kbsync never wrote it, so that nothing tells whose the difference is."""
    ahead: int
    """Configurations that differ because the files moved on, which is no drift."""

    def __bool__(self) -> bool:
        return bool(self.edited or self.deleted or self.created or self.unknown)


def find_drift(plan: Plan, live: Live, trash: Mapping[Key, Version]) -> Drift:
    """Return the part of what *plan* would change that other people brought about.

    What has no files and is older than the newest stamp was left alone on purpose, so it is no
    drift. A difference in what kbsync never wrote may be anybody's; it is not called ours.
    """
    edited = [step for step in plan.steps if step.attribution and step.attribution.whose]
    deleted = [step for step in plan.steps if step.base is None and step.key in trash]
    unknown = [step for step in plan.steps if _is_nobodys(step)]
    return Drift(
        target=plan.target,
        edited=tuple(_their_step(step) for step in edited),
        deleted=tuple((step, trash[step.key]) for step in deleted),
        created=tuple(_created(plan, live, trash)),
        unknown=tuple(unknown),
        ahead=len(plan.steps) - len(edited) - len(deleted) - len(unknown),
    )


def _is_nobodys(step: Step) -> bool:
    """Whether *step* is about a configuration that is live, and that kbsync never wrote."""
    return bool(step.base and step.attribution and not step.attribution.base)


def _their_step(step: Step) -> Step:
    """Return *step* with what the edits did in the place of what apply would do."""
    assert step.attribution
    return replace(step, changes=step.attribution.theirs)


def _created(plan: Plan, live: Live, trash: Mapping[Key, Version]) -> Iterator[Created]:
    last = max(_stamped(plan, live, trash), default=None)
    for key in plan.not_managed:
        first = live.first_versions.get(key)
        made = _moment(first) if first else None
        # What kbsync itself made is never newer than its newest stamp.
        if first and made and last and made > last:
            yield Created(key=key, name=live.resources[key].name, first=first)


def _stamped(plan: Plan, live: Live, trash: Mapping[Key, Version]) -> Iterator[datetime]:
    """When kbsync wrote, as far as the newest versions and the bases of edited ones tell."""
    bases = [step.attribution.base for step in plan.steps if step.attribution]
    for version in (*live.versions.values(), *trash.values(), *filter(None, bases)):
        moment = _moment(version) if parse_stamp(version.message) else None
        if moment:
            yield moment


def _moment(version: Version) -> datetime | None:
    """When *version* was made; None where the platform does not tell, or not with an offset."""
    try:
        found = datetime.fromisoformat(version.created)
    except ValueError:
        return None
    return found if found.tzinfo else None
