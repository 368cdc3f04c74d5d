"""Identifiers that sort by time. Pure."""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_RANDOM_BYTES = 10


def new(now_ms: int, randomness: bytes) -> str:
    """Return a ULID: 26 characters of Crockford's base 32, in upper case.

    Args:
        now_ms: Milliseconds since 1970 in UTC; sorts first. Fits until the year 10889.
        randomness: Ten bytes that nobody else has at the same millisecond.
    """
    if len(randomness) != _RANDOM_BYTES:
        raise ValueError(f"expected {_RANDOM_BYTES} random bytes, got {len(randomness)}")
    number = int.from_bytes(now_ms.to_bytes(6, "big") + randomness, "big")
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def milliseconds(text: str) -> int:
    """Return the time in the ULID *text*: milliseconds since 1970 in UTC.

    Raises:
        ValueError: It is no ULID.
    """
    if len(text) != _LENGTH:
        raise ValueError(f"expected {_LENGTH} characters, got {len(text)}")
    number = 0
    for char in text.upper():
        number = number << 5 | _ALPHABET.index(char)
    time_ms = number >> 8 * _RANDOM_BYTES
    if time_ms >> 48:
        raise ValueError("it begins with more than a ULID can hold")
    return time_ms
