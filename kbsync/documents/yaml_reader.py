"""YAML text to a value: JSON-compatible YAML 1.2 core, read by libyaml. Pure.

libyaml gives events and this module builds the value from them with a stack of its own, so that
depth and size are known before anything grows, and every problem keeps its place. Tags, aliases
and text in places where a secret may stand are never repeated in a message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import yaml

from kbsync.documents.reading import (
    EMPTY,
    MAX_DEPTH,
    MAX_NODES,
    TOO_DEEP,
    TOO_MANY,
    Places,
    key_twice,
)
from kbsync.documents.scalars import NotRepresentableError, read_plain
from kbsync.documents.tags import BEHIND, ENV, FORMAT, REMOVE, TAGS, Reference, Resolver
from kbsync.documents.text import place
from kbsync.documents.yaml_errors import explain
from kbsync.documents.yaml_places import mark, places
from kbsync.model import Json, JsonPath
from kbsync.problems import Problem, ProblemError
from kbsync.secrets import reference_to, variable_in

_UNREADABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What libyaml refuses, and what YAML 1.1 takes for a line break and YAML 1.2 does not."""


def read(
    text: str, name: str, resolve: Resolver | None
) -> tuple[Json, tuple[Reference, ...], list[Problem]]:
    """Return the value of *text*, its references and its problems."""
    if match := _UNREADABLE.search(text):
        what = f"the character U+{ord(match[0]):04X} may not stand in YAML as it is"
        todo = "remove it, or write it as an escape in double quotes"
        return None, (), [Problem(name, *place(text, match.start()), what, todo)]
    reader = _Reader(text, name, resolve)
    try:
        value = reader.read()
    except ProblemError as error:
        return None, tuple(reader.references), [*reader.problems, error.problem]
    except yaml.MarkedYAMLError as error:
        return None, tuple(reader.references), [*reader.problems, explain(error, text, name)]
    return value, tuple(reader.references), reader.problems


class _Open:
    """A list or mapping that is not complete yet."""

    __slots__ = ("anchor", "key", "nodes_before", "references_before", "value")

    def __init__(
        self, value: list[Json] | dict[str, Json], anchor: str | None, nodes: int, references: int
    ) -> None:
        self.value = value
        self.anchor = anchor
        self.key: str | None = None
        """The key whose value comes next."""
        self.nodes_before = nodes
        self.references_before = references


@dataclass(frozen=True, slots=True)
class _Anchored:
    value: Json
    nodes: int
    """How many values one use of it adds, the aliases inside it counted as often as used."""
    path: JsonPath
    references: tuple[Reference, ...]


