"""JSON as text that can be compared and hashed. Pure."""

from __future__ import annotations

import hashlib
import json

from kbsync.model import Json


def canonical(value: Json) -> str:
    """Return *value* as JSON text with sorted keys.

    Equality of values is equality of this text, because Python says `1 == True == 1.0` and
    JSON does not.
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def verbatim(value: Json) -> str:
    """Return *value* as JSON text with its keys in the order they came: what "lossless" means."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def same(left: Json, right: Json) -> bool:
    """Whether two values are the same JSON; the order of keys does not matter."""
    return canonical(left) == canonical(right)


def digest(text: str) -> str:
    """Return the SHA-256 of *text* in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
