"""Which files are laid out anew, and how they looked before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff

from kbsync.render.lines import Line, Role, inert_line, plural, printable
from kbsync.secrets import mask_text


def untidy_lines(files: Sequence[str], *, tidy: int, is_done: bool) -> Iterator[Line]:
    """Yield the names of *files* and the counts; *tidy* is how many others there are."""
    for file in files:
        yield Line(file)
    what = "laid out anew" if is_done else "to be laid out anew"
    yield Line(f"{plural(len(files), 'file')} {what}, {tidy} as they should be.")


def diff_lines(file: str, before: bytes, after: bytes) -> Iterator[Line]:
    """Yield what changes in a file, ciphertexts as fingerprints; line breaks alone do not show."""
    old, new = (_lines(data) for data in (before, after))
    yield Line(f"--- {file}", Role.HEADING)
    yield Line(f"+++ {file}", Role.HEADING)
    found = [*unified_diff(old, new, lineterm="")][2:]
    for line in found:
        yield inert_line(Line(line, _ROLES.get(line[:1], Role.PLAIN)))
    if not found:
        yield Line("only line breaks, or blanks at the ends of the file", Role.MUTED)


_ROLES = {"+": Role.ADDED, "-": Role.REMOVED, "@": Role.MUTED}


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    return [printable(mask_text(line)) for line in text.split("\n")]
