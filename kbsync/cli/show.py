"""`kbsync show`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbsync.cli import completing, options
from kbsync.cli.session import Session
from kbsync.errors import UsageError
from kbsync.past.moment import Place, split_moment

if TYPE_CHECKING:
    from kbsync.model import Key
    from kbsync.past.moment import Moment


@click.command("show")
@click.argument(
    "subject", metavar="FILE | OBJECT@VERSION", shell_complete=completing.files_and_objects
)
@options.plan_format
@click.pass_obj
def command(session: Session, subject: str, format_: str) -> None:
    """Show a saved plan, or an object as it was.

    FILE is what `kbsync plan -o FILE` wrote; it is shown offline.

    OBJECT is component/config or component/config/row, by id or name; VERSION the number of a
    recorded version, live, or files. It is shown as its files would say it, with secrets masked;
    as text or json. Writes nothing.
    """
    object_, moment = split_moment(subject)
    if moment is None or Path(subject).is_file():
        _plan(Path(subject), format_)
    elif format_ in ("text", "json"):
        _object(session, object_, moment, as_json=format_ == "json")
    else:
        raise UsageError(f"An object is shown as text or json, not as {format_}")


def _plan(file: Path, format_: str) -> None:
    from kbsync.cli.planned import describe_source, show_plan
    from kbsync.cli.saved import planned_of, read_saved
    from kbsync.model import Live

    if not file.is_file():
        raise UsageError(
            f"{file}: there is no such file",
            hint="Expected a saved plan, or OBJECT@VERSION such as keboola.ex-http/orders@3.",
        )
    saved = read_saved(file)
    planned = planned_of(saved, Live(resources={}, versions={}, component_states={}))
    described = describe_source(f"plan {saved.plan_id}", saved.source)
    show_plan(planned, described, saved.source, format_, plan_id=saved.plan_id)


def _object(session: Session, text: str, moment: Moment, *, as_json: bool) -> None:
    from kbsync.cli.output import say, show, write
    from kbsync.past.subject import find_subject
    from kbsync.render.snapshot import hides_secrets, snapshot_json, snapshot_lines

    tree = session.tree() if moment is Place.FILES else None
    with session.client() as client:
        subject = find_subject(session.settings, client, text, tree=tree)
        found = subject.at(moment)
    if as_json:
        write(snapshot_json(found))
    else:
        show(snapshot_lines(found))
    if hides_secrets(found):
        say(f"Secrets are masked. {_where_they_are(subject.key.config, moment)}")


def _where_they_are(config: Key, moment: Moment) -> str:
    if isinstance(moment, int):
        return "Their ciphertext is in the files of that time, in git; a rollback brings it back."
    return f"Their ciphertext is in the files: kbsync pull {shlex.quote(str(config))}"
