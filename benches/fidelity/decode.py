"""Turns order-by-order files into binary tapes: one JSON line, then 64-byte records.

Every source becomes the same truth: orders that are added, reduced, deleted and executed. Orders
that rested before a file starts are added where their id says they arrived, so that each later
event names a known order.
"""

from __future__ import annotations

import argparse
import bisect
import hashlib
import itertools
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import zstandard

ADD, REDUCE, DELETE, EXECUTE, HIDDEN = 1, 2, 3, 4, 5
BID, ASK = 1, 2
LAST = 16
SNAPSHOT = 32
RECORD = struct.Struct("<QQQBBHIqqQQ")
VERSION = 9


@dataclass(slots=True)
class Event:
    """One order-by-order event; price in 1e-9, size in 1e-8."""

    t: int
    kind: int
    side: int
    px: int
    qty: int
    order: int
    seeded: bool = False
    last: bool = True


def unpack(path: Path) -> bytes:
    """The unpacked bytes of a zstd file."""
    with path.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read()


def lobster(path: Path) -> list[Event]:
    """A LOBSTER message file: seconds, type, order, size, price times 10,000, direction."""
    kinds = {1: ADD, 2: REDUCE, 3: DELETE, 4: EXECUTE, 5: HIDDEN}
    events: list[Event] = []
    for line in unpack(path).decode().splitlines():
        time, kind, order, size, price, direction = line.split(",")
        if int(kind) not in kinds:
            continue
        whole, _, fraction = time.partition(".")
        t = int(whole) * 10**9 + int(fraction.ljust(9, "0")[:9])
        side = BID if direction == "1" else ASK
        scaled = (int(price) * 10**5, int(size) * 10**8)
        events.append(Event(t, kinds[int(kind)], side, *scaled, int(order)))
    return with_earlier_orders(events)


def lobster_touch(path: Path) -> list[Event]:
    """A level-1 LOBSTER pair: what the touch file contradicts has left unseen, and is removed."""
    touch = path.with_name(path.name.replace("message", "orderbook"))
    rows = [[int(cell) for cell in line.split(",")] for line in unpack(touch).decode().splitlines()]
    raw = lobster(path)
    last = {event.order: at for at, event in enumerate(raw)}
    events: list[Event] = []
    levels: dict[tuple[int, int], dict[int, int]] = {}
    row = iter(rows)
    synthetic = 1 << 40

    def apply(event: Event) -> None:
        events.append(event)
        if event.kind == HIDDEN:
            return
        level = levels.setdefault((event.side, event.px), {})
        left = level.get(event.order, 0) + (event.qty if event.kind == ADD else -event.qty)
        if left > 0:
            level[event.order] = left
        else:
            level.pop(event.order, None)
        if not level:
            del levels[event.side, event.px]

    for at, event in enumerate(raw):
        known = levels.get((event.side, event.px), {}).get(event.order, 0)
        if event.kind in {REDUCE, DELETE, EXECUTE} and known < event.qty:
            apply(Event(event.t, ADD, event.side, event.px, event.qty - known, event.order))
        apply(event)
        if event.seeded:
            continue
        ask, ask_size, bid, bid_size = next(row)
        for side, price, size in ((ASK, ask, ask_size), (BID, bid, bid_size)):
            px, want = price * 10**5, size * 10**8
            for other_side, other in list(levels):
                if other_side == side and (other < px if side == ASK else other > px):
                    for order, qty in list(levels[side, other].items()):
                        apply(Event(event.t, DELETE, side, other, qty, order))
            level = levels.get((side, px), {})
            extra = sum(level.values()) - want
            for order, qty in list(level.items()):
                if extra > 0 and last.get(order, -1) <= at:
                    cut = min(qty, extra)
                    apply(Event(event.t, DELETE if cut == qty else REDUCE, side, px, cut, order))
                    extra -= cut
            if extra < 0:
                synthetic += 1
                apply(Event(event.t, ADD, side, px, -extra, synthetic))
    return events


def with_earlier_orders(events: list[Event]) -> list[Event]:
    """Adds the orders that were there before they were first named.

    Ids rise with time, so an unknown order arrived when the first larger id did; its size is what
    later events take from it.
    """
    known: set[int] = set()
    missing: dict[int, Event] = {}
    for event in events:
        if event.kind == ADD:
            known.add(event.order)
        elif event.kind != HIDDEN and event.order not in known:
            first = missing.setdefault(
                event.order, Event(0, ADD, event.side, event.px, 0, event.order, seeded=True)
            )
            first.qty += event.qty
    seen: list[int] = []
    times: list[int] = []
    for event in events:
        if event.kind == ADD and (not seen or event.order > seen[-1]):
            seen.append(event.order)
            times.append(event.t)
    start = events[0].t
    for order, event in missing.items():
        at = bisect.bisect(seen, order)
        event.t = times[at - 1] if at else start
    earlier = sorted(missing.values(), key=lambda event: event.order)
    merged = sorted(
        [(event.t, 0, at, event) for at, event in enumerate(earlier)]
        + [(event.t, 1, at, event) for at, event in enumerate(events)],
        key=lambda row: row[:3],
    )
    return [row[3] for row in merged]


