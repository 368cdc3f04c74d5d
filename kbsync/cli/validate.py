"""`kbsync validate`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from kbsync.cli.output import say, show
from kbsync.cli.session import Session
from kbsync.errors import InvalidFilesError
from kbsync.problems import Problem

if TYPE_CHECKING:
    from kbsync.tree.declared import Tree

_MOST_NAMED = 3
"""Components that are named; more are counted."""


@click.command("validate")
@click.option("--strict", is_flag=True, help="Take warnings for problems: exit code 3.")
@click.option(
    "--all-envs", is_flag=True, help="Check them for every environment, not only the chosen one."
)
@click.option(
    "--online",
    is_flag=True,
    help="Also ask the project: references, and whether mappings fit its tables.",
)
@click.pass_obj
def command(session: Session, strict: bool, all_envs: bool, online: bool) -> None:
    """Check the files, offline unless --online is given. Writes nothing.

    Every problem of the whole tree is told at once: file:line:column, what was found, what was
    expected, what to do.

    Warnings: a reference to what is not in the files, for the project may have it; one that leads
    back to itself; ciphertext that cannot be decrypted wherever it stands; scripts that are no
    lists; and parameters that are not as the schema of their component says, as far as it is known
    here. `pull` gets to know the components that are used, `kbsync components` all of them.

    With --online it is known what the project has. Then mapped tables and columns that do not exist
    are warnings as well, two configurations that overwrite one table, and primary keys that are not
    those of the table.
    """
    from kbsync.render.lines import Line, plural

    tree = _checked_for_all(session) if all_envs else session.tree()
    configs = sum(1 for key in tree.resources if not key.is_row)
    if not configs:
        what = "no configuration here; expected <component-id>/<folder>/config.yaml"
        todo = "check --project-dir, or start from the project with `kbsync pull`"
        raise InvalidFilesError([Problem(str(session.root), 0, 0, what, todo)])
    rows = len(tree.resources) - configs
    lost = _online(session, tree) if online else _offline(session, tree)
    others = [(each, each.tree()) for each in session.of_each_environment()] if all_envs else []
    trees = others or [(session, tree)]
    found = {*_flawed(trees), *_unreadable(trees), *_no_lists(trees)}
    warnings = sorted([*lost, *_circling(session, tree), *found])
    if strict and warnings:
        raise InvalidFilesError(warnings)
    for warning in warnings:
        say(f"warning: {warning}")
    told = f"; {plural(len(warnings), 'warning')}" if warnings else ""
    names = ", ".join(session.settings.environments.variables) if all_envs else ""
    valid = f"Valid for {names}" if names else "Valid"
    show([Line(f"{valid}: {plural(configs, 'configuration')}, {plural(rows, 'row')}{told}.")])


def _checked_for_all(session: Session) -> Tree:
    """Return what the files say in the chosen environment, once they are valid in all of them.

    Raises:
        InvalidFilesError: With the problems of all, each once.
    """
    tree: Tree | None = None
    problems: list[Problem] = []
    for each in session.of_each_environment():
        try:
            found = each.tree()
        except InvalidFilesError as error:
            problems += error.problems
        else:
            tree = found if each.environment in (None, session.settings.environment) else tree
    if problems or tree is None:
        raise InvalidFilesError(sorted(set(problems)))
    return tree


def _online(session: Session, tree: Tree) -> Sequence[Problem]:
    from kbsync.online import check_online

    with session.client() as client:
        return check_online(session.settings, tree, client)


def _offline(session: Session, tree: Tree) -> Sequence[Problem]:
    """The references that lead out of the files, though not out of what kbsync looks after."""
    from kbsync.graph.links import dangling
    from kbsync.tree.missing import missing
    from kbsync.tree.places import placed

    names = {key: item.name for key, item in tree.resources.items()}
    found = [
        each
        for each in dangling(tree.resources, tree.resources)
        if session.settings.scope.covers(each.link.target, names)
    ]
    return missing(placed(found, tree.origins, session.root), tree.resources)


def _circling(session: Session, tree: Tree) -> list[Problem]:
    from kbsync.tree.circling import circling
    from kbsync.tree.places import Places

    return circling(tree.resources, Places(tree.origins, session.root).of)


def _flawed(trees: Iterable[tuple[Session, Tree]]) -> set[Problem]:
    """What the schemas of the components find; what they cannot tell is said on stderr."""
    from kbsync.parameters import check_parameters
    from kbsync.render.flaws import flawed, unused
    from kbsync.tree.catalog import read_catalog
    from kbsync.tree.places import Places

    notes: dict[str, None] = {}
    problems: set[Problem] = set()
    for each, tree in trees:
        found = check_parameters(tree.resources, read_catalog(each.root, each.settings.stack).get)
        notes |= dict.fromkeys([*unused(found.remarks), *_unknown(found.unknown)])
        problems |= {*flawed(found.flaws, Places(tree.origins, each.root).of)}
    for note in notes:
        say(f"note: {note}")
    return problems


def _unreadable(trees: Iterable[tuple[Session, Tree]]) -> set[Problem]:
    from kbsync.tree.unreadable import unreadable

    return {
        problem
        for each, tree in trees
        for problem in unreadable(tree, each.settings.environments, each.root)
    }


def _no_lists(trees: Iterable[tuple[Session, Tree]]) -> set[Problem]:
    from kbsync.tree.places import Places
    from kbsync.tree.scripts import no_lists

    return {
        problem
        for each, tree in trees
        for problem in no_lists(tree.resources, Places(tree.origins, each.root).of)
    }


def _unknown(components: frozenset[str]) -> Iterator[str]:
    from kbsync.render.lines import plural

    few = 0 < len(components) <= _MOST_NAMED
    told = ", ".join(sorted(components)) if few else plural(len(components), "component")
    if components:
        yield f"parameters of {told} not checked: no schema here; `kbsync components` gets them"
