"""Names of columns as the platform makes them of a header; a header against a table. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

_LONGEST = 64


def folded(text: str) -> str:
    """Return a header's cell as the name of a column: without accents, other signs underscores."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if char.isascii())
    return re.sub(r"\W+", "_", plain, flags=re.ASCII).strip("_")


def flaws(header: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Tell what no table can have as its columns: what is wrong, what to do."""
    seen: set[str] = set()
    for place, cell in enumerate(header, 1):
        name = folded(cell)
        if not name:
            yield f"column {place} of the header has no name", "give it one"
        elif len(name) > _LONGEST:
            yield (
                f"the name of column {place} has {len(name)} characters, at most {_LONGEST} may be",
                "shorten it",
            )
        elif name.lower() in seen:
            yield f"column {place} of the header, '{name}', is there twice", "rename one of them"
        seen.add(name.lower())


def missing_columns(columns: Sequence[str], header: Sequence[str]) -> tuple[str, ...]:
    """Return those of a table's *columns* that no cell of *header* names.

    Case is no difference: whether it is one to the platform depends on the backend, and this must
    not refuse what would be taken.
    """
    given = {folded(cell).lower() for cell in header}
    return tuple(name for name in columns if name.lower() not in given)


def extra_columns(columns: Sequence[str], header: Sequence[str]) -> tuple[str, ...]:
    """Return what *header* names beyond *columns*."""
    known = {name.lower() for name in columns}
    return tuple(folded(cell) for cell in header if folded(cell).lower() not in known)
