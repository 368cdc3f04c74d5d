"""A configuration with its rows to the files that declare them. Pure.

What is written is read back before it is returned. Where that is not exactly the same, the object
is written without files of its own, and as JSON where that does not help either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from kbsync.documents.alignment import old_path
from kbsync.documents.statements import comment_of, join, rejoin
from kbsync.documents.tags import TAGS
from kbsync.model import Json, JsonPath, Key, Resource
from kbsync.paths import value_at
from kbsync.policy import Extraction
from kbsync.tree.attempts import DESCRIPTION_FILE, attempts, proven
from kbsync.tree.declared import document_of
from kbsync.tree.entry import Entry, Piece, below_folder, is_readable
from kbsync.tree.extract import DEFAULT_EXTRACTION, Extract, default_extracts
from kbsync.tree.naming import FileNames
from kbsync.tree.present import Present, Tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """The files of one configuration."""

    by_key: Mapping[Key, Mapping[str, bytes]]
    """The files of each resource, by name relative to the folder of the configuration, with forward
    slashes."""

    @property
    def files(self) -> dict[str, bytes]:
        """All of them, sorted by name."""
        every = (item for files in self.by_key.values() for item in files.items())
        return dict(sorted(every))


def encode(
    config: Resource,
    rows: Sequence[Resource],
    *,
    row_stems: Mapping[str, str],
    keep: Mapping[Key, Tags] | None = None,
    elsewhere: Mapping[Key, Tags] | None = None,
    present: Mapping[Key, Present] | None = None,
    reserved: Collection[str] = (),
    extraction: Extraction = DEFAULT_EXTRACTION,
) -> Encoded:
    """Return the files that declare *config* and *rows*, in whatever order these come.

    They read back as the same, but for an empty `rows_sort_order`, which is written as absent, and
    for the order of keys in a document that is there already.

    Args:
        config: The configuration.
        rows: Its rows.
        row_stems: The name of each row's file without extension, by row id (`naming.assign`).
        keep: For each key the tags of its present document. A value whose path is there stays
            in its file, if that is in the folder of the configuration.
        elsewhere: For each key the tags whose files, outside that folder, say what the value is.
            They stay as they are.
        present: The documents that are there, by key. Only what differs is changed in them.
        reserved: Names in the folder of the configuration that no text may get.
        extraction: Which texts get files of their own, where none says them yet.

    Raises:
        ValueError: There is no way to write it: too deep or too large to be read, or not JSON.
    """
    try:
        names = FileNames([*reserved, DESCRIPTION_FILE])
        entries = _entries(config, rows, row_stems, present or {})
        rules = partial(default_extracts, config, extraction=extraction)
        return _encode(entries, keep or {}, elsewhere or {}, names, rules)
    except RecursionError:
        raise ValueError(f"{config.key} cannot be written as a file: it is too deep") from None


_Rules: TypeAlias = Callable[[Resource, str], Sequence[Extract]]
"""What leaves the document of a resource; the text is the name of the row's file."""


def _entries(
    config: Resource,
    rows: Sequence[Resource],
    row_stems: Mapping[str, str],
    present: Mapping[Key, Present],
) -> list[Entry]:
    entries = [Entry(config, "config", "", present.get(config.key))]
    for row in sorted(rows, key=lambda row: row.key):
        stem = row_stems[row.key.row_id]
        entries.append(Entry(row, f"rows/{stem}", stem, present.get(row.key)))
    return entries


def _encode(
    entries: Sequence[Entry],
    keep: Mapping[Key, Tags],
    elsewhere: Mapping[Key, Tags],
    names: FileNames,
    rules: _Rules,
) -> Encoded:
    row_ids = {entry.resource.key.row_id for entry in entries if entry.row}
    names.reserve(f"{entry.stem}.{ext}" for entry in entries for ext in ("yaml", "yml", "json"))
    kept = [
        [
            *_elsewhere(elsewhere.get(entry.resource.key, {})),
            *_taken(_pieces(entry, _kept(entry, keep.get(entry.resource.key, {}))), names),
        ]
        for entry in entries
    ]
    by_key: dict[Key, Mapping[str, bytes]] = {}
    for entry, pieces in zip(entries, kept, strict=True):
        wanted = _wanted(entry, pieces, rules)
        every = [*pieces, *_named(_pieces(entry, wanted), names)]
        by_key[entry.resource.key] = proven(entry, attempts(entry, every, row_ids))
    return Encoded(by_key=by_key)


