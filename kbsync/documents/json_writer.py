"""A JSON value to the bytes of a JSON file that a person can read. Pure."""

from __future__ import annotations

import json

from kbsync.model import Json


def dump_json(value: Json) -> bytes:
    """Return *value* with two blanks of indent; half a surrogate pair becomes an escape.

    Raises:
        ValueError: It holds a number that is not finite.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
        return f"{text}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(value, allow_nan=False, indent=2)}\n".encode()
