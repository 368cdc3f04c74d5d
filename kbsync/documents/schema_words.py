"""Broken rules of a JSON Schema in plain sentences. Pure.

Texts of a file are never repeated, because a token may have been pasted into the wrong place; only
keys, ids, numbers and words such as `yes` are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from kbsync.documents.text import shown
from kbsync.model import JsonPath
from kbsync.secrets import is_secret_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that a part of a document breaks."""

    rule: str
    """The keyword of the schema."""
    path: JsonPath
    """Of the value, key or item to mend."""
    value: Any
    """What was found where the rule stands: for rules about keys and items, what holds them."""
    schema: Mapping[str, Any]
    """The subschema that holds the rule."""


def culprits(rule: str, schema: Mapping[str, Any], value: Any) -> list[JsonPath]:
    """Return the paths, inside the *value* that breaks *rule*, of what a person has to look at."""
    match rule:
        case "additionalProperties":
            patterns = schema.get("patternProperties", {})
            return [
                (key,)
                for key in value
                if key not in schema.get("properties", {})
                and not any(re.search(pattern, key) for pattern in patterns)
            ]
        case "required":
            return [(key,) for key in schema["required"] if key not in value]
        case "dependencies":
            asked = (schema["dependencies"][key] for key in value if key in schema["dependencies"])
            names = (name for each in asked if isinstance(each, list) for name in each)
            return [(name,) for name in dict.fromkeys(names) if name not in value]
        case "uniqueItems":
            return [(index,) for index, item in enumerate(value) if item in value[:index]]
        case _:
            return [()]


def sentence(broken: Broken) -> tuple[str, str]:
    """Return what was found and expected, and what to do about it."""
    return SENTENCES[broken.rule](broken)


def _unknown_key(broken: Broken) -> tuple[str, str]:
    key, known = str(broken.path[-1]), list(broken.schema["properties"])
    what = f"unknown key {shown(key)}; expected one of {', '.join(known)}"
    meant = closest(key, known)
    return what, f"did you mean {shown(meant)}?" if meant else "remove it"


def closest(key: str, known: list[str]) -> str | None:
    """Return the known key that was probably meant: a typo, or another way to write it."""
    plain = {_without_case(name): name for name in known}
    found = get_close_matches(_without_case(key), plain, n=1, cutoff=0.7)
    return plain[found[0]] if found else None


def _without_case(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "").replace(" ", "")


def _missing_key(broken: Broken) -> tuple[str, str]:
    key = str(broken.path[-1])
    schema = broken.schema["properties"][key]
    if "const" in schema:
        return f"{shown(key)} is missing", f"add {key}: {json.dumps(schema['const'])}"
    return f"{shown(key)} is missing", f"add it: {_meaning(schema).partition('. ')[0]}"


def _misplaced_key(broken: Broken) -> tuple[str, str]:
    return f"{shown(str(broken.path[-1]))} does not belong here", broken.schema["description"]


def wrong_type(broken: Broken) -> tuple[str, str]:
    wanted = broken.schema["type"]
    names = [wanted] if isinstance(wanted, str) else wanted
    expected = " or ".join(_TYPE_NAMES[name] for name in names)
    what = f"{subject(broken.path)} is {found_there(broken)}; expected {expected}"
    return what, _repair(broken, names[0])


def _repair(broken: Broken, wanted: str) -> str:
    """Return what to write instead, as far as it is clear what was meant."""
    key = next((f"{step}: " for step in broken.path[-1:] if isinstance(step, str)), "")
    hidden = any(is_secret_key(step) for step in broken.path)
    match wanted, broken.value:
        case "string", int(number) if not isinstance(number, bool) and not hidden:
            return f'write {key}"{number}"'
        case "string", bool() | float():
            return "put it in quotes"
        case "boolean", str(word) if word.lower() in _BOOLEAN_WORDS:
            return f"write {key}{_BOOLEAN_WORDS[word.lower()]}"
        case "boolean", 0 | 1:
            return f"write {key}{'true' if broken.value else 'false'}"
        case "integer", str(digits) if digits.isascii() and digits.isdigit() and not hidden:
            return f"write {key}{int(digits)}"
        case "object", None:
            return f"write {key}{{}}, or put something below it"
        case "array", None:
            return f"write {key}[]"
        case "array", str():
            return f"write {key}[...] with the text inside"
        case "string", None:
            return f'write {key}"", or remove the key'
        case "object", _ if not broken.path:
            return f"start it with a line such as `{_first_line(broken.schema)}`"
        case _:
            return "correct it"


