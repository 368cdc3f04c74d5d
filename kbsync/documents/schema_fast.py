"""Says quickly that a value surely is as its schema says, so that good files need no more. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from kbsync.model import Json

Schema: TypeAlias = Mapping[str, Any]


def surely_valid(value: Json, schema: Schema, definitions: Schema) -> bool:
    """Whether *value* is as *schema* says; False also means "not sure".

    It knows the rules that good files meet and trusts that no key matches both `properties` and
    `patternProperties`. What it refuses is looked at again by the full validator.
    """
    return all(
        rule in _ANNOTATIONS or (rule in _TESTS and _TESTS[rule](value, schema, definitions))
        for rule in schema
    )


_ANNOTATIONS = frozenset(
    {"$schema", "$id", "title", "description", "default", "examples", "definitions"}
)

_Test: TypeAlias = Callable[[Any, Schema, Schema], bool]

_TYPES: Mapping[str, type] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "array": list,
    "object": dict,
}


def _type(value: Any, schema: Schema, _: Schema) -> bool:
    wanted = schema["type"]
    names = (wanted,) if isinstance(wanted, str) else wanted
    return type(value) in [_TYPES[name] for name in names]


def _const(value: Any, schema: Schema, _: Schema) -> bool:
    return type(value) is type(schema["const"]) and value == schema["const"]


def _reference(value: Any, schema: Schema, definitions: Schema) -> bool:
    name = schema["$ref"].removeprefix("#/definitions/")
    return surely_valid(value, definitions[name], definitions)


def _required(value: Any, schema: Schema, _: Schema) -> bool:
    return isinstance(value, dict) and all(key in value for key in schema["required"])


def _properties(value: Any, schema: Schema, definitions: Schema) -> bool:
    properties = schema["properties"]
    return isinstance(value, dict) and all(
        key in properties and surely_valid(item, properties[key], definitions)
        for key, item in value.items()
    )


def _additional(value: Any, schema: Schema, definitions: Schema) -> bool:
    rest = schema["additionalProperties"]
    # With `properties`, `_properties` has seen that there are no others.
    return "properties" in schema or all(
        surely_valid(item, rest, definitions) for item in value.values()
    )


def _items(value: Any, schema: Schema, definitions: Schema) -> bool:
    return all(surely_valid(item, schema["items"], definitions) for item in value)


def _unique(value: Any, *_: Schema) -> bool:
    return all(isinstance(item, str) for item in value) and len(set(value)) == len(value)


_TESTS: Mapping[str, _Test] = {
    "type": _type,
    "const": _const,
    "$ref": _reference,
    "required": _required,
    "properties": _properties,
    "patternProperties": lambda value, schema, _: "properties" in schema,
    "additionalProperties": _additional,
    "items": _items,
    "uniqueItems": _unique,
    "minItems": lambda value, schema, _: len(value) >= schema["minItems"],
    "minProperties": lambda value, schema, _: len(value) >= schema["minProperties"],
    "minLength": lambda value, schema, _: len(value) >= schema["minLength"],
    "minimum": lambda value, schema, _: isinstance(value, str) or value >= schema["minimum"],
    "pattern": lambda value, schema, _: (
        isinstance(value, int) or re.search(schema["pattern"], value) is not None
    ),
}
"""Rules are tested in the order of the schema, where `type` stands before what needs it."""