class _Reader:
    def __init__(self, text: str, name: str, resolve: Resolver | None) -> None:
        self.problems: list[Problem] = []
        self.references: list[Reference] = []
        self._text = text
        self._name = name
        self._resolve = resolve
        self._nodes = 0
        self._root: list[Json] = []
        self._stack = [_Open(self._root, None, 0, 0)]
        self._anchors: dict[str, _Anchored | None] = {}
        """None while what it stands for is not complete."""
        self._places: Places | None = None

    def read(self) -> Json:
        next_event = yaml.CSafeLoader(self._text).get_event
        documents = 0
        while not isinstance(event := next_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.MappingStartEvent):
                self._open(event, {})
            elif isinstance(event, yaml.SequenceStartEvent):
                self._open(event, [])
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    what = "a second document starts here; one file holds one document"
                    raise self._stop(event, what, "move it to a file of its own")
        if documents == 0:
            raise ProblemError(Problem(self._name, 1, 1, *EMPTY))
        return self._root[0]

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        top = self._stack[-1]
        if top.key is None and isinstance(top.value, dict):
            self._key(event, top, top.value)
            return
        before = self._nodes
        self._count(event, 1)
        if event.tag is not None:
            value = self._tagged(event)
        elif event.style:
            value = event.value
        else:
            value = self._plain(event)
        if event.anchor is not None:
            references = tuple(self.references[-1:]) if event.tag in BEHIND else ()
            self._anchors[event.anchor] = _Anchored(
                value, self._nodes - before, self._path(), references
            )
        self._add(value)

    def _key(self, event: yaml.ScalarEvent, top: _Open, mapping: dict[str, Json]) -> None:
        top.key = event.value
        if event.tag is not None:
            self._problem(event, "a tag on a key; keys are plain text", "remove the tag")
        elif event.value == "<<" and not event.style:
            what = "the merge key `<<` is not supported"
            self._problem(event, what, "write the keys out")
        elif event.value in mapping:
            line, _ = self._first_place()
            self._problem(event, *key_twice(event.value, line))
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(event.value, 1, self._path(), ())

    def _first_place(self) -> tuple[int, int]:
        """Where the key that was just read stands for the first time."""
        if self._places is None:
            self._places = places(self._text)
        return self._places[self._path()]

    def _plain(self, event: yaml.ScalarEvent) -> Json:
        try:
            return read_plain(event.value)
        except NotRepresentableError as error:
            self._problem(event, str(error), "write it in quotes if it is meant as text")
            return None

    def _tagged(self, event: yaml.ScalarEvent) -> Json:
        if event.tag not in BEHIND:
            self._unknown_tag(event)
        elif self._resolve is None:
            self._problem(
                event, f"{event.tag} is not possible in this file", "write the value here"
            )
        elif event.tag == ENV:
            return self._variable(event)
        elif event.tag == REMOVE:
            self._removal(event)
        elif not event.value and event.tag != FORMAT:
            self._nothing_behind(event)
        else:
            return self._resolved(event, self._resolve)
        return None

    def _resolved(self, event: yaml.ScalarEvent, resolve: Resolver) -> Json:
        value = resolve(self._reference(event))
        self._count(event, _size(value) - 1)
        return value if event.tag in TAGS else self._copy(value, event, len(self._stack))

    def _nothing_behind(self, event: yaml.ScalarEvent) -> None:
        tag = event.tag or ""
        behind = BEHIND[tag]
        what = f"{tag} without {behind.expected.replace('the path of ', '')}"
        if tag in TAGS:
            what += f"; {behind.expected} was expected"
        self._problem(event, what, f"write it behind the tag: {tag} {behind.example}")

    def _removal(self, event: yaml.ScalarEvent) -> None:
        if event.value:
            what = f"something behind {REMOVE}, which takes the key away and needs nothing else"
            self._problem(event, what, "leave it out")
        elif not isinstance(self._stack[-1].value, dict):
            what = f"{REMOVE} where there is no key to take away"
            self._problem(event, what, "let it be the value of a key")
        else:
            self._reference(event)

    def _variable(self, event: yaml.ScalarEvent) -> Json:
        text = reference_to(event.value)
        if not variable_in(text):
            what = f"{ENV} without the name of an environment variable, such as DB_PASSWORD"
            self._problem(event, what, f"write it behind the tag: {ENV} DB_PASSWORD")
            return None
        self._reference(event)
        return text

    def _reference(self, event: yaml.ScalarEvent) -> Reference:
        line, column = mark(event)
        reference = Reference(
            path=self._path(),
            tag=event.tag or "",
            target=event.value,
            line=line,
            column=column,
        )
        self.references.append(reference)
        return reference

    def _unknown_tag(self, event: yaml.NodeEvent) -> None:
        *most, last = BEHIND
        what = f"an unknown tag; {', '.join(most)} and {last} are the known ones"
        self._problem(event, what, "remove it, or put text that starts with `!` in quotes")

    def _open(self, event: yaml.CollectionStartEvent, value: list[Json] | dict[str, Json]) -> None:
        self._refuse_as_key(event)
        if behind := BEHIND.get(event.tag or ""):
            what = f"{event.tag} before a {'list' if isinstance(value, list) else 'mapping'}"
            self._problem(event, f"{what}; {behind.expected} was expected", behind.todo)
        elif event.tag is not None:
            self._unknown_tag(event)
        if len(self._stack) > MAX_DEPTH:
            raise self._stop(event, *TOO_DEEP)
        self._stack.append(_Open(value, event.anchor, self._nodes, len(self.references)))
        self._count(event, 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = None

    def _close(self) -> None:
        done = self._stack.pop()
        if done.anchor is not None:
            self._anchors[done.anchor] = _Anchored(
                done.value,
                self._nodes - done.nodes_before,
                self._path(),
                tuple(self.references[done.references_before :]),
            )
        self._add(done.value)

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._refuse_as_key(event)
        assert event.anchor is not None
        if event.anchor not in self._anchors:
            what = "an alias to an anchor that is not defined above it"
            self._problem(event, what, "define it, or put text that starts with `*` in quotes")
            self._add(None)
            return
        anchored = self._anchors[event.anchor]
        if anchored is None:
            raise self._stop(event, "an alias inside the value it stands for", "write it out")
        self._count(event, anchored.nodes)
        start, here = len(anchored.path), self._path()
        self.references += [
            replace(item, path=here + item.path[start:]) for item in anchored.references
        ]
        self._add(self._copy(anchored.value, event, len(self._stack)))

    def _copy(self, value: Json, event: yaml.NodeEvent, depth: int) -> Json:
        if isinstance(value, (dict, list)) and depth > MAX_DEPTH:
            raise self._stop(event, *TOO_DEEP)
        if isinstance(value, dict):
            return {key: self._copy(item, event, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self._copy(item, event, depth + 1) for item in value]
        return value

    def _refuse_as_key(self, event: yaml.NodeEvent) -> None:
        top = self._stack[-1]
        if top.key is None and isinstance(top.value, dict):
            what = "a list, mapping or alias where a key was expected; keys are plain text"
            raise self._stop(event, what, "write the key out; quote text such as `{{name}}`")

    def _add(self, value: Json) -> None:
        top = self._stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            assert top.key is not None
            top.value[top.key] = value
            top.key = None

    def _path(self) -> JsonPath:
        """Where the next value belongs."""
        return tuple(
            len(item.value) if isinstance(item.value, list) else item.key or ""
            for item in self._stack[1:]
        )

    def _count(self, event: yaml.NodeEvent, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise self._stop(event, *TOO_MANY)

    def _problem(self, event: yaml.Event, what: str, todo: str) -> None:
        self.problems.append(Problem(self._name, *mark(event), what, todo))

    def _stop(self, event: yaml.Event, what: str, todo: str) -> ProblemError:
        return ProblemError(Problem(self._name, *mark(event), what, todo))


def _size(value: Json) -> int:
    """Return of how many values *value* consists."""
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(_size, value))
    return 1
