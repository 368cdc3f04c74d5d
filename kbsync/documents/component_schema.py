"""The schema of a component, made for a form, to one that values can be checked against. Pure.

Components describe the form that people fill in, in the dialect of a form library: types such as
`button`, `required: true` in the draft-03 way, lists of choices that are empty until the form asks
the component for them, fields that other fields hide. Taken at its word such a schema finds fault
with configurations that work. So only rules that mean the same with and without a form are taken
over; a rule that is meant for values but cannot be followed is told in a remark.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kbsync.documents.patterns import is_quick
from kbsync.documents.text import shown
from kbsync.model import Json

MAX_CHARACTERS = 1_000_000
"""Of a schema as JSON; a longer one is not used."""

Rules: TypeAlias = dict[str, Any]
"""A JSON Schema of draft-07."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tamed:
    """What is left of the schema of a component."""

    rules: Rules
    remarks: tuple[str, ...] = ()
    """What could not be taken over, and why; each once."""


def tame(schema: Json) -> Tamed:
    """Return the rules of *schema* that values can be held to."""
    if not schema and isinstance(schema, dict | list | None):
        return Tamed(rules={})
    try:
        if len(json.dumps(schema)) > MAX_CHARACTERS:
            return _unusable(f"it is longer than {MAX_CHARACTERS:,} characters")
        if not isinstance(schema, dict | bool):
            return _unusable("it is no JSON Schema, which would be an object")
        taming = _Taming(schema)
        rules = taming.schema(_standing(schema))
    except RecursionError:
        return _unusable("it is nested too deep")
    return Tamed(rules=rules, remarks=tuple(dict.fromkeys(taming.remarks)))


def _unusable(why: str) -> Tamed:
    return Tamed(rules={}, remarks=(why,))


def _standing(schema: Json) -> Json:
    """Return *schema* with what it refers to as a whole in the place of that reference.

    Generated schemas often are a reference to one of their own definitions, and rules beside a
    reference do not count: the definitions would be gone.
    """
    if not isinstance(schema, dict):
        return schema
    shared = {name: schema[name] for name in _SHARED if name in schema}
    found = schema
    for _ in range(_LONGEST_CHAIN):
        target = _target(schema, found.get("$ref"))
        if not isinstance(target, dict):
            return {**found, **shared}
        found = target
    return {"$ref": "#"}  # as endless as the chain, which is told when it is applied


@dataclass(slots=True)
class _Taming:
    root: Json
    remarks: list[str] = field(default_factory=list)

    def schema(self, found: Json) -> Rules:
        if found is False:
            return {"not": {}}
        if not isinstance(found, dict):
            return {}
        if "$ref" in found:
            return self._reference(found["$ref"])
        rules: Rules = {}
        for name, value in found.items():
            if tamed := _TAMERS.get(name, _dropped)(self, value, found):
                rules.update(tamed)
        return rules

    def schemas(self, found: Json) -> dict[str, Rules]:
        """A schema for each key."""
        if not isinstance(found, dict):
            return {}
        return {name: self.schema(value) for name, value in found.items()}

    def pattern(self, text: Json) -> bool:
        if not isinstance(text, str):
            return False
        try:
            re.compile(text)
        except (re.error, OverflowError):
            self.remarks.append(f"the pattern {shown(text)} is not used, for it cannot be read")
            return False
        if not is_quick(text):
            self.remarks.append(f"the pattern {shown(text)} is not used, for it may take for ever")
            return False
        return True

    def _reference(self, target: Json) -> Rules:
        if target == "#" or _target(self.root, target) is not None:
            return {"$ref": target}
        self.remarks.append(f"the reference {shown(str(target))} is not followed")
        return {}


def _target(root: Json, reference: Json) -> Json:
    """Return the definition of *root* that *reference* is about; None when it is about none."""
    found = _DEFINITION.fullmatch(reference) if isinstance(reference, str) else None
    group = root.get(found[1]) if found and isinstance(root, dict) else None
    return group.get(found[2]) if found and isinstance(group, dict) else None


_DEFINITION = re.compile(r"#/(definitions|\$defs)/([\w.-]+)")
_SHARED = ("definitions", "$defs")
_LONGEST_CHAIN = 10
"""References that lead to references."""
_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")
_OPEN = ("creatable", "tags", "async")
"""Options of a list of choices to which the person, or the component, adds others."""
_FILLED_BY_THE_FORM = ("template", "watch", "enumSource")

_Tamer: TypeAlias = Callable[[_Taming, Any, Mapping[str, Any]], Rules | None]


def _dropped(taming: _Taming, value: Any, holder: Mapping[str, Any]) -> Rules | None:
    """A keyword of the form, or one that nobody knows."""
    return None


def _type(taming: _Taming, value: Any, holder: Mapping[str, Any]) -> Rules | None:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(name in _TYPES for name in names):
        return None
    return {"type": value if isinstance(value, str) else [*dict.fromkeys(names)]}


def _enum(taming: _Taming, value: Any, holder: Mapping[str, Any]) -> Rules | None:
    options = _options(holder)
    is_open = any(options.get(name) for name in _OPEN) or "enumSource" in holder
    return {"enum": value} if isinstance(value, list) and value and not is_open else None


