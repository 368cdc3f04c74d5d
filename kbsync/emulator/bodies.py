"""Request bodies and parameters: JSON, forms with PHP's brackets, multipart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from flask import Request

from kbsync.emulator import jsontext
from kbsync.emulator.errors import ApiError, invalid_parameter, invalid_request

_TRUE = (True, 1, "1", "true", "True")
_FALSE = (False, 0, "0", "false", "False", "")
_LIMIT = 4 * 1024 * 1024
"""Largest configuration or state, in characters of JSON."""

_DEEPEST = 64
"""Levels of brackets in the name of a form field, as in PHP."""


@dataclass(frozen=True, slots=True)
class Body:
    """The members of a request body, each as JSON text, whatever encoding it came in."""

    members: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Whether *name* was given; null means that it was not."""
        return self.members.get(name, "null") != "null"

    def value(self, name: str) -> Any:
        return json.loads(self.members.get(name, "null"))

    def text(self, name: str, area: str = "components") -> str:
        """A text, `""` when not given. Numbers are taken as text, as PHP does."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            raise invalid_parameter(area, name, "This value should be of type string.")
        text = "" if value is None else str(value)
        if not _is_storable(text):
            raise invalid_parameter(area, name, "This value is not valid UTF-8.")
        return text

    def flag(self, name: str, area: str = "components") -> bool:
        """A boolean in any of the accepted spellings; false when not given."""
        value = self.value(name)
        if value is None or value in _FALSE:
            return False
        if value in _TRUE:
            return True
        raise invalid_parameter(area, name, "This value should be of type bool.")

    def texts(self, name: str, area: str = "components") -> tuple[str, ...]:
        """A list of texts; empty when not given."""
        value = self.value(name)
        if value is None:
            return ()
        if isinstance(value, dict):
            value = list(value.values())
        if not isinstance(value, list) or not all(isinstance(item, str | int) for item in value):
            raise invalid_parameter(area, name, "This value should be of type array.")
        return tuple(str(item) for item in value)

    def inner(self, name: str) -> Body:
        """An object inside the body."""
        text = self.members.get(name, "{}")
        if not text.startswith("{"):
            raise invalid_request(name, "This value should be of type object.")
        return Body(jsontext.object_members(text))

    def inner_list(self, name: str) -> list[Body]:
        """A list of objects inside the body."""
        try:
            texts = jsontext.list_items(self.members.get(name, "[]"))
        except ValueError:
            raise invalid_request(name, "This value should be of type array.") from None
        return [Body({"item": text}).inner("item") for text in texts]

    def json_object(self, name: str) -> str:
        """A JSON object, sent as such or as JSON text; `{}` when not given.

        PHP clients send an empty object as `[]`.
        """
        text = self.members.get(name, "null")
        if text == "null":
            return "{}"
        if text.startswith('"'):
            text = str(json.loads(text))
            _check_json(name, text)
        if len(text) > _LIMIT:
            raise ApiError(400, "requestTooLarge", f"{name.capitalize()} is larger than 4 MB")
        text = jsontext.tidy(text)
        if text == "[]":
            return "{}"
        if not text.startswith("{"):
            raise _invalid_format(name, "This value should be a JSON object.")
        return text


def read_body(request: Request) -> Body:
    """Return the body of *request*; an absent one has no members.

    Raises:
        ApiError: The body is not what its content type says.
    """
    if request.mimetype == "multipart/form-data":
        return Body(_nest(request.form.items(multi=True)))
    data = request.get_data()
    if not data.strip():
        return Body({})
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("the body is not valid UTF-8") from None
    if request.mimetype == "application/x-www-form-urlencoded" and not text.startswith("{"):
        return Body(_nest(_parse_form(text)))
    return Body(_parse_json(text))


def read_query(request: Request) -> Body:
    """The query parameters, read as a form is."""
    return Body(_nest(request.args.items(multi=True)))


def query_list(request: Request, name: str) -> tuple[str, ...]:
    """A list parameter in any of PHP's spellings: `name[]=a&name[]=b` or `name[0]=a`."""
    pattern = re.compile(re.escape(name) + r"\[\d*\]")
    return tuple(value for key, value in request.args.items(multi=True) if pattern.fullmatch(key))


def query_include(
    request: Request, default: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    """The known names of the comma list `include`; *default* when the parameter is absent."""
    given = request.args.get("include")
    if given is None:
        return tuple(default)
    return tuple(name for name in given.split(",") if name in known)


def query_flag(request: Request, name: str) -> bool:
    value = request.args.get(name, "")
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise invalid_request(
        name,
        f'"{value}" is not boolean. Possible values are true, false, 1, 0.',
        "storage.validation",
    )


def query_number(request: Request, name: str, default: int) -> int:
    """A parameter that counts something: 0 or more."""
    value = request.args.get(name, "")
    if not value:
        return default
    if not value.isdecimal() or len(value) > 9:
        raise invalid_request(name, "This value should be a non-negative number.")
    return int(value)


def _parse_json(text: str) -> dict[str, str]:
    try:
        if jsontext.tidy(text) == "[]":
            return {}
        return jsontext.object_members(text)
    except ValueError as error:
        raise _malformed(f"the body is not a JSON object: {error}") from error


def _parse_form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise _malformed("the form is not valid UTF-8") from None


def _nest(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Turn `a[b][]=c` into nested objects, as PHP does, and those into JSON texts."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        head, *rest = re.split(r"\[", name)
        if len(rest) > _DEEPEST:
            raise _malformed(f"the form field {head!r} is nested too deeply")
        keys = [head, *(key.removesuffix("]") for key in rest)]
        node = root
        for key in keys[:-1]:
            inner = node.setdefault(_next_key(node, key), {})
            if not isinstance(inner, dict):
                raise _malformed(f"the form field {name!r} is both a text and a list")
            node = inner
        node[_next_key(node, keys[-1])] = value
    return {key: jsontext.dump(_lists(value)) for key, value in root.items()}


def _next_key(node: Mapping[str, Any], key: str) -> str:
    return key or str(sum(name.isdecimal() for name in node))


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(item) for key, item in value.items()}
    is_list = list(inner) == [str(place) for place in range(len(inner))]
    return list(inner.values()) if is_list else inner


def _check_json(name: str, text: str) -> None:
    try:
        jsontext.check(text)
    except ValueError:
        raise _invalid_format(
            name,
            "This value should be valid JSON." if text else "This value should not be blank.",
        ) from None


def _invalid_format(name: str, message: str) -> ApiError:
    return ApiError(
        400,
        f"validation.invalid{name.capitalize()}Format",
        f"Invalid {name} body format: {message}",
    )


def _malformed(message: str) -> ApiError:
    return ApiError(400, "malformedRequest", f"Malformed request: {message}")


def _is_storable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
