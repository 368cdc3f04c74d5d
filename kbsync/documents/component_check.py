"""Holds values to the schema of a component. Pure.

What a value will be when the component runs is not always known: a secret is ciphertext or the name
of a variable, and `{{ name }}` is filled in by the platform. Such a value breaks no rule. Nor does
an empty list where an object is expected, or the other way round: the platform, which is written in
PHP, has one word for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from kbsync.documents.component_schema import Rules
from kbsync.documents.patterns import MAX_TEXT
from kbsync.documents.schema_words import Broken, culprits
from kbsync.model import Json, JsonPath
from kbsync.secrets import holds_secret

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

MAX_STEPS = 100_000
"""Rules that one value is held to before a schema counts as endless."""

MAX_ITEMS = 300
"""Longer lists are not searched for repeated items, which takes the square of that."""

Breaks: TypeAlias = Mapping[tuple[str, JsonPath], Broken]
"""Broken rules, by the word of the rule and the path of what breaks it."""


class EndlessError(Exception):
    """A schema leads on and on: it refers to itself, or has forms within forms within forms."""


class ComponentRules:
    """The rules of one schema of a component, ready to be applied."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._validator: Validator | None = None
        self._steps_left = MAX_STEPS

    def describes(self, key: str | int) -> bool:
        """Whether there is a rule for *key* at the top."""
        return key in self._rules.get("properties", {})

    def broken_by(self, value: Json, at: JsonPath) -> Breaks:
        """Return what in *value*, which stands at the path *at*, breaks a rule.

        Raises:
            EndlessError: The rules cannot be followed to their end.
        """
        if not self._rules:
            return {}
        self._validator = self._validator or _validator(self._rules, self._step)
        self._steps_left = MAX_STEPS
        try:
            errors = [*self._validator.iter_errors(_veiled(value))]
        except RecursionError:
            raise EndlessError from None
        found = (each for error in errors for each in _broken(error, at))
        return {(each.rule, each.path): each for each in found}

    def _step(self) -> None:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise EndlessError


class _Unknown:
    """Stands for a value that will be known only when the component runs."""


_UNKNOWN: Final = _Unknown()


def _veiled(value: Json) -> Any:
    match value:
        case dict():
            return {
                key: _UNKNOWN if holds_secret(value, key) else _veiled(item)
                for key, item in value.items()
            }
        case list():
            return [_veiled(item) for item in value]
        case str() if "{{" in value:
            return _UNKNOWN
        case _:
            return value


_Rule: TypeAlias = Callable[[Any, Any, Any, Any], "Iterator[ValidationError] | None"]


def _validator(rules: Rules, step: Callable[[], None]) -> Validator:
    # Importing jsonschema takes longer than reading a hundred files.
    from jsonschema import Draft7Validator, validators

    known: Mapping[str, _Rule] = Draft7Validator.VALIDATORS
    special = {
        "pattern": _unless(known["pattern"], lambda value, _: len(str(value)) > MAX_TEXT),
        "type": _unless(known["type"], _is_empty_of_either_kind),
        "uniqueItems": _unless(known["uniqueItems"], _is_long_list),
        **{name: _for_short_keys(known[name]) for name in _MATCHING_KEYS},
    }
    careful = {name: _bounded(rule, step) for name, rule in {**known, **special}.items()}
    extend: Callable[..., Callable[[Rules], Validator]] = validators.extend
    return extend(Draft7Validator, careful)(rules)


def _bounded(rule: _Rule, step: Callable[[], None]) -> _Rule:
    """Return *rule* so that it leaves alone what is not known, and is not followed for ever."""

    def bounded(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if value is not _UNKNOWN:
            step()
            yield from rule(validator, wanted, value, schema) or ()

    return bounded


def _unless(rule: _Rule, is_fine: Callable[[Any, Any], bool]) -> _Rule:
    """Return *rule* for all values but those that are fine anyway, given what is wanted."""
    return lambda validator, wanted, value, schema: (
        None if is_fine(value, wanted) else rule(validator, wanted, value, schema)
    )


_MATCHING_KEYS = ("patternProperties", "additionalProperties")


def _for_short_keys(rule: _Rule) -> _Rule:
    """Return *rule* for keys that may be matched against patterns that others wrote."""
    return lambda validator, wanted, value, schema: rule(
        validator, wanted, _with_short_keys(value), schema
    )


def _with_short_keys(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if len(key) <= MAX_TEXT}


def _is_long_list(value: Any, wanted: Any) -> bool:
    return isinstance(value, list) and len(value) > MAX_ITEMS


def _is_empty_of_either_kind(value: Any, wanted: Any) -> bool:
    return value in ([], {}) and not {"array", "object"}.isdisjoint(
        [wanted] if isinstance(wanted, str) else wanted
    )


def _broken(error: ValidationError, at: JsonPath) -> Iterator[Broken]:
    """Split an error into one for each key or item to mend."""
    path: JsonPath = (*at, *error.absolute_path)
    rule, schema = str(error.validator), error.schema
    value: Any = error.instance
    rules = dict(schema) if isinstance(schema, Mapping) else {}
    for step in culprits(rule, rules, _with_short_keys(value) if rule in _MATCHING_KEYS else value):
        found = value[step[0]] if rule == "uniqueItems" else value
        yield Broken(rule=rule, path=(*path, *step), value=found, schema=rules)
