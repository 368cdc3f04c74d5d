"""Which content of a configuration is meant, without telling it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kbsync.canonical import canonical, digest
from kbsync.compare.diff import content
from kbsync.model import Json, JsonObject, Key, Resources
from kbsync.secrets import MASKED, mask, references

_LENGTH = 32
"""Hexadecimal digits: 128 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Hashes of one configuration with its rows. Plain secrets are in none of them."""

    content: str
    """`""` when the configuration is not there."""
    without_secrets: str
    """For files that name a secret by its variable: nobody knows its ciphertext before apply."""
    order: str
    """Of the rows alone, for files that do not manage it."""


ABSENT = Fingerprint(content="", without_secrets="", order="")
"""Of a configuration that is not there."""


def fingerprint(key: Key, resources: Resources) -> Fingerprint:
    """Return the fingerprint of configuration *key* and its rows in *resources*."""
    if key not in resources:
        return ABSENT
    shown: JsonObject = {
        each.row_id: mask(content(item)) for each, item in resources.items() if each.config == key
    }
    return Fingerprint(
        content=_hash(shown),
        without_secrets=_hash(_blank(shown)),
        order=_hash([*_order(key, resources)]),
    )


def is_same(
    found: Fingerprint, rejected: Sequence[Fingerprint], *, blank: bool, ordered: bool
) -> bool:
    """Whether *found* is one of *rejected*.

    Args:
        blank: Compare without secrets, because *found* only names some of its own.
        ordered: The order of rows counts.
    """
    return any(
        (found.without_secrets == each.without_secrets if blank else found.content == each.content)
        and (found.order == each.order or not ordered)
        for each in rejected
    )


def names_secrets(key: Key, resources: Resources) -> bool:
    """Whether configuration *key* or a row of it names a secret by its variable."""
    return any(
        references(item.configuration) for each, item in resources.items() if each.config == key
    )


def fingerprint_json(found: Fingerprint) -> Json:
    return [found.content, found.without_secrets, found.order]


def read_fingerprint(value: Json) -> Fingerprint:
    """Raise ValueError when *value* is not what `fingerprint_json` returns."""
    match value:
        case [str(whole), str(without_secrets), str(order)]:
            return Fingerprint(content=whole, without_secrets=without_secrets, order=order)
        case _:
            raise ValueError("not a fingerprint")


def _order(key: Key, resources: Resources) -> Sequence[str]:
    """The rows as they are listed: by id where nobody set an order."""
    rows = sorted(each.row_id for each in resources if each.is_row and each.config == key)
    return resources[key].rows_sort_order or rows


def _blank(value: Json) -> Json:
    match value:
        case dict():
            return {name: _blank(item) for name, item in value.items()}
        case list():
            return [_blank(item) for item in value]
        case str() if value.startswith(MASKED):
            return MASKED
        case _:
            return value


def _hash(value: Json) -> str:
    return digest(canonical(value))[:_LENGTH]