def _required(taming: _Taming, value: Any, holder: Mapping[str, Any]) -> Rules | None:
    fields = holder.get("properties")
    known = fields if isinstance(fields, dict) else {}
    names = value if isinstance(value, list) else ()
    asked = [name for name in names if isinstance(name, str) and not _may_lack(known.get(name))]
    return {"required": [*dict.fromkeys(asked)]} if asked else None


def _may_lack(field: Any) -> bool:
    """Whether a form leaves out *field* at times although it says that it is required.

    One that others hide, a button, one that the form computes, or one with a default, which
    components take where nothing is said.
    """
    if not isinstance(field, dict):
        return False
    is_hidden = bool(_options(field).get("dependencies") or _options(field).get("hidden"))
    is_computed = any(name in field for name in _FILLED_BY_THE_FORM)
    is_widget = isinstance(field.get("type"), str) and field["type"] not in _TYPES
    return is_hidden or is_computed or is_widget or "default" in field


def _options(field: Mapping[str, Any]) -> Mapping[str, Any]:
    found = field.get("options")
    return found if isinstance(found, dict) else {}


def _keyed(name: str) -> _Tamer:
    return lambda taming, value, holder: {name: taming.schemas(value)}


def _patterned(taming: _Taming, value: Any, holder: Mapping[str, Any]) -> Rules | None:
    found = taming.schemas(value)
    return {"patternProperties": {key: each for key, each in found.items() if taming.pattern(key)}}


def _one(name: str) -> _Tamer:
    return lambda taming, value, holder: (
        {name: taming.schema(value)} if isinstance(value, dict | bool) else None
    )


def _rest(name: str) -> _Tamer:
    """What is not described: a schema for it, or whether it may be there at all."""
    one = _one(name)
    return lambda taming, value, holder: (
        {name: value} if isinstance(value, bool) else one(taming, value, holder)
    )


def _several(name: str) -> _Tamer:
    def tamer(taming: _Taming, value: Any, holder: Mapping[str, Any]) -> Rules | None:
        return {name: [taming.schema(each) for each in value]} if _is_filled_list(value) else None

    return tamer


def _items(taming: _Taming, value: Any, holder: Mapping[str, Any]) -> Rules | None:
    return (_several if isinstance(value, list) else _one)("items")(taming, value, holder)


def _dependencies(taming: _Taming, value: Any, holder: Mapping[str, Any]) -> Rules | None:
    if not isinstance(value, dict):
        return None
    found = {
        key: [*dict.fromkeys(each)] if isinstance(each, list) else taming.schema(each)
        for key, each in value.items()
        if isinstance(each, dict)
        or (isinstance(each, list) and all(isinstance(name, str) for name in each))
    }
    return {"dependencies": found}


def _is_filled_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -math.inf < value < math.inf  # `isfinite` takes no very large integer


def _number(name: str) -> _Tamer:
    return lambda taming, value, holder: {name: value} if _is_number(value) else None


def _count(name: str) -> _Tamer:
    return lambda taming, value, holder: (
        {name: int(value)} if _is_number(value) and value >= 0 and value == int(value) else None
    )


def _text(name: str) -> _Tamer:
    return lambda taming, value, holder: {name: value} if isinstance(value, str) else None


def _bound(name: str, exclusive: str) -> _Tamer:
    """In draft-04 the word that makes a bound exclusive stands beside it."""
    return lambda taming, value, holder: (
        {exclusive if holder.get(exclusive) is True else name: value} if _is_number(value) else None
    )


_TAMERS: Mapping[str, _Tamer] = {
    "title": _text("title"),
    "description": _text("description"),
    "default": lambda taming, value, holder: {"default": value},
    "examples": lambda taming, value, holder: (
        {"examples": value} if _is_filled_list(value) else None
    ),
    "type": _type,
    "enum": _enum,
    "const": lambda taming, value, holder: {"const": value},
    "required": _required,
    "properties": _keyed("properties"),
    "patternProperties": _patterned,
    "additionalProperties": _rest("additionalProperties"),
    "propertyNames": _one("propertyNames"),
    "items": _items,
    "additionalItems": _rest("additionalItems"),
    "contains": _one("contains"),
    "definitions": _keyed("definitions"),
    "$defs": _keyed("$defs"),
    "dependencies": _dependencies,
    "allOf": _several("allOf"),
    # To match two of the forms is nothing that a person could mend.
    "anyOf": _several("anyOf"),
    "oneOf": _several("anyOf"),
    "if": _one("if"),
    "then": _one("then"),
    "else": _one("else"),
    "minimum": _bound("minimum", "exclusiveMinimum"),
    "maximum": _bound("maximum", "exclusiveMaximum"),
    "exclusiveMinimum": _number("exclusiveMinimum"),
    "exclusiveMaximum": _number("exclusiveMaximum"),
    "minLength": _count("minLength"),
    "maxLength": _count("maxLength"),
    "minItems": _count("minItems"),
    "maxItems": _count("maxItems"),
    "minProperties": _count("minProperties"),
    "maxProperties": _count("maxProperties"),
    "uniqueItems": lambda taming, value, holder: {"uniqueItems": True} if value is True else None,
    "pattern": lambda taming, value, holder: {"pattern": value} if taming.pattern(value) else None,
}
"""How each rule is taken over. `not` is left out: with values that are not known, as secrets are
not, nothing can be said of what must not be."""
