"""`kbsync graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kbsync.cli import completing
from kbsync.cli.session import Session
from kbsync.errors import RefusedError

if TYPE_CHECKING:
    from kbsync.graph.picture import Picture
    from kbsync.model import Key, Resources

_MOST_DRAWN = 5_000
"""Boxes and arrows that a browser still moves with ease."""


@click.command("graph")
@click.argument("object_", required=False, metavar="[OBJECT]", shell_complete=completing.objects)
@click.option(
    "--depth", type=click.IntRange(min=1), metavar="N", help="With OBJECT: so many steps."
)
@click.option("--files", "from_files", is_flag=True, help="Look at the files alone, offline.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "mermaid", "html", "json"]),
    default="text",
    help="text for people, mermaid for documents that draw it, html for one page to search and"
    " click, json for programs.  [default: text]",
)
@click.pass_obj
def command(
    session: Session, object_: str | None, depth: int | None, from_files: bool, format_: str
) -> None:
    """Show who uses whom, and which tables flow between them.

    Of the files together with the project, where the files win; of the files alone when no token is
    set. With OBJECT, component/config by id, name or glob: what it needs, and what needs it.
    Writes nothing.
    """
    from kbsync.cli.output import say
    from kbsync.graph.picture import picture

    files = session.tree().resources
    project = None if from_files or not session.can_connect else _project(session)
    where = "the files alone" if project is None else "the files and the project"
    say(f"Of {where}." if from_files or project is not None else f"Of {where}: no token is set.")
    around = _around(object_, files, project) if object_ else ()
    found = picture(files, project, around, depth=depth)
    _show(session, found, format_, with_project=project is not None)


def _project(session: Session) -> Resources:
    from kbsync.api.fetch import fetch_live, fetch_target

    with session.client() as client:
        fetch_target(client, project_id=session.settings.project_id)
        return fetch_live(client).resources


def _around(text: str, files: Resources, project: Resources | None) -> list[Key]:
    """Return the configurations that *text* names.

    Raises:
        UsageError: It names none.
    """
    from kbsync.errors import UsageError
    from kbsync.planning import names_of, nearest
    from kbsync.selectors import matches_any, parse

    names = names_of(files, project or {})
    selector = parse(text)
    found = {key.config for key in names if matches_any([selector], key, names)}
    if not found:
        hint = nearest(text, names, names)
        raise UsageError(
            f"There is no '{text}', neither in the files nor in the project", hint=hint
        )
    return sorted(found)


def _show(session: Session, found: Picture, format_: str, *, with_project: bool) -> None:
    from kbsync.cli.output import say, show, write, write_document

    if format_ == "json":
        from kbsync.render.graph import graph_json

        write(graph_json(found, with_project=with_project))
    elif format_ == "mermaid":
        from kbsync.render.graph_mermaid import MOST_ARROWS, arrow_count, graph_mermaid

        write(graph_mermaid(found))
        if arrow_count(found) > MOST_ARROWS:
            say(f"More than {MOST_ARROWS} arrows, which GitHub does not draw: name an OBJECT.")
    elif format_ == "html":
        from kbsync.render.graph_html import graph_html

        _refuse_too_large(found)
        asked = ", ".join(map(str, found.around[:3]))
        write_document(graph_html(found, title=asked or session.folder))
    else:
        from kbsync.render.graph import graph_lines

        show(graph_lines(found))


def _refuse_too_large(found: Picture) -> None:
    arrows = sum(len(table.writers) * len(table.readers) for table in found.tables)
    size = len(found.nodes) + sum(map(len, found.uses.values())) + arrows
    if size > _MOST_DRAWN:
        raise RefusedError(
            f"{size} boxes and arrows are more than a page can show",
            hint="Name an OBJECT, with --depth, or use another --format.",
        )
