"""Which parts of a configuration become files of their own, and how these are called. Pure.

transformations   parameters.blocks[].codes[].script  ->  code/01-block/02-code.sql, .py, ...
shared code       a row's code_content                ->  code/rows/<row>.sql, .py, ...
anything else     a text of more than 20 lines        ->  code/<its keys>.txt, .sql, ...
                  the same in a row                   ->  code/rows/<row>/<its keys>.txt
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kbsync.model import Json, JsonPath, Resource
from kbsync.tree.naming import assign, slug

MOST_LINES = 20

_SHARED_CODE = "keboola.shared-code"
_EXTENSIONS = {"python": "py", "r": "r", "julia": "jl", "data": "py"}
"""By a word of the component id; `keboola.data-apps` are written in Python."""
_EXTENSIONS_BY_KEY = {
    **dict.fromkeys(("query", "queries", "sql"), "sql"),
    **dict.fromkeys(("description", "readme", "markdown"), "md"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """A value that stands in a file of its own."""

    path: JsonPath
    """From the top of the document: starts with `configuration`."""
    tag: str
    file: str
    """Relative to the folder of the configuration."""


def default_extracts(config: Resource, resource: Resource, stem: str) -> list[Extract]:
    """Return what leaves the document of *resource*, by the rules above.

    Args:
        config: The configuration, or the one *resource* is a row of.
        resource: Whose document it is.
        stem: The name of the row's file; `""` for the configuration.
    """
    component_id = config.key.component_id
    folder = f"code/rows/{stem}" if stem else "code"
    if component_id == _SHARED_CODE and stem:
        code = _shared_code(config, resource, stem)
    elif "transformation" in component_id:
        code = list(_scripts(resource, folder, _extension(component_id) or "sql"))
    else:
        code = []
    done = tuple(item.path for item in code)
    return [*code, *_long_texts(resource, folder, done)]


def _shared_code(config: Resource, row: Resource, stem: str) -> list[Extract]:
    target = config.configuration.get("componentId")
    extension = "txt"
    if isinstance(target, str) and target:
        extension = _extension(target) or ("sql" if "transformation" in target else "txt")
    path = ("configuration", "code_content")
    return _code(row.configuration.get("code_content"), path, f"code/rows/{stem}.{extension}")


def _scripts(resource: Resource, folder: str, extension: str) -> Iterator[Extract]:
    blocks_path = ("configuration", "parameters", "blocks")
    for b, block in _objects(_get(_get(resource.configuration, "parameters"), "blocks")):
        for c, code in _objects(_get(block, "codes")):
            path = (*blocks_path, b, "codes", c, "script")
            file = f"{folder}/{_numbered(b, block)}/{_numbered(c, code)}.{extension}"
            yield from _code(_get(code, "script"), path, file)


def _code(value: Json, path: JsonPath, file: str) -> list[Extract]:
    if isinstance(value, str) and value.strip():
        return [Extract(path=path, tag="!file", file=file)]
    if not isinstance(value, list) or not any(_is_text(item) for item in value):
        return []
    if len(value) == 1 and not file.endswith(".sql"):
        return [Extract(path=(*path, 0), tag="!file", file=file)]
    return [Extract(path=path, tag="!statements", file=file)]


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _objects(value: Json) -> list[tuple[int, Json]]:
    return list(enumerate(value)) if isinstance(value, list) else []


def _get(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None


def _numbered(index: int, value: Json) -> str:
    name = _get(value, "name")
    stem = slug(name) if isinstance(name, str) else ""
    return f"{index + 1:02}-{stem}" if stem else f"{index + 1:02}"


def _extension(component_id: str) -> str:
    words = re.split(r"[.-]", component_id)
    return next((_EXTENSIONS[word] for word in words if word in _EXTENSIONS), "")


def _long_texts(resource: Resource, folder: str, done: tuple[JsonPath, ...]) -> Iterator[Extract]:
    paths = {
        ".".join(str(part) for part in path): path
        for path, text in _texts(resource.configuration, ("configuration",))
        if text.count("\n") >= MOST_LINES + text.endswith("\n")
        if not any(path[: len(start)] == start for start in done)
    }
    stems = assign([(dotted, _readable(path)) for dotted, path in paths.items()])
    for dotted, path in paths.items():
        extension = _extension_of_text(path, resource.key.component_id)
        yield Extract(path=path, tag="!file", file=f"{folder}/{stems[dotted]}.{extension}")


def _texts(value: Json, path: JsonPath) -> Iterator[tuple[JsonPath, str]]:
    """Yield every text but those below a `#key`: a secret has no file of its own."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            if not key.startswith("#"):
                yield from _texts(item, (*path, key))


def _readable(path: JsonPath) -> str:
    parts = [part for part in path if part not in ("configuration", "parameters")]
    words = [str(part + 1) if isinstance(part, int) else part for part in parts[-3:]]
    return "main" if words == ["code"] else " ".join(words)


def _extension_of_text(path: JsonPath, component_id: str) -> str:
    key = next((part.lower() for part in reversed(path) if isinstance(part, str)), "")
    if key in ("code", "script"):
        return _extension(component_id) or "txt"
    if key.endswith("json"):
        return "json"
    return _EXTENSIONS_BY_KEY.get(key, "txt")
