"""What differs between two contents, field by field; the only home of deepdiff. Pure.

That they differ is known before; this only finds the words. Secrets are masked on both sides first.
Where a text holds JSON on both sides, the paths go on inside it, after a step `(JSON)`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from kbsync.canonical import same
from kbsync.compare.json_text import Inside, form_words, is_opened, opened, shut
from kbsync.documents import statements
from kbsync.model import Json, JsonObject, JsonPath
from kbsync.natural import Item, by_likeness, by_name, natural_key
from kbsync.paths import MISSING, Missing, value_at
from kbsync.secrets import MASKED, mask, plain_secrets

if TYPE_CHECKING:
    from deepdiff import DeepDiff


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value that was added, removed or replaced."""

    path: JsonPath
    """In the new content; in the old one when the value is gone."""
    label: str
    before: Json | Missing
    after: Json | Missing


@dataclass(frozen=True, slots=True)
class TextChange:
    """A text of several lines, or a list of statements shown as its file shows it."""

    path: JsonPath
    label: str
    before: str
    after: str
    is_list: bool = False
    """Whether each side is a list, as `statements.join` writes it into an SQL file."""


@dataclass(frozen=True, slots=True)
class OrderChange:
    """The same named items of a list in another order."""

    path: JsonPath
    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormChange:
    """A text that holds the same JSON, written in another way."""

    path: JsonPath
    label: str
    words: str


Path: TypeAlias = "tuple[str | int, ...]"
"""Where something stands while two contents are aligned: with names in the place of numbers."""

Explained: TypeAlias = FieldChange | TextChange | OrderChange | FormChange

CODE_LISTS = ("script", "code_content")
"""Lists of statements or lines that people read as one text."""


def explain(before: JsonObject, after: JsonObject) -> tuple[Explained, ...]:
    """Return what differs, in the order of the paths. Holds no plain secret."""
    old, new = (opened(side, closed=CODE_LISTS) for side in (before, after))
    aligned = _Aligner()
    left, right = aligned.align((), mask(old), mask(new))
    found = [
        *aligned.orders,
        *aligned.forms,
        *_compare(left, right, aligned.lists),
        *_plain_secret_changes(old, new),
    ]
    if not found and not same(before, after):
        found = [FieldChange((), "something that is hidden", f"{MASKED}one", f"{MASKED}other")]
    return tuple(sorted(found, key=lambda item: _sortable(item.path)))


def _compare(left: Any, right: Any, lists: Collection[Path]) -> Iterator[Explained]:
    from deepdiff import DeepDiff

    # By default it passes over keys that start with two underscores.
    found: DeepDiff = DeepDiff(
        _leaves_as_text(left),
        _leaves_as_text(right),
        view="tree",
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
    )
    for level in (level for levels in found.values() for level in levels):
        path = level.path(output_format="list")
        # deepdiff has a marker of its own for "not there"; it is neither JSON nor ours.
        gone, new = (_json(side) for side in (level.t1, level.t2))
        real, label = _real_path(path), path_label(path)
        if isinstance(gone, str) and isinstance(new, str) and ("\n" in gone or "\n" in new):
            yield TextChange(real, label, gone, new, tuple(path) in lists)
        else:
            yield FieldChange(real, label, gone, new)


def _leaves_as_text(value: Any) -> Any:
    """Return *value* with JSON text for every scalar, because in Python `1 == True == 1.0`."""
    match value:
        case dict():
            return {key: _leaves_as_text(item) for key, item in value.items()}
        case list():
            return [_leaves_as_text(item) for item in value]
        case _:
            return json.dumps(value)


def _json(value: Any) -> Json | Missing:
    """Undo `_leaves_as_text` and the aligning of lists."""
    from deepdiff.helper import NotPresent

    if value is NotPresent or isinstance(value, NotPresent):
        return MISSING
    return _plain(value)


def _plain(value: Any) -> Json:
    if is_opened(value):
        return shut(value)
    match value:
        case dict() if value and all(isinstance(key, Item) for key in value):
            return [_plain(item) for item in value.values()]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            leaf: Json = json.loads(value)
            return leaf


