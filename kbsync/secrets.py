"""Where secrets sit in a configuration, and how they are hidden. Pure.

Two places hold secrets: values under a key that starts with `#`, and the `value` of an object whose
`name` starts with `#` (the rows of variables configurations). There, and only there, the text
`!env NAME` is a reference to an environment variable: no other plain text may stand in its way.
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
_OF_ONE_PROJECT = re.compile(
    r"KBC::(?:(?:Project(?:Wide)?)?(?:BranchType)?(?:Config)?Secure|ComponentProjectEncrypted==)"
)
_CLOUD = re.compile(r"KBC::[A-Za-z]{1,40}?Secure([A-Za-z]{0,20})::")
_CLOUDS = {"": "AWS", "KV": "Azure", "GKMS": "GCP"}
"""By the ending of the word before the second `::`."""
_OF_ONE_CONFIGURATION = re.compile(r"KBC::(?:BranchType)?ConfigSecure[A-Za-z]{0,20}::")
_REFERENCE = re.compile(r"!env ([A-Za-z_][A-Za-z0-9_]{0,254})")
_PLACEHOLDER = re.compile(r"\{\{\s*vault\.[^{}\s]+\s*\}\}")

_FINGERPRINT_LENGTH = 8


def is_ciphertext(text: str) -> bool:
    """Whether *text* as a whole is what the encryption service returns, today or years ago."""
    return _CIPHERTEXT.fullmatch(text) is not None


def is_of_one_project(ciphertext: str) -> bool:
    """Whether *ciphertext* can be decrypted in the project it was made for only."""
    return _OF_ONE_PROJECT.match(ciphertext) is not None


def is_of_one_configuration(ciphertext: str) -> bool:
    """Whether *ciphertext* can be decrypted in the configuration it was made for only."""
    return _OF_ONE_CONFIGURATION.match(ciphertext) is not None


def cloud_of(ciphertext: str) -> str:
    """Return the cloud whose keys decrypt *ciphertext*; `""` where that cannot be told."""
    found = _CLOUD.match(ciphertext)
    return _CLOUDS.get(found[1], "") if found else ""


def is_placeholder(text: str) -> bool:
    """Whether *text* is a `{{ vault.name }}` reference, which the platform fills in at run time."""
    return _PLACEHOLDER.fullmatch(text) is not None


def reference_to(variable: str) -> str:
    """The text that stands for the value of *variable* in the place of a secret."""
    return f"!env {variable}"


def variable_in(text: str) -> str:
    """The variable that *text* refers to in the place of a secret; `""` when it is no reference."""
    found = _REFERENCE.fullmatch(text)
    return found[1] if found else ""


def is_plain_text(text: str) -> bool:
    """Whether *text* in the place of a secret would tell it. An empty string tells nothing."""
    is_apart = is_ciphertext(text) or is_placeholder(text) or variable_in(text)
    return text != "" and not is_apart


def is_secret_key(key: object) -> bool:
    return isinstance(key, str) and key.startswith("#")


def plain_secrets(value: Json) -> list[JsonPath]:
    """Return the paths, in order, of plain text and numbers where ciphertext should stand.

    Everything below a `#key` counts, also what the encryption service would leave as it is.
    """
    return [
        path
        for path, leaf in secret_leaves(value)
        if (is_plain_text(leaf) if isinstance(leaf, str) else _is_number(leaf))
    ]


def references(value: Json) -> dict[JsonPath, str]:
    """Return the environment variables that stand for secrets in *value*, by path."""
    return {
        path: variable
        for path, leaf in secret_leaves(value)
        if isinstance(leaf, str) and (variable := variable_in(leaf))
    }


def ciphertexts(value: Json) -> dict[JsonPath, str]:
    """Return the ciphertexts in the places of secrets in *value*, by path."""
    return {
        path: leaf
        for path, leaf in secret_leaves(value)
        if isinstance(leaf, str) and is_ciphertext(leaf)
    }


def bound_ciphertexts(value: Json) -> list[JsonPath]:
    """Return the paths, in order, of what can be decrypted in its own configuration only.

    In the places of secrets, and wherever else a ciphertext stands in a text.
    """
    return list(_bound(value, ()))


def _bound(value: Json, path: JsonPath) -> Iterator[JsonPath]:
    match value:
        case dict():
            for key, item in value.items():
                yield from _bound(item, (*path, key))
        case list():
            for index, item in enumerate(value):
                yield from _bound(item, (*path, index))
        case str() if _OF_ONE_CONFIGURATION.search(value):
            yield path
        case _:
            pass


def secret_leaves(value: Json) -> Iterator[tuple[JsonPath, Json]]:
    """Yield what stands in the places of secrets, in order; never a list or an object."""
    return _secret_leaves(value, (), is_secret=False)


def _secret_leaves(
    value: Json, path: JsonPath, *, is_secret: bool
) -> Iterator[tuple[JsonPath, Json]]:
    if isinstance(value, dict):
        for key, item in value.items():
            inside = is_secret or holds_secret(value, key)
            if inside or isinstance(item, dict | list):
                yield from _secret_leaves(item, (*path, key), is_secret=inside)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if is_secret or isinstance(item, dict | list):
                yield from _secret_leaves(item, (*path, index), is_secret=is_secret)
    elif is_secret:
        yield path, value


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
            return PLAIN_TEXT


def holds_secret(holder: dict[str, Json], key: str) -> bool:
    return is_secret_key(key) or (key == "value" and _names_secret(holder))


def _names_secret(holder: dict[str, Json]) -> bool:
    name = holder.get("name")
    return isinstance(name, str) and name.startswith("#")


MASKED = "(secret) "
"""How every masked value starts."""

PLAIN_TEXT = f"{MASKED}plain text"
"""What stands for a secret that is not encrypted."""


def _shown(text: str) -> str:
    if variable_in(text):
        return f"{MASKED}{text}"
    return _fingerprint(text) if is_ciphertext(text) else PLAIN_TEXT


def _fingerprint(ciphertext: str) -> str:
    return f"{MASKED}c:{digest(ciphertext)[:_FINGERPRINT_LENGTH]}"
