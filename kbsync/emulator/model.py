"""Configurations, rows and their versions as values. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The token behind a write."""

    id: int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one version of a configuration says."""

    name: str
    description: str = ""
    configuration: str = "{}"
    """JSON text, as `jsontext.tidy` spells it."""
    is_disabled: bool = False
    rows_sort_order: tuple[str, ...] = ()
    """Empty: never sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContent:
    """What one version of a row says."""

    name: str = ""
    description: str = ""
    configuration: str = "{}"
    is_disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When, by whom and why a version was made."""

    message: str
    created: str
    author: Author
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration at one of its versions, normally the newest."""

    pk: int
    branch_id: int
    component_id: str
    id: str
    created: str
    creator: Author
    state: str
    is_deleted: bool
    version: int
    content: Content
    stamp: Stamp
    list_message: str = ""
    """The message in the versions list, where that differs from the configuration's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row at one of its versions, normally the newest."""

    pk: int
    id: str
    created: str
    creator: Author
    state: str
    version: int
    content: RowContent
    stamp: Stamp


def in_order(rows: Iterable[Row], sort_order: tuple[str, ...]) -> list[Row]:
    """Sorted rows first, as sorted; the others by their id, as text."""
    rank = {row_id: place for place, row_id in enumerate(sort_order)}
    return sorted(rows, key=lambda row: (rank.get(row.id, len(rank)), row.id))
