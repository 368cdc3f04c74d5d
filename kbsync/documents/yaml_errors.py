"""What libyaml says about a syntax error, in plain words and at the place to mend. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from kbsync.problems import Problem


@dataclass(frozen=True, slots=True)
class _Wording:
    found: str
    """Part of what libyaml says went wrong, or of what it was doing."""
    what: str
    todo: str
    at_start: bool = False
    """Whether the place to mend is where the broken thing starts, not where it broke."""


_QUOTE = "put the text in quotes"
_INDENT = "indent it like its neighbours, with spaces"

_WORDINGS = (
    _Wording("tab character", "a tab in the indentation", "indent with spaces"),
    _Wording(
        "found unexpected end of stream",
        "a quoted text that is never closed",
        "add the closing quote",
        at_start=True,
    ),
    _Wording(
        "found unexpected document indicator",
        "a quoted text that is not closed before the line `---` or `...`",
        "add the closing quote",
        at_start=True,
    ),
    _Wording(
        "found unknown escape character",
        "a backslash in double quotes that starts no known escape",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    _Wording(
        "found invalid Unicode character escape code",
        "an escape that is no character",
        "write the character itself, or all of it as \\UXXXXXXXX",
    ),
    _Wording(
        "did not find expected ',' or ']'",
        "a list in `[` that is not closed, or lacks a comma",
        "add the `]` or the comma; put text that holds [ ] { } or , in quotes",
        at_start=True,
    ),
    _Wording(
        "did not find expected ',' or '}'",
        "a mapping in `{` that is not closed, or lacks a comma",
        "add the `}` or the comma; put text that holds [ ] { } or , in quotes",
        at_start=True,
    ),
    _Wording(
        "mapping values are not allowed",
        "a `:` where no key can be: text that holds `: `, or wrong indentation",
        "put the text in quotes, or indent the key like its neighbours",
    ),
    _Wording(
        "block sequence entries are not allowed",
        "a `- ` where no list item can be",
        "start the list on a line of its own, or put the text in quotes",
    ),
    _Wording(
        "could not find expected ':'",
        "a line without `:` where `key: value` was expected",
        "add the colon, or indent the line if it belongs to the text above",
        at_start=True,
    ),
    _Wording(
        "did not find expected key",
        "something that is not a key: wrong indentation, or text behind a value",
        f"{_INDENT}, or put the whole text in quotes",
    ),
    _Wording("did not find expected '-' indicator", "a list item was expected here", _INDENT),
    _Wording("did not find expected alphabetic", "text that starts with `&` or `*`", _QUOTE, True),
    _Wording("while scanning a tag", "text that starts with `!` but is no tag", _QUOTE, True),
    _Wording("while parsing a tag", "text that starts with `!` but is no tag", _QUOTE, True),
    _Wording("found undefined tag handle", "text that starts with `!` but is no tag", _QUOTE),
    _Wording(
        "did not find expected comment or line break",
        "text behind `|` or `>`; a multi-line text starts on the next line",
        "move it to the next line, indented",
    ),
    _Wording(
        "did not find expected node content",
        "no value where one was expected",
        "write it or close the bracket; put text that starts with one of [ ] { } , in quotes",
    ),
    _Wording(
        "did not find expected <document start>",
        "something behind the end of the document",
        "remove it, or indent it like its neighbours",
    ),
    _Wording(
        "found incompatible YAML document",
        "a YAML version that is not 1.1 or 1.2",
        "remove `%YAML`",
    ),
)

_CANNOT_START = "found character that cannot start any token"


def explain(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    """Return what *error* means for the person who wrote *text*; libyaml's words when rare."""
    said = f"{error.problem or ''} {error.context or ''}"
    end = error.problem_mark or error.context_mark
    start = error.context_mark or end
    if _CANNOT_START in said and end is not None:
        character = text[end.index : end.index + 1]
        wording = _tab_or_symbol(character)
    else:
        wording = next((item for item in _WORDINGS if item.found in said), None) or _Wording(
            "", said.strip(), "mend the YAML here"
        )
    mark = start if wording.at_start else end
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return Problem(name, line, column, wording.what, wording.todo)


def _tab_or_symbol(character: str) -> _Wording:
    if character in "\t-?:":
        return _Wording("", "a tab in the indentation", "indent with spaces")
    return _Wording("", f"text cannot start with `{character}` without quotes", _QUOTE)
