"""The holds of a branch, read and written. Over the API only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from kbsync.api.client import StorageClient
from kbsync.errors import AccessError, ApiError, NotFoundError
from kbsync.model import Json, Key
from kbsync.plans.holds import PREFIX, Hold, ended, holds_of, read_holds
from kbsync.plans.plan import Plan
from kbsync.run.result import Outcome, Report
from kbsync.stamp import Stamp


def fetch_holds(client: StorageClient) -> dict[Key, Hold]:
    """Return the holds of the branch: one request."""
    return read_holds(client.branch_metadata())


def readable_metadata(client: StorageClient) -> Json:
    """Return the metadata of the branch; None where the token may read all but that: one request.

    For those to whom what is noted there is worth knowing, and not worth failing for.
    """
    try:
        return client.branch_metadata()
    except AccessError as error:
        if error.status != _FORBIDDEN:
            raise
        return None


_FORBIDDEN = 403
"""The status of what this token may not do; one that is not accepted at all gets another."""


class Holding:
    """The holds that one run puts down, and those that it ends."""

    def __init__(
        self, before: Mapping[Key, Hold], client: StorageClient, tell: Callable[[str], None]
    ) -> None:
        """*before* are those that were there when the plan was made."""
        self._before = before
        self._client = client
        self._tell = tell
        self._placed: Mapping[Key, Hold] = {}

    def place(self, plan: Plan, stamp: Stamp, holder: str) -> bool:
        """Put down the holds of *plan*, before it is carried out: one request, or none.

        Returns whether all of them are there.

        A rollback at night must not fail for a note.
        """
        time = (self._client.server_time or datetime.now(UTC)).astimezone(UTC)
        said = f"{time:%Y-%m-%dT%H:%M:%SZ}"
        holds = holds_of(plan, stamp, self._before, holder=holder, time=said)
        if not holds:
            return True
        try:
            self._placed = self._put(holds)
        except (AccessError, ApiError) as error:
            self._tell(f"No hold could be placed, so the next apply may write it again: {error}")
            return False
        return True

    def settle(self, report: Report) -> None:
        """Take back the holds of what was not written, and end those that new content ends."""
        undone = {result.step.key for result in report.undone}
        kept = {
            result.step.key
            for result in report.results
            if (result.touched or result.already) and result.step.key not in undone
        }
        written = [
            result.step
            for result in report.results
            if result.outcome is Outcome.APPLIED and result.step.key in kept
        ]
        lost = [
            result.step.key
            for result in report.results
            if result.step.rejected and result.step.key not in kept
        ]
        try:
            self._lift(ended(written, self._before))
            self._lift(
                self._placed[key] for key in lost if key in self._placed and key not in self._before
            )
            again = [self._before[key] for key in lost if key in self._before]
            if again:
                self._put(again)
        except (AccessError, ApiError) as error:
            self._tell(f"A hold that is over could not be lifted: {error}")

    def _put(self, holds: Iterable[Hold]) -> dict[Key, Hold]:
        entries = {f"{PREFIX}{hold.key}": hold.value for hold in holds}
        return read_holds(self._client.set_branch_metadata(entries))

    def _lift(self, holds: Iterable[Hold]) -> None:
        for hold in holds:
            with suppress(NotFoundError):  # somebody else lifted it
                self._client.delete_branch_metadata(hold.metadata_id)
