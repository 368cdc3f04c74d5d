"""`kbsync restore`."""

from __future__ import annotations

import click

from kbsync.cli import options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode


@click.command("restore")
@click.argument("object_", metavar="OBJECT")
@options.auto_approve
@options.write_tree
@options.message(default="Restore from the trash")
@options.result_format
@click.pass_obj
def command(
    session: Session,
    object_: str,
    auto_approve: bool,
    write_tree: bool,
    message: str,
    format_: str,
) -> ExitCode:
    """Bring a deleted configuration back from the trash.

    OBJECT is component/config, with the id or the name that it had. It comes back as it went there,
    with rows, their order, component state, metadata and history. The plan is shown first.
    """
    from kbsync.cli.recalling import FromTrash, carry_out_recalled
    from kbsync.run.apply import DEFAULT_MANNER

    return carry_out_recalled(
        session,
        FromTrash(object_=object_),
        allowed={},
        overwritable=(),
        write_tree=write_tree,
        message=message,
        auto_approve=auto_approve,
        manner=DEFAULT_MANNER,
        format_=format_,
    )
