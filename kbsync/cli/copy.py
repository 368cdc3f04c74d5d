"""`kbsync copy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kbsync.cli import completing, options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, UsageError
from kbsync.model import UNADDRESSABLE
from kbsync.past.moment import Moment, Place, split_moment

if TYPE_CHECKING:
    from kbsync.run.apply import Manner


@click.command("copy")
@click.argument("subject", metavar="OBJECT[@VERSION]", shell_complete=completing.objects)
@click.option("--name", required=True, metavar="NAME", help="What the copy is called.")
@click.option(
    "--id",
    "id_",
    metavar="ID",
    help="The id of the copy.  [default: made from NAME, and one that nothing else has]",
)
@options.auto_approve
@options.write_tree
@options.message(default="what is copied")
@options.manner
@options.result_format
@click.pass_obj
def command(
    session: Session,
    subject: str,
    name: str,
    id_: str | None,
    auto_approve: bool,
    write_tree: bool,
    message: str,
    manner: Manner,
    format_: str,
) -> ExitCode:
    """Make another configuration or row like one there is.

    OBJECT is component/config, by id or name; VERSION the number of a recorded version, or live,
    which is the default. The copy has the content, rows, order and description of that version, and
    the metadata of today, such as its folder. Of component/config/row the copy is a new row of the
    same configuration.

    It has no component state, so it loads everything anew. What runs the source does not run the
    copy, and a schedule is copied disabled, so that nothing runs twice. What the source refers to,
    the copy refers to as well. The plan is shown first.

    A copy that broke off is finished by the same command. Where something else has that name or id,
    live or in the trash, nothing is written: exit code 5.
    """
    from kbsync.cli.recalling import carry_out_recalled
    from kbsync.past.recall_copy import CopyOf

    object_, moment = _source(subject)
    wanted = CopyOf(object_=object_, moment=moment, name=_name(name), id_=_id(id_), message=message)
    return carry_out_recalled(
        session,
        wanted,
        allowed={},
        overwritable=(),
        write_tree=write_tree,
        message=message,
        auto_approve=auto_approve,
        manner=manner,
        format_=format_,
    )


def _source(text: str) -> tuple[str, Moment]:
    object_, moment = split_moment(text)
    if moment is Place.FILES:
        raise UsageError(
            "A copy is made of what the project holds, not of files",
            hint="Copy the folder, give it another `id` and `name`, and apply that.",
        )
    return object_, Place.LIVE if moment is None else moment


def _name(text: str) -> str:
    if not text.strip():
        raise UsageError("--name is empty", hint="A configuration is called something.")
    return text


def _id(text: str | None) -> str:
    if text is None:
        return ""
    if not text.strip() or not text.isprintable() or text in UNADDRESSABLE:
        raise UsageError(
            f"--id '{text}' is no id", hint="Such as orders-eu; leave it out for one like the name."
        )
    return text
