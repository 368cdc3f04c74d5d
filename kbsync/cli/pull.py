"""`kbsync pull`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.output import say, show
from kbsync.cli.session import Session
from kbsync.errors import ExitCode

if TYPE_CHECKING:
    from kbsync.selectors import Selector
    from kbsync.tree.declared import Tree
    from kbsync.tree.write import Changed


@click.command("pull")
@options.selectors
@click.pass_obj
def command(session: Session, selectors: tuple[str, ...]) -> ExitCode:
    """Write the live project into the files.

    Files that say what is live already are left alone, byte for byte. A folder that is renamed is
    found again by the id inside. What is replaced or removed is kept in .kbsync/replaced/. A
    configuration that only the files know stays, unless the project has it in its trash.

    Plain text that the project holds in the place of a secret is encrypted first, by the encryption
    service of the stack, and never reaches the disk.

    A pull that broke off is finished by the next one.

    SELECTOR limits the pull to some configurations: component[/config].
    """
    from kbsync.run.run_id import new_run_id
    from kbsync.selectors import parse
    from kbsync.tree.write import finish_changes

    wanted = [parse(text) for text in selectors]
    finished = finish_changes(session.root, backup=new_run_id())
    if finished:
        say(f"A pull had broken off; what was left of it is done now ({finished.count} files).")
        tell_backup(finished)
    return pull_into(session, session.tree(), wanted)


def pull_into(session: Session, tree: Tree, wanted: Sequence[Selector]) -> ExitCode:
    """Write the live project into the files of *tree*, and tell what was done."""
    from kbsync.pulling import pull_project
    from kbsync.render.pulled import pulled_lines
    from kbsync.run.run_id import new_run_id

    with session.client() as client:
        pulled = pull_project(session.settings, tree, client, wanted, run=new_run_id())
    show(pulled_lines(pulled.pull, pulled.names, pulled.changed.count, pulled.encrypted.keys))
    tell_backup(pulled.changed)
    if pulled.encrypted.failed:
        say(f"Error: {pulled.encrypted.failed}")
    return ExitCode.REFUSED if pulled.pull.refused else ExitCode.DONE


def tell_backup(changed: Changed) -> None:
    """Say where the files are that a pull replaced or removed."""
    if changed.backup:
        say(f"What was replaced or removed is kept in {changed.backup}")
