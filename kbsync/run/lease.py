"""One apply at a time, as far as that can be promised: a lease in the metadata of the branch.

The API has no lock, so nothing rests on this but one thing: configurations are deleted only while
the lease is held, because deleting one that lies in the trash already purges it.

Every run that wants to write adds an entry of its own and then looks at all of them: of two runs
that start together at least one sees the other, and the older entry wins. An entry counts until the
time it names, by the platform's clock; a run renews its own for as long as it lives.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kbsync.api.client import StorageClient
from kbsync.errors import ApiError, KbsyncError, StaleError
from kbsync.stamp import OWN_METADATA

PREFIX = f"{OWN_METADATA}lease."
LENGTH_S = 120.0
"""How long an entry counts when nobody renews it."""
_LONGEST_S = 3600.0
"""What claims to count for longer was written by a wrong clock, and counts for nothing."""
_RENEW = 1 / 4
"""After how much of its length it is renewed."""
_MARGIN = 1 / 4
"""How much of it is not relied on: clocks drift apart, and a request takes its time."""
_GOODBYE_S = 1.5
"""How long a run that is over waits for its entry to be removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a run has put into the metadata of the branch."""

    metadata_id: str
    run: str
    holder: str
    until: datetime

    @property
    def age_order(self) -> tuple[int, str]:
        """Metadata ids grow; some are longer than others."""
        return len(self.metadata_id), self.metadata_id

    def counts(self, now: datetime) -> bool:
        return now < self.until < now + timedelta(seconds=_LONGEST_S)


def running(metadata: Any, now: datetime) -> list[Entry]:
    """Return the entries in the *metadata* of a branch that count, the oldest first.

    *now* is by the platform's clock.
    """
    found = (entry for entry in _entries(metadata) if entry.counts(now))
    return sorted(found, key=lambda entry: entry.age_order)


class Lease:
    """The right of one run to write to a branch."""

    def __init__(
        self, client: StorageClient, run: str, holder: str, *, length_s: float = LENGTH_S
    ) -> None:
        self._client = client
        self._length_s = length_s
        self._run = run
        self._holder = holder
        self._metadata_id = ""
        self._valid_until = 0.0
        self._ended = threading.Event()
        self._busy = threading.Lock()

    def take(self, is_dead: Callable[[str], bool] = lambda run: False) -> list[str]:
        """Take the lease; one request, and one for each entry that is over.

        *is_dead* knows of runs that cannot be alive. Returns what people should be told: whose
        lease was taken over.

        Raises:
            StaleError: Another run is writing; ours took back its entry.
            AccessError, ApiError: There is no lease to be had.
        """
        notices = []
        entries = self._announce()
        own = next(entry for entry in entries if entry.run == self._run)
        now = self._client.server_time or datetime.now(UTC)
        for entry in entries:
            if entry.run == self._run:
                continue
            if not entry.counts(now) or is_dead(entry.run):
                notices.append(f"Run {entry.run} of {entry.holder} ended without a word.")
                self._remove(entry.metadata_id)
            elif entry.age_order < own.age_order:
                self.release()
                raise StaleError(
                    f"Run {entry.run} of {entry.holder} is writing to this branch",
                    hint="Wait for its end and plan again. Should it be dead, its lease ends at "
                    f"{entry.until:%Y-%m-%d %H:%M:%S} UTC.",
                )
        threading.Thread(target=self._keep, daemon=True).start()
        return notices

    @property
    def is_held(self) -> bool:
        return time.monotonic() < self._valid_until

    def release(self) -> None:
        """Give the lease back. Fails silently, and soon: it ends by itself."""
        self._ended.set()
        self._valid_until = 0.0
        goodbye = threading.Thread(target=self._give_back, daemon=True)
        goodbye.start()
        goodbye.join(_GOODBYE_S)

    def _announce(self) -> list[Entry]:
        """Add or renew our entry, and return all that there are."""
        asked = time.monotonic()
        now = self._client.server_time or datetime.now(UTC)
        until = now + timedelta(seconds=self._length_s)
        text = json.dumps({"holder": self._holder, "until": until.isoformat(timespec="seconds")})
        entries = list(_entries(self._client.set_branch_metadata({PREFIX + self._run: text})))
        own = next((entry for entry in entries if entry.run == self._run), None)
        if own is None:
            raise ApiError("The Storage API did not keep the lease in the metadata of the branch")
        self._metadata_id = self._metadata_id or own.metadata_id
        if own.metadata_id != self._metadata_id:
            # Somebody took over what was ours, so this is a new entry, behind theirs.
            self._remove(own.metadata_id)
            self._ended.set()
            self._valid_until = 0.0
        else:
            self._valid_until = asked + self._length_s * (1 - _MARGIN)
        return entries

    def _keep(self) -> None:
        while not self._ended.wait(self._length_s * _RENEW):
            with self._busy:
                if self._ended.is_set():
                    return
                with suppress(KbsyncError):  # `is_held` tells when it has been too long
                    self._announce()

    def _give_back(self) -> None:
        with self._busy:  # a renewal in flight would bring the entry back
            metadata_id, self._metadata_id = self._metadata_id, ""
            if metadata_id:
                self._remove(metadata_id)

    def _remove(self, metadata_id: str) -> None:
        with suppress(KbsyncError):
            self._client.delete_branch_metadata(metadata_id)


def _entries(metadata: Any) -> Iterator[Entry]:
    for item in metadata if isinstance(metadata, list) else []:
        key = item.get("key") if isinstance(item, dict) else None
        if isinstance(key, str) and key.startswith(PREFIX):
            entry = _entry(key.removeprefix(PREFIX), item)
            if entry:
                yield entry


def _entry(run: str, item: dict[str, Any]) -> Entry | None:
    try:
        said = json.loads(item["value"])
        until = datetime.fromisoformat(said["until"])
        return Entry(
            metadata_id=str(item["id"]),
            run=run,
            holder=str(said["holder"]),
            until=(until if until.tzinfo else until.replace(tzinfo=UTC)).astimezone(UTC),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
