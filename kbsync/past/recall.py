"""From a recorded version to a plan; and what every way back has to look at. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_live, fetch_recorded, fetch_target, fetch_trashed, fetch_versions
from kbsync.api.listing import read_recorded_row, read_versions
from kbsync.change import Restore
from kbsync.errors import NotFoundError, RefusedError, UsageError
from kbsync.graph.schedule import is_untold, is_untold_since_restored
from kbsync.model import Key, Live, Resources, Trashed, Version, by_configuration
from kbsync.past.resolve import resolve
from kbsync.past.rollback import Past, row_rollback_plan, run_of
from kbsync.planning import Planned, names_of
from kbsync.plans.activation import with_activations
from kbsync.plans.fingerprint import ABSENT, Fingerprint
from kbsync.plans.holds import Compared, Hold, outcome, read_holds, rejecting
from kbsync.plans.making import with_references
from kbsync.plans.order import in_write_order, with_needs
from kbsync.plans.plan import Plan, Step, Target
from kbsync.plans.plan_json import key_json
from kbsync.run.deleted import read_deleted
from kbsync.run.holding import readable_metadata
from kbsync.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A plan back, and what it does not touch."""

    planned: Planned
    same: tuple[Key, ...] = ()
    """What was touched, and is as it was already."""
    untouched: int = 0
    """How many more were looked at."""
    left: Mapping[Key, str] = field(default_factory=dict)
    """What is left as it is, and why."""
    notes: tuple[str, ...] = ()
    """What else a person should know."""
    rolls_back: tuple[str, ...] = ()
    """The runs whose writes to what the plan touches it takes back, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The branch as it is now."""

    settings: Settings
    client: StorageClient
    target: Target
    live: Live
    """All of it, in scope or not."""
    groups: Mapping[Key, Resources]
    """The same, each configuration with its rows."""
    names: dict[Key, str]
    metadata: Any
    """Of the branch, as the API answers; None where the token may not read it."""
    holds: Mapping[Key, Hold]

    def only(self, key: Key) -> Live:
        """Return one configuration with its rows."""
        return replace(self.live, resources=self.groups[key])

    def covers(self, key: Key) -> bool:
        return self.settings.scope.covers(key, self.names)

    def trash(self) -> dict[Key, Trashed]:
        """Return what of the trash is in scope: one request."""
        found = fetch_trashed(self.client)
        names = {key: each.name for key, each in found.items()}
        return {key: each for key, each in found.items() if self.settings.scope.covers(key, names)}

    @property
    def compared(self) -> Compared:
        return Compared(rules=self.settings.ignore, names=self.names)


def look(settings: Settings, client: StorageClient) -> Scene:
    """Read the branch: four requests."""
    target = fetch_target(client, project_id=settings.project_id)
    live = fetch_live(client)
    # In an incident the way back matters more than what it would note, or find noted.
    metadata = readable_metadata(client)
    return Scene(
        settings=settings,
        client=client,
        target=target,
        live=live,
        groups=by_configuration(live.resources),
        names=names_of(live.resources),
        metadata=metadata,
        holds=read_holds(metadata),
    )


def recalled(
    scene: Scene,
    steps: Iterable[Step],
    *,
    same: Iterable[Key] = (),
    back: Iterable[Key] = (),
    **told: Any,
) -> Recalled:
    """Return the plan of *steps*, and what is *told* beside it.

    Args:
        scene: The branch.
        steps: What is to be done.
        same: What was touched, and is as wished already.
        back: The same, of what a run may have brought there that broke off before it told the
            scheduler service: that is left to do.
        told: The rest of what is to be told.
    """
    steps, same, back = list(steps), tuple(same), tuple(back)
    after = {
        key: item for step in steps for key, item in outcome(step, scene.live.resources).items()
    }
    plan = Plan(
        target=scene.target,
        steps=in_write_order(with_needs(steps, {**scene.live.resources, **after})),
        unchanged=len(same) + len(back) + told.get("untouched", 0),
    )
    late = [key for key in back if _is_untold(key, scene.live)]
    plan = with_activations(plan, scene.live, is_default=scene.client.is_default_branch, late=late)
    begun = {step.key for step in plan.steps}
    plan = with_references(plan, after, scene.live.resources)
    planned = Planned(plan=plan, live=scene.live, names=scene.names, files={}, holds=scene.holds)
    if scene.metadata is None:
        told["notes"] = (*told.get("notes", ()), _UNREADABLE)
    done = (*same, *(key for key in back if key not in begun))
    return Recalled(planned=planned, same=done, **told)


def _is_untold(key: Key, live: Live) -> bool:
    return is_untold(key, live) or is_untold_since_restored(key, live)


_UNREADABLE = (
    "The token may not read the metadata of the branch: what is held, and what runs have deleted, "
    "is not known here."
)


