"""What a run is about to do and what became of it, on disk before it goes on.

A line of JSON for each event, written through to the disk, in a file that only its owner reads. No
bodies and no secrets: which objects, which requests, which versions. A lost journal loses no work:
every version carries the run's id.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from kbsync.errors import KbsyncError
from kbsync.model import Json, JsonObject
from kbsync.plans.plan import Target
from kbsync.plans.writes import Write
from kbsync.run.result import Result
from kbsync.stamp import Stamp

RUNS = ".kbsync/runs"


class JournalError(KbsyncError):
    """The journal cannot be written, so nothing more may be."""


class Journal(Protocol):
    """Hears of every write before it leaves and after it was answered. From several threads.

    Every method raises `JournalError` when it cannot be noted.
    """

    def intent(self, write: Write) -> int:
        """Note that *write* is about to be sent; return its number in the run."""

    def settled(self, number: int, outcome: str) -> None:
        """Note what became of write *number*: `done`, `found done` or why it failed."""

    def result(self, result: Result) -> None:
        """Note what became of a configuration."""


class FileJournal:
    """A journal in a file of its own."""

    def __init__(self, root: Path, stamp: Stamp, **about: Json) -> None:
        """Start the journal of a run in *root*; *about* says what is applied, and where.

        Raises:
            JournalError: It cannot be written there.
        """
        self._path = root / RUNS / f"{stamp.run}.jsonl"
        self._lock = threading.Lock()
        self._number = 0
        try:
            self._file = _create(self._path)
        except OSError as error:
            raise self._error(error) from None
        back: JsonObject = {"rollback": [*stamp.rolls_back]} if stamp.rolls_back else {}
        said: JsonObject = {"message": stamp.message, "commit": stamp.commit, **back}
        self._write("start", run=stamp.run, **said, **about)

    def intent(self, write: Write) -> int:
        with self._lock:
            self._number += 1
            number = self._number
        route = "/".join(write.path)
        self._write(
            "intent",
            number=number,
            object=str(write.key),
            action=write.action,
            request=f"{write.method} {route}",
        )
        return number

    def settled(self, number: int, outcome: str) -> None:
        self._write("settled", number=number, outcome=outcome)

    def result(self, result: Result) -> None:
        step = result.step
        self._write(
            "result",
            object=str(step.key),
            outcome=result.outcome,
            before=step.base.number if step.base else None,
            after=result.version,
            writes=result.written,
            uncertain=result.uncertain,
            error=str(result.error) if result.error else None,
        )

    def end(self, outcome: str) -> None:
        """Note how the run ended, and close the file."""
        try:
            self._write("end", outcome=outcome)
        finally:
            os.close(self._file)

    def _write(self, event: str, **facts: Json) -> None:
        line = json.dumps({"event": event, "time": datetime.now(UTC).isoformat(), **facts})
        data = f"{line}\n".encode("utf-8", "backslashreplace")
        try:
            with self._lock:
                self._append(data)
        except OSError as error:
            raise self._error(error) from None

    def _append(self, data: bytes) -> None:
        written = os.write(self._file, data)
        if written < len(data):
            # The next line, should there be room by then, must not be taken for the rest of it.
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._file)

    def _error(self, error: OSError) -> JournalError:
        return JournalError(
            f"The journal {self._path} cannot be written: {error.strerror}",
            hint="Without it, a run that breaks off could not be explained. Make room there.",
        )


def _create(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = path.parent.parent / ".gitignore"
    if not mark.exists():
        mark.write_bytes(b"*\n")
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What a journal tells of a run."""

    start: JsonObject
    results: tuple[JsonObject, ...]
    settled: tuple[JsonObject, ...]
    """Intents with the `outcome` that was noted."""
    unsettled: tuple[JsonObject, ...]
    """Intents of which nobody noted what became of them."""
    end: JsonObject | None
    """None when the run is still going on, or was killed."""

    @property
    def run(self) -> str:
        return str(self.start["run"])

    @property
    def place(self) -> str:
        """Which branch of which project it wrote to."""
        return "{stack}, project {project}, branch {branch}".format_map(self.start)

    def is_of(self, target: Target) -> bool:
        where = (target.stack, target.project_id, target.branch)
        return tuple(map(self.start.get, ("stack", "project", "branch"))) == where


def read_runs(root: Path) -> Iterator[RunRecord]:
    """Yield the runs that have a journal in *root*, the newest first.

    The last line of a killed run may be cut: it tells of nothing that was sent.
    """
    for path in sorted((root / RUNS).glob("*.jsonl"), reverse=True):
        record = _record(path)
        if record:
            yield record


def _record(path: Path) -> RunRecord | None:
    events = list(_events(path))
    if not events or events[0].get("event") != "start" or "run" not in events[0]:
        return None
    by_event: dict[Any, list[JsonObject]] = {}
    for event in events:
        by_event.setdefault(event.get("event"), []).append(event)
    intents = [each for each in by_event.get("intent", []) if each.keys() >= _OF_INTENT]
    outcomes = {event.get("number"): event for event in by_event.get("settled", [])}
    settled = [event for event in intents if event.get("number") in outcomes]
    return RunRecord(
        start=events[0],
        results=tuple(each for each in by_event.get("result", []) if "object" in each),
        settled=tuple(
            {**event, "outcome": outcomes[event.get("number")].get("outcome")} for event in settled
        ),
        unsettled=tuple(event for event in intents if event.get("number") not in outcomes),
        end=by_event["end"][-1] if "end" in by_event else None,
    )


_OF_INTENT = {"number", "object", "action"}
"""What tells a write; a line that somebody damaged tells none."""


def _events(path: Path) -> Iterator[JsonObject]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            return
        if isinstance(event, dict):
            yield event
