"""What a stack tells of its components, read without trust in any of it. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from kbsync.model import Component, Json, JsonObject
from kbsync.paths import put_at
from kbsync.secrets import plain_secrets, references

_ROWS = "genericDockerUI-rows"
_NOT_FOR_NEW = ("deprecated", "excludeFromNewList", "isHidden")
"""Flags by which a component is no longer, or not yet, meant to be chosen."""


def read_components(found: Any) -> Iterator[Component]:
    """Yield the components in a list that the API answers; what is no component is left out."""
    for each in found if isinstance(found, list) else ():
        if component := read_component(each):
            yield component


def read_component(found: Any) -> Component | None:
    """Return the component that *found*, an object of the API, describes.

    None where it is not described: a listing may tell of a component just its id.
    """
    if not isinstance(found, dict) or "configurationSchema" not in found:
        return None
    id_, version, flags = found.get("id"), found.get("version"), found.get("flags")
    if not isinstance(id_, str) or not id_.isprintable() or not id_:
        return None
    return Component(
        id=id_,
        name=_text(found.get("name")) or id_,
        type=_text(found.get("type")) or "other",
        version=version if isinstance(version, int) and not isinstance(version, bool) else 0,
        description=_text(found.get("description")),
        documentation_url=_text(found.get("documentationUrl")),
        flags=tuple(filter(None, map(_text, flags if isinstance(flags, list) else ()))),
        configuration_schema=found["configurationSchema"],
        row_schema=found.get("configurationRowSchema"),
        empty_configuration=_start(found.get("emptyConfiguration")),
        empty_row=_start(found.get("emptyConfigurationRow")),
    )


def component_json(component: Component) -> JsonObject:
    """Return what `read_component` reads as the same."""
    return {
        "id": component.id,
        "name": component.name,
        "type": component.type,
        "version": component.version,
        "description": component.description,
        "documentationUrl": component.documentation_url,
        "flags": [*component.flags],
        "configurationSchema": component.configuration_schema,
        "configurationRowSchema": component.row_schema,
        "emptyConfiguration": component.empty_configuration,
        "emptyConfigurationRow": component.empty_row,
    }


def has_rows(component: Component) -> bool:
    """Whether its configurations are made of rows, as far as the platform tells."""
    return _ROWS in component.flags or bool(component.row_schema)


def marks(component: Component) -> tuple[str, ...]:
    """Return what is worth knowing of a component before it is chosen, in short words."""
    found = {
        "rows": has_rows(component),
        "schema": bool(component.configuration_schema or component.row_schema),
        "deprecated": _NOT_FOR_NEW[0] in component.flags,
        "hidden": any(flag in component.flags for flag in _NOT_FOR_NEW[1:]),
    }
    return tuple(word for word, is_so in found.items() if is_so)


def nearest(text: str, known: list[str]) -> list[str]:
    """Return up to three ids that *text* may have meant, the likeliest first."""
    wanted = text.lower()
    tails = {each.rpartition(".")[2].lower(): each for each in reversed(known)}
    close = get_close_matches(wanted, [*map(str.lower, known)], n=3, cutoff=0.6)
    whole = [each for word in close for each in known if each.lower() == word]
    short = get_close_matches(wanted.rpartition(".")[2], tails, n=3, cutoff=0.6)
    within = [each for each in known if wanted in each.lower()]
    return [*dict.fromkeys((*whole, *within, *(tails[word] for word in short)))][:3]


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _start(value: Json) -> JsonObject:
    """Return what new ones start with, without a secret that it may suggest to everybody.

    Nor may a component choose which variable of this machine is sent to it: `!env` goes, too. PHP
    writes an empty object as a list.
    """
    start = copy.deepcopy(value) if isinstance(value, dict) else {}
    for path in (*plain_secrets(start), *references(start)):
        put_at(start, path, "")
    return start
