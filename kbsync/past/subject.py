"""One object of a project, and what it looks like at any moment. Reads only."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_deleted, fetch_live, fetch_target
from kbsync.api.listing import read_recorded, read_recorded_row, read_versions
from kbsync.compare.ignore import carry_ignored
from kbsync.env_secrets import Prover, with_known
from kbsync.errors import NotFoundError, UsageError
from kbsync.model import Key, Live, Version
from kbsync.past.moment import Moment, Place
from kbsync.past.resolve import in_the_trash, resolve
from kbsync.past.snapshot import Snapshot, part_of
from kbsync.planning import names_of
from kbsync.plans.plan import Target
from kbsync.settings import Settings
from kbsync.tree.declared import Tree
from kbsync.workers import READERS, in_parallel

_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A configuration or a row that somebody asked for."""

    key: Key
    target: Target
    live: Live
    """The whole project."""
    tree: Tree | None
    """None where the files are not asked for."""
    client: StorageClient = field(repr=False)

    def at(self, moment: Moment) -> Snapshot:
        """Return what it is, was, or should be: no request, one for a recorded version.

        Raises:
            UsageError: There is no such version, or it is not in that place.
        """
        match moment:
            case Place.LIVE:
                found = part_of(self.live.resources, self.key)
                version = self.live.versions.get(self.key)
            case Place.FILES:
                assert self.tree
                found, version = part_of(self.tree.resources, self.key), None
            case int():
                return self._recorded(moment)
            case _:
                assert_never(moment)
        if not found:
            raise self._missing(self._missing_in(moment))
        return Snapshot(key=self.key, moment=moment, version=version, resources=found)

    def _missing(self, told: UsageError) -> UsageError:
        """Return *told*, or where it is instead: one request, unless it is live."""
        config = self.key.config
        if config in self.live.resources or config not in fetch_deleted(self.client):
            return told
        return in_the_trash(config)

    def _missing_in(self, place: Place) -> UsageError:
        match place:
            case Place.LIVE:
                hint = f"What apply would create: kbsync plan {shlex.quote(str(self.key))}"
                return UsageError(f"{self.key} is not in the project, only in the files", hint=hint)
            case Place.FILES:
                hint = f"Bring it into the files: kbsync pull {shlex.quote(str(self.key.config))}"
                return UsageError(f"{self.key} is not in the files", hint=hint)
            case _:
                assert_never(place)

    def versions(self, most: int) -> tuple[Version, ...]:
        """Return the newest *most* recorded versions, the newest first: a request for each 100.

        A row has versions of its own, with numbers of its own.

        Raises:
            UsageError: It is not in the project.
        """
        found: list[Version] = []
        while len(found) < most:
            limit = min(_PAGE, most - len(found))
            answer = self._ask(limit, offset=len(found))
            found += answer
            if len(answer) < limit:
                break
        return tuple(found)

    def all_at(self, numbers: Sequence[int]) -> list[Snapshot]:
        """Return several recorded versions in this order: a request for each, some at a time."""
        return in_parallel(self.at, list(numbers), count=READERS)

    def _ask(self, limit: int, *, offset: int) -> list[Version]:
        try:
            answer = self.client.versions(self.key, limit=limit, offset=offset)
        except NotFoundError:
            told = UsageError(f"{self.key} is not in the project, so it has no history")
            raise self._missing(told) from None
        return read_versions(self.key, answer)

    def _recorded(self, number: int) -> Snapshot:
        if self.key not in self.live.resources:
            told = UsageError(f"{self.key} is not in the project, so it has no versions")
            raise self._missing(told)
        try:
            answer = self.client.version(self.key, number)
        except NotFoundError:
            newest = self.live.versions[self.key].number
            raise UsageError(
                f"{self.key} has no version {number}", hint=f"Its newest version is {newest}."
            ) from None
        (version,) = read_versions(self.key, [answer])
        if self.key.is_row:
            now = self.live.resources[self.key]
            resources = {self.key: read_recorded_row(self.key, answer, now)}
        else:
            resources = read_recorded(self.key, answer, self.live)
        return Snapshot(key=self.key, moment=number, version=version, resources=resources)


def find_subject(
    settings: Settings, client: StorageClient, text: str, *, tree: Tree | None = None
) -> Subject:
    """Return what *text* names, in the project or in *tree*: three requests, all GET.

    One more, for the trash, when it is not found.

    Raises:
        UsageError: It names nothing, or more than one object.
    """
    target = fetch_target(client, project_id=settings.project_id)
    live = fetch_live(client)
    everything = {**(tree.resources if tree else {}), **live.resources}
    known = replace(live, resources=everything)
    key = resolve(text, known, names_of(everything), client)
    return Subject(key=key, target=target, live=live, tree=tree, client=client)


def compared(
    before: Snapshot,
    after: Snapshot,
    subject: Subject,
    settings: Settings,
    environ: Mapping[str, str],
) -> tuple[Snapshot, Snapshot]:
    """Return both sides as a plan would compare them, should one of them be the files.

    What `ignore` leaves out is as on the other side, and so is a secret that the files name by a
    variable of *environ*, where the other side holds its value.
    """
    if before.moment is after.moment or Place.FILES not in (before.moment, after.moment):
        return before, after
    files, other = (before, after) if before.moment is Place.FILES else (after, before)
    names = names_of(files.resources, subject.live.resources)
    desired, _ = carry_ignored(files.resources, other.resources, settings.ignore, names)
    around = part_of(subject.live.resources, subject.key.config) if subject.key.is_row else {}
    live = replace(subject.live, resources={**around, **other.resources})
    prover = Prover(environ=environ, sign=subject.client.sign, project_id=subject.target.project_id)
    known = with_known(desired, live, prover)
    files = replace(files, resources=known.desired)
    other = replace(other, resources=part_of(known.live, subject.key))
    return (files, other) if before.moment is Place.FILES else (other, files)
