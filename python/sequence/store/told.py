"""Rows against the events that told of them: an ended order, a fill and their sums."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, select

from sequence.store.base import Finding
from sequence.store.left import LeftWays, left_ways
from sequence.store.tables import events, fills, orders

FILLED: Final = "order_filled"
CHANGED: Final = "order_changed"
_ORDER_BITS: Final = 8
"""The first word of a fill's event holds its kind in this many bits and its order above them."""


def check_told(connection: Connection) -> Iterator[Finding]:
    """T1: fills are those that events told of; orders end as their last event and fills say."""
    left = left_ways(connection)
    yield from _check_fills(connection, left)
    yield from _check_ends(connection, left)
    yield from _check_sums(connection)


def _check_fills(connection: Connection, left: LeftWays) -> Iterator[Finding]:
    told: dict[int, tuple[int, ...]] = {}
    words = events.c
    query = select(words.word_1, words.word_0, words.word_2, words.word_3, words.seq)
    for number, order, price, qty, seq in _rows(connection, query.where(words.kind == FILLED)):
        if seq not in left:
            told[number] = (order >> _ORDER_BITS, price, qty, seq)
    row = fills.c
    stored = select(row.fill_no, row.order_no, row.price_1e9, row.qty_1e8, row.event_seq)
    for number, *found in _rows(connection, stored.order_by(row.fill_no)):
        wanted = told.pop(number, None)
        if wanted is None:
            yield Finding("T1", f"fill {number}", "an event that tells of it", "none")
        elif wanted != tuple(found):
            yield Finding("T1", f"fill {number}", _fill(wanted), _fill(found))
    for number, wanted in told.items():
        yield Finding("T1", f"fill {number}", _fill(wanted), "no such row")


def _fill(values: Any) -> str:  # noqa: ANN401 - a tuple or a list of numbers
    order, price, qty, seq = values
    return f"{qty} at {price} of order {order} in event {seq}"


def _check_ends(connection: Connection, left: LeftWays) -> Iterator[Finding]:
    words = events.c
    last: dict[int, tuple[int, int]] = {}
    query = select(words.word_1, words.word_2, words.word_3, words.seq)
    changes = query.where(words.kind == CHANGED).order_by(words.seq)
    for order, version, filled, seq in _rows(connection, changes):
        if seq not in left:
            last[order] = (version, filled)
    row = orders.c
    stored = select(row.order_no, row.version, row.filled_1e8).order_by(row.order_no)
    for number, *found in _rows(connection, stored):
        wanted = last.pop(number, None)
        if wanted is None:
            yield Finding("T1", f"order {number}", "an event that tells of it", "none")
        elif wanted != tuple(found):
            names = "version {}, {} filled"
            yield Finding("T1", f"order {number}", names.format(*wanted), names.format(*found))
    for number in last:
        yield Finding("T1", f"order {number}", "a row", "none")


def _check_sums(connection: Connection) -> Iterator[Finding]:
    """What an order paid is what its fills paid."""
    sums: defaultdict[int, list[int | None]] = defaultdict(lambda: [0, 0])
    row = fills.c
    query = select(row.order_no, row.fee_usd_1e9, row.notional_usd_1e9)
    for order, *amounts in _rows(connection, query):
        # A sum with a part that nothing valued is not known.
        parts = zip(sums[order], amounts, strict=True)
        sums[order] = [_plus(total, _units(part)) for total, part in parts]
    stored = select(orders.c.order_no, orders.c.fees_usd_1e9, orders.c.notional_usd_1e9)
    for number, fees, notional in _rows(connection, stored.order_by(orders.c.order_no)):
        found = [_units(fees), _units(notional)]
        wanted = sums[number]
        if wanted != found:
            yield Finding("T1", f"order {number}", f"fees and notional {wanted}", str(found))


def _plus(total: int | None, part: int | None) -> int | None:
    return None if total is None or part is None else total + part


def _units(amount: str | None) -> int | None:
    """A stored amount; None of one that nobody could say."""
    return None if amount is None else int(amount)


def _rows(connection: Connection, query: Any) -> Iterator[Any]:  # noqa: ANN401 - a Select
    found: Any = connection.execution_options(yield_per=1000).execute(query)
    yield from found
