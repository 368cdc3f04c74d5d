"""The one table of what unquoted YAML text means, for the reader and the writer. Pure.

    null        null, ~, nothing at all        (Null, NULL)
    boolean     true, false                    (True, TRUE, False, FALSE)
    number      exactly what JSON calls a number
    string      everything else: yes, off, 010, 0x1F, 1_000, .5, 12:30, 2024-01-01

The writer quotes more than this table asks for: text that any reader of YAML 1.1 or 1.2 could
take for something else than a string.
"""

from __future__ import annotations

import re
from math import isinf

WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("-0123456789")

ALWAYS_ESCAPED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""What YAML forbids, what some of its versions take for a line break, and what changes the order
in which a reviewer sees the characters of a line. Tab, LF and CR depend on where they stand."""

_WORDS_OF_OTHERS = frozenset(
    ("null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan", "nil", "none")
)
_NUMBER_OF_OTHERS = re.compile(r"[-+.]*[0-9][-+.,:_0-9a-fA-FoOxXtTzZ ]*|[-+]?\.(?i:inf|nan)")
"""Any number, date or time of YAML 1.1, and more: quoting too much does no harm."""
_SAFE_START = re.compile(r"[^\W_]|[_/.+($;^<\\]")
_UNSAFE = re.compile(r": |:$| #|[\t\n\r]|^\.\.\.|^\W+$|\s$")


class NotRepresentableError(ValueError):
    """A number that this program could not keep exactly."""


def read_plain(text: str) -> bool | int | float | str | None:
    """Return what *text* means where it stands unquoted.

    Raises:
        NotRepresentableError: It is a number and too large.
    """
    if text in WORDS:
        return WORDS[text]
    if text[0] in _NUMBER_STARTS and (match := _NUMBER.fullmatch(text)):
        return _number(text, is_float=match.lastindex is not None)
    return text


def _number(text: str, *, is_float: bool) -> int | float:
    if not is_float:
        try:
            return int(text)
        except ValueError:
            raise NotRepresentableError("a whole number with too many digits") from None
    value = float(text)
    if isinf(value):
        raise NotRepresentableError("a number too large for a 64-bit float")
    return value


def is_plain_string(text: str) -> bool:
    """Whether *text* may stand unquoted in block style and be the same string to every reader."""
    return (
        _SAFE_START.match(text) is not None
        and _UNSAFE.search(text) is None
        and ALWAYS_ESCAPED.search(text) is None
        and text.lower() not in _WORDS_OF_OTHERS
        and _NUMBER_OF_OTHERS.fullmatch(text) is None
    )


def number_text(value: int | float) -> str:
    """Return *value* as every reader takes it for the same number.

    YAML 1.1 wants a point in a number with an exponent: `1.0e+16`, where Python says `1e+16`.

    Raises:
        ValueError: It is not finite.
    """
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    if "n" in text:
        raise ValueError(f"{text} is not a JSON number")
    if "e" in text and "." not in text:
        return text.replace("e", ".0e")
    return text
