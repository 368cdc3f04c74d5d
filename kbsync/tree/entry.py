"""A resource on its way to a document, and the texts that leave it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kbsync.documents.text import MAX_BYTES, conflicts_in_prose
from kbsync.model import JsonObject, JsonPath, Resource
from kbsync.tree.declared import document_of
from kbsync.tree.present import Present

_LFS_POINTER = "version https://git-lfs.github.com/spec/v1"


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource and the document it goes to."""

    resource: Resource
    stem: str
    """`config` or `rows/<row>`."""
    row: str
    """`""` for the configuration."""
    present: Present | None
    """What is there now, if it shall be kept."""

    def document(self) -> JsonObject:
        return document_of(self.resource)


@dataclass(frozen=True, slots=True)
class Piece:
    """A value that leaves its document."""

    path: JsonPath
    tag: str
    target: str
    """As the document names the file."""
    file: str = ""
    """`""` when it stands elsewhere and is not to be written."""
    text: str = ""


def below_folder(folder: Sequence[str], target: str) -> str | None:
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


def is_readable(text: str) -> bool:
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
