"""`kbsync diff`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbsync.cli import options
from kbsync.cli.session import Session
from kbsync.errors import ExitCode
from kbsync.past.moment import Moment, Place, parse_moment

if TYPE_CHECKING:
    from kbsync.past.snapshot import Snapshot
    from kbsync.plan import Files
    from kbsync.tree.declared import Tree


def _parse(context: click.Context, parameter: click.Parameter, value: str | None) -> Moment | None:
    return None if value is None else parse_moment(value)


@click.command("diff")
@click.argument("object_", metavar="OBJECT")
@click.option(
    "--from",
    "before",
    callback=_parse,
    metavar="VERSION",
    help="The old side: the number of a version, live, or files.  [default: live]",
)
@click.option(
    "--to",
    "after",
    callback=_parse,
    metavar="VERSION",
    help="The new side, as above.  [default: files, or live when --from is given and not live]",
)
@options.text_or_json
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 when there is a difference, 0 when there is none.",
)
@click.pass_obj
def command(
    session: Session,
    object_: str,
    before: Moment | None,
    after: Moment | None,
    format_: str,
    detailed_exitcode: bool,
) -> ExitCode:
    """Show what differs between two versions of an object, live and the files.

    OBJECT is component/config or component/config/row, by id or name; a row has version numbers of
    its own. Without --from and --to: what apply would change. Writes nothing.
    """
    from kbsync.cli.output import show, write
    from kbsync.cli.planned import paint
    from kbsync.past.snapshot import changes_between
    from kbsync.past.subject import compared, find_subject
    from kbsync.render.differences import difference_json, difference_lines

    old, new = _sides(before, after)
    tree = session.tree() if Place.FILES in (old, new) else None
    with session.client() as client:
        subject = find_subject(session.settings, client, object_, tree=tree)
        left, right = compared(
            subject.at(old), subject.at(new), subject, session.settings, os.environ
        )
    changes = changes_between(left, right)
    if format_ == "json":
        write(difference_json(left, right, changes))
    else:
        files = _files(tree, right) if tree else {}
        texts = _texts(session.root, files)
        show(difference_lines(left, right, changes, files=files, texts=texts, paint=paint()))
    return ExitCode.CHANGES if detailed_exitcode and changes else ExitCode.DONE


def _sides(before: Moment | None, after: Moment | None) -> tuple[Moment, Moment]:
    old = Place.LIVE if before is None else before
    if after is not None:
        return old, after
    return old, Place.FILES if old is Place.LIVE else Place.LIVE


def _files(tree: Tree, new: Snapshot) -> Files:
    """Where the texts of the new side stand, when that is the files."""
    from kbsync.planning import code_files

    if new.moment is not Place.FILES:
        return {}
    found = code_files(tree)
    return {place: file for place, file in found.items() if place[0] in new.resources}


def _texts(root: Path, files: Files) -> Mapping[str, str]:
    texts = {}
    for file in files.values():
        with suppress(OSError, UnicodeDecodeError):
            texts[file] = (root / file).read_bytes().decode()
    return texts
