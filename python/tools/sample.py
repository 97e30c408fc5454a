"""Writes the made-up recording that ships with the package: five minutes, two venues, one pair.

    python python/tools/sample.py

The same bytes on every machine: one seed, whole numbers, and nothing of any venue.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import zstandard

from sequence.feeds import SAMPLE

SEED: Final = 20
START_NS: Final = 1_776_657_000_000_000_000
SECONDS: Final = 300
STEP_NS: Final = 250_000_000
LEVELS: Final = 10
MID: Final = 7_435_000
"""Prices are whole cents here, quantities whole hundredths of a coin."""


@dataclass
class Venue:
    """One venue's book: price in cents to quantity in hundredths, by side."""

    name: str
    tick: int
    spread: int
    lag: int
    shown: dict[str, dict[int, int]] = field(default_factory=lambda: {"bids": {}, "asks": {}})

    def around(self, mid: int, draw: random.Random) -> dict[str, dict[int, int]]:
        """The book that belongs to a mid; levels that stay mostly keep their size."""
        below = (mid - self.spread // 2) // self.tick * self.tick
        book: dict[str, dict[int, int]] = {}
        for side, first, way in (("bids", below, -1), ("asks", below + self.spread, 1)):
            prices = [first + way * at * self.tick for at in range(LEVELS)]
            held = self.shown[side]
            book[side] = {
                price: held[price] if price in held and draw.random() < 0.9 else size(at, draw)  # noqa: PLR2004
                for at, price in enumerate(prices)
            }
        return book

    def change(self, book: dict[str, dict[int, int]]) -> dict[str, list[list[str]]]:
        """The levels that differ from what was shown; 0 takes one away."""
        found: dict[str, list[list[str]]] = {}
        for side, levels in book.items():
            held = self.shown[side]
            gone = [[text(price), "0"] for price in held if price not in levels]
            new = [[text(p), text(q)] for p, q in levels.items() if held.get(p) != q]
            if gone or new:
                found[side] = gone + new
        self.shown = book
        return found


def size(at: int, draw: random.Random) -> int:
    """Hundredths of a coin at a level: more further away."""
    return draw.randint(5, 60) * (1 + at // 3)


def text(hundredths: int) -> str:
    """A whole number of hundredths as decimal text."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def rows() -> Iterator[dict[str, Any]]:
    """The header, then every event in the order of its time."""
    draw = random.Random(SEED)  # noqa: S311 - a made-up market
    venues = [Venue("kraken", 10, 200, 20_000_000), Venue("coinbase", 1, 300, 70_000_000)]
    yield {
        "schema": "events-1",
        "instruments": [{"venue": v.name, "symbol": "BTC-USD"} for v in venues],
        "feed": "venue",
        "source": "made up by python/tools/sample.py",
        "licence": "as the package",
    }
    mid, drift = MID, 0
    for step in range(SECONDS * 10**9 // STEP_NS):
        # A slow wave with noise: enough for averages to cross now and then.
        drift += draw.randint(-16, 16) - drift // 30
        mid += drift + draw.randint(-40, 40) - (mid - MID) // 300
        for venue in venues:
            ts_ns = START_NS + step * STEP_NS + venue.lag
            head = {"ts_ns": ts_ns, "venue": venue.name, "symbol": "BTC-USD"}
            book = venue.around(mid, draw)
            if step == 0:
                yield head | {"type": "snapshot"} | venue.change(book)
                continue
            if draw.random() < 0.4:  # noqa: PLR2004
                yield head | {"type": "trade"} | taken(venue, draw)
            yield head | {"type": "delta"} | venue.change(book)


def taken(venue: Venue, draw: random.Random) -> dict[str, str]:
    """A trade with the best level of one side."""
    side, hit = draw.choice((("buy", "asks"), ("sell", "bids")))
    price = min(venue.shown[hit]) if side == "buy" else max(venue.shown[hit])
    qty = draw.randint(1, max(1, venue.shown[hit][price] // 2))
    return {"price": text(price), "qty": text(qty), "side": side}


def packed() -> bytes:
    """The file."""
    lines = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows())
    return zstandard.ZstdCompressor(level=19).compress(lines.encode())


if __name__ == "__main__":
    SAMPLE.write_bytes(packed())
    print(f"{SAMPLE}: {SAMPLE.stat().st_size:,} bytes")
