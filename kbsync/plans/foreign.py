"""Ciphertext of another cloud than the project's, in what a plan writes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kbsync.change import Change, Create, Update
from kbsync.model import JsonPath, Key, Resource, Resources
from kbsync.plans.kinds import effects
from kbsync.problems import Problem
from kbsync.secrets import ciphertexts, cloud_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A ciphertext that no key of the project's cloud decrypts, so that its jobs will fail."""

    key: Key
    path: JsonPath
    """In the `configuration` of *key*."""
    cloud: str
    """Whose keys it takes."""
    known: str
    """Those of the ciphertext that is in the project."""
    file: str = ""
    """Where it stands in the tree; empty when the files do not hold it."""
    line: int = 0
    column: int = 0

    @property
    def problem(self) -> Problem:
        """The warning that a person reads."""
        name = str(self.path[-1])
        what = (
            f"{name!r} is encrypted for {self.cloud}, and what the project holds for {self.known}"
        )
        todo = "put the value here and run `kbsync encrypt`, or use `!env NAME`"
        return Problem(self.file or str(self.key), self.line, self.column, what, todo)


def foreign(changes: Iterable[Change], live: Resources) -> tuple[Foreign, ...]:
    """Return what *changes* write that is of no cloud of which *live* has ciphertext.

    Nothing where *live* has none: then nobody can tell.
    """
    written = [each for change in effects(changes) for each in _written(change)]
    known = _clouds(live.values()) if written else set()
    if not known:
        return ()
    told = " and ".join(sorted(known))
    return tuple(
        Foreign(key=key, path=path, cloud=cloud, known=told)
        for key, path, cloud in written
        if cloud not in known
    )


def _written(change: Change) -> Iterator[tuple[Key, JsonPath, str]]:
    if isinstance(change, Create | Update):
        for path, text in ciphertexts(change.after.configuration).items():
            if cloud := cloud_of(text):
                yield change.key, path, cloud


def _clouds(resources: Iterable[Resource]) -> set[str]:
    texts = (text for item in resources for text in ciphertexts(item.configuration).values())
    return {cloud_of(text) for text in texts} - {""}
