"""What breaks the rules of a component's schema, in plain sentences. Pure.

Texts of a file are never repeated, because anything may stand in them; texts of the schema are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from kbsync.documents.schema_words import Broken, closest, found_there, subject, wrong_type
from kbsync.documents.text import shown

_MOST_CHOICES = 8


def component_sentence(broken: Broken) -> tuple[str, str]:
    """Return what was found and expected, and what to do about it."""
    return _SENTENCES.get(broken.rule, _other)(broken)


def _missing(broken: Broken) -> tuple[str, str]:
    key = str(broken.path[-1])
    title = broken.schema.get("properties", {}).get(key, {}).get("title")
    called = f" ({title})" if isinstance(title, str) and title else ""
    return f"{shown(key)}{called} is missing", "add it"


def _unknown(broken: Broken) -> tuple[str, str]:
    key = str(broken.path[-1])
    meant = closest(key, list(broken.schema.get("properties", {})))
    todo = f"did you mean {shown(meant)}?" if meant else "remove it"
    return f"{shown(key)} is nothing that the component knows", todo


def _choice(broken: Broken) -> tuple[str, str]:
    choices = broken.schema["enum"]
    listed = ", ".join(map(_spelled, choices[:_MOST_CHOICES]))
    rest = f" and {len(choices) - _MOST_CHOICES} more" if len(choices) > _MOST_CHOICES else ""
    return f"{subject(broken.path)} is {found_there(broken)}; expected one of {listed}{rest}", (
        "write one of them"
    )


def _constant(broken: Broken) -> tuple[str, str]:
    expected = _spelled(broken.schema["const"])
    what = f"{subject(broken.path)} is {found_there(broken)}; expected {expected}"
    return what, f"write {expected}"


def _spelled(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _bound(relation: str) -> Callable[[Broken], tuple[str, str]]:
    def sentence(broken: Broken) -> tuple[str, str]:
        limit = broken.schema[broken.rule]
        return (
            f"{subject(broken.path)} is {found_there(broken)}; expected {relation} {limit:g}",
            "correct it",
        )

    return sentence


def _size(relation: str, noun: str) -> Callable[[Broken], tuple[str, str]]:
    def sentence(broken: Broken) -> tuple[str, str]:
        limit, there = broken.schema[broken.rule], len(broken.value)
        wanted = f"{relation} {limit:g} {noun if limit == 1 else f'{noun}s'}"
        return f"{subject(broken.path)} has {there}; expected {wanted}", "correct it"

    return sentence


def _form(broken: Broken) -> tuple[str, str]:
    pattern = shown(broken.schema["pattern"])
    return f"{subject(broken.path)} has not the form {pattern}", "correct it"


def _twice(broken: Broken) -> tuple[str, str]:
    return f"{subject(broken.path)} is in the list twice", "remove it"


def _misplaced(broken: Broken) -> tuple[str, str]:
    return f"{subject(broken.path)} does not belong here", "remove it"


def _other(broken: Broken) -> tuple[str, str]:
    where = subject(broken.path)
    return f"{where} is in none of the forms it may have", "see the schema of the component"


_SENTENCES: Mapping[str, Callable[[Broken], tuple[str, str]]] = {
    "required": _missing,
    "dependencies": _missing,
    "additionalProperties": _unknown,
    "type": wrong_type,
    "enum": _choice,
    "const": _constant,
    "minimum": _bound("at least"),
    "maximum": _bound("at most"),
    "exclusiveMinimum": _bound("more than"),
    "exclusiveMaximum": _bound("less than"),
    "minLength": _size("at least", "character"),
    "maxLength": _size("at most", "character"),
    "minItems": _size("at least", "item"),
    "maxItems": _size("at most", "item"),
    "minProperties": _size("at least", "key"),
    "maxProperties": _size("at most", "key"),
    "pattern": _form,
    "uniqueItems": _twice,
    "not": _misplaced,
}
"""Rules that are not here are those with several forms to choose from."""
