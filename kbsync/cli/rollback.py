"""`kbsync rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kbsync.cli import completing, options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from kbsync.cli.recalling import Wish
    from kbsync.run.apply import Manner

_EXAMPLES = (
    "kbsync rollback keboola.ex-aws-s3/orders --to-version 12",
    "kbsync rollback --run 01KAN5T0W8Z3V7Q2M4R6X9YBCD",
    "kbsync rollback --before '2026-11-21 09:40 Europe/Prague' 'keboola.snowflake-*'",
)


@click.command("rollback")
@click.argument(
    "objects", nargs=-1, metavar="[OBJECT | SELECTOR...]", shell_complete=completing.selectors
)
@click.option(
    "--to-version",
    type=click.IntRange(min=1),
    metavar="N",
    help="The recorded version to go back to; of a row, by the row's own numbers.",
)
@click.option(
    "--run",
    metavar="RUN",
    shell_complete=completing.runs,
    help="Take back what this run wrote; see `kbsync runs`.",
)
@click.option(
    "--before",
    metavar="TIME",
    help="Bring back what was current just before this time, such as 2026-11-21T09:40+01:00, "
    "'2026-11-21 09:40 Europe/Prague', or 09:40 for today. Without a zone: that of this machine.",
)
@click.option(
    "--include-created",
    is_flag=True,
    help="With --run and --before: also delete (to the trash) what did not exist then.",
)
@options.auto_approve
@options.allow
@options.overwrite_drift
@options.write_tree
@options.message(default="what is rolled back")
@options.manner
@options.result_format
@click.pass_obj
def command(
    session: Session,
    objects: tuple[str, ...],
    to_version: int | None,
    run: str | None,
    before: str | None,
    include_created: bool,
    auto_approve: bool,
    allowed: dict[str, int],
    overwritable: tuple[str, ...],
    write_tree: bool,
    message: str,
    manner: Manner,
    format_: str,
) -> ExitCode:
    """Bring configurations back to recorded versions.

    Exactly one of --to-version, --run and --before says which. With --to-version OBJECT is one
    configuration or row: component/config[/row], by id or name. With the others SELECTORs limit
    what is rolled back.

    Name, description, isDisabled, configuration, rows and their order come back; component state
    and metadata stay, as they are in no version. What was deleted comes back from the trash. The
    plan is shown first.

    What was rejected is held: no apply writes it again until the files say something else.
    """
    from kbsync.cli.recalling import carry_out_recalled

    wish = _wish(objects, to_version, run, before, include_created=include_created)
    return carry_out_recalled(
        session,
        wish,
        allowed=allowed,
        overwritable=overwritable,
        write_tree=write_tree,
        message=message,
        auto_approve=auto_approve,
        manner=manner,
        format_=format_,
    )


def _wish(
    objects: tuple[str, ...],
    to_version: int | None,
    run: str | None,
    before: str | None,
    *,
    include_created: bool,
) -> Wish:
    from kbsync.cli.recalling import ToRun, ToTime, ToVersion
    from kbsync.selectors import parse

    if [to_version, run, before].count(None) != 2:
        raise _wrong("Say what to go back to: exactly one of --to-version, --run and --before")
    if to_version is None:
        selectors = tuple(map(parse, objects))
        if run is not None:
            return ToRun(run=run, selectors=selectors, include_created=include_created)
        return ToTime(text=before or "", selectors=selectors, include_created=include_created)
    if include_created:
        raise _wrong("--include-created goes with --run or --before")
    if len(objects) != 1:
        raise _wrong(f"--to-version is for one OBJECT; {len(objects)} are named")
    return ToVersion(object_=objects[0], number=to_version)


def _wrong(what: str) -> UsageError:
    return UsageError(what, hint="Such as:\n  " + "\n  ".join(_EXAMPLES))
