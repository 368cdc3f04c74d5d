"""`kbsync new`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kbsync.cli.output import say, show
from kbsync.cli.session import Session
from kbsync.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from kbsync.model import Component
    from kbsync.tree.declared import Tree

_CHOOSE = "Choose a folder: --folder orders-2"


@click.command("new")
@click.argument("component_id", metavar="COMPONENT")
@click.argument("name", metavar="NAME")
@click.option("--row", "rows", multiple=True, metavar="NAME", help="Start a row, too; repeatable.")
@click.option("--folder", metavar="FOLDER", help="Folder, and id, of it.  [default: made of NAME]")
@click.pass_obj
def command(
    session: Session, component_id: str, name: str, rows: tuple[str, ...], folder: str | None
) -> None:
    """Start the files of a new configuration.

    They hold what the component says that a new one begins with. COMPONENT is an id, as
    `kbsync components` lists it; the stack is asked only when it is not known here. Writes nothing
    to the project: that is for `kbsync apply`.
    """
    from kbsync.cli.knowing import find_component
    from kbsync.render.lines import Line, printable
    from kbsync.run.run_id import new_run_id
    from kbsync.starting import starting_files
    from kbsync.tree.write import change_files

    tree = session.tree()
    component = find_component(session, component_id)
    place = folder or _folder_for(name)
    _refuse_taken(session, tree, component, place)
    try:
        files = starting_files(component, place, name, rows)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    change_files(session.root, files, (), backup=new_run_id())
    show([Line(f"  +  {printable(file)}") for file in files])
    for line in _remarks(component, rows):
        say(line)
    say("Fill in its parameters, then: kbsync validate && kbsync plan")


def _folder_for(name: str) -> str:
    from kbsync.tree.naming import slug

    if found := slug(name):
        return found
    raise UsageError("No folder can be named after that", hint=_CHOOSE)


def _refuse_taken(session: Session, tree: Tree, component: Component, folder: str) -> None:
    """Refuse a name that can be no folder, a place where something is, and an id that is taken."""
    from kbsync.model import Key
    from kbsync.starting import configuration_folder
    from kbsync.tree.files import tree_root
    from kbsync.tree.layout import ROWS_FOLDER
    from kbsync.tree.naming import component_folder, slug

    if folder == ROWS_FOLDER or folder not in (slug(folder), component_folder(folder)):
        raise UsageError(f"'{folder}' can be no folder", hint=_CHOOSE)
    beside = tree_root(session.root) / component_folder(component.id)
    names = [path.name for path in beside.iterdir()] if beside.is_dir() else []
    origin = tree.origins.get(Key(component.id, folder))
    if folder.casefold() in map(str.casefold, names) or origin:
        there = origin.folder if origin else configuration_folder(component, folder)
        raise RefusedError(f"There is already {there}", hint=_CHOOSE)


def _remarks(component: Component, rows: tuple[str, ...]) -> Iterator[str]:
    from kbsync.components import has_rows, marks

    for mark in ("deprecated", "hidden"):
        if mark in marks(component):
            yield f"Note: {component.id} is {mark}; the platform does not offer it any more."
    if rows and not has_rows(component):
        yield f"Note: {component.id} does not say that it has rows."
    if not rows and has_rows(component):
        yield f"Note: what {component.id} does is said in rows; add files to rows/, or use --row."
