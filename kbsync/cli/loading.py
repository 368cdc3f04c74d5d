"""What `kbsync table create` and `kbsync table import` have in common: read, send, wait, tell."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from kbsync.errors import ExitCode, InvalidFilesError, KbsyncError, Terminated, UsageError

if TYPE_CHECKING:
    from kbsync.api.client import StorageClient
    from kbsync.cli.session import Session
    from kbsync.problems import Problem
    from kbsync.tables.catalog import Table
    from kbsync.tables.csvfile import CsvFacts, Dialect
    from kbsync.tables.job import Job
    from kbsync.tables.upload import LocalFile

_F = TypeVar("_F", bound=Callable[..., Any])
_TABS = ("tab", "\\t")
_MOST_COLUMNS = 12
_KEEP_DAYS = 15


def reading_options(command: _F) -> _F:
    """`--delimiter`, `--enclosure` and `--escaped-by` as one `dialect`, and `--no-check`."""

    @functools.wraps(command)
    def with_dialect(
        *args: Any, delimiter: str, enclosure: str | None, escaped_by: str, **kwargs: Any
    ) -> Any:
        return command(*args, dialect=_dialect(delimiter, enclosure, escaped_by), **kwargs)

    for option in (
        click.option(
            "--no-check",
            is_flag=True,
            help="Do not read FILE before it is sent; the platform finds its flaws later.",
        ),
        click.option(
            "--escaped-by",
            default="",
            metavar="CHAR",
            help="What stands before a delimiter inside a value, where nothing is quoted.",
        ),
        click.option(
            "--enclosure", metavar="CHAR", help='What values are quoted with.  [default: "]'
        ),
        click.option(
            "--delimiter",
            default=",",
            metavar="CHAR",
            help="What stands between values; tab for a tabulator.  [default: ,]",
        ),
    ):
        with_dialect = option(with_dialect)
    return cast(_F, with_dialect)


def _dialect(delimiter: str, enclosure: str | None, escaped_by: str) -> Dialect:
    from kbsync.tables.csvfile import Dialect

    delimiter = "\t" if delimiter in _TABS else delimiter
    quote = enclosure if enclosure is not None else "" if escaped_by else '"'
    if len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise UsageError(f"--delimiter {delimiter!r}: expected one character, or tab")
    if len(quote) > 1 or len(escaped_by) > 1:
        raise UsageError("--enclosure and --escaped-by are one character each")
    if {quote, escaped_by} & {delimiter, "\r", "\n", "\0"}:
        raise UsageError("--enclosure and --escaped-by are neither the delimiter nor a line end")
    if quote and escaped_by:
        raise UsageError(
            "--enclosure and --escaped-by exclude each other: the platform knows either quotes or"
            " an escape character"
        )
    return Dialect(delimiter=delimiter, enclosure=quote, escaped_by=escaped_by)


class _Metered(io.FileIO):
    """A file that tells how far it is read."""

    def __init__(self, path: Path, on_bytes: Callable[[int], None]) -> None:
        super().__init__(path)
        self._on_bytes = on_bytes

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer) or 0
        self._on_bytes(count)
        return count


def checked(
    local: LocalFile,
    dialect: Dialect,
    known: Sequence[str],
    problems_of: Callable[[str, CsvFacts], list[Problem]],
) -> CsvFacts:
    """Read *local* once and return what is in it.

    Raises:
        InvalidFilesError: It is no sound CSV, or *problems_of* finds it not to fit.
    """
    facts = _read_csv(local, dialect, known)
    if problems := problems_of(str(local.path), facts):
        raise InvalidFilesError(problems)
    return facts


def _read_csv(local: LocalFile, dialect: Dialect, known: Sequence[str]) -> CsvFacts:
    from kbsync.cli.meter import measured
    from kbsync.tables.csvfile import check_csv
    from kbsync.tables.upload import unreadable

    with measured(f"Reading {local.path}", local.size) as on_bytes:
        try:
            with io.BufferedReader(_Metered(local.path, on_bytes), 1 << 20) as stream:
                facts = check_csv(stream, str(local.path), dialect, known=known)
        except OSError as error:
            raise unreadable(local.path, error) from None
    local.check_unchanged()
    return facts


def load(
    session: Session,
    client: StorageClient,
    local: LocalFile,
    start: Callable[[str], Job],
    *,
    patience_s: float | None,
    table: Table | None = None,
) -> Job:
    """Send *local*, let *start* begin a job with the id of what was sent, and wait for its end.

    *table* is what it is loaded into, as it is before; None when that is made by the job.
    """
    from kbsync.cli.watching import News
    from kbsync.tables.jobs import wait_for

    file_id = _uploaded(session, client, local)
    with _kept(client, file_id, table):
        return wait_for(client, start(file_id), patience_s=patience_s, on_news=News())


def _uploaded(session: Session, client: StorageClient, local: LocalFile) -> str:
    from kbsync.cli.meter import measured
    from kbsync.tables.upload import upload

    with measured(f"Sending {local.path}", local.size) as on_bytes:
        return upload(client, local, patience_s=session.max_wait_s, on_bytes=on_bytes)


@contextmanager
def _kept(client: StorageClient, file_id: str, table: Table | None) -> Iterator[None]:
    """When a load fails tell what is left: the file that was sent, and the rows of the table."""
    from kbsync.cli.output import say
    from kbsync.tables.job import JobFailedError, UnknownJobError
    from kbsync.tables.reads import fetch_table

    try:
        yield
    except KbsyncError as error:
        say(f"What was sent is file {file_id} of the project, for {_KEEP_DAYS} days.")
        if table and isinstance(error, JobFailedError):
            with suppress(KbsyncError):
                now = rows_text(fetch_table(client, table.id).rows)
                say(f"{table.id} had {rows_text(table.rows)} before, and has {now} now.")
        raise
    except KeyboardInterrupt:
        stopped = UnknownJobError(
            f"Interrupted when file {file_id} was to be loaded; whether that began is not known",
            hint="Look for it among the newest jobs before you repeat this: kbsync job list",
        )
        stopped.exit_code = ExitCode.TERMINATED if Terminated.happened else ExitCode.INTERRUPTED
        raise stopped from None


def what_comes(local: LocalFile, facts: CsvFacts | None) -> str:
    from kbsync.render.storage import size_text

    held = f"{rows_text(facts.rows)}, " if facts else "not checked, "
    return f"{local.path}: {held}{size_text(local.size)}"


def report(table_id: str, job: Job) -> None:
    from kbsync.cli.output import say, tell
    from kbsync.tables.jobs import results_of

    results = results_of(job)
    warnings = results.get("warnings")
    for warning in warnings if isinstance(warnings, list) else ():
        say(f"Warning of the platform: {warning}")
    count = results.get("totalRowsCount", results.get("rowsCount"))
    now = f"has {rows_text(count)} now" if isinstance(count, int) else "is loaded"
    tell(f"{table_id} {now} (job {job.id}).")


def listed(columns: Sequence[str]) -> str:
    more = len(columns) - _MOST_COLUMNS
    shown = ", ".join(columns[:_MOST_COLUMNS])
    return f"{shown} and {more} more" if more > 0 else shown


def rows_text(count: int | None) -> str:
    if count is None:
        return "an unknown number of rows"
    return "1 row" if count == 1 else f"{count:,} rows"
