"""What to change in the files so that they say what live is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from kbsync.canonical import same
from kbsync.diff import content
from kbsync.documents.reading import MAX_DEPTH
from kbsync.model import Json, Key, Resource, Resources, by_configuration
from kbsync.secrets import plain_secrets
from kbsync.tree.declared import Tree
from kbsync.tree.naming import assign, component_folder
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


def plan_pull(
    tree: Tree,
    live: Resources,
    deleted: Set[Key],
    taken: Mapping[str, Collection[str]],
    *,
    links: Mapping[str, str] | None = None,
    text_of: Callable[[str], str | None] = lambda file: None,
    selected: Callable[[Key], bool] = lambda key: True,
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

    Raises:
        RefusedError: A configuration has to give up a file that it shares, and no other can hold
            what it says.
    """
    puller = _Puller(tree, Rewrite(tree, links or {}, text_of))
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
    def __init__(self, tree: Tree, rewrite: Rewrite) -> None:
        self.tree = tree
        self.rewrite = rewrite
        self.changed: list[Key] = []
        self.removed: list[Key] = []
        self.refused: dict[Key, str] = {}
        self.unchanged = 0

    def configuration(self, folder: str, live: Resources, ours: Resources) -> None:
        """Bring one configuration in step, or refuse it before anything of it is touched."""
        reason = _unwritable(live)
        if not reason:
            wanted = {each: said_by_files(item, ours.get(each)) for each, item in live.items()}
            changed = {each for each, item in wanted.items() if not _equal(item, ours.get(each))}
            try:
                self.rewrite.say(folder, wanted, changed)
            except ValueError:
                reason = _TOO_BIG
        if reason:
            self.refused[next(iter(live)).config] = reason
            return
        self.changed += sorted(changed)
        self.removed += sorted(ours.keys() - live.keys())
        self.unchanged += len(wanted) - len(changed)

    def remove(self, key: Key, ours: Resources) -> None:
        self.rewrite.forget(key)
        self.removed += sorted(ours)

    def pull(self, kept: tuple[Key, ...]) -> Pull:
        rewritten = self.rewrite.result()
        return Pull(
            files=rewritten.files,
            removals=rewritten.removals,
            added=tuple(key for key in self.changed if key not in self.tree.resources),
            updated=tuple(key for key in self.changed if key in self.tree.resources),
            removed=tuple(self.removed),
            unchanged=self.unchanged,
            kept=kept,
            refused=self.refused,
        )


_TOO_BIG = "is deeper or larger than a file may be"


def _unwritable(live: Resources) -> str:
    """Return why no file may or can hold it."""
    if any(is_too_deep(item.configuration) for item in live.values()):
        return _TOO_BIG
    if any(plain_secrets(item.configuration) for item in live.values()):
        return "holds a secret in plain text, which must not reach the disk"
    if any(part in (".", "..") for key in live for part in (key.config_id, key.row_id)):
        return "has an id that no address can hold"
    return ""


def is_too_deep(value: Json) -> bool:
    """Whether no file may hold *value*; asked first, because what looks through it recurses."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _containers(outer)]
        if not level:
            return False
    return True


def _containers(value: Json) -> Iterator[Json]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, dict | list))


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
