"""`kbsync validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kbsync.cli.output import say, show
from kbsync.cli.session import Session
from kbsync.errors import InvalidFilesError

if TYPE_CHECKING:
    from kbsync.links import Dangling
    from kbsync.tree.declared import Tree


@click.command("validate")
@click.pass_obj
def command(session: Session) -> None:
    """Check the files, offline.

    Every problem of the whole tree is told at once: file:line:column, what was found, what was
    expected, what to do. A reference to what is not in the files is a warning: the project may
    have it.
    """
    from kbsync.problems import Problem
    from kbsync.render.lines import Line, plural
    from kbsync.tree.missing import missing

    tree = session.tree()
    configs = sum(1 for key in tree.resources if not key.is_row)
    if not configs:
        what = "no configuration here; expected <component-id>/<folder>/config.yaml"
        todo = "check --project-dir, or start from the project with `kbsync pull`"
        raise InvalidFilesError([Problem(str(session.root), 0, 0, what, todo)])
    rows = len(tree.resources) - configs
    warnings = missing(_unresolved(session, tree), tree.resources)
    for warning in warnings:
        say(f"warning: {warning}")
    told = f"; {plural(len(warnings), 'warning')}" if warnings else ""
    show([Line(f"Valid: {plural(configs, 'configuration')}, {plural(rows, 'row')}{told}.")])


def _unresolved(session: Session, tree: Tree) -> tuple[Dangling, ...]:
    """The references that lead out of the files, though not out of what kbsync looks after."""
    from kbsync.links import dangling
    from kbsync.tree.places import placed

    names = {key: item.name for key, item in tree.resources.items()}
    found = [
        each
        for each in dangling(tree.resources, tree.resources)
        if session.settings.scope.covers(each.link.target, names)
    ]
    return placed(found, tree.origins, session.root)
