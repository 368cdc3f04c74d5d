"""Colours for SQL, Python, R and JSON: what is a keyword, a string, a comment, a number. Pure.

Good enough to read by; it never fails and takes linear time on any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kbsync.render.lines import Span

Piece = tuple[str, str]
"""A class (`""` for plain text) and the text."""

LONGEST = 200_000
"""A longer text stays without colours."""

_SQL_WORDS = """
    add all alter and any array as asc begin between boolean by call case cast char cluster column
    commit constraint copy create cross current date decimal declare default delete desc describe
    distinct double drop else end escape except execute exists explain external false fetch float
    for foreign from full function grant group having if ilike in inner insert int integer intersect
    interval into is join key lateral left like limit merge natural not null nulls number numeric of
    offset on or order outer over partition pivot primary procedure qualify range references replace
    returning returns revoke right rollback row rows schema select sequence set show string table
    temp temporary then timestamp to transient true truncate union unique unpivot update use using
    values varchar variant view warehouse when where window with
"""
_PYTHON_WORDS = """
    False None True and as assert async await break case class continue def del elif else except
    finally for from global if import in is lambda match nonlocal not or pass raise return try while
    with yield
"""
_R_WORDS = """
    FALSE Inf NA NULL NaN TRUE break else for function if in library next repeat return while
"""
# Each kind of token may end with the text, so that none is looked for in vain again and again.
_STRING = r"'(?:[^'\\]|''|\\[\s\S]?)*+(?:'|\Z)"
_PYTHON_STRING = (
    r"'''(?:[^\\]|\\[\s\S]?)*?(?:'''|\Z)"
    r'|"""(?:[^\\]|\\[\s\S]?)*?(?:"""|\Z)'
    r"|'(?:[^'\\\n]|\\[\s\S]?)*'?"
    r'|"(?:[^"\\\n]|\\[\s\S]?)*"?'
)
_NUMBER = r"\b\d[\w.]*"
_TOKENS = {
    "sql": (
        rf"(?P<c>--[^\n]*|/\*[\s\S]*?(?:\*/|\Z))|(?P<s>{_STRING}|\$\$[\s\S]*?(?:\$\$|\Z))"
        rf'|"[^"]*(?:"|\Z)|(?P<n>{_NUMBER})|(?P<w>[^\W\d]\w*)'
    ),
    "python": rf"(?P<c>\#[^\n]*)|(?P<s>{_PYTHON_STRING})|(?P<n>{_NUMBER})|(?P<w>[^\W\d]\w*)",
    "r": (
        rf"(?P<c>\#[^\n]*)|(?P<s>'(?:[^'\\]|\\[\s\S]?)*+(?:'|\Z)"
        rf'|"(?:[^"\\]|\\[\s\S]?)*+(?:"|\Z))|(?P<n>{_NUMBER})|(?P<w>[^\W\d][\w.]*)'
    ),
    "json": rf'(?P<s>"(?:[^"\\\n]|\\[\s\S]?)*"?)|(?P<n>-?{_NUMBER})|(?P<w>[a-z]+)',
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _TOKENS.items()}
_WORDS = {
    "sql": {*_SQL_WORDS.split()},
    "python": {*_PYTHON_WORDS.split()},
    "r": {*_R_WORDS.split()},
    "json": {"true", "false", "null"},
}


def language_of(file: str, component_id: str, text: str) -> str:
    """Guess the language of *text*: `sql`, `python`, `r`, `json`, or `""`."""
    suffix = file.rpartition(".")[2].lower()
    if suffix in ("sql", "json", "r"):
        return suffix
    if suffix == "py" or "python" in component_id:
        return "python"
    if "r" in re.split(r"[.-]", component_id):
        return "r"
    if text.lstrip()[:1] in ("{", "["):
        return "json"
    return "sql" if "transformation" in component_id else ""


def highlighted(text: str, language: str) -> list[list[Piece]]:
    """Return the pieces of each line of *text*."""
    if language not in _PATTERNS or len(text) > LONGEST:
        return [[("", line)] for line in text.split("\n")]
    lines: list[list[Piece]] = [[]]
    for name, token in _tokens(text, language):
        first, *rest = token.split("\n")
        lines[-1].append((name, first))
        lines += [[(name, part)] for part in rest]
    return lines


def painted(text: str, file: str, component_id: str) -> list[tuple[Span, ...]]:
    """Return where the lines of *text* have colours, whatever its language turns out to be."""
    return [
        tuple(_spans(pieces)) for pieces in highlighted(text, language_of(file, component_id, text))
    ]


def _spans(pieces: list[Piece]) -> Iterator[Span]:
    start = 0
    for name, text in pieces:
        if name and text:
            yield start, start + len(text), name
        start += len(text)


def _tokens(text: str, language: str) -> Iterator[Piece]:
    end = 0
    for found in _PATTERNS[language].finditer(text):
        if found.start() > end:
            yield "", text[end : found.start()]
        yield _class(found, language), found[0]
        end = found.end()
    if end < len(text):
        yield "", text[end:]


def _class(found: re.Match[str], language: str) -> str:
    kind = found.lastgroup or ""
    if kind != "w":
        return kind
    word = found[0].lower() if language == "sql" else found[0]
    return "k" if word in _WORDS[language] else ""
