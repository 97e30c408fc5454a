"""Market data of many rows: which columns the core needs, and what became of the rows."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sequence.errors import ValidationError
from sequence.feeds.recording import KINDS, SIDES, STATUSES
from sequence.sandbox.columns import Column, Given, column, rows_of, table_columns
from sequence.types._decimal import PRICE_DECIMALS, QTY_DECIMALS

_Wrong = tuple[int, int, int, str, str, str]
_Feed = tuple[
    tuple[Given | None, Given | None, Given | None, Given | None, Given | None],
    tuple[Given | None, Given | None, Given | None, Given | None],
    tuple[bool, bool],
    int,
]


class Refused(NamedTuple):
    """Rows that were refused together, as the one call that they stand for would have been.

    Attributes:
        row: The row that is wrong; where that concerns all of them, the first.
        rows: All rows that were refused with it: more than one of a message of several rows.
        code: As of an error of the API, such as ``VALIDATION_ERROR``.
        field: What is wrong, such as ``price`` or ``symbol``; empty when it is the whole.
        message: Why, for people.
    """

    row: int
    rows: range
    code: str
    field: str
    message: str


class Fed(NamedTuple):
    """What became of rows of market data.

    Attributes:
        rows: How many there were.
        taken: How many of them were applied.
        refused: The others, in order.
    """

    rows: int
    taken: int
    refused: list[Refused]


def columns_of(table: object, given: Mapping[str, Any]) -> _Feed:
    """Columns by name, as the core takes them."""
    found = {} if table is None else dict(table_columns(table))
    if "ts_venue_ns" in found:
        found.setdefault("ts_ns", found["ts_venue_ns"])
    for name, units in (("price", "px_1e9"), ("qty", "qty_1e8")):
        if name in given or units in given:
            # What is said beside the table counts, whatever the table calls it.
            found.pop(name, None)
            found.pop(units, None)
    found.update(given)
    found.setdefault("kind", "level")
    _check(found)

    def texts(name: str, codes: tuple[str, ...] = ()) -> Column | None:
        return column(found[name], name, names=codes) if name in found else None

    def numbers(name: str, decimals: int | None = None) -> Column | None:
        return column(found[name], name, decimals=decimals) if name in found else None

    status = texts("status", STATUSES)
    if status is None and "count" in found:
        status = column(found["count"], "status", names=STATUSES)
    kind, venue, symbol = texts("kind", KINDS), texts("venue"), texts("symbol")
    side = texts("side", SIDES)
    price = numbers("price", PRICE_DECIMALS) or numbers("px_1e9")
    qty = numbers("qty", QTY_DECIMALS) or numbers("qty_1e8")
    time, flags = numbers("ts_ns"), numbers("flags")
    rows = rows_of((kind, venue, symbol, side, status, price, qty, time, flags))
    named = _core(kind), _core(venue), _core(symbol), _core(side), _core(status)
    measured = _core(price), _core(qty), _core(time), _core(flags)
    return named, measured, ("px_1e9" in found, "qty_1e8" in found), rows


def fed(rows: int, wrong: Iterable[_Wrong]) -> Fed:
    """What became of so many rows, of which these were refused."""
    refused = [
        Refused(row, range(first, end), code, field, message)
        for row, first, end, code, field, message in wrong
    ]
    return Fed(rows, rows - sum(len(row.rows) for row in refused), refused)


def _check(found: Mapping[str, object]) -> None:
    for name in ("venue", "symbol"):
        if name not in found:
            raise ValidationError(f"{name}: is missing")
    for name, units in (("price", "px_1e9"), ("qty", "qty_1e8")):
        if name in found and units in found:
            raise ValidationError(f"{name}: give it or {units}, not both")


def _core(row: Column | None) -> Given | None:
    return None if row is None else row.given()
