"""The bytes of a YAML or JSON file to a value, the places of its parts, and its problems. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial

from kbsync.documents import json_reader, yaml_places, yaml_reader
from kbsync.documents.reading import Places
from kbsync.documents.tags import Reference, Resolver
from kbsync.documents.text import conflicts, decode
from kbsync.model import Json, JsonPath
from kbsync.problems import Problem, ProblemError


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says, or why it cannot be read."""

    name: str
    value: Json
    """None when there are problems."""
    references: tuple[Reference, ...] = ()
    problems: tuple[Problem, ...] = ()
    _places: Callable[[], Places] = field(default=dict, repr=False, compare=False)

    def place(self, path: JsonPath) -> tuple[str, int, int]:
        """Return the name of the file, and `where` in it."""
        return self.name, *self.where(path)

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
    order of the file. *resolve* gives the value of each tag but `!env` and `!remove`; without it
    tags are problems, because then nothing may stand elsewhere.
    """
    try:
        text = _text(data, name)
    except ProblemError as error:
        return Document(name=name, value=None, problems=(error.problem,))
    if found := conflicts(text, name):
        return Document(name=name, value=None, problems=tuple(found))
    if is_json(name):
        value, problems = json_reader.read(text, name)
        references: tuple[Reference, ...] = ()
    else:
        value, references, problems = yaml_reader.read(text, name, resolve)
    if problems:
        return Document(
            name=name, value=None, references=references, problems=tuple(sorted(problems))
        )
    return Document(
        name=name, value=value, references=references, _places=partial(_places, data, name)
    )


def recalled(data: bytes, name: str, value: Json, references: tuple[Reference, ...]) -> Document:
    """Return what `parse` once made of the same *data*, in which there were no problems."""
    return Document(
        name=name, value=value, references=references, _places=partial(_places, data, name)
    )


def _text(data: bytes, name: str) -> str:
    return decode(data, name).removeprefix("\ufeff")


@lru_cache(maxsize=1)  # whoever asks for one place of a document mostly asks for more
def _places(data: bytes, name: str) -> Places:
    text = _text(data, name)
    return json_reader.places(text) if is_json(name) else yaml_places.places(text)


def is_json(name: str) -> bool:
    """Whether a file of this name is read as JSON; any other is YAML."""
    return name.lower().endswith(".json")
