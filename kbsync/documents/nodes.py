"""A YAML or JSON text as a tree whose parts know which characters they are. Pure.

JSON is read as the YAML it is. Only for editing: what this reads wrongly or refuses shows when the
edited text is read again by the reader that counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from kbsync.documents.scalars import read_plain
from kbsync.model import Json, JsonPath

BLOCK = "block"
FLOW = "flow"
ALIAS = "alias"

_COLON = re.compile(r"[ \t]*:(?=\s|\Z)")
_COLON_IN_FLOW = re.compile(r"\s*:")
_LAST_BREAKS = re.compile(r"(?: *\r?\n)+\Z")
_LAST_BREAK = re.compile(r"\r?\n\Z")


class UnsafeError(Exception):
    """This cannot be edited where it stands."""


class Tagged(str):
    """What stands behind a tag, as `tag NUL argument`: equal when tag and argument are."""

    __slots__ = ()

    @classmethod
    def of(cls, tag: str, argument: str) -> Tagged:
        return cls(f"{tag}\0{argument}")

    @property
    def parts(self) -> tuple[str, str]:
        tag, _, argument = self.partition("\0")
        return tag, argument


@dataclass(slots=True, kw_only=True)
class Node:
    """A value and the characters it takes. Indexes count from 0; `end` is the first one behind."""

    value: Json
    style: str
    """Empty for plain text, else a quote, `|`, `>`, or one of the three words above."""
    start: int
    body: int
    """Where the first key, item or bracket stands: behind the anchor and comments."""
    end: int
    """Blank lines that mean nothing are not counted in."""
    anchor: str | None
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Entry:
    """A key with its value, or an item of a list."""

    key: str | None
    start: int
    """Of the key; in a block, of the dash; in a flow list, of the value."""
    lead: int
    """Behind the colon or dash."""
    value: Node


def compose(text: str) -> Node:
    """Return the tree of a *text* that reads without problems.

    Raises:
        UnsafeError: There is more or less in it than one value in a usual form.
    """
    try:
        return _Composer(text).document()
    except (yaml.YAMLError, ValueError, RecursionError):
        raise UnsafeError from None


def with_tags(value: Json, tags: Mapping[JsonPath, tuple[str, str]], path: JsonPath = ()) -> Json:
    """Return *value* with what *tags* say in place of the values that stand elsewhere."""
    if path in tags:
        return Tagged.of(*tags[path])
    if isinstance(value, dict):
        return {key: with_tags(item, tags, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [with_tags(item, tags, (*path, index)) for index, item in enumerate(value)]
    return value


def tags_in(value: Json, path: JsonPath = ()) -> Iterator[tuple[JsonPath, tuple[str, str]]]:
    """Yield what `with_tags` was given."""
    if isinstance(value, Tagged):
        yield path, value.parts
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tags_in(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from tags_in(item, (*path, index))


class _Composer:
    def __init__(self, text: str) -> None:
        self._text = text
        self._next: Callable[[], yaml.Event | None] = yaml.CSafeLoader(text).get_event
        self._anchored: dict[str, Json] = {}

    def document(self) -> Node:
        self._expect(yaml.StreamStartEvent)
        self._expect(yaml.DocumentStartEvent)
        node = self._node(self._next())
        self._expect(yaml.DocumentEndEvent)
        self._expect(yaml.StreamEndEvent)
        return node

    def _expect(self, kind: type[yaml.Event]) -> None:
        if not isinstance(self._next(), kind):
            raise UnsafeError

    def _node(self, event: yaml.Event | None) -> Node:
        if isinstance(event, yaml.AliasEvent):
            start, end = _span(event)
            value = self._anchored.get(event.anchor or "")
            return Node(
                value=value, style=ALIAS, start=start, body=start, end=end, anchor=event.anchor
            )
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        else:
            assert isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent)
            node = self._collection(event)
        if node.anchor is not None:
            self._anchored[node.anchor] = node.value
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        start, end = _span(event)
        style = event.style or ""
        value: Json = event.value if style else read_plain(event.value)
        if event.tag is not None:
            value = Tagged.of(event.tag, event.value)
        if style in ("|", ">") and not event.value.endswith("\n\n"):
            has_blank_end = event.value.rstrip("\n").endswith((" ", "\t"))
            breaks = (_LAST_BREAK if has_blank_end else _LAST_BREAKS).search(self._text, start, end)
            end = breaks.start() if breaks else end
        return Node(value=value, style=style, start=start, body=start, end=end, anchor=event.anchor)

    def _collection(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> Node:
        start, body = _span(event)
        is_flow = bool(event.flow_style)
        if is_flow:
            body -= 1
            if body < start or self._text[body] not in "[{":
                raise UnsafeError
        elif isinstance(event, yaml.SequenceStartEvent) and self._text[body] != "-":
            body -= 1  # in the column of its key, its start is said to end behind the dash
        node = Node(
            value=None,
            style=FLOW if is_flow else BLOCK,
            start=start,
            body=body,
            end=body,
            anchor=event.anchor,
        )
        is_list = isinstance(event, yaml.SequenceStartEvent)
        end = self._list(node) if is_list else self._mapping(node)
        node.end = end if is_flow else node.entries[-1].value.end
        return node

    def _mapping(self, node: Node) -> int:
        value: dict[str, Json] = {}
        colon = _COLON_IN_FLOW if node.style == FLOW else _COLON
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
                raise UnsafeError
            start, end = _span(event)
            item = self._node(self._next())
            found = colon.match(self._text, end)
            if found is None or found.end() > item.start:
                raise UnsafeError
            entry = Entry(key=event.value, start=start, lead=found.end(), value=item)
            node.entries.append(entry)
            value[event.value] = item.value
        node.value = value
        return _span(event)[1]

    def _list(self, node: Node) -> int:
        value: list[Json] = []
        column = node.body - (self._text.rfind("\n", 0, node.body) + 1)
        end = node.body
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            item = self._node(event)
            start = lead = item.start
            if node.style == BLOCK:
                start = node.body if not value else self._dash(end, item.start, column)
                lead = start + 1
            node.entries.append(Entry(key=None, start=start, lead=lead, value=item))
            value.append(item.value)
            end = item.end
        node.value = value
        return _span(event)[1]

    def _dash(self, start: int, end: int, column: int) -> int:
        """Return where, between two items of a list in *column*, the dash of the second stands."""
        found = re.compile(rf"\n {{{column}}}-").search(self._text, max(start - 1, 0), end)
        if found is None:
            raise UnsafeError
        return found.end() - 1


def _span(event: yaml.Event) -> tuple[int, int]:
    assert event.start_mark is not None
    assert event.end_mark is not None
    return event.start_mark.index, event.end_mark.index
