"""A digest in every row and their sum per table: nothing stored is changed, added or lost unseen.

The digest of a row covers its table and everything in it, so a changed row can be named. The sums
and counts are written in the same commit as the rows, so a row that is missing shows as well. They
are no protection against somebody who means harm: whoever can write the file can write digests.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from sequence._core import digested, row_digest
from sequence.store.base import Finding, Row, Value
from sequence.store.tables import (
    APP_TABLES,
    ENGINE_TABLES,
    OPEN,
    UNBOUNDED,
    legs,
    orders,
    seals,
)

Key = tuple[Value, ...]
Lookup = Callable[[str, Key], int | None]
"""The digest that the file holds for a row, by its key."""

SCHEMA: Final = "schema"
"""The seal that covers how the tables are defined."""

SEALED: Final = (*ENGINE_TABLES, *APP_TABLES)
_KEYS: Final = {table.name: len(table.primary_key.columns) for table in SEALED}
_STATUS: Final = {
    table.name: [column.name for column in table.columns].index("status")
    for table in (orders, legs)
}
_GROWING: Final = frozenset(table.name for table in UNBOUNDED)

_WRAP: Final = 2**64
_SIGN: Final = 2**63


def add(total: int, digest: int) -> int:
    """A sum that wraps, as a signed 64-bit integer."""
    # Of any integers: a sum that was wrapped in between is the same.
    return (total + digest + _SIGN) % _WRAP - _SIGN


def intact(table: str, rows: Iterable[Row]) -> tuple[list[Row], list[Finding]]:
    """Rows with their digest as those without it that are whole, and a finding for each other."""
    good: list[Row] = []
    bad: list[Finding] = []
    keys = _KEYS[table]
    for row in rows:
        content = row[:-1]
        if row_digest(table, content) == row[-1]:
            good.append(content)
        else:
            bad.append(changed(table, content[:keys]))
    return good, bad


def changed(table: str, key: Sequence[object]) -> Finding:
    """What is said of a row that is not what was written."""
    name = " ".join(str(part) for part in key)
    return Finding("D5", f"{table} {name}", "the row as it was written", "a changed row")


class Seals:
    """Counts and sums of every table as the last commit left them."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[int, int]] = {}
        self._held: dict[str, dict[Key, int]] = {name: {} for name in _KEYS}
        self._newest: dict[str, Key] = {}

    def begin(self, sealed: Iterable[Row]) -> None:
        """Goes on from stored seals, each ``(name, rows, sum)``."""
        for name, count, total in sealed:
            if isinstance(name, str) and isinstance(count, int) and isinstance(total, int):
                self._sums[name] = (count, total)

    def hold(self, table: str, rows: Iterable[Row], newest: Key | None = None) -> None:
        """Remembers rows with their digests that may be written again.

        Args:
            table: Their table.
            rows: All rows of it, or the open ones.
            newest: The highest key in the file, of a table that is not held whole.
        """
        keys = _KEYS[table]
        self._held[table].update((row[:keys], int(row[-1] or 0)) for row in rows)
        if newest is not None:
            self._newest[table] = newest

    def stamp(self, table: str, rows: Sequence[Row], lookup: Lookup) -> list[Row]:
        """Rows with their digests, counted from now on."""
        if table in _GROWING:
            return self._stamp_growing(table, rows, lookup)
        keys, held = _KEYS[table], self._held[table]
        count, total = self._sums.get(table, (0, 0))
        stamped, digests = digested(table, rows)
        for row, digest in zip(rows, digests, strict=True):
            key = row[:keys]
            before = held.get(key)
            held[key] = digest
            if before is None:
                count += 1
            total += digest - (before or 0)
        self._sums[table] = count, add(total, 0)
        return stamped

    def _stamp_growing(self, table: str, rows: Sequence[Row], lookup: Lookup) -> list[Row]:
        """The same in a table of which only open rows are held, and the highest key."""
        keys, held, status = _KEYS[table], self._held[table], _STATUS.get(table)
        newest: Key | None = self._newest.get(table)
        count, total = self._sums.get(table, (0, 0))
        stamped, digests = digested(table, rows)
        for row, digest in zip(rows, digests, strict=True):
            key = row[:keys]
            is_new = newest is None or _after(key, newest)
            before = held.pop(key, None) if held else None
            if before is None and not is_new:
                before = lookup(table, key)
            if before is None:
                count += 1
            if status is not None and row[status] in OPEN:
                held[key] = digest
            if is_new:
                newest = key
            total += digest - (before or 0)
        self._sums[table] = count, add(total, 0)
        if newest is not None:
            self._newest[table] = newest
        return stamped

    def drop(self, table: str, keys: Iterable[Key]) -> None:
        """Rows that are deleted with this commit."""
        count, total = self._sums.get(table, (0, 0))
        for key in keys:
            before = self._held[table].pop(key, None)
            if before is not None:
                count, total = count - 1, add(total, -before)
        self._sums[table] = (count, total)

    def empty(self, table: str) -> None:
        """Every row of a table goes with this commit."""
        self._held[table].clear()
        self._sums[table] = (0, 0)

    def drop_from(self, table: str, first: int, digests: Iterable[int]) -> None:
        """Rows whose first key is this or above go with this commit; these are their digests."""
        count, total = self._sums.get(table, (0, 0))
        for digest in digests:
            count, total = count - 1, add(total, -digest)
        self._sums[table] = (count, total)
        held = self._held[table]
        self._held[table] = {key: row for key, row in held.items() if _number(key[0]) < first}

    def rows(self, tables: Iterable[str]) -> list[Row]:
        """The seals of these tables as rows to write, with their own digests."""
        found = [(name, *self._sums[name]) for name in tables if name in self._sums]
        return [(*row, row_digest(seals.name, row)) for row in found]


def _after(key: Key, newest: Key) -> bool:
    """Keys of the unbounded tables are numbers; of a file that was changed they can be anything."""
    try:
        return key > newest
    except TypeError:
        return tuple(map(_number, key)) > tuple(map(_number, newest))


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def differences(
    name: str, stored: tuple[int, int] | None, found: tuple[int, int]
) -> Iterator[Finding]:
    """What a seal says of its table."""
    if stored is None:
        yield Finding("D5", f"the seal of {name}", "a row", "none")
        return
    if stored[0] != found[0]:
        yield Finding("D5", f"table {name}", f"{stored[0]} rows", f"{found[0]} rows")
    elif stored[1] != found[1]:
        yield Finding("D5", f"table {name}", "the rows as written", "changed or exchanged rows")
