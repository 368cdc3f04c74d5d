"""From the live project to the files, proven by an empty plan."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kbsync.api.client import StorageClient
from kbsync.api.encryption import EncryptionService
from kbsync.api.fetch import fetch_deleted, fetch_live, fetch_target, refuse_empty_listing
from kbsync.compare.ignore import carry_ignored, keep_ignored
from kbsync.env_secrets import Prover, disarmed, with_known, with_named
from kbsync.errors import ApiError, InvalidFilesError, UnfinishedError, UsageError
from kbsync.model import Key, Live, Resources
from kbsync.plain_text import Encrypted, holders, with_ciphertext
from kbsync.planning import check_selectors, covered, in_scope, names_of
from kbsync.plans.making import make_plan
from kbsync.plans.plan import Target
from kbsync.problems import ProblemError
from kbsync.pull import Pull, plan_pull
from kbsync.selectors import Selector, matches_any
from kbsync.settings import FILE_NAMES, Settings
from kbsync.settings_text import settings_text
from kbsync.tree.catalog import learn
from kbsync.tree.declared import Tree
from kbsync.tree.files import read_text
from kbsync.tree.load import load_tree
from kbsync.tree.proofs import keep_proofs, read_proofs
from kbsync.tree.write import Changed, change_files, unfinished


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull did."""

    pull: Pull
    names: Mapping[Key, str]
    changed: Changed
    encrypted: Encrypted
    """What of live was in plain text."""


def pull_project(
    settings: Settings,
    tree: Tree,
    client: StorageClient,
    selectors: Sequence[Selector],
    *,
    run: str,
) -> Pulled:
    """Bring the files of *tree* in step with the project: three requests, one more for the trash.

    For plain text in the places of secrets, one more to the stack, and to the encryption service
    one for each configuration that holds some.

    Raises:
        KbsyncError, KeyboardInterrupt: No file was changed.
        UnfinishedError: Some were, or they do not say what they should; the message tells.
    """
    if any(len(selector.segments) > 2 for selector in selectors):
        raise UsageError(
            "A row is pulled with its configuration", hint="Select component/config instead."
        )
    target = fetch_target(client, project_id=settings.project_id)
    everything = fetch_live(client)
    refuse_empty_listing(client, everything, tree.resources)
    names = names_of(tree.resources, everything.resources)
    live = in_scope(everything, settings, names)
    managed = covered(tree.resources, settings, names)
    check_selectors(selectors, (*managed, *live.resources), names)
    selected = {
        key
        for key in (*managed, *live.resources)
        if not selectors or matches_any(selectors, key, names)
    }
    encrypted = _encrypted(settings, client, target, live, selected, managed)
    live = encrypted.live
    wanted = {key: disarmed(item) for key, item in live.resources.items() if key in selected}
    wanted = with_named(wanted, managed, live.notes)
    only_ours = managed.keys() & selected - everything.resources.keys()
    if not settings.environments.has_default:
        only_ours = set()  # in another environment they may well be there
    pull = plan_pull(
        tree,
        keep_ignored(wanted, managed, settings.ignore, names),
        fetch_deleted(client) if any(not key.is_row for key in only_ours) else frozenset(),
        _taken(settings.root),
        links=_links(settings.root, tree),
        text_of=partial(_text_of, settings.root),
        selected=selected.__contains__,
        environments=settings.environments,
        extraction=settings.extraction,
    )
    files = dict(pull.files) | _settings_file(settings, target)
    changed = change_files(settings.root, files, pull.removals, backup=run)
    said = {key for key in wanted if key.config not in pull.refused} | {*pull.removed}
    with _told_when_stopped(changed):
        _prove(settings, target, tree, live, names, said)
    keep_proofs(settings.root, encrypted.proofs)
    learn(settings.root, target.stack, everything.components)
    return Pulled(pull=pull, names=names, changed=changed, encrypted=encrypted)


def _encrypted(
    settings: Settings,
    client: StorageClient,
    target: Target,
    live: Live,
    selected: Set[Key],
    ours: Resources,
) -> Encrypted:
    """Return *live* without plain text in what is *selected*, as far as the service helps."""
    keys = holders({key: item for key, item in live.resources.items() if key in selected})
    if not keys:
        return Encrypted(live=live)
    try:
        service = EncryptionService(client, target.project_id)
    except ApiError as error:
        return Encrypted(live=live, failed=error)
    try:
        return with_ciphertext(
            live,
            keys,
            ours,
            encrypt=service.encrypt,
            prover=Prover(environ=os.environ, sign=client.sign, project_id=target.project_id),
            known=read_proofs(settings.root),
        )
    finally:
        service.close()


@contextmanager
def _told_when_stopped(changed: Changed) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stop:
        if not changed.count:
            raise
        told = f"Interrupted; {changed.count} of {changed.count} files were changed"
        raise unfinished(told, stop) from None


def _taken(root: Path) -> dict[str, list[str]]:
    """The names in every folder of the first level."""
    return {
        folder.name: [entry.name for entry in folder.iterdir()]
        for folder in root.iterdir()
        if folder.is_dir()
    }


def _links(root: Path, tree: Tree) -> dict[str, str]:
    """Where files end that documents pull in and that are links; the tree was valid, so inside."""
    below = tree.without_overlays().origins.values()
    files = {each.file for origin in below for each in origin.references}
    return {
        file: (root / file).resolve().relative_to(root).as_posix()
        for file in files
        if (root / file).is_symlink()
    }


def _text_of(root: Path, file: str) -> str | None:
    """Return what stands in a file of the tree; None when it can no longer be read."""
    try:
        return read_text(root, file)
    except ProblemError:
        return None


def _settings_file(settings: Settings, target: Target) -> dict[str, bytes]:
    """A first kbsync.yaml that binds the tree to its project, where there is none."""
    if any((settings.root / name).exists() for name in FILE_NAMES):
        return {}
    text = settings_text(
        environment="prod",
        stack=target.stack,
        project_id=target.project_id,
        branch=target.branch,
        token_env="",
    )
    return {FILE_NAMES[0]: text.encode()}


def _prove(
    settings: Settings,
    target: Target,
    before: Tree,
    live: Live,
    names: Mapping[Key, str],
    pulled: Set[Key],
) -> None:
    """Read the files back: *pulled* must say what is live, and all else what it said *before*.

    A difference would be a bug of ours, told at once.
    """
    try:
        again: Resources = load_tree(settings.root, environments=settings.environments).resources
    except InvalidFilesError as error:
        raise UnfinishedError(f"The files were written, but are not valid:\n{error}") from None
    others = (before.resources.keys() | again.keys()) - pulled
    wrong = [key for key in others if before.resources.get(key) != again.get(key)]
    again, _ = carry_ignored(again, live.resources, settings.ignore, names)
    # Values do not matter here: the files name a variable wherever live has its ciphertext.
    again = with_known(again, live, Prover.without_values(target.project_id)).desired
    plan = make_plan(target, again, live, selected=lambda key: key in pulled)
    wrong += [step.key for step in plan.steps]
    if wrong:
        raise UnfinishedError(
            "The files were written, but do not say what they should: "
            + ", ".join(map(str, sorted(wrong)[:5])),
            hint="Please report this. The files before are in .kbsync/replaced/.",
        )
