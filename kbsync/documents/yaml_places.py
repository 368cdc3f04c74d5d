"""Where each part of a YAML text stands. Pure."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from kbsync.documents.reading import MAX_DEPTH, Cursor, Places


def mark(event: yaml.Event) -> tuple[int, int]:
    """Return line and column, from 1, where *event* starts."""
    start = event.start_mark
    assert start is not None
    return start.line + 1, start.column + 1


def places(text: str) -> Places:
    """Return line and column, from 1, of every key and list item of *text*, as far as it reads.

    Of keys that are there twice, the first counts. What an alias stands for has no place.
    """
    found: Places = {}
    try:
        _find_places(yaml.CSafeLoader(text).get_event, found)
    except yaml.YAMLError:
        return found
    return found


def _find_places(next_event: Callable[[], yaml.Event | None], found: Places) -> None:
    cursor = Cursor()
    while not isinstance(event := next_event(), yaml.StreamEndEvent | yaml.DocumentEndEvent):
        if isinstance(event, yaml.CollectionEndEvent):
            cursor.leave()
        elif not isinstance(event, yaml.NodeEvent):
            continue
        elif not cursor.is_before_key:
            path = cursor.value()
            found.setdefault(path, mark(event))
            if isinstance(event, yaml.CollectionStartEvent):
                cursor.enter(path, 0 if isinstance(event, yaml.SequenceStartEvent) else None)
        elif isinstance(event, yaml.ScalarEvent):
            found.setdefault(cursor.key(event.value), mark(event))
        else:
            return
        if cursor.depth > MAX_DEPTH:
            return
