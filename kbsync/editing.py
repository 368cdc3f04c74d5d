"""What editors need to complete and explain the files of a tree: schemas and settings. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kbsync.documents.component_schema import tame
from kbsync.documents.tags import ENV, FORMAT, REMOVE, TAGS, VAR
from kbsync.model import Component, Json
from kbsync.tree.naming import component_folder

FOLDER = ".kbsync/schemas"

_OF_FILES = {
    "project": ["kbsync.yaml"],
    "configuration": ["*/**/config.yaml"],
    "configuration-overlay": ["*/**/config.*.yaml"],
    "row": ["*/**/rows/*.yaml", "!*/**/rows/*.*.yaml"],
    "row-overlay": ["*/**/rows/*.*.yaml"],
}
"""Published schemas, and the files they are for."""
_PARTS = {"configuration": "config.yaml", "row": "rows/*.yaml"}
_WITHIN = "#/properties/configuration/properties/parameters"


def editor_files(components: Iterable[Component], text_of: Callable[[str], str]) -> dict[str, str]:
    """Return the schemas for the files of a tree with *components*, by file name.

    *text_of* gives the text of a published schema.
    """
    own = {_file(name): _without_id(text_of(name)) for name in _OF_FILES}
    return own | {
        _file(name): json.dumps(schema, indent=2) + "\n"
        for component in components
        for name, _, schema in _of_component(component)
    }


def editor_settings(components: Iterable[Component]) -> str:
    """Return the settings, as JSON, that go with `editor_files` of the same *components*."""
    globs: dict[str, Json] = {_place(name): [*files] for name, files in _OF_FILES.items()}
    globs |= {_place(name): glob for each in components for name, glob, _ in _of_component(each)}
    tags: list[Json] = [f"{tag} scalar" for tag in (*TAGS, ENV, VAR, FORMAT, REMOVE)]
    return json.dumps({"yaml.schemas": globs, "yaml.customTags": tags}, indent=2) + "\n"


def _of_component(component: Component) -> Iterator[tuple[str, str, Any]]:
    """Yield name, files and content of what is known of the parameters of a component."""
    folder = component_folder(component.id)
    schemas = {"configuration": component.configuration_schema, "row": component.row_schema}
    for part, schema in schemas.items():
        if rules := tame(schema).rules:
            parameters = {"properties": {"parameters": _embedded(rules)}}
            title = {"title": f"{component.name}: {part}"}
            whole = title | {"properties": {"configuration": parameters}}
            yield f"{folder}.{part}", f"{folder}/**/{_PARTS[part]}", whole


def _embedded(rules: Any) -> Any:
    """Return *rules* for the place where parameters stand.

    Nothing is required there: what a configuration lacks its rows may have, and the other way
    round, which an editor that sees one file cannot know.
    """
    match rules:
        case {"$ref": str(target), **rest} if not rest:
            return {"$ref": _WITHIN + target.removeprefix("#")}
        case dict():
            return {key: _embedded(_part(key, value)) for key, value in rules.items()}
        case list():
            return [_embedded(each) for each in rules]
        case _:
            return rules


def _part(word: str, value: Any) -> Any:
    """Return a part of a schema without what is required and without fields that hold no value.

    Of a button, for one, no rule is left.
    """
    match word, value:
        case "required", list():
            return []
        case "properties", dict():
            notes = {"title", "description"}
            return {
                key: each
                for key, each in value.items()
                if not isinstance(each, dict) or each.keys() - notes
            }
        case _:
            return value


def _without_id(text: str) -> str:
    """Return a schema without its address, at which editors would look for what it refers to."""
    schema = json.loads(text)
    return json.dumps({key: schema[key] for key in schema if key != "$id"}, indent=2) + "\n"


def _file(name: str) -> str:
    return f"{name}.schema.json"


def _place(name: str) -> str:
    return f"./{FOLDER}/{_file(name)}"
