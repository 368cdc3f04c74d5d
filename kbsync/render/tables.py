"""Columns of text under a line of headings. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kbsync.render.lines import Line, Role


def table_lines(
    head: Sequence[str], rows: Sequence[Sequence[str]], roles: Sequence[Role] = ()
) -> list[Line]:
    """Return a line for *head* and for each of *rows*; *roles* are those of the rows."""
    table = [head, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    given = [Role.HEADING, *(roles or [Role.PLAIN] * len(rows))]
    return [Line(_line(row, widths), role) for row, role in zip(table, given, strict=True)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return "  ".join(padded).rstrip()
