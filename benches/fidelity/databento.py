"""Databento's market-by-order files of CME."""

from __future__ import annotations

import itertools
import struct
from typing import TYPE_CHECKING, Any

from events import ADD, ASK, BID, DELETE, EXECUTE, REDUCE, Event, unpack

if TYPE_CHECKING:
    from pathlib import Path

SNAPSHOT = 32
# length, type, publisher, instrument, ts_event; order, price, size, flags, channel, action, side
ROW = struct.Struct("<BBHIQQqIBBccQiI")


def databento(path: Path) -> list[Event]:
    """A DBN market-by-order file: 56-byte rows after a header, grouped by matching instant."""
    raw = unpack(path)
    offset = 8 + struct.unpack_from("<I", raw, 4)[0]
    rows = [ROW.unpack_from(raw, at) for at in range(offset, len(raw) - ROW.size + 1, ROW.size)]
    book = Dbn()
    for t, group in itertools.groupby(rows, key=lambda row: 0 if row[8] & SNAPSHOT else row[4]):
        book.group(t, list(group))
    return from_first_open(book.events)


class Dbn:
    """One matching instant after the other.

    Fills are reported in no order of priority, and orders that self-match prevention removed come
    after the fills behind them; inside one instant cancels go first and fills follow the queue.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.open: dict[int, Event] = {}
        self.rank: dict[int, int] = {}

    def group(self, t: int, rows: list[tuple[Any, ...]]) -> None:
        """All rows of one instant."""
        takers = {row[5] for row in rows if row[10] == b"T"}
        filled: dict[int, int] = {}
        for row in rows:
            if row[10] == b"F" and row[5] in self.open and row[5] not in takers:
                filled[row[5]] = filled.get(row[5], 0) + row[7] * 10**8
        left, later = dict(filled), []
        for row in rows:
            order, action, qty = row[5], row[10], row[7] * 10**8
            if action == b"C" and order in self.open:
                booked = min(qty, left.get(order, 0))
                left[order] = left.get(order, 0) - booked
                if qty > booked:
                    self.cut(t, order, qty - booked, traded=False)
            elif action in {b"A", b"M"}:
                later.append(row)
        for order in sorted(filled, key=self.priority):
            self.cut(t, order, filled[order], traded=True)
        for row in later:
            self.place(t, row[5], BID if row[11] == b"B" else ASK, row[6], row[7] * 10**8)

    def priority(self, order: int) -> tuple[int, int]:
        """Best price first, then arrival."""
        row = self.open.get(order)
        px = 0 if row is None else -row.px if row.side == BID else row.px
        return px, self.rank[order]

    def cut(self, t: int, order: int, qty: int, *, traded: bool) -> None:
        """An order loses size."""
        row = self.open.get(order)
        qty = min(qty, row.qty) if row else 0
        if row is None or qty <= 0:
            return
        kind = EXECUTE if traded else DELETE if qty == row.qty else REDUCE
        self.events.append(Event(t, kind, row.side, row.px, qty, order))
        row.qty -= qty
        if row.qty == 0:
            del self.open[order]

    def place(self, t: int, order: int, side: int, px: int, qty: int) -> None:
        """An order is new, or modified: only a smaller size at the same price keeps its place."""
        row = self.open.get(order)
        if row is not None and row.px == px and qty <= row.qty:
            self.cut(t, order, row.qty - qty, traded=False)
            return
        if row is not None:
            self.cut(t, order, row.qty, traded=False)
        self.open[order] = Event(t, ADD, side, px, qty, order)
        self.rank[order] = len(self.rank) + len(self.events)
        self.events.append(Event(t, ADD, side, px, qty, order))


def from_first_open(events: list[Event]) -> list[Event]:
    """Drops what happened before continuous trading: the orders still there open the tape.

    Before the open the book may cross; it opens with the first message that uncrosses it for good.
    """
    levels: dict[int, dict[int, int]] = {BID: {}, ASK: {}}
    opened, crossed = 0, False
    for at, event in enumerate(events):
        level = levels[event.side]
        left = level.get(event.px, 0) + (event.qty if event.kind == ADD else -event.qty)
        level[event.px] = left
        if left <= 0:
            del level[event.px]
        ends = at + 1 == len(events) or events[at + 1].t != event.t
        event.last = ends
        if not ends or not levels[BID] or not levels[ASK]:
            continue
        if max(levels[BID]) >= min(levels[ASK]):
            crossed = True
        elif crossed:
            opened, crossed = at + 1, False
    resting: dict[int, Event] = {}
    for event in events[:opened]:
        row = resting.get(event.order)
        if event.kind == ADD:
            resting[event.order] = Event(0, ADD, event.side, event.px, event.qty, event.order)
        elif row is not None:
            row.qty -= event.qty
            if row.qty <= 0:
                del resting[event.order]
    start = events[opened].t
    for event in resting.values():
        event.t = start
    return [*resting.values(), *events[opened:]]
