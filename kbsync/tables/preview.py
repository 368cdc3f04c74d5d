"""The first rows of a table, as the API shows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kbsync.errors import ApiError
from kbsync.model import Json

MOST_ROWS = 1000
"""That the API shows at once; there is no way to ask for those after them."""
MOST_CHARACTERS = 16_384
"""At which the API cuts a value off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    value: str | None
    """None is the database's NULL."""
    is_cut: bool = False
    """Whether the value is longer than what the API shows of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows of a table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def cut(self) -> int:
        """How many values the API has cut off."""
        return sum(cell.is_cut for row in self.rows for cell in row)


def read_page(found: Json) -> Page:
    """Read `GET tables/{id}/data-preview?format=json`.

    Raises:
        ApiError: It is of another form; a row that lacks a value counts as that.
    """
    page: Any = found
    try:
        columns = tuple(str(name) for name in page["columns"])
        rows = tuple(_row(columns, row) for row in page["rows"])
    except (TypeError, KeyError, ValueError):
        raise ApiError(
            "The Storage API answered in an unexpected form: the preview of a table",
            hint="Try again; if it stays, report it.",
        ) from None
    return Page(columns=columns, rows=rows)


def _row(columns: tuple[str, ...], row: Any) -> tuple[Cell, ...]:
    cells = {cell["columnName"]: cell for cell in row}
    return tuple(_cell(cells[name]) for name in columns)


def _cell(cell: Any) -> Cell:
    value = cell["value"]
    return Cell(
        value=None if value is None else str(value), is_cut=cell.get("isTruncated", False) is True
    )
