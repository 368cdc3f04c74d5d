"""The first rows of a table as aligned text, as CSV and as JSON. Pure."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence

from kbsync.model import Json
from kbsync.render.lines import Line, Role, inert_line, plural, printable
from kbsync.tables.preview import Cell, Page

FORMAT_VERSION = 1
NULL = "(null)"
_CUT = "…"
_GAP = 2
_NARROWEST, _WIDEST = 8, 60


def preview_lines(page: Page, width: int) -> list[Line]:
    """Return the rows as columns of text in at most *width* places of a terminal.

    Long values are cut, and what is right of the last column that fits is left out and counted.
    """
    cells = [[_shown(cell) for cell in row] for row in page.rows]
    head = [printable(name) for name in page.columns]
    needed = [
        min(_WIDEST, max(text_width(row[at]) for row in [head, *cells])) for at in range(len(head))
    ]
    widths = _fitted(needed, width)
    lines = [Line(_line(head, widths), Role.HEADING)]
    lines += [Line(_line(row, widths)) for row in cells]
    if not cells:
        lines.append(Line("(no rows)", Role.MUTED))
    left_out = len(head) - len(widths)
    if left_out:
        names = ",".join(head[len(widths) :][:2])
        told = f"{plural(left_out, 'more column')}, such as --columns {names}"
        lines.append(Line(told, Role.MUTED))
    return [inert_line(line) for line in lines]


def _shown(cell: Cell) -> str:
    if cell.value is None:
        return NULL
    return printable(cell.value) + (f" {_CUT}" if cell.is_cut else "")


def _fitted(needed: Sequence[int], width: int) -> list[int]:
    """Return how wide the columns may be, the widest giving way first; fewer if need be."""
    kept = list(needed)
    while len(kept) > 1 and _total([min(each, _NARROWEST) for each in kept]) > width:
        kept.pop()
    caps = range(max(kept, default=0), _NARROWEST, -1)
    fits = (cap for cap in caps if _total([min(each, cap) for each in kept]) <= width)
    cap = next(fits, _NARROWEST)
    return [min(each, cap) for each in kept]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    fitted = [_fit(text, width) for text, width in zip(cells, widths, strict=False)]
    return (" " * _GAP).join(fitted).rstrip()


def _fit(text: str, width: int) -> str:
    if text_width(text) <= width:
        return text + " " * (width - text_width(text))
    kept, used = "", 0
    for char in text:
        used += text_width(char)
        if used > width - 1:
            break
        kept += char
    return kept + _CUT + " " * (width - 1 - text_width(kept))


def text_width(text: str) -> int:
    """Return how many places of a terminal *text* takes: two for most East Asian letters."""
    if text.isascii():
        return len(text)
    return sum(_places(char) for char in text)


def _places(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def preview_csv(page: Page) -> str:
    """Return the rows as the platform writes CSV: every value in quotes, NULL as nothing."""
    rows = [page.columns, *([cell.value or "" for cell in row] for row in page.rows)]
    return "".join(f"{','.join(_quoted(value) for value in row)}\n" for row in rows)


def harmless(text: str) -> str:
    """Return *text* with every control character but the ends of lines spelled out."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def preview_json(table_id: str, page: Page) -> str:
    """Return the rows for programs, NULL as null; `cut` tells which values are longer."""
    cut: list[Json] = [
        {"row": at, "column": column}
        for at, row in enumerate(page.rows)
        for column, cell in zip(page.columns, row, strict=True)
        if cell.is_cut
    ]
    return (
        json.dumps(
            {
                "formatVersion": FORMAT_VERSION,
                "table": table_id,
                "columns": list(page.columns),
                "rows": [[cell.value for cell in row] for row in page.rows],
                "cut": cut,
            },
            indent=2,
        )
        + "\n"
    )
