"""Where the values of a resource come from. Reads its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kbsync.compare.json_text import mask_inside
from kbsync.documents.tags import VAR
from kbsync.graph.shared_code import uses
from kbsync.model import Json, JsonObject, JsonPath, Key
from kbsync.tree.declared import Origin, Tree, document_of
from kbsync.tree.environments import FILLED, Environments, names_in
from kbsync.tree.files import shown_path
from kbsync.tree.places import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one value comes from."""

    path: JsonPath
    """In the document."""
    value: Json
    """What may be shown of it; never a list or an object with something in it."""
    file: str
    """`""` when no file says it, because it need not be said."""
    line: int
    via: str = ""
    """What stands there instead of the value, with the place of a variable."""
    root: JsonPath = ()
    """From where on all comes from there, if that is not the base file itself."""
    code: str = ""
    """The file with the shared code that is put here, or where it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """A resource as its files say it, value by value."""

    key: Key
    origin: Origin
    environment: str
    document: JsonObject
    """What may be shown of it."""
    values: tuple[Source, ...]
    """In the order of the document."""


def sources(key: Key, tree: Tree, environments: Environments, root: Path) -> Sources:
    """Return where what *tree*, at *root*, says of *key* comes from."""
    document = mask_inside(document_of(tree.resources[key]))
    assert isinstance(document, dict)
    finder = _Finder(key, tree, environments, Places(tree.origins, root))
    return Sources(
        key=key,
        origin=tree.origins[key],
        environment=environments.chosen,
        document=document,
        values=tuple(finder.source(path, value) for path, value in _leaves(document, ())),
    )


class _Finder:
    def __init__(self, key: Key, tree: Tree, environments: Environments, places: Places) -> None:
        self._key = key
        self._origin = tree.origins[key]
        self._places = places
        self._via = _texts(self._origin) | _filled(key, tree, environments)
        self._codes = _codes(key, tree)

    def source(self, path: JsonPath, value: Json) -> Source:
        if not self._places.says(self._key, path[:1]):
            file = self._origin.description_file if path == ("description",) else None
            place = (shown_path(file), 1) if file else ("", 0)
            return Source(path=path, value=value, file=place[0], line=place[1], root=path)
        ways = [path[:end] for end in range(1, len(path) + 1)]
        tagged = next((way for way in ways if way in self._via), ())
        root = tagged or next((way for way in ways if self._is_above(way)), ())
        file, line, _ = self._places.at(self._key, root or path)
        return Source(
            path=path,
            value=value,
            file=file,
            line=line,
            via=self._via.get(tagged, ""),
            root=root,
            code=self._codes.get(path, ""),
        )

    def _is_above(self, path: JsonPath) -> bool:
        """Whether the overlay says what is at *path*."""
        overlay = self._origin.overlay
        return bool(overlay) and self._places.at(self._key, path)[0] == shown_path(str(overlay))


def _codes(key: Key, tree: Tree) -> dict[JsonPath, str]:
    """Return by path what stands for shared code, with the file of that."""
    found = {}
    for use in uses(tree.resources[key]):
        origin = tree.origins.get(use.row)
        where = shown_path(_code_file(origin)) if origin else str(use.row)
        found["configuration", *use.path] = where
    return found


def _code_file(origin: Origin) -> str:
    texts = (each.file for each in origin.references if each.path[1:2] == ("code_content",))
    return next(texts, origin.file)


def _texts(origin: Origin) -> dict[JsonPath, str]:
    return {each.path: f"{each.tag} {each.target}" for each in origin.references}


def _filled(key: Key, tree: Tree, environments: Environments) -> dict[JsonPath, str]:
    layers = tree.layers.get(key)
    found = {}
    for each in layers.tags if layers else ():
        if each.tag in FILLED:
            where = [environments.where(environments.chosen, name) for name in names_in(each)]
            names = f" ({', '.join(where)})" if where else ""
            target = each.target if each.tag == VAR else f'"{each.target}"'
            found[each.path] = f"{each.tag} {target}{names}"
    return found


def _leaves(value: Json, path: JsonPath) -> Iterator[tuple[JsonPath, Json]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value
