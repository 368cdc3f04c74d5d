"""Where secrets sit in a configuration, and how they are hidden. Pure.

Two places hold secrets: values under a key that starts with `#`, and the `value` of an object whose
`name` starts with `#` (the rows of variables configurations).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kbsync.canonical import digest
from kbsync.model import Json, JsonPath

# Bounded, so that no text takes long to look through.
_SCOPE = r"KBC::(?:[A-Za-z]{1,40}Secure[A-Za-z]{0,20}::|(?:Component(?:Project)?)?Encrypted==)"
_CIPHERTEXT = re.compile(_SCOPE + r"\S+")
# Inside longer text a ciphertext ends at the quote or bracket of the language around it.
_EMBEDDED_CIPHERTEXT = re.compile(_SCOPE + r"""[^\s"'`\\,;<>()\[\]{}]+""")
_PLACEHOLDER = re.compile(r"\{\{\s*vault\.[^{}\s]+\s*\}\}")

_FINGERPRINT_LENGTH = 8


def is_ciphertext(text: str) -> bool:
    """Whether *text* as a whole is what the encryption service returns, today or years ago."""
    return _CIPHERTEXT.fullmatch(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether *text* is a `{{ vault.name }}` reference, which the platform fills in at run time."""
    return _PLACEHOLDER.fullmatch(text) is not None


def is_plain_text(text: str) -> bool:
    """Whether *text* in the place of a secret would tell it. An empty string tells nothing."""
    return text != "" and not is_ciphertext(text) and not is_placeholder(text)


def is_secret_key(key: str | int) -> bool:
    return isinstance(key, str) and key.startswith("#")


def plain_secrets(value: Json) -> list[JsonPath]:
    """Return the paths, in order, of plain text and numbers where ciphertext should stand.

    Everything below a `#key` counts, also what the encryption service would leave as it is.
    """
    return list(_plain_secrets(value, (), is_secret=False))


def _plain_secrets(value: Json, path: JsonPath, *, is_secret: bool) -> Iterator[JsonPath]:
    if isinstance(value, dict):
        for key, item in value.items():
            inside = is_secret or holds_secret(value, key)
            if inside or isinstance(item, dict | list):
                yield from _plain_secrets(item, (*path, key), is_secret=inside)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if is_secret or isinstance(item, dict | list):
                yield from _plain_secrets(item, (*path, index), is_secret=is_secret)
    elif is_secret and (is_plain_text(value) if isinstance(value, str) else _is_number(value)):
        yield path


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def mask(value: Json) -> Json:
    """Return a copy of *value* that may be shown.

    A ciphertext becomes a short fingerprint of itself, so that a reader sees that it changed. Plain
    text gets no fingerprint: a hash of a weak password can be guessed.
    """
    match value:
        case dict():
            return {
                key: _mask_secret(item) if holds_secret(value, key) else mask(item)
                for key, item in value.items()
            }
        case list():
            return [mask(item) for item in value]
        case str():
            return mask_text(value)
        case _:
            return value


def mask_text(text: str) -> str:
    """Return *text* with every ciphertext in it replaced by its fingerprint."""
    if "KBC::" not in text:
        return text
    if text.startswith("KBC::"):
        return _shown(text)
    return _EMBEDDED_CIPHERTEXT.sub(lambda found: _fingerprint(found[0]), text)


def _mask_secret(value: Json) -> Json:
    match value:
        case dict():
            return {key: _mask_secret(item) for key, item in value.items()}
        case list():
            return [_mask_secret(item) for item in value]
        case str():
            return value if value == "" or is_placeholder(value) else _shown(value)
        case None:
            return None
        case _:
            return _PLAIN_TEXT


def holds_secret(holder: dict[str, Json], key: str) -> bool:
    return is_secret_key(key) or (key == "value" and _names_secret(holder))


def _names_secret(holder: dict[str, Json]) -> bool:
    name = holder.get("name")
    return isinstance(name, str) and name.startswith("#")


MASKED = "(secret) "
"""How every masked value starts."""

_PLAIN_TEXT = f"{MASKED}plain text"


def _shown(text: str) -> str:
    return _fingerprint(text) if is_ciphertext(text) else _PLAIN_TEXT


def _fingerprint(ciphertext: str) -> str:
    return f"{MASKED}c:{digest(ciphertext)[:_FINGERPRINT_LENGTH]}"
