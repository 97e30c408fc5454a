"""Bitstamp's order log: aggressors and resting orders are announced in the same way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from events import ADD, ASK, BID, DELETE, EXECUTE, REDUCE, Event, units, unpack

if TYPE_CHECKING:
    from pathlib import Path


class Bitstamp:
    """The order channel: an aggressor is announced like any order, then both sides shrink."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.open: dict[int, Event] = {}
        # Aggressors: size left by their own messages, and by those of the orders they hit.
        self.taking: dict[int, tuple[Event, int]] = {}

    def best(self, side: int) -> int | None:
        """Best price of the resting orders of a side."""
        prices = [order.px for order in self.open.values() if order.side == side]
        return None if not prices else max(prices) if side == BID else min(prices)

    def crosses(self, side: int, px: int) -> bool:
        """True when an order at this price would trade."""
        other = self.best(ASK if side == BID else BID)
        return other is not None and (px >= other if side == BID else px <= other)

    def rest(self, t: int, order: Event, qty: int) -> None:
        """An order joins the book."""
        self.open[order.order] = Event(t, ADD, order.side, order.px, qty, order.order)
        self.events.append(Event(t, ADD, order.side, order.px, qty, order.order))

    def shrink(self, t: int, order: int, qty: int, *, traded: bool) -> None:
        """A resting order loses size to a trade or a cancel."""
        row = self.open[order]
        qty = min(qty, row.qty)
        if qty <= 0:
            return
        kind = EXECUTE if traded else DELETE if qty == row.qty else REDUCE
        self.events.append(Event(t, kind, row.side, row.px, qty, order))
        row.qty -= qty
        if row.qty == 0:
            del self.open[order]
        if traded:
            for taker, (event, left) in self.taking.items():
                if event.side != row.side and left > 0:
                    self.taking[taker] = (event, max(left - qty, 0))
                    break

    def settle(self, t: int) -> None:
        """Aggressors that no longer cross come to rest with what is left of them."""
        for order, (event, left) in list(self.taking.items()):
            if not self.crosses(event.side, event.px):
                del self.taking[order]
                if min(event.qty, left) > 0:
                    self.rest(t, event, min(event.qty, left))

    def message(self, t: int, name: str, body: dict[str, object]) -> None:
        """One message of the channel."""
        side = BID if body["order_type"] == 0 else ASK
        px, qty = units(str(body["price"]), 9), units(str(body["amount"]), 8)
        order = Event(t, ADD, side, px, qty, int(str(body["id"])))
        if name == "order_created":
            if self.crosses(side, px):
                self.taking[order.order] = (order, qty)
            else:
                self.rest(t, order, qty)
            return
        if order.order in self.taking:
            event, left = self.taking[order.order]
            if name == "order_deleted":
                del self.taking[order.order]
            else:
                event.qty = qty
                self.taking[order.order] = (event, left)
        elif order.order in self.open:
            deleted = name == "order_deleted"
            left = self.open[order.order].qty
            lost = left if deleted else left - qty
            self.shrink(t, order.order, lost, traded=not (deleted and qty > 0))
        self.settle(t)

    def frame(self, t: int, bids: list[list[str]], asks: list[list[str]]) -> None:
        """A depth frame: an order better than its best for two seconds is long gone."""
        best_bid, best_ask = units(bids[0][0], 9), units(asks[0][0], 9)
        for order, row in list(self.open.items()):
            better = row.px > best_bid if row.side == BID else row.px < best_ask
            if better and row.t < t - 2 * 10**9:
                self.shrink(t, order, row.qty, traded=False)
        self.settle(t)


def bitstamp(path: Path) -> list[Event]:
    """A Bitstamp log: receive time in ms, event name, JSON body."""
    lines = [line.split(" ", 2) for line in unpack(path).decode().splitlines()]
    rows = [(int(t) * 10**6, name, json.loads(body, parse_float=str)) for t, name, body in lines]
    book = Bitstamp()
    created = {row["id"] for _, name, row in rows if name == "order_created"}
    first: dict[int, dict[str, object]] = {}
    for _, name, row in rows:
        if name.startswith("order_") and name != "order_book" and row["id"] not in created:
            first.setdefault(row["id"], row)
    start = rows[0][0]
    frame = next(row for _, name, row in rows if name == "order_book")
    shown = {
        (side, units(px, 9)): units(qty, 8)
        for side, levels in ((BID, frame["bids"]), (ASK, frame["asks"]))
        for px, qty in levels
    }
    for order, row in sorted(first.items()):
        side = BID if row["order_type"] == 0 else ASK
        px, qty = units(str(row["price"]), 9), units(str(row["amount"]), 8)
        # A first message that already says zero does not tell the size; the frame bounds it.
        qty = qty or shown.get((side, px), 10**8)
        book.rest(start, Event(start, ADD, side, px, qty, order), qty)
    for t, name, row in rows:
        if name in {"order_created", "order_changed", "order_deleted"}:
            book.message(t, name, row)
        elif name == "order_book":
            book.frame(t, row["bids"], row["asks"])
    return book.events