def _elsewhere(tags: Tags) -> Iterator[Piece]:
    for path, (tag, target) in tags.items():
        yield Piece(path, tag, target)


def _kept(entry: Entry, tags: Tags) -> Iterator[tuple[Extract, str]]:
    """Yield what stands in a file already, with the target as it is written now."""
    folder = entry.stem.split("/")[:-1]
    for path, (tag, target) in tags.items():
        file = below_folder(folder, target)
        if file is not None and tag in TAGS:
            yield Extract(path=path, tag=tag, file=file), target


def _wanted(entry: Entry, kept: Sequence[Piece], rules: _Rules) -> Iterator[tuple[Extract, str]]:
    """Yield what the rules take out, unless it holds or lies in what is in a file already.

    What they would have taken out of the document that is there was put there by somebody, to stay.
    """
    if entry.present and entry.present.is_json:
        return
    inline = _put_inline(entry, rules)
    for extract in rules(entry.resource, entry.row):
        path = extract.path
        is_apart = any(path[: len(each.path)] == each.path[: len(path)] for each in kept)
        if not is_apart and not (inline and _origin(entry, path) in inline):
            found = _beside(extract, kept)
            yield found, _target(entry, found.file)


def _beside(extract: Extract, kept: Sequence[Piece]) -> Extract:
    """Return *extract* with its file where those of the same block are already."""
    folders = {
        each.file.rpartition("/")[0]
        for each in kept
        if each.file and extract.block and each.path[: len(extract.block)] == extract.block
    }
    folder = folders.pop() if len(folders) == 1 else ""
    return replace(extract, file=f"{folder}/{_name(extract.file)}") if folder else extract


def _name(file: str) -> str:
    return file.rpartition("/")[2]


def _target(entry: Entry, file: str) -> str:
    return f"../{file}" if entry.row else file


def _put_inline(entry: Entry, rules: _Rules) -> set[JsonPath]:
    if entry.present is None:
        return set()
    extracts = rules(entry.present.resource, entry.row)
    return {extract.path for extract in extracts}.difference(entry.present.elsewhere)


def _origin(entry: Entry, path: JsonPath) -> JsonPath | None:
    """Return where the document that is there has what shall stand at *path*."""
    assert entry.present is not None
    return old_path(document_of(entry.present.resource), entry.document(), path)


def _pieces(entry: Entry, extracts: Iterator[tuple[Extract, str]]) -> Iterator[Piece]:
    """Yield what can be a file, whatever its name."""
    document = entry.document()
    for extract, target in extracts:
        text = _text_of(value_at(document, extract.path), extract, _text_before(entry, extract))
        if text is not None and is_readable(text):
            yield Piece(extract.path, extract.tag, target, extract.file, text)


def _text_before(entry: Entry, extract: Extract) -> str | None:
    if entry.present is None or extract.tag == "!file":
        return None
    origin = _origin(entry, extract.path)
    return None if origin is None else entry.present.elsewhere.get(origin)


def _taken(pieces: Iterator[Piece], names: FileNames) -> Iterator[Piece]:
    """Yield those that get the name they have."""
    return (piece for piece in pieces if names.take(piece.file, piece.text))


def _named(pieces: Iterator[Piece], names: FileNames) -> Iterator[Piece]:
    """Yield those that get a name, theirs or one like it."""
    for piece in pieces:
        if file := names.choose(piece.file, piece.text):
            target = f"{piece.target.removesuffix(_name(piece.file))}{_name(file)}"
            yield replace(piece, file=file, target=target)


def _text_of(value: Json, extract: Extract, present: str | None) -> str | None:
    if extract.tag == "!file":
        return value if isinstance(value, str) else None
    if not isinstance(value, list) or not value:
        return None
    statements = [item for item in value if isinstance(item, str)]
    if len(statements) < len(value):
        return None
    comment = comment_of(extract.file)
    if present is not None:
        return rejoin(present, statements, comment=comment)
    return join(statements, comment=comment)