class _Aligner:
    """Turns lists of named items into mappings, so that items are compared by name, not place."""

    def __init__(self) -> None:
        self.orders: list[OrderChange] = []
        self.forms: list[FormChange] = []
        self.lists: set[Path] = set()
        """Lists that became texts."""

    def align(self, path: Path, left: Any, right: Any) -> tuple[Any, Any]:
        if is_opened(left) or is_opened(right):
            return self._texts(path, left, right)
        if isinstance(left, dict) and isinstance(right, dict):
            return self._objects(path, left, right)
        if isinstance(left, list) and isinstance(right, list):
            if path and path[-1] in CODE_LISTS and max(len(left), len(right)) > 1:
                texts = _as_text(left), _as_text(right)
                if None not in texts:
                    self.lists.add(path)
                    return texts
            key = natural_key(left, right)
            if key:
                return self._items(path, key, left, right)
            if any(isinstance(item, dict | list) for item in (*left, *right)):
                return self._unnamed(path, left, right)
        return left, right

    def _texts(self, path: Path, left: Any, right: Any) -> tuple[Any, Any]:
        """Go on inside two texts, unless only one holds JSON."""
        if not (is_opened(left) and is_opened(right)):
            return _shut(left), _shut(right)
        (old,), (new,) = left, right
        if old.text != new.text and same(left[old], right[new]):
            words = form_words(left, right)
            if not words:
                return shut(left), shut(right)
            self.forms.append(FormChange(_real_path((*path, old)), path_label((*path, old)), words))
        return self._objects(path, left, right)

    def _objects(
        self, path: Path, left: dict[Any, Json], right: dict[Any, Json]
    ) -> tuple[Any, Any]:
        old, new = dict[Any, Any](left), dict[Any, Any](right)
        for key in [key for key in left if key in right]:
            old[key], new[key] = self.align((*path, key), left[key], right[key])
        return old, new

    def _unnamed(self, path: Path, left: list[Json], right: list[Json]) -> tuple[Any, Any]:
        old, new = by_likeness(left, right)
        return self._objects(path, old, new)

    def _items(self, path: Path, key: str, left: list[Json], right: list[Json]) -> tuple[Any, Any]:
        new, names = by_name(right, key, {})
        old, _ = by_name(left, key, names)
        before = tuple(name for name in old if name in new)
        after = tuple(name for name in new if name in old)
        if before != after:
            texts = (tuple(map(str, before)), tuple(map(str, after)))
            self.orders.append(OrderChange(_real_path(path), path_label(path), *texts))
        return self._objects(path, old, new)


def _shut(value: Any) -> Any:
    return shut(value) if is_opened(value) else value


def _as_text(items: Sequence[Json]) -> str | None:
    if not all(isinstance(item, str) for item in items):
        return None
    text: str | None = statements.join([str(item) for item in items])
    return text


def _real_path(path: Sequence[str | int]) -> JsonPath:
    return tuple(
        step.place if isinstance(step, Item) else step if isinstance(step, int) else str(step)
        for step in path
    )


def path_label(path: Sequence[str | int]) -> str:
    """Return *path* for people: `parameters.tables[orders].columns[0]`."""
    text = ""
    for step in path:
        if isinstance(step, int | Item):
            text += f"[{step}]"
        elif isinstance(step, Inside):
            text += f" {step}"
        else:
            text += f".{step}" if text else step
    # The contents of the configuration node are what most changes are about.
    return text.removeprefix("configuration.")


def _sortable(path: JsonPath) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, step, "") if isinstance(step, int) else (1, 0, step) for step in path)


def _plain_secret_changes(before: Json, after: Json) -> Iterator[FieldChange]:
    """Two plain texts look the same when masked; that they differ must be shown all the same."""
    shared = set(plain_secrets(before)) & set(plain_secrets(after))
    for path in sorted(shared, key=_sortable):
        if not same(value_at(before, path), value_at(after, path)):
            yield FieldChange(
                path, path_label(path), f"{MASKED}plain text", f"{MASKED}other plain text"
            )
