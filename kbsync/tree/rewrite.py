"""Which files of a tree to write and to remove, so that some resources say something else. Pure.

A file stays with what it says: in a list whose items come in another order, each keeps its own.

Several documents may pull in one file. When it is about to say something else or to go, those that
shall stay as they are get its text in another place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kbsync.documents.statements import resolve_reference
from kbsync.errors import RefusedError
from kbsync.model import JsonPath, Key, Resource, Resources, by_configuration
from kbsync.policy import Extraction
from kbsync.tree.attempts import DESCRIPTION_FILE
from kbsync.tree.declared import Origin, PulledIn, Tree
from kbsync.tree.encode import Encoded, encode
from kbsync.tree.environments import FILLED
from kbsync.tree.extract import DEFAULT_EXTRACTION
from kbsync.tree.following import Following
from kbsync.tree.naming import assign
from kbsync.tree.present import Present


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What to do to the files of a tree."""

    files: Mapping[str, bytes]
    """To write, by path from the root of the tree: texts before the documents that name them."""
    removals: tuple[str, ...]
    """To remove after that, documents before their texts. None of them is in `files`."""


class Rewrite:
    """Collects what resources shall say, then tells the files."""

    def __init__(
        self,
        tree: Tree,
        links: Mapping[str, str],
        text_of: Callable[[str], str | None],
        extraction: Extraction = DEFAULT_EXTRACTION,
    ) -> None:
        """Take what is there.

        Args:
            tree: What the files say that lie over no other.
            links: Which of the files that its documents name lead to others.
            text_of: Returns what stands in a file, so that most of it can stay; None when that does
                not matter.
            extraction: Which texts get files of their own, where none says them yet.
        """
        self._tree = tree
        self._extraction = extraction
        self._following = Following(tree)
        self._text_of = text_of
        self._before = by_configuration(tree.resources)
        self._said: dict[Key, Resources] = {**self._before}
        self._folders = {key.config: origin.folder for key, origin in tree.origins.items()}
        self._encoded: dict[Key, Encoded] = {}
        self._written: set[Key] = set()
        self._removed: set[Key] = set()
        self._parted: set[tuple[Key, JsonPath]] = set()
        """Values that may not stay in the file they are in."""
        self._users: dict[str, list[tuple[Key, PulledIn]]] = defaultdict(list)
        """By file, who pulls it in."""
        for key, origin in tree.origins.items():
            for reference in origin.references:
                for file in {reference.file, links.get(reference.file, reference.file)}:
                    self._users[file].append((key, reference))

    def say(self, folder: str, group: Resources, changed: Collection[Key]) -> None:
        """Let *group*, a configuration and its rows, be what the files in *folder* say.

        Only *changed* is new to them. Rows that *group* lacks lose their files.

        Raises:
            ValueError: No file can hold it. It is as if it had not been asked.
        """
        config = next(iter(group)).config
        if changed:
            self._encoded[config] = self._encode(folder, group, changed)
        self._removed |= self._said.get(config, {}).keys() - group.keys()
        self._written |= set(changed)
        self._said[config] = group
        self._folders[config] = folder

    def forget(self, config: Key) -> None:
        """Let the files no longer say anything of a configuration and its rows."""
        self._removed |= self._said.pop(config).keys()

    def result(self) -> Rewritten:
        """Return what to do.

        Raises:
            RefusedError: A configuration has to give up a file that it shares, and no other can
                hold what it says.
        """
        files = self._files()
        while disturbed := list(self._disturbed(files)):
            self._parted |= {(key, reference.path) for key, reference in disturbed}
            self._written |= {key for key, _ in disturbed}
            for config in sorted({key.config for key, _ in disturbed}):
                self._encode_again(config)
            files = self._files()
        return Rewritten(files=files, removals=(*self._vacated(files), *self._unused(files)))

    def _encode(self, folder: str, group: Resources, written: Collection[Key]) -> Encoded:
        config = group[next(iter(group)).config]
        rows = [item for item in group.values() if item.key.is_row]
        own: dict[Key, dict[JsonPath, tuple[str, str]]] = defaultdict(dict)
        elsewhere: dict[Key, dict[JsonPath, tuple[str, str]]] = defaultdict(dict)
        for key, item in group.items():
            for reference in self._references(key):
                tag = (reference.tag, reference.target)
                is_own = _is_below(folder, reference)
                path = self._following.place(item, reference)
                if path is None:
                    continue
                if is_own and not self._is_needed(reference, item, group):
                    own[key][path] = tag
                elif not is_own and self._following.is_the_same(item, reference):
                    elsewhere[key][path] = tag
        stems = self._row_stems(config.key, rows)
        present = {key: found for key in written if (found := self._present(key))}
        return encode(
            config,
            rows,
            row_stems=stems,
            keep=own,
            elsewhere=elsewhere,
            present=present,
            reserved=self._reserved(folder),
            extraction=self._extraction,
        )

    def _reserved(self, folder: str) -> list[str]:
        """Return what only overlays pull in, by name in *folder*."""
        start = f"{folder}/"
        return [
            file.removeprefix(start)
            for found in self._tree.overlaid.values()
            for file in found
            if file.startswith(start) and file not in self._users
        ]

    def _present(self, key: Key) -> Present | None:
        origin = self._tree.origins.get(key)
        text = self._text_of(origin.file) if origin else None
        if origin is None or text is None:
            return None
        return Present(
            file=origin.file,
            text=text,
            resource=self._tree.resources[key],
            elsewhere={
                each.path: self._text_of(each.file) if each.tag == "!statements" else None
                for each in origin.references
            },
            has_description_file=origin.description_file is not None,
            filled=self._filled(key),
        )

    def _filled(self, key: Key) -> dict[JsonPath, tuple[str, str]]:
        layers = self._tree.layers.get(key)
        tags = layers.base_tags if layers else ()
        return {each.path: (each.tag, each.target) for each in tags if each.tag in FILLED}

    def _encode_again(self, config: Key) -> None:
        try:
            group = self._said[config]
            written = self._written & group.keys()
            self._encoded[config] = self._encode(self._folders[config], group, written)
        except ValueError:
            raise RefusedError(
                f"{config} pulls in a file that is about to change and has no room for its text",
                hint="Give it a file of its own below its folder, then pull again.",
            ) from None

    def _references(self, key: Key) -> Iterator[PulledIn]:
        origin = self._tree.origins.get(key)
        for reference in origin.references if origin else ():
            if (key, reference.path) not in self._parted:
                yield reference

    def _is_needed(self, reference: PulledIn, item: Resource, group: Resources) -> bool:
        """Whether others of *group* need as it is a file from which *item* shall differ."""
        return not self._following.is_the_same(item, reference) and any(
            self._following.is_the_same(group[key], other)
            for key, other in self._users[reference.file]
            if key in group and key != item.key
        )

    def _row_stems(self, config: Key, rows: Iterable[Resource]) -> dict[str, str]:
        """Name the files of *rows*. None is that of a row that leaves.

        Where case does not matter, its removal would take the new file along.
        """
        before = [key for key in self._before.get(config, {}) if key.is_row]
        known = {key.row_id: _stem(self._tree.origins[key].file) for key in before}
        new = [(row.key.row_id, row.name) for row in rows if row.key.row_id not in known]
        return known | assign(new, known.values())

    def _files(self) -> dict[str, bytes]:
        ranked = [
            (_rank(key, name, is_document=name == next(iter(files))), self._path(key, name), data)
            for encoded in self._encoded.values()
            for key, files in encoded.by_key.items()
            if key in self._written
            for name, data in files.items()
        ]
        return {path: data for _, path, data in sorted(ranked)}

    def _path(self, key: Key, name: str) -> str:
        return f"{self._folders[key.config]}/{name}"

    def _disturbed(self, files: Mapping[str, bytes]) -> Iterator[tuple[Key, PulledIn]]:
        """Yield who pulls in a file and would no longer say what it shall."""
        gone = set(self._vacated(files))
        for path in self._users.keys() & {*files, *gone}:
            for key, reference in self._users[path]:
                if self._stays(key, reference) and (
                    path in gone or not self._agrees(key, reference, files[path].decode())
                ):
                    yield key, reference

    def _stays(self, key: Key, reference: PulledIn) -> bool:
        """Whether the document of *key* will still pull that file in, as far as it goes by now."""
        if key in self._removed or (key, reference.path) in self._parted:
            return False
        if key not in self._written:
            return True
        is_own = _is_below(self._folders[key.config], reference)
        return not is_own and self._following.is_the_same(self._said[key.config][key], reference)

    def _agrees(self, key: Key, reference: PulledIn, text: str) -> bool:
        wanted = self._following.wanted(self._said[key.config][key], reference)
        return bool(resolve_reference(reference.tag, reference.target, text) == wanted)

    def _changing(self) -> Iterator[tuple[Key, Origin]]:
        """Yield what leaves its files, rows first."""
        for key in sorted(self._written | self._removed, reverse=True):
            if key in self._tree.origins:
                yield key, self._tree.origins[key]

    def _vacated(self, files: Mapping[str, bytes]) -> list[str]:
        """Return the documents and descriptions that must go: while they are there, they count."""
        overlays = [
            file
            for key, origin in self._changing()
            if key in self._removed
            for file in origin.overlays
        ]
        return overlays + [
            file
            for _, origin in self._changing()
            for file in (origin.file, origin.description_file)
            if file is not None and file not in files
        ]

    def _unused(self, files: Mapping[str, bytes]) -> list[str]:
        """Return the texts that nobody pulls in any more, below the folders of their documents.

        A text that lies elsewhere may have another purpose.
        """
        candidates = {
            file
            for key, origin in self._changing()
            for file in self._pulled_in(key, origin)
            if file.startswith(f"{origin.folder}/")
        }
        staying = {
            path
            for path in candidates
            if any(self._stays(key, reference) for key, reference in self._users[path])
        }
        declaring = {
            file
            for origin in self._tree.origins.values()
            for file in (origin.file, origin.description_file)
        }
        overlaid = self._tree.overlaid_by(self._tree.origins.keys() - self._removed)
        return sorted(candidates - staying - files.keys() - declaring - overlaid)

    def _pulled_in(self, key: Key, origin: Origin) -> set[str]:
        """Return the files of a resource that changes, and of its overlays when they go with it."""
        overlaid = self._tree.overlaid_by([key]) if key in self._removed else set()
        return overlaid | {reference.file for reference in origin.references}


def _is_below(folder: str, reference: PulledIn) -> bool:
    return reference.file.startswith(f"{folder}/")


def _rank(key: Key, name: str, *, is_document: bool) -> int:
    """Order of writing: texts, rows, configurations, descriptions.

    So a document that names a text or lists a row finds it, and a configuration has never two
    descriptions.
    """
    if is_document:
        return 1 if key.is_row else 2
    return 3 if name == DESCRIPTION_FILE else 0


def _stem(file: str) -> str:
    return file.rpartition("/")[2].rpartition(".")[0]