class Bitstamp:
    """Bitstamp's order channel: an aggressor is announced like any order, then both sides shrink."""

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
            left = self.open[order.order].qty
            cancelled = name == "order_deleted" and qty > 0
            self.shrink(t, order.order, left if cancelled or name == "order_deleted" else left - qty,
                        traded=not cancelled)
        self.settle(t)

    def frame(self, t: int, bids: list[list[str]], asks: list[list[str]]) -> None:
        """A depth frame: an order better than its best for two seconds is long gone."""
        best_bid, best_ask = units(bids[0][0], 9), units(asks[0][0], 9)
        for order, row in list(self.open.items()):
            better = row.px > best_bid if row.side == BID else row.px < best_ask
            if better and row.t < t - 2 * 10**9:
                self.shrink(t, order, row.qty, traded=False)
        self.settle(t)


def units(text: str, decimals: int) -> int:
    """Decimal text as an integer at a scale."""
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**decimals + int(fraction[:decimals].ljust(decimals, "0"))


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


def databento(path: Path) -> list[Event]:
    """A DBN market-by-order file: 56-byte rows after a header, grouped by matching instant."""
    raw = unpack(path)
    offset = 8 + struct.unpack_from("<I", raw, 4)[0]
    # length, type, publisher, instrument, ts_event; order, price, size, flags, channel, action, side
    layout = struct.Struct("<BBHIQQqIBBccQiI")
    rows = [layout.unpack_from(raw, at) for at in range(offset, len(raw) - layout.size + 1, 56)]
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

    def group(self, t: int, rows: list[tuple[int, ...]]) -> None:
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

    Before the open the book may cross; it is open from the first message that leaves it uncrossed for good.
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


def dbn_events(
    resting: dict[int, list[int]],
    filled: dict[int, int],
    row: tuple[int, int, int, int, int, bytes],
) -> Iterator[Event]:
    """Events of one DBN row."""
    t, order, side, px, qty, action = row
    if action == b"A":
        resting[order] = [side, px, qty]
        yield Event(t, ADD, side, px, qty, order)
    elif action == b"F" and order in resting:
        old_side, old_px, left = resting[order]
        qty = min(qty, left)
        filled[order] = filled.get(order, 0) + qty
        yield Event(t, EXECUTE, old_side, old_px, qty, order)
        resting[order][2] -= qty
    elif action == b"C" and order in resting:
        booked = min(qty, filled.pop(order, 0))
        cut = min(qty - booked, resting[order][2])
        if cut > 0:
            old_side, old_px, left = resting[order]
            yield Event(t, DELETE if cut == left else REDUCE, old_side, old_px, cut, order)
            resting[order][2] -= cut
        if resting[order][2] == 0:
            del resting[order]
    elif action == b"M" and order in resting:
        filled.pop(order, None)
        old_side, old_px, left = resting[order]
        if px == old_px and qty <= left:
            if qty < left:
                yield Event(t, REDUCE, old_side, old_px, left - qty, order)
        else:
            if left > 0:
                yield Event(t, DELETE, old_side, old_px, left, order)
            yield Event(t, ADD, side, px, qty, order)
        resting[order] = [side, px, qty]


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the collection and how to read it."""

    name: str
    venue: str
    instrument: str
    path: str
    tick: int
    lot: int
    decode: Callable[[Path], list[Event]]
    licence: str


SOURCES = [
    Source("aapl", "nasdaq", "AAPL", "lobster/AAPL_2012-06-21_0930-1030_message_50.csv.zst",
           10**7, 10**8, lobster, "LOBSTER academic sample"),
    Source("es", "cme", "ESH4", "databento/esh4-glbx-mdp3-20231225.mbo.dbn.zst",
           25 * 10**7, 10**8, databento, "Databento sample"),
    Source("btcusd", "bitstamp", "BTC/USD", "bitstamp/btcusd_2015-05-01_a.log.zst",
           10**7, 1, bitstamp, "GPL (>= 2)"),
    Source("amzn", "nasdaq", "AMZN",
           "lobster/AMZN_2012-06-21_34200000_57600000_message_1.csv.zst",
           10**7, 10**8, lobster_touch, "LOBSTER academic sample"),
]


def write(source: Source, root: Path, out: Path) -> None:
    """Writes one tape, unless it is there already."""
    path = root / source.path
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    target = out / f"{source.name}.tape"
    header = {
        "schema": "tape-1", "version": VERSION, "venue": source.venue,
        "instrument": source.instrument, "scales": {"px": 9, "qty": 8}, "feed_class": "event",
        "source": source.path, "licence": source.licence, "sha256": digest,
        "tick": source.tick, "lot": source.lot,
    }
    line = (json.dumps(header) + "\n").encode()
    if target.exists() and target.read_bytes().startswith(line):
        return
    events = source.decode(path)
    out.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.write(line)
        for seq, event in enumerate(events):
            file.write(
                RECORD.pack(
                    event.t, event.t, seq, event.kind, event.side, LAST if event.last else 0, 0,
                    event.px, event.qty, event.order, 0,
                )
            )
    print(f"{target}: {len(events)} events")


def main() -> None:
    """Decodes every file of the collection that is present."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the order-by-order files")
    parser.add_argument("out", type=Path, help="folder for the tapes")
    arguments = parser.parse_args()
    for source in SOURCES:
        if (arguments.data / source.path).exists():
            write(source, arguments.data, arguments.out)
        else:
            print(f"{source.path}: not present, left out")


if __name__ == "__main__":
    main()
