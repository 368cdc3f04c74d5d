"""The text of a code file to the list of statements a component wants, and back. Pure.

A file has one of two forms. The natural one is what a person writes: SQL statements, each with
its `;`, a blank line between them; in other languages the whole file is the one element. A list
that this cannot express (an element without `;`, with blanks around it, ...) takes the explicit
form: its first line is `-- kbsync: separator`, and lines of that text separate the elements.

Which comment sign that line has (`--` or `#`) also says which language it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kbsync.documents.alignment import align
from kbsync.model import Json

_BLANKS = " \t\r\n"
_COMMENTS = r"--[^\n]*+|(?<![:/])//[^\n]*+|/\*.*?(?:\*/|\Z)"
_TOKEN = re.compile(
    r"'(?:[^'\\]|\\(?:.|\Z))*+(?:'|\Z)"  # Snowflake and BigQuery escape by a backslash
    r'|"[^"]*+(?:"|\Z)'
    r"|`[^`]*+(?:`|\Z)"
    r"|(?<!\w)\$(?P<tag>\w{0,40})\$.*?(?:\$(?P=tag)\$|\Z)"
    rf"|{_COMMENTS}"
    r"|(?P<end>;)"
    r"|^[ \t]*+(?P<placeholder>\{\{[ \w-]+\}\})[ \t\r]*+$",
    re.DOTALL | re.MULTILINE,
)
"""What may hold a semicolon without ending a statement, and what ends one."""
_NO_CODE = re.compile(rf"(?:[{_BLANKS}]|{_COMMENTS})*+", re.DOTALL)
_CONTENT = re.compile(rf"[^{_BLANKS}]")


def resolve_reference(tag: str, target: str, text: str) -> Json:
    """Return what `!file` or `!statements` stands for, *text* being that of the file *target*."""
    if tag == "!statements":
        return [*split(text, comment=comment_of(target))]
    return text


def comment_of(target: str) -> str:
    """Return the sign that starts a comment in a file of this name."""
    return "--" if target.lower().endswith(".sql") else "#"


def split(text: str, *, comment: str = "--") -> list[str]:
    """Return the elements of the file *text*, in either form."""
    first_line, _, rest = text.partition("\n")
    if _is_separator(first_line, comment):
        return _split_explicit(rest, comment)
    return _split_sql(text) if comment == "--" else [text]


def join(statements: Sequence[str], *, comment: str = "--") -> str | None:
    """Return the text that `split` takes for exactly *statements*, or None if there is none."""
    separator = _separator(comment)
    natural = "\n\n".join(statements) + "\n" if comment == "--" else "".join(statements)
    explicit = separator + "\n" + f"{separator}\n".join(f"{item}\n" for item in statements)
    for text in (natural, explicit):
        if split(text, comment=comment) == list(statements):
            return text
    return None


def rejoin(text: str, statements: Sequence[str], *, comment: str = "--") -> str | None:
    """Return the text for *statements* that keeps what stands between those that *text* has.

    That is blank lines, line ends and the form; `join` where it cannot be kept.
    """
    newline = "\r\n" if "\r\n" in text and text.count("\n") == text.count("\r\n") else "\n"
    if split(text, comment=comment) == list(statements):
        return text
    found = join(statements, comment=comment)
    if comment != "--" or _is_separator(text.partition("\n")[0], comment):
        return found
    old = _split_sql(text)
    gaps = _gaps(text, old)
    matched = align([*old], [*statements])
    parts = [gaps[0]]
    for index, statement in enumerate(statements):
        before, this = (matched[index - 1] if index else None), matched[index]
        is_next = before is not None and this == before + 1
        if index:
            parts.append(gaps[this] if is_next and this is not None else newline * 2)
        parts.append(statement)
    kept = "".join([*parts, gaps[-1] if old else newline])
    return kept if split(kept, comment=comment) == list(statements) else found


def _gaps(text: str, statements: Sequence[str]) -> list[str]:
    """Return what stands before, between and behind the *statements* of *text*."""
    found, start = [], 0
    for statement in statements:
        index = text.index(statement, start)
        found.append(text[start:index])
        start = index + len(statement)
    return [*found, text[start:]]


def _separator(comment: str) -> str:
    return f"{comment} kbsync: separator"


def _is_separator(line: str, comment: str) -> bool:
    return line.rstrip(_BLANKS) == _separator(comment)


def _split_explicit(text: str, comment: str) -> list[str]:
    if not text:
        return []
    elements: list[list[str]] = [[]]
    for line in text.removesuffix("\n").split("\n"):
        if _is_separator(line, comment):
            elements.append([])
        else:
            elements[-1].append(line)
    return ["\n".join(lines) for lines in elements]


def _split_sql(text: str) -> list[str]:
    starts, ends = [_skip_blanks(text, 0)], []
    for match in _TOKEN.finditer(text):
        alone = match["placeholder"] and match.start("placeholder") == starts[-1]
        if match["end"] or alone:
            ends.append(match.end())
            starts.append(_skip_blanks(text, match.end()))
    rest = starts.pop()
    if rest < len(text):
        if ends and _NO_CODE.fullmatch(text, rest):
            ends[-1] = len(text)  # a closing comment is no statement: warehouses refuse it
        else:
            starts.append(rest)
            ends.append(len(text))
    return [text[start:end].rstrip(_BLANKS) for start, end in zip(starts, ends, strict=True)]


def _skip_blanks(text: str, start: int) -> int:
    match = _CONTENT.search(text, start)
    return match.start() if match else len(text)
