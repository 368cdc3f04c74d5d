"""`kbsync diff`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kbsync.cli import completing, options
from kbsync.cli.options import in_environment
from kbsync.cli.session import Session
from kbsync.errors import ExitCode, UsageError
from kbsync.past.moment import Moment, Place, parse_moment

if TYPE_CHECKING:
    from kbsync.past.snapshot import Snapshot
    from kbsync.plans.plan import Files
    from kbsync.tree.declared import Tree


def _parse(context: click.Context, parameter: click.Parameter, value: str | None) -> Moment | None:
    return None if value is None else parse_moment(value)


@click.command("diff")
@click.argument("objects", nargs=-1, metavar="[OBJECT]...", shell_complete=completing.objects)
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
@click.option(
    "--env",
    "environments",
    multiple=True,
    metavar="NAME",
    help="Environment of kbsync.yaml to use; with two of them, compare their projects.",
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
    objects: tuple[str, ...],
    before: Moment | None,
    after: Moment | None,
    environments: tuple[str, ...],
    format_: str,
    detailed_exitcode: bool,
) -> ExitCode:
    """Show what differs between two versions of an object, live and the files.

    OBJECT is component/config or component/config/row, by id or name; a row has version numbers of
    its own. Without --from and --to: what apply would change. Writes nothing.

    With --env A --env B: what differs between two live projects and is not what the files say for
    each. Objects are the same by their id; OBJECT is then a selector, and there may be several or
    none. A secret that both have is no difference, for each project encrypts with a key of its own.
    """
    if len(environments) > 1:
        others = (before, after, session.environment)
        if len({*environments}) != 2 or any(each is not None for each in others):
            raise UsageError(
                "two different --env compare two projects as they are",
                hint="Leave out --from, --to and any third --env.",
            )
        return _compare(session, environments, objects, format_, detailed_exitcode)
    if len(objects) != 1:
        raise UsageError(
            f"{len(objects)} objects; expected one",
            hint="Only two projects are compared as a whole: --env A --env B",
        )
    session = in_environment(session, environments[0]) if environments else session
    return _diff(session, objects[0], before, after, format_, detailed_exitcode)


def _diff(
    session: Session,
    object_: str,
    before: Moment | None,
    after: Moment | None,
    format_: str,
    detailed_exitcode: bool,
) -> ExitCode:
    """Show what differs between two moments of an object."""
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


def _compare(
    session: Session,
    environments: tuple[str, ...],
    selectors: tuple[str, ...],
    format_: str,
    detailed_exitcode: bool,
) -> ExitCode:
    """Show what differs between the projects of two environments."""
    from kbsync.cli.output import show, write
    from kbsync.cli.planned import paint
    from kbsync.comparing import compare, look
    from kbsync.render.comparison import comparison_json, comparison_lines
    from kbsync.selectors import parse

    wanted = [parse(text) for text in selectors]
    sides = [session.of(environment) for environment in environments]
    trees = [side.tree() for side in sides]
    with ExitStack() as clients:
        connected = [clients.enter_context(side.client()) for side in sides]
        one, other = (
            look(side.settings, tree, client, os.environ)
            for side, tree, client in zip(sides, trees, connected, strict=True)
        )
    found = compare(one, other, wanted)
    if format_ == "json":
        write(comparison_json(one, other, found))
    else:
        show(comparison_lines(one, other, found, paint()))
    return ExitCode.CHANGES if detailed_exitcode and found else ExitCode.DONE


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
