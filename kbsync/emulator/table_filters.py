"""Which rows and columns of a table a request wants, and that as SQL."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kbsync.emulator.bodies import Body
from kbsync.emulator.catalog import Table
from kbsync.emulator.errors import ApiError, invalid_request

_COMPARISONS = {"eq": "IN", "ne": "NOT IN", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_OLD_OPERATORS = {"eq": "eq", "ne": "ne", "neq": "ne", "": "eq"}
_CASTS = {
    "": "TEXT",
    "STRING": "TEXT",
    "INTEGER": "INTEGER",
    "BIGINT": "INTEGER",
    "DOUBLE": "REAL",
    "REAL": "REAL",
    "DECIMAL": "REAL",
}
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_RELATIVE = re.compile(rf"([+-]?\d+) *({'|'.join(_UNITS)})s?( ago)?")
_INVALID = "storage.tables.validation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One condition on a column. All but `eq` and `ne` have one value."""

    column: str
    operator: str
    values: tuple[str, ...]
    data_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to read or delete."""

    columns: tuple[str, ...] = ()
    """Empty: all."""
    filters: tuple[Filter, ...] = ()
    order_by: tuple[tuple[str, str, str], ...] = ()
    """Column, direction and type."""
    since: float | None = None
    until: float | None = None
    limit: int = -1
    """-1: no limit."""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.filters or self.since is not None or self.until is not None)

    def where(self, table: Table) -> tuple[str, list[Any]]:
        """An SQL condition and its values."""
        clauses = ["table_pk = ?"]
        values: list[Any] = [table.pk]
        for item in self.filters:
            cast = _CASTS[item.data_type]
            marks = ", ".join([f"CAST(? AS {cast})"] * len(item.values))
            listed = f"({marks})" if item.operator in ("eq", "ne") else marks
            cell = _cell(table, item.column, cast)
            clauses.append(f"{cell} {_COMPARISONS[item.operator]} {listed}")
            values.extend(item.values)
        for clause, moment in (("imported >= ?", self.since), ("imported < ?", self.until)):
            if moment is not None:
                clauses.append(clause)
                values.append(moment)
        return " AND ".join(clauses), values

    def order(self, table: Table) -> list[str]:
        return [
            f"{_cell(table, column, _CASTS[data_type])} {direction}"
            for column, direction, data_type in self.order_by
        ]


def table_query(table: Table, given: Body, *, limit: int = -1) -> Query:
    """The query of a request's body or parameters.

    Raises:
        ApiError: It names unknown columns, operators or types, or is not complete.
    """
    return Query(
        columns=_columns(table, given),
        filters=(*_new_filters(table, given), *_old_filter(table, given)),
        order_by=_order(table, given),
        since=_moment(given, "changedSince"),
        until=_moment(given, "changedUntil"),
        limit=_limit(given, limit),
    )


def require_columns(table: Table, names: Sequence[str]) -> None:
    for name in names:
        if name not in table.columns:
            raise ApiError(
                400,
                "storage.tables.columnNotExists",
                f'The column "{name}" does not exist in the table "{table.id}".',
            )


def _columns(table: Table, given: Body) -> tuple[str, ...]:
    value = given.value("columns") or ()
    names = tuple(value.split(",")) if isinstance(value, str) else given.texts("columns", "tables")
    require_columns(table, names)
    return names


def _new_filters(table: Table, given: Body) -> list[Filter]:
    return [_filter(table, item) for item in _items(given, "whereFilters")]


def _filter(table: Table, item: Mapping[str, Any]) -> Filter:
    column, values = str(item.get("column") or ""), item.get("values")
    operator = str(item.get("operator") or "eq")
    if isinstance(values, dict):
        values = list(values.values())
    if not column or not isinstance(values, list) or not values:
        raise invalid_request("whereFilters", "A filter needs a column and a list of values.")
    if operator not in _COMPARISONS:
        raise invalid_request("whereFilters", f'Unknown operator "{operator}".')
    if operator not in ("eq", "ne") and len(values) > 1:
        raise invalid_request("whereFilters", f'The operator "{operator}" takes one value.')
    require_columns(table, [column])
    return Filter(
        column=column,
        operator=operator,
        values=tuple(map(str, values)),
        data_type=_data_type(item),
    )


def _old_filter(table: Table, given: Body) -> list[Filter]:
    """The single filter of older clients; two of them spell `ne` as `neq`."""
    column = given.text("whereColumn", "tables")
    if not column:
        return []
    operator = given.text("whereOperator", "tables")
    if operator not in _OLD_OPERATORS:
        raise invalid_request("whereOperator", f'Unknown operator "{operator}".')
    item = {
        "column": column,
        "operator": _OLD_OPERATORS[operator],
        "values": given.value("whereValues"),
    }
    return [_filter(table, item)]


def _order(table: Table, given: Body) -> tuple[tuple[str, str, str], ...]:
    order = []
    for item in _items(given, "orderBy"):
        column, direction = str(item.get("column", "")), str(item.get("order") or "ASC").upper()
        require_columns(table, [column])
        if direction not in ("ASC", "DESC"):
            raise invalid_request("orderBy", "The order must be ASC or DESC.")
        order.append((column, direction, _data_type(item)))
    return tuple(order)


def _items(given: Body, name: str) -> list[Mapping[str, Any]]:
    value = given.value(name) or []
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise invalid_request(name, "This value should be a list of objects.")
    return value


def _data_type(item: Mapping[str, Any]) -> str:
    data_type = str(item.get("dataType") or "").upper()
    if data_type not in _CASTS:
        raise invalid_request("dataType", f'Unknown data type "{data_type}".')
    return data_type


def _moment(given: Body, name: str) -> float | None:
    """A Unix time, a date, or a distance from now such as `-2 days`; in seconds."""
    text = given.text(name, "tables").strip().lower()
    if not text:
        return None
    if text.isdecimal():
        return float(text)
    if text == "now":
        return time.time()
    if match := _RELATIVE.fullmatch(text):
        distance = int(match[1]) * _UNITS[match[2]]
        return time.time() + (-distance if match[3] else distance)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_request(name, "This value is not a valid date.", _INVALID) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _limit(given: Body, default: int) -> int:
    text = given.text("limit", "tables")
    if not text:
        return default
    if not text.isdecimal() or len(text) > 12:
        raise invalid_request("limit", "This value should be a positive number.", _INVALID)
    return int(text)


def _cell(table: Table, column: str, cast: str) -> str:
    (place,) = table.places([column])
    return f"CAST(coalesce(json_extract(cells, '$[{place}]'), '') AS {cast})"
