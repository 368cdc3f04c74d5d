"""What to change in the files so that they say what live is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, replace

from kbsync.canonical import same
from kbsync.diff import content
from kbsync.model import Json, JsonPath, Key, Resource, Resources, by_configuration
from kbsync.secrets import plain_secrets
from kbsync.tree.declared import Origin, Tree
from kbsync.tree.encode import encode
from kbsync.tree.naming import assign, component_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """The writes and removals that bring the files in step, and what was left alone."""

    files: Mapping[str, bytes]
    """To write, by path from the root of the tree."""
    removals: tuple[str, ...]
    """To remove; none of them is in `files`."""
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
    tree: Tree, live: Resources, deleted: Set[Key], taken: Mapping[str, Collection[str]]
) -> Pull:
    """Compare *tree* with *live*; whatever is the same already stays as it is, byte for byte.

    Args:
        tree: What the files say now.
        live: What they should say: only what is to be pulled.
        deleted: Configurations in the trash. Files that live lacks go only when theirs is there.
        taken: By component folder, the names in it, so that no new one collides.
    """
    result = _Puller(tree, taken)
    groups, ours = by_configuration(live), by_configuration(tree.resources)
    result.name_folders(groups)
    for key in sorted(groups):
        result.configuration(key, groups[key], ours.get(key, {}))
    for key in sorted((ours.keys() & deleted) - groups.keys()):
        result.remove(ours[key])
    kept = tuple(sorted(ours.keys() - groups.keys() - deleted))
    return result.pull(kept)


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


class _Puller:
    def __init__(self, tree: Tree, taken: Mapping[str, Collection[str]]) -> None:
        self.tree = tree
        self.taken = taken
        self.folders = {key: origin.folder for key, origin in tree.origins.items()}
        self.files: dict[str, bytes] = {}
        self.dropped: set[str] = set()
        self.written: list[Key] = []
        self.removed: list[Key] = []
        self.refused: dict[Key, str] = {}
        self.unchanged = 0

    def pull(self, kept: tuple[Key, ...]) -> Pull:
        staying = {
            file
            for key, origin in self.tree.origins.items()
            if key not in {*self.written, *self.removed}
            for file in _files_of(origin)
        }
        return Pull(
            files=self.files,
            removals=tuple(sorted(self.dropped - self.files.keys() - staying)),
            added=tuple(key for key in self.written if key not in self.tree.resources),
            updated=tuple(key for key in self.written if key in self.tree.resources),
            removed=tuple(self.removed),
            unchanged=self.unchanged,
            kept=kept,
            refused=self.refused,
        )

    def name_folders(self, groups: Mapping[Key, Resources]) -> None:
        """Choose a folder for every configuration that has none, component by component."""
        new: dict[str, list[Key]] = {}
        for key in groups:
            if key not in self.folders:
                new.setdefault(component_folder(key.component_id), []).append(key)
        for folder, keys in new.items():
            names = assign(
                [(key.config_id, groups[key][key].name) for key in keys],
                self.taken.get(folder, ()),
            )
            self.folders |= {key: f"{folder}/{names[key.config_id]}" for key in keys}

    def configuration(self, key: Key, live: Resources, ours: Resources) -> None:
        reason = _unwritable(live)
        if reason:
            self.refused[key] = reason
            return
        wanted = {each: said_by_files(item, ours.get(each)) for each, item in live.items()}
        changed = {each for each, item in wanted.items() if not _equal(item, ours.get(each))}
        gone = sorted(ours.keys() - live.keys())
        self.unchanged += len(wanted) - len(changed)
        self.written += sorted(changed)
        self.forget(gone)
        if changed:
            self.rewrite(key, wanted, changed)

    def rewrite(self, key: Key, wanted: Resources, changed: Collection[Key]) -> None:
        rows = [item for each, item in sorted(wanted.items()) if each.is_row]
        try:
            encoded = encode(
                wanted[key], rows, row_stems=self.row_stems(rows), keep=self.tags(wanted)
            )
        except ValueError:
            self.refused[key] = "is deeper or larger than a file may be"
            return
        for each in sorted(changed):
            for path, data in encoded.by_key[each].items():
                self.files[f"{self.folders[key]}/{path}"] = data
        self.drop(changed)

    def tags(self, keys: Iterable[Key]) -> dict[Key, dict[JsonPath, tuple[str, str]]]:
        """What stands in files of its own now, so that it stays there."""
        origins = self.tree.origins
        return {
            key: {ref.path: (ref.tag, ref.target) for ref in origins[key].references}
            for key in keys
            if key in origins
        }

    def row_stems(self, rows: Iterable[Resource]) -> dict[str, str]:
        known = {
            row.key.row_id: _stem(self.tree.origins[row.key].file)
            for row in rows
            if row.key in self.tree.origins
        }
        new = [(row.key.row_id, row.name) for row in rows if row.key.row_id not in known]
        return known | assign(new, known.values())

    def remove(self, ours: Resources) -> None:
        self.forget(sorted(ours))

    def forget(self, keys: Iterable[Key]) -> None:
        keys = list(keys)
        self.removed += keys
        self.drop(keys)

    def drop(self, keys: Iterable[Key]) -> None:
        for key in keys:
            if key in self.tree.origins:
                self.dropped |= _files_of(self.tree.origins[key])


def _unwritable(live: Resources) -> str:
    if any(plain_secrets(item.configuration) for item in live.values()):
        return "holds a secret in plain text, which must not reach the disk"
    if any(part in (".", "..") for key in live for part in (key.config_id, key.row_id)):
        return "has an id that no address can hold"
    return ""


def _files_of(origin: Origin) -> set[str]:
    description = {origin.description_file} if origin.description_file else set()
    return {origin.file, *(reference.file for reference in origin.references)} | description


def _stem(file: str) -> str:
    return file.rpartition("/")[2].rpartition(".")[0]


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
