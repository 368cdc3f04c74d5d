"""The rows of tables: JSON lists of texts, in the order in which they came."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from kbsync.emulator.catalog import Table
from kbsync.emulator.errors import ApiError
from kbsync.emulator.jsontext import dump
from kbsync.emulator.table_csv import Row
from kbsync.emulator.table_filters import Query


def put_rows(db: sqlite3.Connection, table: Table, rows: Iterable[Row]) -> int:
    """Add rows and return how many were given.

    With a primary key the last of its rows stays, at the place of the first.
    """
    now, given = time.time(), count()
    places = table.places(table.primary_key)
    db.executemany(
        "INSERT INTO data_row (table_pk, key, cells, imported) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (table_pk, key) DO UPDATE"
        " SET cells = excluded.cells, imported = excluded.imported"
        " WHERE cells <> excluded.cells",
        (
            (table.pk, _key(row, places), dump(row), now)
            for row, _ in zip(rows, given, strict=False)
        ),
    )
    return next(given)


def clear_rows(db: sqlite3.Connection, table: Table) -> None:
    db.execute("DELETE FROM data_row WHERE table_pk = ?", (table.pk,))


def select_rows(db: sqlite3.Connection, table: Table, query: Query) -> Iterator[list[str | None]]:
    """The cells that *query* asks for, row by row."""
    where, values = query.where(table)
    order = ", ".join((*query.order(table), "serial"))
    found = db.execute(
        f"SELECT cells FROM data_row WHERE {where} ORDER BY {order} LIMIT ?",
        (*values, query.limit),
    )
    places = table.places(query.columns or table.columns)
    for row in found:
        cells = json.loads(row["cells"])
        yield [cells[place] for place in places]


def delete_rows(db: sqlite3.Connection, table: Table, query: Query) -> int:
    """Return how many rows there were."""
    where, values = query.where(table)
    return db.execute(f"DELETE FROM data_row WHERE {where}", values).rowcount


def rekey_rows(db: sqlite3.Connection, table: Table) -> None:
    """Give every row the key that the table's primary key wants now.

    Raises:
        ApiError: Two rows would have the same one.
    """
    if not table.primary_key:
        db.execute("UPDATE data_row SET key = NULL WHERE table_pk = ?", (table.pk,))
        return
    places = table.places(table.primary_key)
    found = db.execute("SELECT serial, cells FROM data_row WHERE table_pk = ?", (table.pk,))
    keys = [(_key(json.loads(row["cells"]), places), row["serial"]) for row in found]
    if len({key for key, _ in keys}) < len(keys):
        raise ApiError(
            400,
            "storage.tables.primaryKeyDuplicateValues",
            f'The new primary key "{", ".join(table.primary_key)}" has duplicate values'
            " in the table.",
        )
    db.executemany("UPDATE data_row SET key = ? WHERE serial = ?", keys)


def add_cells(db: sqlite3.Connection, table: Table, number: int) -> None:
    """Append *number* empty cells to every row."""
    for _ in range(number):
        db.execute(
            "UPDATE data_row SET cells = json_insert(cells, '$[#]', '') WHERE table_pk = ?",
            (table.pk,),
        )


def remove_cells(db: sqlite3.Connection, table: Table, place: int) -> None:
    """Take the cell at *place*, from 0, out of every row."""
    db.execute(
        "UPDATE data_row SET cells = json_remove(cells, ?) WHERE table_pk = ?",
        (f"$[{place}]", table.pk),
    )


def _key(row: Row, places: Sequence[int]) -> str | None:
    return dump([row[place] for place in places]) if places else None
