"""What a component receives when a configuration runs. Pure.

With rows it runs once for each, with the configuration of the row laid over that of the root: by
key and, in lists, by place. So a row's list of two takes the place of the first two items of the
root's, and what the root has beyond them stays; the platform's job runner does it that way, by
PHP's `array_replace_recursive`. `processors` run before and after the component, which never sees
them.
"""

from __future__ import annotations

from dataclasses import dataclass

from kbsync.compare.json_text import mask_inside
from kbsync.model import Json, JsonObject, Key, Resource
from kbsync.past.snapshot import Snapshot
from kbsync.secrets import MASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the component receives at one of its runs; secrets are masked."""

    row: Resource | None
    """None for a configuration without rows."""
    configuration: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """What a configuration makes the component do, in order."""

    runs: tuple[Received, ...]
    disabled: tuple[Resource, ...]
    """Rows that are left out."""


def effective(found: Snapshot, only: Key | None = None) -> Effective:
    """Return what the component receives for the rows of *found*, a configuration.

    *only* is the one row that is asked for, disabled or not.
    """
    config, rows = found.subject, [row for row in found.rows if only in (None, row.key)]
    disabled = [row for row in rows if row.is_disabled and row.key != only]
    runs = [
        Received(row=row, configuration=_shown(config.configuration, row.configuration))
        for row in rows
        if row not in disabled
    ]
    if not found.rows:
        runs = [Received(row=None, configuration=_shown(config.configuration, {}))]
    return Effective(runs=tuple(runs), disabled=tuple(disabled))


def _shown(root: JsonObject, row: JsonObject) -> JsonObject:
    """Return both merged and masked, except for `processors`.

    Masked once before and once after: a row may rename the holder of a root's secret, and the other
    way round.
    """
    found = _hidden(overlaid(_masked(root), _masked(row)), mask_inside(overlaid(root, row)))
    assert isinstance(found, dict)
    return {key: item for key, item in found.items() if key != "processors"}


def _masked(value: JsonObject) -> JsonObject:
    found = mask_inside(value)
    assert isinstance(found, dict)
    return found


def _hidden(one: Json, other: Json) -> Json:
    """Return two maskings of one value as the one that hides whatever either of them hides."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _hidden(item, other[key]) for key, item in one.items()}
    if isinstance(one, list) and isinstance(other, list):
        return [_hidden(item, hidden) for item, hidden in zip(one, other, strict=True)]
    return one if isinstance(one, str) and one.startswith(MASKED) else other


def overlaid(root: Json, row: Json) -> Json:
    """Return *row* over *root*, as the platform does it before a job.

    What is empty in the row takes nothing away; `null` does.
    """
    match root, row:
        case (dict() | list(), dict() | list()) if not (root and row):
            return row or root
        case list(), list():
            both = [overlaid(old, new) for old, new in zip(root, row, strict=False)]
            return both + root[len(both) :] + row[len(both) :]
        case (dict() | list(), dict() | list()):
            under, over = _by_key(root), _by_key(row)
            laid = {key: overlaid(under.get(key, item), item) for key, item in over.items()}
            return {**under, **laid}
        case _:
            return row


def _by_key(value: dict[str, Json] | list[Json]) -> JsonObject:
    """Return a list as the object that PHP takes it for where it meets one."""
    return value if isinstance(value, dict) else {str(at): each for at, each in enumerate(value)}
