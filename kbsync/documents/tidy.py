"""The bytes of a YAML or JSON file in the style that pull writes, proven to say the same. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kbsync.canonical import verbatim
from kbsync.documents.document import Document, is_json, parse
from kbsync.documents.json_writer import dump_json
from kbsync.documents.nodes import UnsafeError
from kbsync.documents.tags import Resolver
from kbsync.documents.text import decode
from kbsync.documents.tidy_yaml import relaid
from kbsync.model import Json, JsonObject


def tidied(
    data: bytes, name: str, order: Sequence[str], *, resolve: Resolver | None = None
) -> bytes | None:
    """Return what *data* should look like; None when it has a form that cannot be laid out anew.

    Args:
        data: A file without problems.
        name: Its name in the tree.
        order: Of the keys of the document itself. All others keep their order: it is content.
        resolve: As for `parse`.
    """
    before = parse(data, name, resolve)
    for attempt in _attempts(data, name, order, before):
        after = parse(attempt, name, resolve)
        if not after.problems and _said(before, order) == _said(after, order):
            return attempt
    return None


def _attempts(data: bytes, name: str, order: Sequence[str], before: Document) -> Iterator[bytes]:
    if is_json(name):
        yield dump_json(_ordered(before.value, order))
        return
    text = decode(data, name).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    # An alias may not come before its anchor, so not every document can change its order.
    for keys in (order, ()):
        try:
            yield relaid(text, keys).encode()
        except (UnsafeError, ValueError, RecursionError):
            return


def _said(document: Document, order: Sequence[str]) -> tuple[str, list[tuple[str, str, str]]]:
    """Return what *document* says, what tags stand for included, whatever its own order is."""
    tags = sorted((str(each.path), each.tag, each.target) for each in document.references)
    return verbatim(_ordered(document.value, order)), tags


def _ordered(value: Json, order: Sequence[str]) -> Json:
    if not isinstance(value, dict):
        return value
    known: JsonObject = {key: value[key] for key in order if key in value}
    return known | value
