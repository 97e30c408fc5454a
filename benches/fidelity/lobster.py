"""LOBSTER message files of NASDAQ: by order, but only inside the levels that were asked for."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from events import ADD, ASK, BID, DELETE, EXECUTE, HIDDEN, REDUCE, Event, unpack

if TYPE_CHECKING:
    from pathlib import Path


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

    Ids rise with time, so an unknown order arrived right after the largest smaller id did; its
    size is what later events take from it.
    """
    known: set[int] = set()
    missing: dict[int, Event] = {}
    ids: list[int] = []
    places: list[int] = []
    for at, event in enumerate(events):
        if event.kind == ADD:
            known.add(event.order)
            if not ids or event.order > ids[-1]:
                ids.append(event.order)
                places.append(at)
        elif event.kind != HIDDEN and event.order not in known:
            seed = Event(0, ADD, event.side, event.px, 0, event.order, seeded=True)
            missing.setdefault(event.order, seed).qty += event.qty
    keyed = [((at, 0, 0), event) for at, event in enumerate(events)]
    for order, event in missing.items():
        smaller = bisect.bisect(ids, order)
        place = places[smaller - 1] if smaller else -1
        event.t = events[max(place, 0)].t
        keyed.append(((place, 1, order), event))
    return [event for _, event in sorted(keyed, key=lambda row: row[0])]
