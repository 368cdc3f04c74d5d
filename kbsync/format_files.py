"""The files of a tree in the style that pull writes, their meaning and comments as they were."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kbsync.canonical import canonical
from kbsync.compare.json_text import mask_inside
from kbsync.documents.document import Document, parse
from kbsync.documents.tags import FORMAT, Reference
from kbsync.documents.tidy import tidied
from kbsync.errors import InvalidFilesError
from kbsync.model import Json
from kbsync.problems import ProblemError
from kbsync.secrets import PLAIN_TEXT
from kbsync.settings import settings_file
from kbsync.tree.files import read_bytes, shown_path
from kbsync.tree.layout import arrange
from kbsync.tree.scan import scan

_RESOURCE = (
    *("id", "name", "description", "isDisabled"),
    *("rowsSortOrder", "resetState", "metadata", "configuration"),
)
ORDERS: Mapping[str, Sequence[str]] = {
    "project": (
        *("version", "default_environment", "environments"),
        *("scope", "protect", "ignore", "limits", "extract"),
    ),
    "configuration": _RESOURCE,
    "row": _RESOURCE,
}
"""The order of a document's own keys, by what it declares: that in which pull writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untidy:
    """A file that looks otherwise than pull would write it."""

    file: str
    """Relative to the tree."""
    before: bytes
    after: bytes
    has_plain_secrets: bool
    """Whether what stands in it may not be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What there is to do."""

    untidy: tuple[Untidy, ...]
    odd: tuple[str, ...]
    """Files, as shown, of a form that cannot be laid out anew; there is nothing wrong with it."""
    tidy: int
    """How many are as they should be."""


def known_files(root: Path, environments: Collection[str] | None) -> dict[str, str]:
    """Return every file of the tree that has a style, with what it declares.

    *environments* are those that files may be for; None when nobody knows.

    Raises:
        InvalidFilesError: It is not known which file holds the settings.
    """
    try:
        settings = settings_file(root)
    except ProblemError as error:
        raise InvalidFilesError([error.problem]) from None
    found = {settings: "project"} if settings else {}
    for place in arrange(scan(root), environments).places:
        found[place.config_file] = "configuration"
        found |= dict.fromkeys(place.row_files, "row")
        found |= {each.file: found[each.over] for each in place.overlays}
    return found


def look(root: Path, files: Mapping[str, str]) -> Looked:
    """Return what of *files*, as `known_files` gives them, is to be laid out anew.

    What they mean is not looked at: a file may be tidied before it is valid.

    Raises:
        InvalidFilesError: With every reason why one cannot be read.
    """
    untidy, odd, problems = [], [], []
    for file, kind in files.items():
        try:
            data = read_bytes(root, file)
        except ProblemError as error:
            problems.append(error.problem)
            continue
        resolve = None if kind == "project" else _as_written
        document = parse(data, shown_path(file), resolve)
        problems += document.problems
        if document.problems:
            continue
        after = tidied(data, shown_path(file), ORDERS[kind], resolve=resolve)
        if after is None:
            odd.append(shown_path(file))
        elif after != data:
            untidy.append(
                Untidy(
                    file=file, before=data, after=after, has_plain_secrets=_has_secrets(document)
                )
            )
    if problems:
        raise InvalidFilesError(sorted(problems))
    tidy = len(files) - len(untidy) - len(odd)
    return Looked(untidy=tuple(untidy), odd=tuple(odd), tidy=tidy)


def _as_written(reference: Reference) -> Json:
    """Return the text behind a tag that has one of its own. What stands elsewhere stays there."""
    return reference.target if reference.tag == FORMAT else None


def _has_secrets(document: Document) -> bool:
    """Whether *document* holds a secret that is not encrypted, also inside texts of JSON."""
    shown = canonical(mask_inside(document.value))
    return shown.count(PLAIN_TEXT) > canonical(document.value).count(PLAIN_TEXT)
