"""The ways to write a document, best first, and the proof that one reads back the same. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kbsync.canonical import same, verbatim
from kbsync.documents.document import parse
from kbsync.documents.edit import edit
from kbsync.documents.json_writer import dump_json
from kbsync.documents.statements import resolve_reference
from kbsync.documents.tags import ENV, TAGS, Reference
from kbsync.documents.yaml_writer import dump
from kbsync.model import Json, JsonObject
from kbsync.paths import MISSING, Missing, value_at
from kbsync.secrets import references
from kbsync.tree.carried import carried
from kbsync.tree.entry import Entry, Piece, below_folder, is_readable
from kbsync.tree.present import Present, Tags, redeclared

DESCRIPTION_FILE = "description.md"
_INLINE_LINES = 2
_INLINE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Files that may say what they should, the document first."""

    files: Mapping[str, bytes]
    expected: JsonObject
    keeps_order: bool = True
    """Whether the keys of *expected* must come in their order."""


def proven(entry: Entry, attempts: Iterator[_Attempt]) -> Mapping[str, bytes]:
    for attempt in attempts:
        if _reads_back(entry, attempt):
            return attempt.files
    raise ValueError(
        f"{entry.resource.key} cannot be written as a file: it is too deep or too large to be read"
    )


def attempts(entry: Entry, pieces: Sequence[Piece], rows: Collection[str]) -> Iterator[_Attempt]:
    document = entry.document()
    apart = _apart(entry, pieces)
    try:
        texts = {piece.file: piece.text.encode() for piece in pieces if piece.file}
        pulled = {piece.path: (piece.tag, piece.target) for piece in pieces}
        tags = {**_filled(entry), **pulled, **_variables(entry)}
        if entry.present:
            yield from _edits(entry, entry.present, tags, {**texts, **apart}, rows)
        if apart:
            del document["description"]
        if not (entry.present and entry.present.is_json):
            files = {f"{entry.stem}.yaml": dump(document, tags).encode(), **texts, **apart}
            yield _Attempt(files, entry.document())
            files = {f"{entry.stem}.yaml": dump(document).encode(), **apart}
            yield _Attempt(files, entry.document())
    except ValueError:
        pass  # half a surrogate pair: JSON can say it
    yield _Attempt({f"{entry.stem}.json": dump_json(entry.document())}, entry.document())


def _filled(entry: Entry) -> Tags:
    """Return the tags of the document that is there for values that stay as they are."""
    if entry.present is None or not entry.present.filled:
        return {}
    tags, old = entry.present.filled, entry.present.document
    new = entry.document() | {"isDisabled": entry.resource.is_disabled}
    return {now: tags[was] for now, was in carried(old, new, tags).items()}


def _variables(entry: Entry) -> Tags:
    """Return the tags of the secrets that are values of environment variables.

    In JSON, where there are no tags, the text says the same.
    """
    if entry.present and entry.present.is_json:
        return {}
    found = references(entry.resource.configuration)
    return {("configuration", *path): (ENV, variable) for path, variable in found.items()}


def _edits(
    entry: Entry,
    present: Present,
    tags: Tags,
    others: Mapping[str, bytes],
    rows: Collection[str],
) -> Iterator[_Attempt]:
    """Yield the document that is there with only what differs changed."""
    order = present.resource.rows_sort_order
    expected = redeclared(entry.resource, present, same_rows={*(order or ())} == {*rows})
    document = {**expected}
    if DESCRIPTION_FILE in others:
        document.pop("description", None)
        expected["description"] = entry.resource.description
    name = f"{entry.stem}.{present.extension}"
    for text in edit(present.text, document, tags, is_json=present.is_json):
        yield _Attempt({name: text.encode(), **others}, expected, keeps_order=False)


def _apart(entry: Entry, pieces: Sequence[Piece]) -> dict[str, bytes]:
    """Return the file of a description that is long, or has one already."""
    text = entry.resource.description
    if (
        entry.row
        or not text
        or not is_readable(text)
        or any(piece.path == ("description",) for piece in pieces)
    ):
        return {}
    if present := entry.present:
        is_apart = present.has_description_file or (
            _is_long(text) and not _is_long(present.resource.description) and not present.is_json
        )
    else:
        is_apart = _is_long(text)
    return {DESCRIPTION_FILE: f"{text}\n".encode()} if is_apart else {}


def _is_long(text: str) -> bool:
    return text.count("\n") >= _INLINE_LINES or len(text) > _INLINE_CHARACTERS


def _value_of(entry: Entry, reference: Reference) -> Json:
    """Return what a tag stands for that was there before."""
    assert entry.present is not None
    written = (reference.tag, reference.target)
    path = next(path for path, tag in entry.present.filled.items() if tag == written)
    found: Json = value_at(entry.present.document, path)
    return found


def _reads_back(entry: Entry, attempt: _Attempt) -> bool:
    name, expected = next(iter(attempt.files)), attempt.expected
    folder = entry.stem.split("/")[:-1]

    def resolve(reference: Reference) -> Json:
        if reference.tag not in TAGS:
            return _value_of(entry, reference)
        file = below_folder(folder, reference.target)
        if file is None:
            # It stands elsewhere, and says so already.
            found: Json | Missing = value_at(expected, reference.path)
            return None if found is MISSING else found
        return resolve_reference(reference.tag, reference.target, attempt.files[file].decode())

    value = parse(attempt.files[name], name, resolve).value
    if not isinstance(value, dict):
        return False
    if DESCRIPTION_FILE in attempt.files:
        value["description"] = attempt.files[DESCRIPTION_FILE].decode().removesuffix("\n")
    if not attempt.keeps_order:
        return same(value, expected)
    return value.keys() == expected.keys() and verbatim(
        {key: value[key] for key in expected}
    ) == verbatim(expected)
