"""The primary key of a table replaced: the old one dropped, the new one added, or the old one back.

The platform cannot change a key at once. In between the table has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kbsync.api.client import StorageClient
from kbsync.errors import ExitCode, KbsyncError
from kbsync.model import JsonObject
from kbsync.tables.catalog import Table
from kbsync.tables.job import Job, StillRunningError, StoppedError
from kbsync.tables.jobs import start_job, wait_for
from kbsync.tables.reads import fetch_table


class KeyNotSetError(KbsyncError):
    """The new key was not accepted; the table has its old one, if nobody else set another."""

    exit_code = ExitCode.API
    nothing_was_written = False


class KeyLostError(KbsyncError):
    """The table is left without a key, or in a state that could not be seen."""

    exit_code = ExitCode.PARTLY_APPLIED
    nothing_was_written = False


def command_for(table_id: str, key: Sequence[str]) -> str:
    """Return the command that sets *key*."""
    return f"kbsync table primary-key set {table_id} {','.join(key)}"


class KeyChange:
    """One table whose key is replaced."""

    def __init__(
        self,
        client: StorageClient,
        table: Table,
        key: Sequence[str],
        *,
        patience_s: float | None,
        on_news: Callable[[Job], None],
    ) -> None:
        self._client, self._table = client, table
        self._new, self._old = tuple(key), table.primary_key
        self._patience_s, self._on_news = patience_s, on_news

    @property
    def needs_check(self) -> bool:
        """Whether dropping the old key may uncover duplicates.

        More columns than the old key has cannot; and without an old key nothing is at stake, for
        the platform looks for duplicates before it adds one.
        """
        return bool(self._old) and not set(self._old) <= set(self._new)

    def carry_out(self) -> None:
        """Replace the key.

        Raises:
            KeyNotSetError: The platform refused; the table has its old key.
            KeyLostError: Nor could the old one be set again; it says what to do.
            StillRunningError: Nobody waits any more; it says what to do then.
        """
        try:
            if self._old:
                self._run("DELETE")
            self._run("POST", self._new)
        except StillRunningError as error:
            error.hint = self._later(error)
            raise
        except (KbsyncError, KeyboardInterrupt) as error:
            self._recover(error)

    def _run(self, method: str, key: Sequence[str] = ()) -> None:
        body: JsonObject | None = {"columns": [*key]} if key else None
        path = ("tables", self._table.id, "primary-key")
        job = start_job(self._client, method, *path, body=body)
        wait_for(self._client, job, patience_s=self._patience_s, on_news=self._on_news)

    def _recover(self, error: KbsyncError | KeyboardInterrupt) -> None:
        """Look at what the table has now, and give it its old key back if it has none."""
        why = str(error) or "Interrupted"
        try:
            found = fetch_table(self._client, self._table.id).primary_key
            if found == self._new:
                return
            if self._old and not found:
                self._run("POST", self._old)
                found = self._old
        except (KbsyncError, KeyboardInterrupt) as second:
            raise self._lost(why, str(second) or "Interrupted") from None
        left = KeyNotSetError(
            f"{why}\nThe primary key of {self._table.id} is {key_text(found)}",
            hint=getattr(error, "hint", "") or "Run this again when you like.",
        )
        if isinstance(error, StoppedError):
            left.exit_code = error.exit_code
        raise left from None

    def _lost(self, why: str, second: str) -> KeyLostError:
        was = key_text(self._old)
        return KeyLostError(
            f"{why}\nThe old primary key, {was}, could not be set again: {second}\n"
            f"{self._table.id} may be without a primary key now",
            hint="Until it has one, incremental imports append. Set it: "
            + command_for(self._table.id, self._old or self._new),
        )

    def _later(self, error: StillRunningError) -> str:
        again = command_for(self._table.id, self._new)
        return (
            f"{error.hint}. When it is over: {again}. The key was {key_text(self._old)}; until it"
            " has one, incremental imports append."
        )


def key_text(key: Sequence[str]) -> str:
    return ", ".join(key) if key else "none"
