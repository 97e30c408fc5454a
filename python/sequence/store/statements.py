"""SQL text of every write, compiled once from the tables.

The standard library gives up the interpreter's lock at every step of a statement and has to win it
back from the thread that serves. One statement of many rows is one such moment; as many statements
of one row would be as many.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects.sqlite import insert

from sequence.store.base import Row, Value
from sequence.store.tables import APP_TABLES, ENGINE_TABLES, NEVER_CHANGE, events, seals

MOST_ROWS: Final = 128
"""Rows of the largest statement: with the widest table still far below SQLite's 32,766 values."""

ONE_STATEMENT: Final = 16
"""As many rows have a statement of their own size, which a commit of one order needs of each table;
of more rows there are statements of powers of two."""

CACHED_STATEMENTS: Final = 512
"""At least the number of different texts: nineteen sizes of every table."""


class Write:
    """The statement that writes rows of one table, whether they are there already or not."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        text = _write(table, dialect)
        row = f"({', '.join('?' * len(table.columns))})"
        self._head, values, self._tail = text.partition(row)
        if values != row or "?" in self._tail:
            raise AssertionError(f"{table.name}: not one row of values in {text}")
        self._row: Final = row
        self._texts: dict[int, str] = {}

    def statements(self, rows: Sequence[Row]) -> Iterator[tuple[str, list[Value]]]:
        """Texts with their values, in the order of the rows."""
        start, count = 0, len(rows)
        while start < count:
            size = count - start
            if size > ONE_STATEMENT:
                size = min(MOST_ROWS, 1 << size.bit_length() - 1)
            yield self._text(size), list(chain.from_iterable(rows[start : start + size]))
            start += size

    def _text(self, rows: int) -> str:
        found = self._texts.get(rows)
        if found is None:
            found = self._head + ", ".join([self._row] * rows) + self._tail
            self._texts[rows] = found
        return found


def compile_writes(dialect: Dialect) -> dict[str, Write]:
    """How to write each table."""
    tables = (*ENGINE_TABLES, *APP_TABLES, seals)
    return {table.name: Write(table, dialect) for table in tables}


def _write(table: Table, dialect: Dialect) -> str:
    statement = insert(table)
    keys = [column.name for column in table.primary_key.columns]
    # What never changes is not set: each index over it would be written anew as well.
    stays = (*keys, *NEVER_CHANGE.get(table, ()))
    others = [column.name for column in table.columns if column.name not in stays]
    # An event is written once; a second one of its number is an error.
    if table is not events and others:
        changed = {name: statement.excluded[name] for name in others}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    names = [column.name for column in table.columns]
    compiled = statement.compile(dialect=dialect, column_keys=names)
    if list(compiled.positiontup or ()) != names:
        raise AssertionError(f"{table.name}: values are bound in another order than the columns")
    return str(compiled)
