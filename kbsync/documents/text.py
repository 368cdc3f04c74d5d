"""The bytes of a file to text, or what is wrong with them. Pure."""

from __future__ import annotations

import re

from kbsync.problems import Problem, ProblemError

MAX_BYTES = 10_000_000

_UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_CONFLICT_STARTS = re.compile(r"^<{7} ", re.MULTILINE)
_CONFLICT_ENDS = re.compile(r"^>{7} ", re.MULTILINE)
_CONFLICT_MIDDLES = re.compile(r"^={7}\r?$", re.MULTILINE)


def decode(data: bytes, name: str) -> str:
    """Return the text of a file exactly: no newline translated, a UTF-8 BOM kept.

    Raises:
        ProblemError: It is too big, not UTF-8, or holds a NUL character.
    """
    if len(data) > MAX_BYTES:
        what = f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are read"
        raise ProblemError(Problem(name, 0, 0, what, "split it or move data out of it"))
    if data.startswith(_UTF_16_BOMS):
        what = "the file is UTF-16; UTF-8 was expected"
        raise ProblemError(Problem(name, 1, 1, what, "save it as UTF-8"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"byte 0x{data[error.start]:02X} is not UTF-8"
        before = data[: error.start].decode("utf-8")
        where = place(before, len(before))
        raise ProblemError(Problem(name, *where, what, "save the file as UTF-8")) from None
    if (index := text.find("\0")) >= 0:
        what = "a NUL character; text was expected"
        todo = "remove it, or save the file as UTF-8"
        raise ProblemError(Problem(name, *place(text, index), what, todo))
    return text


def conflicts(text: str, name: str) -> list[Problem]:
    """Return a problem for each merge conflict left in a YAML or JSON document."""
    return conflicts_in_prose(text, name) or _at_first(_CONFLICT_MIDDLES, text, name)


def conflicts_in_prose(text: str, name: str) -> list[Problem]:
    """Return a problem for each merge conflict left in SQL, code or a description.

    A line of seven `=` alone is no marker here: it underlines headings.
    """
    starts = [_conflict(text, match.start(), name) for match in _CONFLICT_STARTS.finditer(text)]
    return starts or _at_first(_CONFLICT_ENDS, text, name)


def _at_first(marker: re.Pattern[str], text: str, name: str) -> list[Problem]:
    match = marker.search(text)
    return [_conflict(text, match.start(), name)] if match else []


def _conflict(text: str, index: int, name: str) -> Problem:
    todo = "mend the conflict and remove the marker lines"
    return Problem(name, *place(text, index), "a merge-conflict marker", todo)


def place(text: str, index: int) -> tuple[int, int]:
    """Return line and column, both from 1, of the character at *index*."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def shown(text: str) -> str:
    """Return *text* quoted for a message: one line, printable, not longer than 60 characters."""
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
