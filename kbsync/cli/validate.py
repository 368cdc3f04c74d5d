"""`kbsync validate`."""

from __future__ import annotations

import click

from kbsync.cli.output import show
from kbsync.cli.session import Session
from kbsync.errors import InvalidFilesError


@click.command("validate")
@click.pass_obj
def command(session: Session) -> None:
    """Check the files, offline.

    Every problem of the whole tree is told at once: file:line:column, what was found, what was
    expected, what to do.
    """
    from kbsync.problems import Problem
    from kbsync.render.lines import Line, plural

    tree = session.tree()
    configs = sum(1 for key in tree.resources if not key.is_row)
    if not configs:
        what = "no configuration here; expected <component-id>/<folder>/config.yaml"
        todo = "check --project-dir, or start from the project with `kbsync pull`"
        raise InvalidFilesError([Problem(str(session.root), 0, 0, what, todo)])
    rows = len(tree.resources) - configs
    show([Line(f"Valid: {plural(configs, 'configuration')}, {plural(rows, 'row')}.")])
