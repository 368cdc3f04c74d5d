"""Conditions on rows, as people type them and as the API takes them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kbsync.errors import UsageError
from kbsync.model import JsonObject
from kbsync.tables.catalog import Table, did_you_mean

_OPERATORS = {"=": "eq", "!=": "ne", ">=": "ge", "<=": "le", ">": "gt", "<": "lt"}
_CONDITION = re.compile(
    r"""
    (?: " (?P<quoted> (?: [^"] | "" )+ ) " | (?P<plain> [^"=!<>] [^=!<>]* ) )
    (?P<operator> != | >= | <= | = | > | < )
    (?P<value> .* )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What the value of a column has to be; compared as text."""

    column: str
    operator: str
    """`eq`, `ne`, `gt`, `ge`, `lt` or `le`."""
    value: str


def parse_condition(text: str) -> Condition:
    """Return the condition that *text* means, such as `country=CZ` or `"a=b">=5`.

    A column whose name holds one of the operators stands in quotes, a quote in it twice. The value
    is the rest, exactly.

    Raises:
        UsageError: It is no condition.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise UsageError(
            f"'{text}' is no condition; expected a column, one of {' '.join(_OPERATORS)}, a value",
            hint="Such as --where country=CZ, or --where '\"a=b\"=CZ' for the column a=b.",
        )
    quoted = found["quoted"]
    return Condition(
        column=quoted.replace('""', '"') if quoted else found["plain"],
        operator=_OPERATORS[found["operator"]],
        value=found["value"],
    )


def filters_json(conditions: Iterable[Condition]) -> list[JsonObject]:
    """Return the `whereFilters` of a request's body. All of them have to hold."""
    return [
        {"column": each.column, "operator": each.operator, "values": [each.value]}
        for each in conditions
    ]


def filters_query(conditions: Iterable[Condition]) -> dict[str, str]:
    """Return the `whereFilters` as parameters of a GET, where lists are spelled as PHP does."""
    query = {}
    for number, each in enumerate(conditions):
        name = f"whereFilters[{number}]"
        query[f"{name}[column]"] = each.column
        query[f"{name}[operator]"] = each.operator
        query[f"{name}[values][0]"] = each.value
    return query


def split_columns(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of `--columns id,name`, each once, in the order they were named."""
    named = (name.strip() for text in texts for name in text.split(","))
    return tuple(dict.fromkeys(name for name in named if name))


def check_columns(table: Table, names: Sequence[str]) -> None:
    """Make sure that *table* has the columns *names*; they are compared exactly.

    Raises:
        UsageError: It lacks one, or the first of several.
    """
    known = table.column_names
    for name in names:
        if name not in known:
            raise UsageError(
                f"{table.id} has no column '{name}'",
                hint=did_you_mean(name, known, f"See its columns: kbsync table show {table.id}"),
            )