def with_hold(step: Step, scene: Scene, more: Iterable[Fingerprint] = ()) -> Step:
    """Return *step* with what it rejects: what is live, and *more*."""
    compared = scene.compared
    now = compared.fingerprint(step.key, scene.live.resources)
    is_restored = any(isinstance(change, Restore) for change in step.changes)
    after = outcome(step, scene.live.resources)
    wanted = None if is_restored else compared.fingerprint(step.key, after)
    found = (ABSENT,) if is_restored else (now, *more)
    return replace(step, rejected=rejecting(found, wanted, scene.holds.get(step.key)))


def recall_version(
    settings: Settings, client: StorageClient, object_: str, to_version: int
) -> Recalled:
    """Plan to bring one configuration or row back to a recorded version: six requests, all GET.

    Args:
        object_: `component/config` or `component/config/row`, with ids or names.
        to_version: From 1 to the newest version; of a row, by the row's own numbers.

    Raises:
        UsageError: There is no such object, more than one, or no such version.
    """
    scene = look(settings, client)
    key = resolve(object_, scene.live, scene.names, client)
    if not scene.covers(key):
        raise RefusedError(
            f"{key} is outside the scope of kbsync.yaml", hint="Change `scope` if you mean it."
        )
    return _recall_row(scene, key, to_version) if key.is_row else _recall(scene, key, to_version)


def _recall(scene: Scene, key: Key, to_version: int) -> Recalled:
    live = scene.only(key)
    try:
        recorded = fetch_recorded(scene.client, key, to_version, live)
    except NotFoundError:
        raise _no_version(key, to_version, live.versions[key]) from None
    undone = fetch_versions(scene.client, key, after=to_version)
    past = Past(
        key=key,
        live=live,
        to=Version(number=to_version, identifier=""),
        recorded=recorded,
        undone=undone,
    )
    step = past.step()
    steps = [with_hold(step, scene, stamped_contents(past, scene))] if step else []
    return recalled(scene, steps, back=() if steps else (key,), rolls_back=runs_of(undone))


def _recall_row(scene: Scene, key: Key, to_version: int) -> Recalled:
    live = scene.live
    try:
        detail = scene.client.version(key, to_version)
    except NotFoundError:
        raise _no_version(key, to_version, live.versions[key]) from None
    recorded = read_recorded_row(key, detail, live.resources[key])
    plan = row_rollback_plan(scene.target, to_version, recorded, live)
    now, config = live.versions[key].number, live.versions[key.config].number
    numbers = (
        f"Row {key} is at its own v{now}, and goes back to its own v{to_version}. "
        f"{key.config} is at v{config}."
    )
    steps = [with_hold(step, scene) for step in plan.steps]
    return recalled(scene, steps, same=() if steps else (key,), notes=(numbers,))


def _no_version(key: Key, to_version: int, newest: Version) -> UsageError:
    own = " A row has numbers of its own." if key.is_row else ""
    return UsageError(
        f"{key} has no version {to_version}", hint=f"Its newest version is {newest.number}.{own}"
    )


def stamped_contents(past: Past, scene: Scene) -> list[Fingerprint]:
    """Return what kbsync wrote last, where somebody edited that: files still say it.

    One request, or none.
    """
    stamped = next((each for each in past.undone if run_of(each)), None)
    if stamped is None or stamped is past.undone[0] or past.live is None:
        return []
    written = fetch_recorded(scene.client, past.key, stamped.number, past.live)
    return [scene.compared.fingerprint(past.key, written)]


def runs_of(versions: Iterable[Version]) -> tuple[str, ...]:
    """Return the runs that made *versions*, the newest first."""
    return tuple(sorted({*map(run_of, versions)} - {""}, reverse=True))


def deleted_by(scene: Scene, key: Key, trashed: Trashed) -> Iterator[str]:
    """The run that put *key* where it lies, if it was one that noted that."""
    last = trashed.version.number - 1
    for note in read_deleted(scene.metadata):
        match note:
            case {"run": str(run), "version": int(version), **where}:
                if version == last and where == key_json(key):
                    yield run
            case _:
                pass  # not of this deletion, or not what kbsync writes


def history_since(client: StorageClient, key: Key, moment: datetime) -> list[Version]:
    """Return the versions of *key*, the newest first, down to the first before *moment* at least.

    A request for each hundred.
    """
    found: dict[int, Version] = {}
    asked = 0
    while True:
        page = read_versions(key, client.versions(key, limit=_PAGE, offset=asked))
        found |= {version.number: version for version in page}
        asked += len(page)
        if len(page) < _PAGE or not is_since(page[-1].created, moment):
            return sorted(found.values(), key=lambda each: each.number, reverse=True)


_PAGE = 100


def is_since(created: str, moment: datetime) -> bool:
    """Whether something is not older than *moment*; what cannot be told may be."""
    try:
        found = datetime.fromisoformat(created)
    except ValueError:
        return True
    return (found if found.tzinfo else found.replace(tzinfo=UTC)) >= moment
