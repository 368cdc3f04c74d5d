"""From the live project to the files, proven by an empty plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from kbsync.client import StorageClient
from kbsync.errors import InvalidFilesError, UnfinishedError, UsageError
from kbsync.fetch import fetch_deleted, fetch_live, fetch_target
from kbsync.ignore import carry_ignored, keep_ignored
from kbsync.model import Key, Live
from kbsync.plan import Target, make_plan
from kbsync.planning import check_selectors, in_scope, names_of
from kbsync.pull import Pull, plan_pull
from kbsync.selectors import Selector, matches_any
from kbsync.settings import FILE_NAMES, Settings
from kbsync.tree.declared import Tree
from kbsync.tree.load import load_tree
from kbsync.tree.write import change_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull did."""

    pull: Pull
    names: Mapping[Key, str]
    backup: Path | None
    """Where the files that were replaced or removed are kept."""


def pull_project(
    settings: Settings,
    tree: Tree,
    client: StorageClient,
    selectors: Sequence[Selector],
    *,
    run: str,
) -> Pulled:
    """Bring the files of *tree* in step with the project: three requests, one more for the trash.

    Raises:
        UnfinishedError: A file could not be written; those before it are.
    """
    if any(len(selector.segments) > 2 for selector in selectors):
        raise UsageError(
            "A row is pulled with its configuration", hint="Select component/config instead."
        )
    target = fetch_target(client, project_id=settings.project_id)
    everything = fetch_live(client)
    names = names_of(tree.resources, everything.resources)
    live = in_scope(everything, settings, names)
    check_selectors(selectors, (*tree.resources, *live.resources), names)

    def selected(key: Key) -> bool:
        return not selectors or matches_any(selectors, key, names)

    wanted = {key: item for key, item in live.resources.items() if selected(key)}
    ours = {key: item for key, item in tree.resources.items() if selected(key)}
    wanted = keep_ignored(wanted, ours, settings.ignore, names)
    only_ours = [key for key in ours if not key.is_row and key not in everything.resources]
    pull = plan_pull(
        Tree(resources=ours, origins=tree.origins),
        wanted,
        fetch_deleted(client) if only_ours else frozenset(),
        _taken(settings.root),
    )
    files = dict(pull.files) | _settings_file(settings, target)
    backup = change_files(settings.root, files, pull.removals, backup=run)
    pulled = {key for key in wanted if key.config not in pull.refused}
    _prove(settings, target, live, names, pulled)
    return Pulled(pull=pull, names=names, backup=backup)


def _taken(root: Path) -> dict[str, list[str]]:
    """The names in every folder of the first level."""
    return {
        folder.name: [entry.name for entry in folder.iterdir()]
        for folder in root.iterdir()
        if folder.is_dir()
    }


def _settings_file(settings: Settings, target: Target) -> dict[str, bytes]:
    """A first kbsync.yaml that binds the tree to its project, where there is none."""
    if any((settings.root / name).exists() for name in FILE_NAMES):
        return {}
    branch = "" if target.branch == "default" else f"\n    branch: {target.branch}"
    text = f"""version: 1
environments:
  prod:
    stack: {target.stack}
    project: {target.project_id}{branch}
"""
    return {FILE_NAMES[0]: text.encode()}


def _prove(
    settings: Settings, target: Target, live: Live, names: Mapping[Key, str], pulled: Set[Key]
) -> None:
    """Read the files back and compare; a difference would be a bug of ours, told at once."""
    try:
        again = load_tree(settings.root).resources
    except InvalidFilesError as error:
        raise UnfinishedError(f"The files were written, but are not valid:\n{error}") from None
    again, _ = carry_ignored(again, live.resources, settings.ignore, names)
    plan = make_plan(target, again, live, selected=lambda key: key in pulled)
    if plan:
        raise UnfinishedError(
            "The files were written, but do not say what is live: "
            + ", ".join(str(step.key) for step in plan.steps[:5]),
            hint="Please report this. The files before are in .kbsync/replaced/.",
        )
