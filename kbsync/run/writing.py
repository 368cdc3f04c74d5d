"""Writes one configuration: check, write, read back, compare; a lost answer is settled by reading.

Nothing of two configurations is in common, so several may be written at the same time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from kbsync.api.client import StorageClient
from kbsync.api.fetch import fetch_configuration, fetch_trash, fetch_versions
from kbsync.change import PutState, ResetState, Restore
from kbsync.errors import ApiError, InterruptedRunError, KbsyncError, NotFoundError, StaleError
from kbsync.graph.schedule import is_switched_off
from kbsync.model import JsonObject, Key, Live
from kbsync.plans.plan import Step, deletes_configuration, version_before
from kbsync.plans.writes import Action, Write, deactivating, needs_metadata, writes
from kbsync.run.forgotten import Forgotten
from kbsync.run.freshness import PLAN_AGAIN, is_done, moved_since, staleness, without_done
from kbsync.run.journal import Journal
from kbsync.run.result import Outcome, Result
from kbsync.run.settle import carried_out
from kbsync.run.telling import tell
from kbsync.run.verify import unmet


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What all steps of one run have in common."""

    client: StorageClient
    message: str
    """The stamp of every version it makes."""
    journal: Journal
    forgotten: Forgotten
    may_delete: Callable[[], bool] = lambda: True
    """Whether a configuration may be deleted now: nobody else may be deleting it too."""
    stopped: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Let the writes in flight end, and none begin."""
        self.stopped.set()
        self.client.stop_waiting()


def _endangered(step: Step, live: Live) -> dict[Key, JsonObject]:
    """Return the component states of *live* that *step* throws away."""
    states = live.component_states
    found: dict[Key, JsonObject] = {}
    for change in step.changes:
        if isinstance(change, ResetState):
            found |= {key: states[key] for key in change.targets if states.get(key)}
        elif isinstance(change, PutState):
            # That there was none is worth knowing too: whoever takes this back wants it so again.
            found |= {key: states.get(key, {}) for key in change.states}
    return found


def write_step(step: Step, run: Run) -> Result:
    """Carry out *step*, unless live moved since it was planned. Never raises a `KbsyncError`."""
    result = _StepWriter(step, run).result()
    try:
        run.journal.result(result)
    except KbsyncError:
        # What could not be noted before a write has stopped it; after it, there is the result.
        return result
    return result


class _StepWriter:
    def __init__(self, step: Step, run: Run) -> None:
        self.step = step
        self.todo = step
        """What of it is not done yet."""
        self.run = run
        self.written = 0
        self.uncertain = False
        self.settled = 0
        self.failed_at: Key | None = None

    def result(self) -> Result:
        try:
            live = self.live()
            if self.is_done(live):
                return self.ended(Outcome.APPLIED, version=self.version(live), already=True)
            if live:
                self.run.forgotten.keep(_endangered(self.todo, live))
            for write in writes(self.todo, self.run.message):
                self.send(self.fitted(write))
            return self.ended(Outcome.APPLIED, version=self.verified())
        except StaleError as error:
            return self.ended(Outcome.CONFLICT, error=error)
        except InterruptedRunError as error:
            begun = self.written or self.uncertain
            return self.ended(Outcome.FAILED if begun else Outcome.NOT_RUN, error=error)
        except KbsyncError as error:
            return self.ended(Outcome.FAILED, error=error)

    def ended(
        self,
        outcome: Outcome,
        *,
        version: int | None = None,
        already: bool = False,
        error: KbsyncError | None = None,
    ) -> Result:
        return Result(
            step=self.step,
            outcome=outcome,
            version=version,
            already=already,
            written=self.written,
            uncertain=self.uncertain,
            settled=self.settled,
            failed_at=self.failed_at,
            error=error,
        )

    def live(self) -> Live | None:
        """What the configuration is now; None when it is not there."""
        try:
            return fetch_configuration(
                self.run.client, self.step.key, with_metadata=needs_metadata(self.step)
            )
        except NotFoundError:
            return None

    def version(self, live: Live | None) -> int | None:
        return live.versions[self.step.key].number if live else None

    def is_done(self, live: Live | None) -> bool:
        """Whether live is as planned already.

        Raises:
            StaleError: It is neither that nor what it was when this was planned.
        """
        moved = moved_since(self.step, live)
        if not moved:
            self.todo = without_done(self.step, live)
            return not self.todo.changes
        if is_done(self.step, live):
            return True
        raise StaleError(moved, hint=PLAN_AGAIN)

    def send(self, write: Write) -> None:
        """Carry out one write, and note it before and after."""
        if self.run.stopped.is_set():
            raise InterruptedRunError
        if _deletes_configuration(write) and not self.run.may_delete():
            raise KbsyncError(
                f"{write.key} is not deleted: the lease on the branch was lost",
                hint="Deleting twice would purge it. Run this again.",
            )
        number = self.run.journal.intent(write)
        try:
            outcome = self.carry_out(write)
        except KbsyncError as error:
            self.failed_at = write.key
            if not self.uncertain:
                self.run.journal.settled(number, f"not done: {error}")
            raise
        self.written += 1
        self.run.journal.settled(number, outcome)

    def fitted(self, write: Write) -> Write:
        """Return *write* for what came out of the trash: only now can it be known what that is."""
        if write.action is Action.ACTIVATE and any(
            isinstance(change, Restore) for change in self.todo.changes
        ):
            live = self.live()
            if live and is_switched_off(live.resources[write.key]):
                return deactivating(write.key)
        return write

    def carry_out(self, write: Write) -> str:
        """Send *write* until it is known to be carried out, and tell how that is known."""
        if write.service:
            return self.tell(write)
        attempt = 0
        while True:
            attempt += 1
            try:
                self.run.client.send(write)
            except ApiError as error:
                if error.code in _EXISTS or error.may_have_happened or attempt > 1:
                    self.uncertain = True
                    live = self.live()
                    self.uncertain = False
                    if carried_out(write, live, self.run.message):
                        self.settled += 1
                        return "found done"
                    self.check_nobody_since(live)
                self.check_worth_repeating(write, error, attempt)
            else:
                return "done"

    def tell(self, write: Write) -> str:
        try:
            tell(write, self.run.client)
        except ApiError as error:
            self.uncertain = error.may_have_happened
            raise
        return "done"

    def check_nobody_since(self, live: Live | None) -> None:
        """Make sure that a write, sent again, would not cover what somebody else wrote meanwhile.

        Raises:
            StaleError: The newest version is neither the one of the plan nor ours.
        """
        now = live.versions.get(self.step.key) if live else None
        moved = staleness(self.step, now)
        if moved and (now is None or now.message != self.run.message):
            raise StaleError(moved, hint=PLAN_AGAIN)

    def check_worth_repeating(self, write: Write, error: ApiError, attempt: int) -> None:
        """Wait until it is time to send *write* again, which is known not to be carried out.

        Raises:
            StaleError: Somebody else created it.
            ApiError: It is not.
        """
        if error.code in _EXISTS:
            raise StaleError(
                f"{write.key} exists by now: somebody created it at the same time", hint=PLAN_AGAIN
            ) from None
        if not error.may_have_happened:
            raise error
        if _deletes_configuration(write):
            # The lost request may still arrive, and of two the second would purge.
            self.uncertain = True
            raise error
        if not self.run.client.wait(str(error), attempt):
            raise error

    def verified(self) -> int | None:
        """Read what was written, compare, and return its version.

        Raises:
            KbsyncError: It is not as planned, or somebody else wrote at the same time.
        """
        if deletes_configuration(self.step):
            self.check_deleted()
            return None
        live = self.live()
        if live is None:
            raise KbsyncError(f"{self.step.key}: written, but it is gone now", hint=PLAN_AGAIN)
        self.check_nobody_between(live.versions[self.step.key].number)
        missing = unmet(self.todo.changes, live)
        if missing:
            raise KbsyncError(
                f"{self.step.key}: written, but live is not as planned: {', '.join(missing)}",
                hint=PLAN_AGAIN,
            )
        return live.versions[self.step.key].number

    def check_deleted(self) -> None:
        """Find an edit that went to the trash together with what was to be deleted.

        Raises:
            KbsyncError: Somebody else wrote between check and delete, or it is still there.
        """
        trashed = fetch_trash(self.run.client).get(self.step.key)
        if trashed is None and self.live() is not None:
            raise KbsyncError(f"{self.step.key}: deleted, but it is there again", hint=PLAN_AGAIN)
        if trashed and trashed.number > version_before(self.step) + 1:
            raise KbsyncError(
                f"{self.step.key}: deleted, but somebody else wrote at the same time: "
                f"v{trashed.number - 1} went to the trash with it",
                hint="Look at that version in the trash, and restore it if their change matters.",
            )

    def check_nobody_between(self, now: int) -> None:
        """Find an edit that slipped in between check and write, which may have been swallowed.

        The API has no conditional writes, so this can be noticed only afterwards: by more versions
        than we made.
        """
        before = version_before(self.step)
        ours = sum(write.makes_version for write in writes(self.todo, self.run.message))
        if now <= before + ours:
            return
        theirs = [
            f"v{each.number} by {each.author or 'somebody'} at {each.created}: {each.message}"
            for each in fetch_versions(self.run.client, self.step.key, after=before)
            if each.message != self.run.message
        ]
        if theirs:
            raise KbsyncError(
                f"{self.step.key}: written, but somebody else wrote at the same time: "
                f"{'; '.join(theirs)}",
                hint="Look whether their change is lost: open that version in the project.",
            )


_EXISTS = ("configurationAlreadyExists", "configurationRowAlreadyExists")
"""Codes of the API, which answers 400 and not 409."""


def _deletes_configuration(write: Write) -> bool:
    return write.action is Action.DELETE and not write.key.is_row
