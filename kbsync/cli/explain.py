"""`kbsync explain`."""

from __future__ import annotations

import click

from kbsync.cli import completing, options
from kbsync.cli.session import Session


@click.command("explain")
@click.argument("object_", metavar="OBJECT", shell_complete=completing.objects)
@options.text_or_json
@click.pass_obj
def command(session: Session, object_: str, format_: str) -> None:
    """Show what the files say of an object, and where each value comes from.

    As YAML, for the environment that is chosen: what does not stand in its own file has a comment
    with the overlay, the variable or the file that it comes from. OBJECT is component/config or
    component/config/row, by id or name. Offline; secrets are masked.
    """
    from kbsync.cli.output import show, write
    from kbsync.past.resolve import resolve_declared
    from kbsync.planning import names_of
    from kbsync.render.explained import explained_json, explained_lines, overlay_changes
    from kbsync.tree.sources import sources

    tree = session.tree()
    key = resolve_declared(object_, tree.resources, names_of(tree.resources))
    found = sources(key, tree, session.settings.environments, session.root)
    layers = tree.layers.get(key)
    changes = overlay_changes(layers.base, tree.resources[key]) if layers else ()
    if format_ == "json":
        write(explained_json(found, changes))
    else:
        show(explained_lines(found, changes))
