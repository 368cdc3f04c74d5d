"""Which content of an object is meant: a recorded version, what is live, or the files. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TypeAlias

from kbsync.errors import UsageError


class Place(StrEnum):
    """Where a content stands that has no number."""

    LIVE = "live"
    FILES = "files"


Moment: TypeAlias = int | Place
"""The number of a recorded version, or a place."""


def parse_moment(text: str) -> Moment:
    """Return what *text* means: `12`, `v12`, `live` or `files`.

    Raises:
        UsageError: It is none of these.
    """
    if text in _PLACES:
        return Place(text)
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise UsageError(f"'{text}' is no version; expected a number, live or files")
    return int(found[1])


_PLACES = tuple(map(str, Place))
_NUMBER = re.compile(r"v?([0-9]{1,18})")


def split_moment(text: str) -> tuple[str, Moment | None]:
    """Split `OBJECT@VERSION`; None when there is no version.

    A name may hold an `@` of its own, so only what reads as a version counts as one.
    """
    object_, at, version = text.rpartition("@")
    if at and object_ and (version in _PLACES or _NUMBER.fullmatch(version)):
        return object_, parse_moment(version)
    return text, None


def moment_text(moment: Moment) -> str:
    """Return `v12`, `live` or `files`."""
    return str(moment) if isinstance(moment, Place) else f"v{moment}"
