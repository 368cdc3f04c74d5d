"""Which parts of a configuration become files of their own, and how these are called. Pure.

transformations   parameters.blocks[].codes[].script  ->  code/01-block/02-code.sql, .py, ...
shared code       a row's code_content                ->  code/rows/<row>.sql, .py, ...
anything else     a text of more than 20 lines, and   ->  code/<its keys>.txt, .sql, ...
                  what the settings name
                  the same in a row                   ->  code/rows/<row>/<its keys>.txt
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kbsync.model import Json, JsonPath, Resource
from kbsync.paths import value_at
from kbsync.policy import Extraction, PathPattern, TextRule, Wildcard
from kbsync.secrets import holds_secret
from kbsync.tree.naming import assign, slug

DEFAULT_EXTRACTION = Extraction()
_FEWEST_DIGITS = 2

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
    block: JsonPath = ()
    """That of what a code belongs to, whose files stand together."""


def default_extracts(
    config: Resource,
    resource: Resource,
    stem: str,
    *,
    extraction: Extraction = DEFAULT_EXTRACTION,
) -> list[Extract]:
    """Return what leaves the document of *resource*, by the rules above.

    Args:
        config: The configuration, or the one *resource* is a row of.
        resource: Whose document it is.
        stem: The name of the row's file; `""` for the configuration.
        extraction: What the settings say.
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
    endings = _named(config, resource, extraction.texts)
    apart = {path: ending for path, ending in endings.items() if not _touches(path, done)}
    return [*code, *_other_texts(resource, folder, (*done, *apart), apart, extraction.lines)]


def _shared_code(config: Resource, row: Resource, stem: str) -> list[Extract]:
    target = config.configuration.get("componentId")
    extension = "txt"
    if isinstance(target, str) and target:
        extension = _extension(target) or ("sql" if "transformation" in target else "txt")
    path = ("configuration", "code_content")
    return _code(row.configuration.get("code_content"), path, f"code/rows/{stem}.{extension}")


def _scripts(resource: Resource, folder: str, extension: str) -> Iterator[Extract]:
    blocks_path = ("configuration", "parameters", "blocks")
    blocks = _objects(_get(_get(resource.configuration, "parameters"), "blocks"))
    for b, block in blocks:
        codes = _objects(_get(block, "codes"))
        below = f"{folder}/{_numbered(b, block, len(blocks))}"
        for c, code in codes:
            path = (*blocks_path, b, "codes", c, "script")
            file = f"{below}/{_numbered(c, code, len(codes))}.{extension}"
            yield from _code(_get(code, "script"), path, file, block=(*blocks_path, b))


def _code(value: Json, path: JsonPath, file: str, *, block: JsonPath = ()) -> list[Extract]:
    tag = "!file"
    if isinstance(value, list):
        if not any(_is_text(item) for item in value):
            return []
        if len(value) == 1 and not file.endswith(".sql"):
            path = (*path, 0)
        else:
            tag = "!statements"
    elif not _is_text(value):
        return []
    return [Extract(path=path, tag=tag, file=file, block=block)]


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _objects(value: Json) -> list[tuple[int, Json]]:
    return list(enumerate(value)) if isinstance(value, list) else []


def _get(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None


def _numbered(index: int, value: Json, count: int) -> str:
    """Return a name that sorts by *index*, of *count* in all."""
    name = _get(value, "name")
    stem = slug(name) if isinstance(name, str) else ""
    number = str(index + 1).zfill(max(_FEWEST_DIGITS, len(str(count))))
    return f"{number}-{stem}" if stem else number


def _extension(component_id: str) -> str:
    words = re.split(r"[.-]", component_id)
    return next((_EXTENSIONS[word] for word in words if word in _EXTENSIONS), "")


def _named(config: Resource, resource: Resource, rules: Iterable[TextRule]) -> dict[JsonPath, str]:
    """Return what *rules* name in *resource*, with the ending of its file; the first one wins."""
    found: dict[JsonPath, str] = {}
    for rule in rules:
        if rule.selector.matches(resource.key, resource.name, config.name):
            for path in _matching(resource.configuration, rule.path, ("configuration",)):
                if not _touches(path, found):
                    found[path] = rule.ending
    return found


def _matching(value: Json, pattern: PathPattern, path: JsonPath) -> Iterator[JsonPath]:
    """Yield where *pattern* leads to, but for what is below a secret."""
    if not pattern:
        yield path
        return
    step, rest = pattern[0], pattern[1:]
    items: Iterable[tuple[str | int, Json]] = ()
    if isinstance(value, dict):
        items = ((key, item) for key, item in value.items() if not holds_secret(value, key))
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        if step is Wildcard.ANY or (step == key and type(step) is type(key)):
            yield from _matching(item, rest, (*path, key))


def _touches(path: JsonPath, others: Iterable[JsonPath]) -> bool:
    """Whether *path* is one of *others*, holds one or lies in one."""
    return any(path[: len(other)] == other[: len(path)] for other in others)


def _other_texts(
    resource: Resource,
    folder: str,
    done: Collection[JsonPath],
    endings: Mapping[JsonPath, str],
    most_lines: int,
) -> Iterator[Extract]:
    """Yield what *endings* name, and the long texts that are neither that nor *done*."""
    long = [
        path
        for path, text in _texts(resource.configuration, ("configuration",))
        if text.count("\n") >= most_lines + text.endswith("\n") and not _touches(path, done)
    ]
    paths = {".".join(map(str, path)): path for path in (*endings, *long)}
    stems = assign([(dotted, _readable(path)) for dotted, path in paths.items()])
    for dotted, path in paths.items():
        ending = endings.get(path) or _extension_of_text(path, resource.key.component_id)
        value = value_at(resource.configuration, path[1:])
        yield from _code(value, path, f"{folder}/{stems[dotted]}.{ending}")


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
