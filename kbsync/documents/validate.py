"""Checks documents against the published JSON Schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Protocol

from kbsync.documents.published import schema_text
from kbsync.documents.schema_fast import Schema, surely_valid
from kbsync.documents.schema_words import Broken, culprits, sentence
from kbsync.model import Json, JsonPath
from kbsync.problems import Problem

if TYPE_CHECKING:
    from jsonschema import Draft7Validator, ValidationError


class Readable(Protocol):
    """What some file says, or several together."""

    @property
    def value(self) -> Json: ...

    @property
    def problems(self) -> tuple[Problem, ...]: ...

    def place(self, path: JsonPath) -> tuple[str, int, int]:
        """Return the file, line and column of the value at *path*."""


def check(document: Readable, schema_name: str) -> list[Problem]:
    """Return what in *document* is not as the schema says, in the order of the file.

    Args:
        document: A document that could be read; for another one nothing is added.
        schema_name: `project`, `configuration` or `row`.
    """
    schema = load_schema(schema_name)
    if document.problems or surely_valid(document.value, schema, schema.get("definitions", {})):
        return []
    # jsonschema repeats the rule `required` for each key that it misses.
    return sorted(
        {
            Problem(*document.place(broken.path), *sentence(broken))
            for error in _validator(schema_name).iter_errors(document.value)
            for broken in _broken(error)
        }
    )


@cache
def load_schema(name: str) -> Schema:
    """Return the published schema called *name*, as `check` takes it."""
    schema: Schema = json.loads(schema_text(name))
    return schema


@cache
def _validator(schema_name: str) -> Draft7Validator:
    # Importing jsonschema takes longer than reading a hundred files, and good files need it not.
    from jsonschema import Draft7Validator

    return Draft7Validator(load_schema(schema_name))


def _broken(error: ValidationError) -> Iterator[Broken]:
    """Split an error into one for each key or item to mend."""
    path: JsonPath = tuple(error.absolute_path)
    rule, schema, value = str(error.validator), error.schema, error.instance
    assert isinstance(schema, dict)
    for step in culprits(rule, schema, value):
        yield Broken(rule=rule, path=(*path, *step), value=value, schema=schema)
