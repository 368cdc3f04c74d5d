"""A configuration with its rows to the files that declare them. Pure.

What is written is read back before it is returned. Where that is not exactly the same, the object
is written without files of its own, and as JSON where that does not help either.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kbsync.canonical import verbatim
from kbsync.documents.document import TAGS, Reference, parse
from kbsync.documents.statements import comment_of, join, resolve_reference
from kbsync.documents.text import MAX_BYTES, conflicts_in_prose
from kbsync.documents.yaml_writer import dump
from kbsync.model import Json, JsonObject, JsonPath, Key, Resource
from kbsync.paths import MISSING, Missing, value_at
from kbsync.tree.declared import document_of
from kbsync.tree.extract import Extract, default_extracts
from kbsync.tree.naming import FileNames

Tags: TypeAlias = Mapping[JsonPath, tuple[str, str]]
"""Tag and target by path in a document."""

DESCRIPTION_FILE = "description.md"
_INLINE_LINES = 2
_INLINE_CHARACTERS = 200
_LFS_POINTER = "version https://git-lfs.github.com/spec/v1"


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
) -> Encoded:
    """Return the files that declare *config* and *rows*, in whatever order these come.

    They read back as the same, but for an empty `rows_sort_order`, which is written as absent.

    Args:
        config: The configuration.
        rows: Its rows.
        row_stems: The name of each row's file without extension, by row id (`naming.assign`).
        keep: For each key the tags of its present document. A value whose path is there stays
            in its file, if that is in the folder of the configuration.
        elsewhere: For each key the tags whose files, outside that folder, say what the value is.
            They stay as they are.

    Raises:
        ValueError: There is no way to write it: too deep or too large to be read, or not JSON.
    """
    try:
        return _encode(config, rows, row_stems, keep or {}, elsewhere or {})
    except RecursionError:
        raise ValueError(f"{config.key} cannot be written as a file: it is too deep") from None


def _encode(
    config: Resource,
    rows: Sequence[Resource],
    row_stems: Mapping[str, str],
    keep: Mapping[Key, Tags],
    elsewhere: Mapping[Key, Tags],
) -> Encoded:
    entries = [_Entry(config, "config", "")] + [
        _Entry(row, f"rows/{row_stems[row.key.row_id]}", row_stems[row.key.row_id])
        for row in sorted(rows, key=lambda row: row.key)
    ]
    documents = [f"{entry.stem}.{ext}" for entry in entries for ext in ("yaml", "yml", "json")]
    names = FileNames([*documents, DESCRIPTION_FILE])
    kept = [
        [
            *_elsewhere(elsewhere.get(entry.resource.key, {})),
            *_pieces(entry, _kept(entry, keep.get(entry.resource.key, {})), names),
        ]
        for entry in entries
    ]
    by_key: dict[Key, dict[str, bytes]] = {}
    for entry, pieces in zip(entries, kept, strict=True):
        wanted = _wanted(config, entry, [piece.path for piece in pieces])
        by_key[entry.resource.key] = _proven(entry, [*pieces, *_pieces(entry, wanted, names)])
    return Encoded(by_key=by_key)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A resource and the document it goes to."""

    resource: Resource
    stem: str
    """`config` or `rows/<row>`."""
    row: str
    """`""` for the configuration."""

    def document(self) -> JsonObject:
        return document_of(self.resource)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A value that leaves its document."""

    path: JsonPath
    tag: str
    target: str
    """As the document names the file."""
    file: str = ""
    """`""` when it stands elsewhere and is not to be written."""
    text: str = ""


def _elsewhere(tags: Tags) -> Iterator[_Piece]:
    for path, (tag, target) in tags.items():
        yield _Piece(path, tag, target)


def _kept(entry: _Entry, tags: Tags) -> Iterator[tuple[Extract, str]]:
    """Yield what stands in a file already, with the target as it is written now."""
    folder = entry.stem.split("/")[:-1]
    for path, (tag, target) in tags.items():
        file = _below(folder, target)
        if file is not None and tag in TAGS:
            yield Extract(path=path, tag=tag, file=file), target


def _below(folder: Sequence[str], target: str) -> str | None:
    """Return *target*, seen from *folder*, as a name in the configuration's folder, or None."""
    parts = list(folder)
    for part in target.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part == "" and not parts:
            return None
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _wanted(
    config: Resource, entry: _Entry, kept: Sequence[JsonPath]
) -> Iterator[tuple[Extract, str]]:
    """Yield what the rules take out, unless it holds or lies in what is in a file already."""
    for extract in default_extracts(config, entry.resource, entry.row):
        path = extract.path
        if not any(path[: len(other)] == other[: len(path)] for other in kept):
            yield extract, f"../{extract.file}" if entry.row else extract.file