def _first_line(schema: Mapping[str, Any]) -> str:
    """Return a line that every file of this kind may start with."""
    required = {key: schema["properties"][key] for key in schema.get("required", ())}
    fixed = (
        f"{key}: {json.dumps(rule['const'])}" for key, rule in required.items() if "const" in rule
    )
    return next(fixed, "name: Orders")


def _wrong_value(broken: Broken) -> tuple[str, str]:
    expected = json.dumps(broken.schema["const"])
    what = f"{subject(broken.path)} is {found_there(broken)}; expected {expected}"
    return what, f"write {expected}; another value needs another kbsync"


def _empty(broken: Broken) -> tuple[str, str]:
    return f"{subject(broken.path)} is empty", "fill it, or remove it"


def _wrong_form(broken: Broken) -> tuple[str, str]:
    what = f"{subject(broken.path)} has not the form that is expected"
    return what, f"write this: {_meaning(broken.schema)}"


def _too_small(broken: Broken) -> tuple[str, str]:
    what = f"{subject(broken.path)} is {broken.value}; expected {broken.schema['minimum']} or more"
    return what, "write a greater number"


def _listed_twice(broken: Broken) -> tuple[str, str]:
    index = broken.path[-1]
    assert isinstance(index, int)
    return f"{shown(str(broken.value[index]))} is in the list twice", "remove one"


def _no_variant(broken: Broken) -> tuple[str, str]:
    where = ".".join(str(step) for step in broken.path)
    return f"{where} has none of the forms it may have", "see the schema"


SENTENCES: Mapping[str, Callable[[Broken], tuple[str, str]]] = {
    "additionalProperties": _unknown_key,
    "required": _missing_key,
    "not": _misplaced_key,
    "type": wrong_type,
    "const": _wrong_value,
    "minLength": _empty,
    "minItems": _empty,
    "minProperties": _empty,
    "pattern": _wrong_form,
    "minimum": _too_small,
    "uniqueItems": _listed_twice,
    "oneOf": _no_variant,
}
"""Every rule that the schemas use."""

_TYPE_NAMES: Mapping[str, str] = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "array": "a list",
    "object": "a mapping (key: value)",
    "number": "a number",
    "null": "null",
}

_BOOLEAN_WORDS: Mapping[str, str] = {
    "true": "true",
    "yes": "true",
    "on": "true",
    "false": "false",
    "no": "false",
    "off": "false",
}


def subject(path: JsonPath) -> str:
    """Return the last thing on *path* for a message: the file, a key, or an item of a list."""
    if not path:
        return "the file"
    *above, last = path
    if isinstance(last, str):
        return shown(last)
    return f"item {last + 1} of {subject(tuple(above))}"


def found_there(broken: Broken) -> str:
    hidden = any(is_secret_key(step) for step in broken.path)
    match broken.value:
        case None:
            return "empty (null)"
        case bool() if hidden:
            return "true or false"
        case bool(flag):
            return "true" if flag else "false"
        case int() | float() if hidden:
            return "a number"
        case int() | float() as number:
            return f"the number {json.dumps(number)}"
        case str(word):
            return f"the text {word!r}" if word.lower() in _BOOLEAN_WORDS else "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _meaning(schema: Mapping[str, Any]) -> str:
    """Return the description of a key as part of a sentence."""
    text: str = schema.get("description", "what belongs here")
    return text[0].lower() + text[1:].removesuffix(".")
