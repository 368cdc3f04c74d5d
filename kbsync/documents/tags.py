"""The tags of YAML documents, and words for what belongs behind each. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from kbsync.model import Json, JsonPath

TAGS = ("!file", "!statements")
"""What pulls in a file."""
ENV = "!env"
"""What stands for a secret that is the value of an environment variable."""
VAR = "!var"
"""What stands for the value that an environment of the settings gives a name."""
FORMAT = "!format"
"""What precedes a text with such names in it."""
REMOVE = "!remove"
"""What takes a key away from the document below an overlay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One tag of a document: what stands elsewhere."""

    path: JsonPath
    """Where its value belongs."""
    tag: str
    target: str
    """What stands behind the tag, as written. The path of a file is relative to the folder of the
    document."""
    line: int
    column: int


Resolver: TypeAlias = Callable[[Reference], Json]
"""Returns the value of a reference. It may note a problem of its own and return a placeholder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What belongs behind a tag, in words."""

    expected: str
    todo: str
    example: str = ""


_FILE = Behind(expected="the path of a file", todo="write the path", example="code/main.sql")

BEHIND: Mapping[str, Behind] = {
    **dict.fromkeys(TAGS, _FILE),
    ENV: Behind(
        expected="the name of an environment variable", todo="write the name", example="DB_PASSWORD"
    ),
    VAR: Behind(expected="the name of a variable", todo="write the name", example="db_host"),
    FORMAT: Behind(expected="a text", todo="write it in quotes", example='"https://${host}/path"'),
    REMOVE: Behind(expected="nothing", todo="leave it out"),
}
"""Every tag there is."""
