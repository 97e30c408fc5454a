"""Reading what is stored: a connection for each thread, and counts that do not count everything."""

import json
import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy import Connection, Engine, Select, func, select, text

from sequence.store.base import Query, Value
from sequence.store.tables import metadata

_EVERY: Final = 1_000
"""Rows between two marks: what is counted at most, and what a million rows cost in memory."""
_MOST_COUNTS: Final = 256


def listed(values: Sequence[Value]) -> Select[Any]:
    """Values to look among, as one parameter: a statement has no more than 32,766 of these."""
    return select(func.json_each(json.dumps(list(values))).table_valued("value").c.value)


class Readers:
    """One connection for each thread that reads: a slow read of one keeps no other waiting."""

    def __init__(self, connect: Callable[[], Engine]) -> None:
        self._connect: Final = connect
        self._mine = threading.local()
        self._all: WeakSet[Engine] = WeakSet()

    def mine(self) -> Engine:
        """The connection of this thread."""
        found: Engine | None = getattr(self._mine, "engine", None)
        if found is None:
            found = self._mine.engine = self._connect()
            self._all.add(found)
        return found

    def close(self) -> None:
        """Ends them all."""
        for engine in list(self._all):
            engine.dispose()


class Ranks:
    """Counts of rows that never change again: those that ended and left memory.

    How many rows of an account are older than one is asked with every page. Every thousandth is
    marked once, so an answer counts a thousand rows at most.
    """

    def __init__(self) -> None:
        self._marks: dict[tuple[object, ...], list[int]] = {}
        self._counts: dict[str, int] = {}

    def count(
        self,
        connection: Connection,
        table: str,
        query: Query,
        select_: Callable[[str, Query], Select[Any]],
    ) -> int:
        """How many rows fit."""
        if _is_plain(query):
            return self._rank(connection, table, query)
        key = repr((table, query.equal, query.among, query.at_least, query.below, query.without))
        found = self._counts.get(key)
        if found is None:
            counted = select_(table, query).with_only_columns(func.count())
            found = int(connection.execute(counted).scalar_one())
            if len(self._counts) >= _MOST_COUNTS:
                self._counts.clear()
            self._counts[key] = found
        return found

    def closer(self, connection: Connection, table: str, query: Query) -> Query:
        """The same rows, asked for from the next mark above instead of from the newest."""
        if not _is_plain(query) or query.offset < _EVERY:
            return query
        by = query.by or ""
        wanted = self._rank(connection, table, query) - 1 - query.offset
        marks = self._marks.get((table, *_account(query)), [])
        # Rows that are left out have no marks of their own: the mark is one that is surely above.
        above = (wanted + sum(map(len, query.without.values()))) // _EVERY + 1
        if wanted < 0 or above >= len(marks) or marks[above] >= query.below[by]:
            return query
        near = replace(query, below={by: marks[above]}, offset=0)
        return replace(near, offset=self._rank(connection, table, near) - 1 - wanted)

    def _rank(self, connection: Connection, table: str, query: Query) -> int:
        by = query.by or ""
        account = _account(query)
        marks = self._marks.get((table, *account))
        if marks is None:
            marks = _marks_of(connection, table, by, account)
            self._marks[table, *account] = marks
        below = query.below[by]
        passed = bisect_left(marks, below)
        columns = metadata.tables[table].columns
        rest = select(func.count()).select_from(metadata.tables[table])
        for name, value in query.equal.items():
            rest = rest.where(columns[name] == value)
        rest = rest.where(columns[by] < below)
        if passed:
            rest = rest.where(columns[by] >= marks[passed - 1])
        beyond = int(connection.execute(rest).scalar_one())
        if beyond > 2 * _EVERY:
            # More rows left memory since they were marked: the next look marks them.
            self._marks.pop((table, *account), None)
        count = max(0, passed - 1) * _EVERY + beyond
        return count - self._left_out(connection, table, query)

    @staticmethod
    def _left_out(connection: Connection, table: str, query: Query) -> int:
        """How many of the rows that are to be left out would have been counted."""
        columns, count = metadata.tables[table].columns, 0
        for name, values in query.without.items():
            if values:
                found = select(func.count()).where(columns[name].in_(listed(values)))
                for column, value in query.equal.items():
                    found = found.where(columns[column] == value)
                for column, end in query.below.items():
                    found = found.where(columns[column] < end)
                count += int(connection.execute(found).scalar_one())
        return count


_ACCOUNT: Final = ["account_no", "epoch"]


def _is_plain(query: Query) -> bool:
    """All rows of one account, or those below one of them."""
    is_all = sorted(query.equal) == _ACCOUNT and not query.among and not query.at_least
    return is_all and query.by is not None and sorted(query.below) == [query.by]


def _account(query: Query) -> tuple[Value, ...]:
    return tuple(query.equal[name] for name in _ACCOUNT)


def _marks_of(connection: Connection, table: str, by: str, account: tuple[Value, ...]) -> list[int]:
    """The first row of an account, and every thousandth from there on."""
    query = text(
        f"SELECT {by} FROM (SELECT {by}, row_number() OVER (ORDER BY {by}) AS place FROM {table}"  # noqa: S608 - names of ours
        f" WHERE account_no = :account AND epoch = :epoch) WHERE place % {_EVERY} = 1"
    )
    given = {"account": account[0], "epoch": account[1]}
    return [int(row[0]) for row in connection.execute(query, given)]
