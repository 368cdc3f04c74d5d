"""The marks kbsync leaves on the platform: version descriptions and metadata keys. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kbsync.model import Key

OWN_METADATA = "KBSYNC."
"""Metadata keys that start so are kbsync's own: never in files, never compared."""

SECRETS_KEY = f"{OWN_METADATA}secrets"
"""The metadata key, of the configuration, that keeps which ciphertext stands for which variable."""

SCHEDULE_KEY = f"{OWN_METADATA}schedule"
"""The metadata key, of a schedule, that keeps the number of the version the scheduler service was
told of."""

_STAMP = re.compile(r"\[kbsync run=(?P<run>[^\s\]]+)(?P<words>(?: [a-z]+=[^\s\]]*)*)\]$")
_MOST_RUNS = 10
"""So many runs that were rolled back are told, the newest: nobody knows how long a text may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who wrote a version: a run of kbsync, from a commit when the files are in git."""

    message: str
    run: str
    commit: str = ""
    rolls_back: tuple[str, ...] = ()
    """The runs whose writes it takes back, the newest first; of an object that they wrote to."""

    def __str__(self) -> str:
        commit = f" commit={self.commit}" if self.commit else ""
        runs = ",".join(self.rolls_back[:_MOST_RUNS])
        rollback = f" rollback={runs}" if runs else ""
        return f"{self.message} [kbsync run={self.run}{commit}{rollback}]".lstrip()


def parse_stamp(change_description: str) -> Stamp | None:
    """Return the stamp in *change_description*, or None when kbsync did not write that version.

    Words that this version of kbsync does not know are passed over.
    """
    found = _STAMP.search(change_description)
    if found is None:
        return None
    words = dict(word.split("=", 1) for word in found["words"].split())
    return Stamp(
        message=change_description[: found.start()].rstrip(),
        run=found["run"],
        commit=words.get("commit", ""),
        rolls_back=tuple(run for run in words.get("rollback", "").split(",") if run),
    )


TAKEN_BACK = "(taken back)"
"""What stands in the place of a `resetState` text whose reset was undone: no file says that."""


def reset_key(key: Key) -> str:
    """The metadata key, of the configuration, that keeps the applied `resetState` text of *key*.

    A row has no metadata of its own, so its text stands under a key that ends in its id.
    """
    return f"{OWN_METADATA}resetState.{key.row_id}" if key.is_row else f"{OWN_METADATA}resetState"
