"""Plans that bring back recorded versions, and what they leave alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kbsync.canonical import same
from kbsync.change import Delete, Restore, Rollback, Update
from kbsync.compare.diff import content, diff
from kbsync.model import Key, Live, Resource, Resources, Trashed, Version
from kbsync.plans.attribution import Attribution, Whose, attribute
from kbsync.plans.plan import Plan, Step, Target
from kbsync.stamp import parse_stamp


def rollback_plan(
    target: Target, key: Key, to_version: int, recorded: Resources, live: Live
) -> Plan:
    """Return the plan that brings configuration *key* back to *recorded*, its version *to_version*.

    Empty when live has that content already. *live* holds that configuration only.
    """
    past = Past(
        key=key,
        live=live,
        to=Version(number=to_version, identifier=""),
        recorded=recorded,
    )
    step = past.step()
    steps = (step,) if step else ()
    return Plan(target=target, steps=steps, unchanged=0 if steps else len(recorded))


def row_rollback_plan(target: Target, to_version: int, recorded: Resource, live: Live) -> Plan:
    """Return the plan that brings one row of *live* back to *recorded*.

    *to_version* is the row's own number of that version.
    """
    now = live.resources[recorded.key]
    if same(content(now), content(recorded)):
        return Plan(target=target, steps=(), unchanged=1)
    config = live.resources[recorded.key.config]
    rollback = Rollback(recorded.key, to_version, (Update(now, recorded),))
    base = live.versions[config.key]
    step = Step(key=config.key, name=config.name, base=base, changes=(rollback,))
    return Plan(target=target, steps=(step,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of one configuration, and what it is to go back to."""

    key: Key
    live: Live | None
    """That configuration alone; None when it lies in the trash."""
    to: Version | None = None
    """What it is to be again; None when it was not there then."""
    recorded: Resources
    """Its content in that version; empty without one."""
    undone: tuple[Version, ...] = ()
    """The versions made since, the newest first."""
    trashed: Trashed | None = None
    """How it came into the trash, when it lies there."""
    edited: Edited | None = None
    """What somebody did to it since, that nobody asked to undo."""

    @property
    def name(self) -> str:
        if self.live:
            return self.live.resources[self.key].name
        return self.trashed.name if self.trashed else ""

    def step(self) -> Step | None:
        """Return the step back; None when it is as it was.

        What was not there then is deleted, to the trash.
        """
        if self.live is None:
            return self._restore()
        return self._rollback(self.live) if self.to else self._delete(self.live)

    def _restore(self) -> Step | None:
        if self.trashed is None:
            return None
        change = Restore(self.key, self.trashed.version)
        return Step(key=self.key, name=self.name, base=None, changes=(change,))

    def _rollback(self, live: Live) -> Step | None:
        assert self.to
        changes = diff(self.recorded, live.resources, live.component_states)
        if not changes:
            return None
        back = Rollback(self.key, self.to.number, changes, self.undone)
        return Step(
            key=self.key,
            name=self.name,
            base=live.versions[self.key],
            changes=(back,),
            attribution=self.edited.attribution(back, live) if self.edited else None,
        )

    def _delete(self, live: Live) -> Step:
        rows = tuple(sorted(key for key in live.resources if key.is_row))
        change = Delete(live.resources[self.key], rows)
        return Step(
            key=self.key,
            name=self.name,
            base=live.versions[self.key],
            changes=(change,),
            attribution=self.edited.attribution(change, live) if self.edited else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """Edits on top of what a run wrote."""

    version: Version
    """The one that the run left."""
    resources: Resources
    """Its content."""
    edits: tuple[Version, ...]
    """The versions that others made since, the newest first."""

    def differs(self, live: Live) -> bool:
        """Whether anything of the edits is still there."""
        return bool(diff(live.resources, self.resources, {}))

    def attribution(self, change: Rollback | Delete, live: Live) -> Attribution:
        """Return whose *change* would undo: every edit is one that it loses."""
        theirs = diff(live.resources, self.resources, {})
        found = (
            attribute(change.changes, self.resources, live.resources)
            if isinstance(change, Rollback)
            else {}
        )
        whose = {key: dict.fromkeys(labels, Whose.DRIFT) for key, labels in found.items()}
        whose[change.key] = {"": Whose.DRIFT, **whose.get(change.key, {})}
        return Attribution(base=self.version, edits=self.edits, theirs=theirs, whose=whose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a run did to one configuration, as its versions tell."""

    before: Version | None
    """The newest one before the run; None when the run made the configuration."""
    last: Version
    """The newest of the run."""
    since: tuple[Version, ...]
    """All after `before`, the newest first."""
    others: tuple[Version, ...]
    """Those of them that are not by the run."""


def made_by(run: str, versions: Sequence[Version]) -> Made | None:
    """Return what *run* did among *versions*, newest first; None when none is by it.

    A configuration that lay in the trash just before counts as made by the run.
    """
    ours = [version for version in versions if run_of(version) == run]
    if not ours:
        return None
    first = ours[-1].number
    before = next((each for each in versions if each.number < first), None)
    since = tuple(each for each in versions if each.number >= first)
    return Made(
        before=None if before is None or before.is_deletion else before,
        last=ours[0],
        since=since,
        others=tuple(each for each in since if run_of(each) != run),
    )


def run_of(version: Version) -> str:
    """The run that made *version*; `""` when it was not kbsync."""
    stamp = parse_stamp(version.message)
    return stamp.run if stamp else ""
