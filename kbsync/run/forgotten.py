"""The component states that a run throws away, on disk before they are gone.

It is the one file of kbsync that holds component states, which may hold secrets: only its owner
reads it, and nothing of it is ever shown but masked.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kbsync import ulid
from kbsync.errors import RefusedError, UsageError
from kbsync.model import JsonObject, Key
from kbsync.plans.plan import Target
from kbsync.plans.plan_json import key_json
from kbsync.run.journal import RUNS, JournalError

_FILE = "component-states.json"


class Forgotten(Protocol):
    """Hears of component states before they are thrown away. From several threads."""

    @property
    def kept(self) -> Mapping[Key, JsonObject]:
        """What each was before this run first threw it away."""

    def keep(self, states: Mapping[Key, JsonObject]) -> None:
        """Note *states*; raises `JournalError` when that cannot be done, and nothing is lost."""


class KeptStates:
    """Component states in a file of the run."""

    def __init__(self, root: Path, run: str, target: Target) -> None:
        self._path = _path(root, run)
        self._about: JsonObject = {
            "run": run,
            "stack": target.stack,
            "project": target.project_id,
            "branch": target.branch,
        }
        self._lock = threading.Lock()
        self._kept: dict[Key, JsonObject] = {}

    @property
    def kept(self) -> Mapping[Key, JsonObject]:
        with self._lock:
            return dict(self._kept)

    def keep(self, states: Mapping[Key, JsonObject]) -> None:
        with self._lock:
            kept = {**states, **self._kept}
            if kept.keys() == self._kept.keys():
                return
            listed = [{**key_json(key), "state": found} for key, found in sorted(kept.items())]
            text = json.dumps({**self._about, "states": listed}, indent=2)
            try:
                _replace(self._path, text.encode())
            except OSError as error:
                raise JournalError(
                    f"Component state cannot be kept in {self._path}: {error.strerror}",
                    hint="Without that it could not be put back. Make room there.",
                ) from None
            self._kept = kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrownAway:
    """What a run of this folder has thrown away."""

    stack: str
    project_id: int
    branch: str
    states: Mapping[Key, JsonObject]

    def is_of(self, target: Target) -> bool:
        where = (target.stack, target.project_id, target.branch)
        return (self.stack, self.project_id, self.branch) == where


def read_thrown_away(root: Path, run: str) -> ThrownAway:
    """Return the component states that *run*, started in *root*, has thrown away.

    Raises:
        UsageError: *run* is no id of a run.
        RefusedError: There is no file of them here, or it is damaged.
    """
    run = run.upper()
    try:
        ulid.milliseconds(run)
    except ValueError:
        raise UsageError(
            f"'{run}' is not the id of a run", hint="The runs of this folder: kbsync runs"
        ) from None
    path = _path(root, run)
    try:
        return _read(json.loads(path.read_bytes()))
    except OSError as error:
        raise RefusedError(
            f"{path} cannot be read: {error.strerror}",
            hint="Either that run threw no component state away, or it ran in another folder or on "
            "another machine: the file is there only.",
        ) from None
    except (ValueError, KeyError, TypeError):
        raise RefusedError(
            f"{path} is damaged", hint="Nothing can be put back from it; look into it by hand."
        ) from None


def _read(found: Any) -> ThrownAway:
    return ThrownAway(
        stack=found["stack"],
        project_id=found["project"],
        branch=found["branch"],
        states={
            Key(each["componentId"], each["configId"], each.get("rowId", "")): dict(each["state"])
            for each in found["states"]
        },
    )


def _path(root: Path, run: str) -> Path:
    return root / RUNS / run / _FILE


def _replace(path: Path, data: bytes) -> None:
    """Write *data* through to the disk, so that *path* holds either what it held or all of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    with open(temporary, "wb", opener=_private) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
