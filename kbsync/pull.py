"""What to change in the files so that they say what live is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass, replace

from kbsync.canonical import same
from kbsync.compare.diff import content
from kbsync.documents.reading import is_too_deep
from kbsync.documents.text import shown
from kbsync.model import UNADDRESSABLE, Json, Key, Resource, Resources, by_configuration
from kbsync.policy import Extraction
from kbsync.secrets import plain_secrets
from kbsync.tree.composing import Composed, compose
from kbsync.tree.declared import Tree
from kbsync.tree.environments import NO_ENVIRONMENTS, Environments
from kbsync.tree.extract import DEFAULT_EXTRACTION
from kbsync.tree.naming import assign, component_folder
from kbsync.tree.overlaying import Over, write_overlays
from kbsync.tree.rewrite import Rewrite


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """The writes and removals that bring the files in step, and what was left alone."""

    files: Mapping[str, bytes]
    """To write, by path from the root of the tree, in this order."""
    removals: tuple[str, ...]
    """To remove after that, in this order; none of them is in `files`."""
    added: tuple[Key, ...]
    """What the files say for the first time."""
    updated: tuple[Key, ...]
    """What they say anew."""
    removed: tuple[Key, ...]
    """What the files no longer say."""
    unchanged: int
    kept: tuple[Key, ...]
    """Configurations that only the files know; apply would create them."""
    refused: Mapping[Key, str]
    """Configurations that no file may or can hold, and why."""
    literals: tuple[Literal, ...] = ()
    """Tags that no longer count, because live has another value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value that came from the environment, and stands in a file now."""

    key: Key
    tag: str
    """With what stands behind it."""
    file: str
    """Where the value stands now."""


def plan_pull(
    tree: Tree,
    live: Resources,
    deleted: Set[Key],
    taken: Mapping[str, Collection[str]],
    *,
    links: Mapping[str, str] | None = None,
    text_of: Callable[[str], str | None] = lambda file: None,
    selected: Callable[[Key], bool] = lambda key: True,
    environments: Environments = NO_ENVIRONMENTS,
    extraction: Extraction = DEFAULT_EXTRACTION,
) -> Pull:
    """Compare *tree* with *live*; whatever is the same already stays as it is, byte for byte.

    Args:
        tree: What the files say now, all of it.
        live: What they should say: only what is to be pulled.
        deleted: Configurations in the trash. Files that live lacks go only when theirs is there.
        taken: By component folder, the names in it, so that no new one collides.
        links: Files that documents name and that lead to other files, by path.
        text_of: Returns what stands in a file of the tree: in documents and lists of statements
            only what differs is changed. What it does not give is written anew.
        selected: Which configurations are pulled. Files of others may change, not what they say.
        environments: What else the files depend on. In one that is not the default, what differs
            goes to its overlays, so that the files say what they said in the others.
        extraction: Which texts get files of their own, where none says them yet.

    Raises:
        RefusedError: A configuration has to give up a file that it shares, and no other can hold
            what it says.
    """
    rewrite = Rewrite(tree.without_overlays(), links or {}, text_of, extraction)
    puller = _Puller(tree, rewrite, text_of, environments)
    groups, ours = by_configuration(live), by_configuration(tree.resources)
    ours = {key: group for key, group in ours.items() if selected(key)}
    folders = _folders(tree, groups, taken)
    for key in sorted(groups):
        puller.configuration(folders[key], groups[key], ours.get(key, {}))
    for key in sorted((ours.keys() & deleted) - groups.keys()):
        puller.remove(key, ours[key])
    return puller.pull(kept=tuple(sorted(ours.keys() - groups.keys() - deleted)))


def said_by_files(live: Resource, ours: Resource | None) -> Resource:
    """Return what the file of *live* should say, given what it says now.

    What a file leaves unmanaged stays so: an order it does not give, metadata it does not list, a
    reset it does not ask for. A new file manages all of it but resets.
    """
    order = live.rows_sort_order or None
    if ours is None:
        return replace(live, rows_sort_order=order, reset_state=None)
    return replace(
        live,
        rows_sort_order=None if ours.rows_sort_order is None else order,
        metadata={key: live.metadata[key] for key in ours.metadata if key in live.metadata},
        reset_state=live.reset_state if ours.reset_state is not None else None,
    )


def _folders(
    tree: Tree, groups: Mapping[Key, Resources], taken: Mapping[str, Collection[str]]
) -> dict[Key, str]:
    """Choose a folder for every configuration that has none, component by component."""
    folders = {key: tree.origins[key].folder for key in groups if key in tree.origins}
    new: dict[str, list[Key]] = {}
    for key in sorted(groups.keys() - folders.keys()):
        new.setdefault(component_folder(key.component_id), []).append(key)
    for folder, keys in new.items():
        named = [(key.config_id, groups[key][key].name) for key in keys]
        names = assign(named, taken.get(folder, ()))
        folders |= {key: f"{folder}/{names[key.config_id]}" for key in keys}
    return folders


class _Puller:
    def __init__(
        self,
        tree: Tree,
        rewrite: Rewrite,
        text_of: Callable[[str], str | None],
        environments: Environments,
    ) -> None:
        self.tree = tree
        self.rewrite = rewrite
        self.text_of = text_of
        self.environments = environments
        self.overlays: list[Over] = []
        self.literals: list[Literal] = []
        self.changed: list[Key] = []
        self.removed: list[Key] = []
        self.refused: dict[Key, str] = {}
        self.unchanged = 0

    def configuration(self, folder: str, live: Resources, ours: Resources) -> None:
        """Bring one configuration in step, or refuse it before anything of it is touched."""
        reason = _unwritable(live) or self._unfit(live, ours)
        if not reason:
            wanted = {each: said_by_files(item, ours.get(each)) for each, item in live.items()}
            changed = {each for each, item in wanted.items() if not _equal(item, ours.get(each))}
            composed = {each: self._composed(wanted[each], changed) for each in wanted}
            bases = {each: found.base for each, found in composed.items()}
            said = {each for each in changed if not _equal(bases[each], self._base(each))}
            try:
                self.rewrite.say(folder, bases, said)
            except ValueError:
                reason = _TOO_BIG
        if reason:
            self.refused[next(iter(live)).config] = reason
            return
        self._note(composed)
        self.changed += sorted(changed)
        self.removed += sorted(ours.keys() - live.keys())
        self.unchanged += len(wanted) - len(changed)

    def _composed(self, wanted: Resource, changed: Collection[Key]) -> Composed:
        """Return what the files shall say; what is not *changed* as they say it."""
        found = wanted if wanted.key in changed else self.tree.resources[wanted.key]
        return compose(found, self.tree, self.environments)

    def _base(self, key: Key) -> Resource | None:
        layers = self.tree.layers.get(key)
        return layers.base if layers else self.tree.resources.get(key)

    def _unfit(self, live: Resources, ours: Resources) -> str:
        """Return why files that count in every environment cannot be in step with this one."""
        lacking = sorted(each.row_id for each in ours.keys() - live.keys() if each.is_row)
        if self.environments.has_default or not lacking:
            return ""
        rows = f"row {shown(lacking[0])}"
        rows += f" and {len(lacking) - 1} more" if lacking[1:] else ""
        return f"lacks {rows}, whose files count in every environment; remove or create it first"

    def _note(self, composed: Mapping[Key, Composed]) -> None:
        for key, found in composed.items():
            if found.over:
                self.overlays.append(found.over)
            origin = self.tree.origins.get(key)
            self.literals += [
                Literal(
                    key=key,
                    tag=f"{each.tag} {each.target}",
                    file=found.over.file if found.over and found.over.is_new else origin.file,
                )
                for each in found.lost
                if origin
            ]

    def remove(self, key: Key, ours: Resources) -> None:
        self.rewrite.forget(key)
        self.removed += sorted(ours)

    def pull(self, kept: tuple[Key, ...]) -> Pull:
        rewritten = self.rewrite.result()
        overlays = write_overlays(self.overlays, self.tree, rewritten.files, self.text_of)
        return Pull(
            files={**rewritten.files, **overlays.files},
            removals=(*overlays.removals, *rewritten.removals),
            added=tuple(key for key in self.changed if key not in self.tree.resources),
            updated=tuple(key for key in self.changed if key in self.tree.resources),
            removed=tuple(self.removed),
            unchanged=self.unchanged,
            kept=kept,
            refused=self.refused,
            literals=tuple(self.literals),
        )


_TOO_BIG = "is deeper or larger than a file may be"


def _unwritable(live: Resources) -> str:
    """Return why no file may or can hold it."""
    if any(is_too_deep(item.configuration) for item in live.values()):
        return _TOO_BIG
    if any(plain_secrets(item.configuration) for item in live.values()):
        return "holds a secret in plain text, which must not reach the disk"
    if any(part in UNADDRESSABLE for key in live for part in (key.config_id, key.row_id)):
        return "has an id that no address can hold"
    return ""


def _equal(wanted: Resource, ours: Resource | None) -> bool:
    return ours is not None and same(_declared(wanted), _declared(ours))


def _declared(resource: Resource) -> Json:
    order = resource.rows_sort_order
    return {
        **content(resource),
        "rowsSortOrder": None if order is None else list(order),
        "metadata": dict(resource.metadata),
        "resetState": resource.reset_state,
    }
