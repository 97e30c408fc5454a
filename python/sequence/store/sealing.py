"""Seals of a whole file: compared with its rows, or made anew after a change of its tables."""

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

from sequence._core import row_digest
from sequence.store.base import Finding
from sequence.store.seal import SCHEMA, SEALED, add, changed, differences
from sequence.store.tables import DIGEST, seals

APPLICATION_ID: Final = 0x53_45_51_31
"""Marks the file as one of ours."""

_HEADER: Final = (("application_id", APPLICATION_ID), ("user_version", 0))
_PART: Final = 1_000

Damage = dict[str, set[int]]
"""Rows whose digest was wrong, by table and row number of SQLite; an empty set means a table whose
sum was wrong."""


def check_seals(connection: sqlite3.Connection) -> Iterator[Finding]:
    """What rows and sums say against each other; works with tables of any version."""
    sealed = _stored(connection)
    if sealed is None:
        return
    yield from _check_header(connection)
    for name in (*(table.name for table in SEALED), SCHEMA):
        count, total = 0, 0
        if name == SCHEMA:
            count, total = _schema(connection)
        else:
            for _, row in _rows(connection, name):
                count, total = count + 1, add(total, row[-1])
                if row_digest(name, row[:-1]) != row[-1]:
                    yield changed(name, row[: _keys(name)])
        yield from differences(name, sealed.pop(name, None), (count, total))
    for name in sealed:
        yield Finding("D5", f"the seal of {name}", "no such table", "a seal")


def damage_of(connection: sqlite3.Connection) -> Damage:
    """Rows and tables that do not fit their seals, to be carried over a change of the tables."""
    sealed = _stored(connection)
    found: Damage = {}
    if sealed is None:
        return found
    for table in SEALED:
        if not _has(connection, table.name):
            continue
        count, total = 0, 0
        for number, row in _rows(connection, table.name):
            count, total = count + 1, add(total, row[-1])
            if row_digest(table.name, row[:-1]) != row[-1]:
                found.setdefault(table.name, set()).add(number)
        if sealed.get(table.name) != (count, total):
            found.setdefault(table.name, set())
    return found


def seal_all(connection: sqlite3.Connection, damage: Damage | None = None) -> None:
    """Makes every digest and every sum from the rows as they are; damage is not made good."""
    damage = damage or {}
    for name, value in _HEADER:
        connection.execute(f"PRAGMA {name} = {value}")
    connection.execute(f"DELETE FROM {seals.name}")  # noqa: S608 - a name of ours
    for table in SEALED:
        count, total = 0, 0
        bad = damage.get(table.name, set())
        update = f"UPDATE {table.name} SET {DIGEST} = ? WHERE rowid = ?"  # noqa: S608 - the same
        part: list[tuple[int, int]] = []
        for number, row in _rows(connection, table.name):
            digest = add(row_digest(table.name, row[:-1]), 1 if number in bad else 0)
            count, total = count + 1, add(total, digest)
            part.append((digest, number))
            if len(part) == _PART:
                connection.executemany(update, part)
                part.clear()
        connection.executemany(update, part)
        _write(connection, table.name, count, add(total, 1 if table.name in damage else 0))
    _write(connection, SCHEMA, *_schema(connection))


def _write(connection: sqlite3.Connection, name: str, count: int, total: int) -> None:
    row = (name, count, total)
    values = (*row, row_digest(seals.name, row))
    connection.execute(f"INSERT INTO {seals.name} VALUES (?, ?, ?, ?)", values)  # noqa: S608


def _stored(connection: sqlite3.Connection) -> dict[str, tuple[int, int]] | None:
    """The seals that are whole; ``None`` in a file of before there were any."""
    if not _has(connection, seals.name):
        return None
    found: dict[str, tuple[int, int]] = {}
    for _, (name, count, total, digest) in _rows(connection, seals.name):
        if row_digest(seals.name, (name, count, total)) == digest:
            found[name] = (count, total)
    return found


def _has(connection: sqlite3.Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (table,)).fetchone() is not None


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    cursor = connection.execute(f"SELECT rowid, * FROM {table}")  # noqa: S608 - a name of ours
    for number, *row in cursor:
        yield number, tuple(row)


def _keys(table: str) -> int:
    return next(len(found.primary_key.columns) for found in SEALED if found.name == table)


def _schema(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many things are defined, and the digest of their definitions and of the version."""
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    defined = [tuple(row) for row in connection.execute(query)]
    version = [tuple(row) for row in connection.execute("SELECT * FROM alembic_version")]
    return len(defined), row_digest(SCHEMA, (*defined, *version))


def _check_header(connection: sqlite3.Connection) -> Iterator[Finding]:
    for name, wanted in _HEADER:
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != wanted:
            yield Finding("file", name, str(wanted), str(found))