def _pieces(
    entry: _Entry, extracts: Iterator[tuple[Extract, str]], names: FileNames
) -> Iterator[_Piece]:
    document = entry.document()
    for extract, target in extracts:
        text = _text_of(value_at(document, extract.path), extract)
        if text is not None and _is_readable(text) and names.take(extract.file, text):
            yield _Piece(extract.path, extract.tag, target, extract.file, text)


def _text_of(value: Json, extract: Extract) -> str | None:
    if extract.tag == "!file":
        return value if isinstance(value, str) else None
    if not isinstance(value, list) or not value:
        return None
    statements = [item for item in value if isinstance(item, str)]
    if len(statements) < len(value):
        return None
    return join(statements, comment=comment_of(extract.file))


def _is_readable(text: str) -> bool:
    """Whether a file of *text* would be read as it is."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return False
    return (
        size <= MAX_BYTES
        and "\0" not in text
        and not text.startswith(("\ufeff", _LFS_POINTER))
        and not conflicts_in_prose(text, "")
    )


def _proven(entry: _Entry, pieces: Sequence[_Piece]) -> dict[str, bytes]:
    for files in _attempts(entry, pieces):
        if _reads_back(entry, files):
            return files
    raise ValueError(
        f"{entry.resource.key} cannot be written as a file: it is too deep or too large to be read"
    )


def _attempts(entry: _Entry, pieces: Sequence[_Piece]) -> Iterator[dict[str, bytes]]:
    document = entry.document()
    apart: dict[str, bytes] = {}
    if _is_apart(entry, pieces):
        apart = {DESCRIPTION_FILE: f"{document.pop('description')}\n".encode()}
    try:
        texts = {piece.file: piece.text.encode() for piece in pieces if piece.file}
        tags = {piece.path: (piece.tag, piece.target) for piece in pieces}
        yield {f"{entry.stem}.yaml": dump(document, tags).encode(), **texts, **apart}
        yield {f"{entry.stem}.yaml": dump(document).encode(), **apart}
    except ValueError:
        pass  # half a surrogate pair: JSON can say it
    yield {f"{entry.stem}.json": _as_json(entry.document())}


def _is_apart(entry: _Entry, pieces: Sequence[_Piece]) -> bool:
    text = entry.resource.description
    is_long = text.count("\n") >= _INLINE_LINES or len(text) > _INLINE_CHARACTERS
    return (
        is_long
        and entry.row == ""
        and _is_readable(text)
        and not any(piece.path == ("description",) for piece in pieces)
    )


def _as_json(document: JsonObject) -> bytes:
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
        return f"{text}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(document, allow_nan=False, indent=2)}\n".encode()


def _reads_back(entry: _Entry, files: Mapping[str, bytes]) -> bool:
    name = next(iter(files))  # the document comes first
    expected = entry.document()
    folder = entry.stem.split("/")[:-1]

    def resolve(reference: Reference) -> Json:
        file = _below(folder, reference.target)
        if file is None:
            # It stands elsewhere, and says so already.
            found: Json | Missing = value_at(expected, reference.path)
            return None if found is MISSING else found
        return resolve_reference(reference.tag, reference.target, files[file].decode())

    value = parse(files[name], name, resolve).value
    if not isinstance(value, dict):
        return False
    if DESCRIPTION_FILE in files:
        value["description"] = files[DESCRIPTION_FILE].decode().removesuffix("\n")
    return value.keys() == expected.keys() and verbatim(
        {key: value[key] for key in expected}
    ) == verbatim(expected)
