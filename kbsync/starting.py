"""The files of a new configuration. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kbsync.model import Component, JsonObject, Key, Resource
from kbsync.tree.encode import encode
from kbsync.tree.naming import assign, component_folder

_NOTHING: JsonObject = {"parameters": {}}


def starting_files(
    component: Component, folder: str, name: str, rows: Sequence[str]
) -> Mapping[str, bytes]:
    """Return the files, by path, that declare a configuration and rows with these names.

    They hold what the component says that new ones begin with. *folder* is the id as well.
    """
    key = Key(component.id, folder)
    stems = assign([(f"{at}", row) for at, row in enumerate(rows)])
    config = Resource(key=key, name=name, configuration=component.empty_configuration or _NOTHING)
    made = [
        Resource(
            key=key.row(stems[f"{at}"]), name=row, configuration=component.empty_row or _NOTHING
        )
        for at, row in enumerate(rows)
    ]
    files = encode(config, made, row_stems={stem: stem for stem in stems.values()}).files
    return {
        f"{configuration_folder(component, folder)}/{file}": (
            _head(component) + data if file == "config.yaml" else data
        )
        for file, data in files.items()
    }


def configuration_folder(component: Component, folder: str) -> str:
    return f"{component_folder(component.id)}/{folder}"


def _head(component: Component) -> bytes:
    return "".join(f"# {line}\n" for line in _remarks(component)).encode()


def _remarks(component: Component) -> Iterator[str]:
    yield f"{_one_line(component.name)}: what `parameters` may hold is told by"
    yield f"kbsync components --schema {_one_line(component.id)}"
    if component.documentation_url.startswith("https://"):
        yield _one_line(component.documentation_url)


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
