"""From an object, as it is or was, to the plan that makes another one like it. Reads only."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_trash, fetch_versions
from kbsync.compare.diff import diff
from kbsync.errors import RefusedError, StaleError
from kbsync.model import Key, Resource, Resources
from kbsync.past.copies import free_id, notes, obstacles, only_adds, with_copy
from kbsync.past.moment import Moment
from kbsync.past.recall import Recalled, Scene, look, recalled
from kbsync.past.resolve import resolve
from kbsync.past.rollback import run_of
from kbsync.past.snapshot import Snapshot
from kbsync.past.subject import Subject
from kbsync.plans.making import make_steps
from kbsync.run.journal import read_runs
from kbsync.settings import Settings
from kbsync.stamp import parse_stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOf:
    """A copy that somebody asked for."""

    object_: str
    """`component/config` or `component/config/row`, with ids or names."""
    moment: Moment
    """A recorded version, or what is live."""
    name: str
    id_: str = ""
    """`""` for one that is made from the name."""
    message: str = ""
    """What the versions shall say; `""` for what is copied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """The plan of a copy, and what its versions shall say."""

    recalled: Recalled
    message: str


def recall_copy(
    settings: Settings, client: StorageClient, wanted: CopyOf, *, declared: Collection[Key] = ()
) -> Copied:
    """Plan to make another configuration or row like one there is: five requests, all GET.

    One more for a recorded version, one more where something of that name is there. A copy that
    broke off is gone on with: all its versions say that they are of this copy, and it holds nothing
    else.

    Args:
        wanted: What of, and what it is to be called.
        declared: What files declare: no copy gets the id of something that apply would create.

    Raises:
        UsageError: There is no such object, more than one, or no such version.
        RefusedError: It holds what a copy must not hold, or kbsync does not look after the copy.
        StaleError: Something of that name or id is there.
    """
    scene = look(settings, client)
    key = resolve(wanted.object_, scene.live, scene.names, client)
    subject = Subject(key=key, target=scene.target, live=scene.live, tree=None, client=client)
    source = subject.at(wanted.moment)
    _refuse(source)
    assert source.version
    message = wanted.message.strip() or f"Copy of {key} v{source.version.number}"
    making = _Copying(
        scene=scene, source=source, wanted=wanted, message=message, declared=frozenset(declared)
    )
    return Copied(recalled=making.plan(), message=message)


def _refuse(source: Snapshot) -> None:
    found = obstacles(source)
    if found:
        raise RefusedError(
            "\n  ".join(["There can be no copy of this:", *found]),
            hint="A secret has to be encrypted for the project: write it anew in the files, then "
            "`kbsync encrypt`, `kbsync apply`, and copy that. An app or a workspace is made in "
            "Keboola.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copying:
    """Finds the place of one copy, and what is left to do there."""

    scene: Scene
    source: Snapshot
    wanted: CopyOf
    message: str
    declared: frozenset[Key]

    def plan(self) -> Recalled:
        found = self._namesakes()
        for place in found:
            if begun := self._begun(place):
                return begun
        if found:
            raise self._taken(found[0])
        place = self._free_place()
        if not self.scene.settings.scope.covers(place.config, self._names(place)):
            raise RefusedError(
                f"{place} would be outside the scope of kbsync.yaml",
                hint="Change `scope` if you mean it, or choose another name.",
            )
        return self._recalled(place)

    def _namesakes(self) -> list[Key]:
        """What is there under the id that is wanted, or else under the name."""
        siblings = self._siblings(self.scene.live.resources)
        if self.wanted.id_:
            place = self._place(self.wanted.id_)
            return [place] if place in siblings else []
        resources = self.scene.live.resources
        return [key for key in siblings if resources[key].name == self.wanted.name]

    def _siblings(self, keys: Iterable[Key]) -> list[Key]:
        """Return those of *keys* that the id of the copy must not be one of."""
        here = self.source.key
        return sorted(
            key
            for key in keys
            if key.component_id == here.component_id
            and key.is_row == here.is_row
            and (not here.is_row or key.config == here.config)
        )

    def _place(self, id_: str) -> Key:
        here = self.source.key
        return here.config.row(id_) if here.is_row else Key(here.component_id, id_)

    def _around(self, place: Key) -> Resources:
        return self.scene.groups.get(place.config, {})

    def _wished(self, place: Key) -> dict[Key, Resource]:
        return with_copy(self.source, place, self.wanted.name, self._around(place))

    def _begun(self, place: Key) -> Recalled | None:
        """Return what is left to do at *place*, if all there is of it was made by this copy."""
        changes = diff(self._wished(place), self._around(place), {})
        if not only_adds(changes) or (place.is_row and changes):
            return None
        versions = fetch_versions(self.scene.client, place)
        stamps = [parse_stamp(version.message) for version in versions]
        if not all(stamp and stamp.message == self.message for stamp in stamps):
            return None
        run = run_of(versions[0])
        if changes:
            return self._recalled(place, f"Run {run} broke off; this goes on with its copy.")
        return recalled(self.scene, (), back=(place,)) if self._broke_off(run) else None

    def _broke_off(self, run: str) -> bool:
        found = read_runs(self.scene.settings.root)
        return any(record.run == run and record.end is None for record in found)

    def _taken(self, place: Key) -> StaleError:
        what = f'{place} "{self.scene.live.resources[place].name}"'
        object_ = shlex.quote(str(place))
        if place == self.source.key:
            return StaleError(f"{what} is what would be copied", hint=self._another())
        if not diff(self._wished(place), self._around(place), {}):
            return StaleError(
                f"{what} is there already, just as this copy would be",
                hint=f"Nothing is left to do. Its files: kbsync pull {object_}. "
                "For one more: another --name.",
            )
        return StaleError(
            f"{what} is there already, and holds something else",
            hint=f"{self._another()} What is there: kbsync show {object_}@live",
        )

    def _another(self) -> str:
        if self.wanted.id_:
            return "Give the copy another --id."
        return "Give the copy another --name, or an --id of its own."

    def _free_place(self) -> Key:
        """Return where nothing is: neither live, nor in the trash, nor declared in files.

        Raises:
            StaleError: The id that was asked for is not free.
        """
        is_row = self.source.key.is_row
        trash = () if is_row else fetch_trash(self.scene.client)
        if self.wanted.id_:
            place = self._place(self.wanted.id_)
            self._check_free(place, trash)
            return place
        known = {*self.scene.live.resources, *trash, *self.declared}
        taken = [key.row_id if is_row else key.config_id for key in self._siblings(known)]
        return self._place(free_id(self.wanted.name, taken))

    def _check_free(self, place: Key, trash: Collection[Key]) -> None:
        object_ = shlex.quote(str(place))
        if place in trash:
            raise StaleError(
                f"{place} lies in the trash: a copy of that id would take over its history",
                hint=f"{self._another()} To have that one back: kbsync restore {object_}",
            )
        if place in self.declared:
            raise StaleError(
                f"The files declare {place}, which is not in the project yet",
                hint=f"{self._another()} To make that one: kbsync apply {object_}",
            )

    def _names(self, place: Key) -> dict[Key, str]:
        return {**self.scene.names, place: self.wanted.name}

    def _recalled(self, place: Key, *more: str) -> Recalled:
        wished, live = self._wished(place), self.scene.live
        steps = make_steps(diff(wished, self._around(place), {}), wished, live)
        told = notes(self.source, live, self.scene.names)
        scene = replace(self.scene, names=self._names(place))
        return recalled(scene, steps, notes=(*more, *told))
