"""The files of an overlay that shall say something else. Pure.

What is written is read back before it is returned. Tags stay, also those that come up from the file
below, where what they stand for is as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kbsync.canonical import same
from kbsync.documents.document import is_json, parse
from kbsync.documents.edit import edit
from kbsync.documents.json_writer import dump_json
from kbsync.documents.statements import comment_of, join, rejoin, resolve_reference
from kbsync.documents.tags import REMOVE, TAGS, Reference
from kbsync.documents.yaml_writer import dump
from kbsync.errors import RefusedError
from kbsync.model import Json, JsonObject, JsonPath
from kbsync.paths import MISSING, value_at
from kbsync.tree.declared import Tree
from kbsync.tree.entry import is_readable
from kbsync.tree.files import shown_path
from kbsync.tree.overlay import bare, removals, without
from kbsync.tree.present import Tags
from kbsync.tree.references import target_path
from kbsync.tree.split import Layer, plain, removed_in

TextOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What an overlay shall say."""

    file: str
    folder: str
    """Of the configuration."""
    environment: str
    layer: Layer
    """With `REMOVED` where it takes a key away."""
    tags: Tags
    """By path, what may stand there instead of the value, which it means."""
    outdated: Tags
    """By path, what stood for another value."""
    is_new: bool
    """Whether it says something else now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlays:
    """What to do to the files of overlays."""

    files: Mapping[str, bytes]
    """To write, texts before the documents that name them."""
    removals: tuple[str, ...]


def write_overlays(
    overlays: Iterable[Over], tree: Tree, files: Mapping[str, bytes], text_of: TextOf
) -> Overlays:
    """Return the files that let *overlays* say what they shall, in a tree where *files* are new.

    Args:
        overlays: Those of all resources that are looked at, new or not.
        tree: What the files say now.
        files: What is written to other files.
        text_of: Returns what stands in a file of the tree, None where there is none.

    Raises:
        RefusedError: One can be no file.
    """
    writer = _Writer(tree, files, text_of)
    for over in overlays:
        if over.is_new or writer.is_disturbed(over):
            writer.write(over)
    return Overlays(files=writer.files, removals=(*writer.removals, *writer.unused()))


class _Writer:
    def __init__(self, tree: Tree, files: Mapping[str, bytes], text_of: TextOf) -> None:
        self.files: dict[str, bytes] = {}
        self.removals: list[str] = []
        self._tree = tree
        self._others = files
        self._text_of = text_of
        self._dropped: set[str] = set()
        """What overlays that are written pulled in before."""
        self._kept: set[str] = set()
        """What they pull in now."""
        below = tree.without_overlays().origins.values()
        self._users = Counter(each.file for origin in below for each in origin.references)
        self._users.update(file for found in tree.overlaid.values() for file in found)

    def is_disturbed(self, over: Over) -> bool:
        """Whether a file that it pulls in is about to change."""
        return not self._others.keys().isdisjoint(self._tree.overlaid.get(over.file, ()))

    def unused(self) -> Iterator[str]:
        """Yield the texts that no overlay and no document pulls in any more."""
        for file in sorted(self._dropped - self._kept - self._others.keys()):
            if self._users[file] == 1:
                yield file

    def write(self, over: Over) -> None:
        """Let the overlay say what it shall."""
        folder = f"{over.folder}/"
        before = self._tree.overlaid.get(over.file, ())
        self._dropped |= {file for file in before if file.startswith(folder)}
        if over.layer == {}:
            self.removals.append(over.file)
            return
        value, removed = plain(over.layer), frozenset(removed_in(over.layer))
        present = self._text_of(over.file)
        for tags, texts in self._ways(over, value):
            gone = dict.fromkeys(removed, (REMOVE, ""))
            for document in _attempts(over.file, present, value, {**tags, **gone}):
                if self._reads_back(over, document, value, tags, removed, texts):
                    self.files |= {**texts, over.file: document}
                    self._kept |= _files(over, tags)
                    return
        raise RefusedError(
            f"{shown_path(over.file)} cannot say what is live",
            hint=f"As JSON it cannot take a key away, which {REMOVE} does in YAML."
            if is_json(over.file)
            else "Something in it is deeper, larger or stranger than a file may be.",
        )

    def _ways(self, over: Over, value: JsonObject) -> Iterator[tuple[Tags, Mapping[str, bytes]]]:
        """Yield tags to write, and the texts that they need; at last none at all."""
        if not is_json(over.file):
            tags = {path: tag for path, tag in over.tags.items() if self._fits(over, path)}
            texts: dict[str, bytes] = {}
            for path, tag in {**over.tags, **over.outdated}.items():
                found = self._text(over, tag, value_at(value, path), _files(over, tags))
                if path not in tags and found and texts.setdefault(*found[1:]) == found[2]:
                    tags[path] = (tag[0], found[0])
            yield tags, texts
        yield {}, {}

    def _fits(self, over: Over, path: JsonPath) -> bool:
        """Whether a tag still stands for what the overlay says: its file may be about to change."""
        tag, value = over.tags[path], value_at(over.layer, path)
        if value is MISSING or tag[0] not in TAGS:
            return value is not MISSING
        text = self._now(target_path(over.file, tag[1]))
        return text is not None and same(resolve_reference(*tag, text), value)

    def _now(self, file: str) -> str | None:
        data = self.files.get(file, self._others.get(file))
        return self._text_of(file) if data is None else data.decode()

    def _text(
        self, over: Over, tag: tuple[str, str], value: object, kept: Collection[str]
    ) -> tuple[str, str, bytes] | None:
        """Return target, file and text for a *value* that is to leave its document; None if it
        has to stay. Files that are *kept* stay as they are."""
        name, target = tag
        if name not in TAGS:
            return None
        old = target_path(over.file, target)
        text = _as_text(name, target, value, self._text_of(old))
        if text is None or not is_readable(text):
            return None
        is_own = old in self._tree.overlaid.get(over.file, ()) and self._users[old] == 1
        if not is_own or old in self._others or old in kept:
            stem, dot, ending = target.rpartition(".")
            target = f"{stem}.{over.environment}{dot}{ending}"
            if not dot or self._now(target_path(over.file, target)) is not None:
                return None
        return target, target_path(over.file, target), text.encode()

    def _reads_back(
        self,
        over: Over,
        data: bytes,
        value: JsonObject,
        tags: Tags,
        removed: Collection[JsonPath],
        texts: Mapping[str, bytes],
    ) -> bool:
        def resolve(reference: Reference) -> Json:
            if reference.tag in TAGS:
                file = target_path(over.file, reference.target)
                text = texts[file].decode() if file in texts else self._now(file)
                return resolve_reference(reference.tag, reference.target, text or "")
            at = (path for path, tag in tags.items() if tag == (reference.tag, reference.target))
            found: Json = value_at(value, next(at, reference.path))
            return found

        document = parse(data, over.file, resolve)
        if document.problems or removals(document) != removed:
            return False
        return same(bare(document).value, without(value, removed))


def _files(over: Over, tags: Tags) -> set[str]:
    """Return the files that *tags* pull in."""
    return {target_path(over.file, target) for tag, target in tags.values() if tag in TAGS}


def _attempts(file: str, present: str | None, value: JsonObject, tags: Tags) -> Iterator[bytes]:
    """Yield documents that should say *value*, the best first."""
    if is_json(file):
        if present is not None:
            yield from (text.encode() for text in edit(present, value, is_json=True))
        yield dump_json(value)
        return
    try:
        if present is not None:
            yield from (text.encode() for text in edit(present, value, tags))
        yield dump(value, tags).encode()
    except ValueError:
        return  # half a surrogate pair, which no YAML can say


def _as_text(tag: str, target: str, value: object, present: str | None) -> str | None:
    if tag == "!file":
        return value if isinstance(value, str) else None
    if not isinstance(value, list) or not value or not all(isinstance(x, str) for x in value):
        return None
    comment = comment_of(target)
    if present is None:
        return join(value, comment=comment)
    return rejoin(present, value, comment=comment)
