"""The bytes of a YAML or JSON file to a value, the places of its parts, and its problems. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

from kbsync.documents import json_reader, yaml_places, yaml_reader
from kbsync.documents.reading import Places
from kbsync.documents.text import conflicts, decode
from kbsync.documents.yaml_reader import TAGS, Reference, Resolver
from kbsync.model import Json, JsonPath
from kbsync.problems import Problem, ProblemError

__all__ = ["TAGS", "Document", "Reference", "Resolver", "parse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says, or why it cannot be read."""

    name: str
    value: Json
    """None when there are problems."""
    references: tuple[Reference, ...] = ()
    problems: tuple[Problem, ...] = ()
    _places: Callable[[], Places] = field(default=dict, repr=False, compare=False)

    def where(self, path: JsonPath) -> tuple[int, int]:
        """Return line and column, from 1, of the key or list item at *path*.

        What the file does not hold itself (inside an alias or a file pulled in, or a missing
        key) is placed at its nearest ancestor that the file does hold.
        """
        places = self._places()
        while path and path not in places:
            path = path[:-1]
        return places.get(path, (1, 1))


def parse(data: bytes, name: str, resolve: Resolver | None = None) -> Document:
    """Read a file; *name* is its name in the tree, and `.json` in it decides the language.

    Never raises for bad content: `problems` holds all that could be found in one go, in the
    order of the file. *resolve* gives the value of each `!file` and `!statements`; without it
    these tags are problems, because then nothing may be pulled in.
    """
    try:
        text = decode(data, name).removeprefix("\ufeff")
    except ProblemError as error:
        return Document(name=name, value=None, problems=(error.problem,))
    if found := conflicts(text, name):
        return Document(name=name, value=None, problems=tuple(found))
    if name.lower().endswith(".json"):
        value, problems = json_reader.read(text, name)
        references: tuple[Reference, ...] = ()
        places = partial(json_reader.places, text)
    else:
        value, references, problems = yaml_reader.read(text, name, resolve)
        places = partial(yaml_places.places, text)
    if problems:
        return Document(
            name=name, value=None, references=references, problems=tuple(sorted(problems))
        )
    return Document(name=name, value=value, references=references, _places=cache(places))
