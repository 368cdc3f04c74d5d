"""A plan: the changes of one branch, a step for each configuration. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kbsync.change import (
    Change,
    Create,
    Delete,
    Restore,
)
from kbsync.graph.impact import Impact
from kbsync.graph.links import Dangling
from kbsync.model import JsonPath, Key, Version
from kbsync.plans.attribution import Attribution
from kbsync.plans.fingerprint import Fingerprint
from kbsync.plans.foreign import Foreign
from kbsync.plans.kinds import effects


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The branch of the project that a plan is for."""

    stack: str
    """Base URL, without a trailing slash."""
    project_id: int
    project_name: str
    branch: str
    """`default`, or the digits of a branch id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """All changes of one configuration and its rows.

    The unit of review, of writing and of versions: rows share their configuration's version
    counter, so what belongs to one configuration is written serially, in one go.
    """

    key: Key
    name: str
    base: Version | None
    """The version these changes were planned against; None when live has no such configuration."""
    changes: tuple[Change, ...]
    attribution: Attribution | None = None
    """Whose the changes are; None where the history was not read."""
    impact: Impact = field(default_factory=Impact)
    """What else depends on this configuration."""
    note: str = ""
    """What to note of the secrets that are written with it; `""` before they are encrypted."""
    rejected: tuple[Fingerprint, ...] = ()
    """Contents that apply shall refuse to write again once this is done."""
    foreign: tuple[Foreign, ...] = ()
    """What it writes that cannot be decrypted in this project."""
    needs: tuple[Key, ...] = ()
    """The configurations of the same plan that this one refers to: written before it, and deleted
    after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What apply will do, and what it will leave alone."""

    target: Target
    steps: tuple[Step, ...]
    """In the order they are written: see `plans.order`."""
    unchanged: int = 0
    """Configurations and rows that are as the files say."""
    not_managed: tuple[Key, ...] = ()
    """Live configurations that have no files."""
    ignored: int = 0
    """Differences that a rule says not to compare."""
    unchecked: tuple[str, ...] = ()
    """Variables of secrets taken for unchanged, because they are not set where this was made."""
    dangling: tuple[Dangling, ...] = ()
    """References in what the files say that lead nowhere, or will when this is applied."""

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(change for step in self.steps for change in step.changes)

    def __bool__(self) -> bool:
        return bool(self.steps)


def creates_configurations(plan: Plan) -> bool:
    return any(
        isinstance(change, Create) and not change.key.is_row
        for step in plan.steps
        for change in step.changes
    )


def version_before(step: Step) -> int:
    """The number of the newest version when *step* was planned; 0 when there was none.

    A configuration that comes back out of the trash goes on counting.
    """
    if step.base:
        return step.base.number
    trashed = (change.trashed for change in step.changes if isinstance(change, Create | Restore))
    return next((version.number for version in trashed if version), 0)


def deletes_configuration(step: Step) -> bool:
    return any(isinstance(change, Delete) and not change.key.is_row for change in step.changes)


def deleted_by(changes: Iterable[Change]) -> set[Key]:
    """Return every configuration and row that *changes* delete."""
    deletes = [change for change in effects(changes) if isinstance(change, Delete)]
    return {key for change in deletes for key in (change.key, *change.rows)}


Files = Mapping[tuple[Key, JsonPath], str]
"""Where a text of a configuration stands in the tree, for those that have a file of their own."""
