"""A book that moves at random and is the truth: what a fake venue shows is made from it."""

import random
from dataclasses import dataclass, field
from typing import Final, Literal

Side = Literal["bid", "ask"]
Change = tuple[Side, int, int]
"""Side, price in ticks, new size in lots; 0 removes the level."""
Print = tuple[int, int, str]
"""Price in ticks, size in lots, side of the taker."""

_DEPTH: Final = 30
_REACH: Final = 40


@dataclass
class TrueBook:
    """Levels by price in ticks, sizes in lots; never crossed, never empty.

    Attributes:
        tick_decimals: Decimals of a price.
        lot_decimals: Decimals of a size.
        lowest: Smallest price in ticks.
        highest: Largest price in ticks.
    """

    mid: int
    draw: random.Random
    tick_decimals: int = 1
    lot_decimals: int = 4
    lowest: int = 1
    highest: int = 10**9
    bids: dict[int, int] = field(default_factory=dict[int, int])
    asks: dict[int, int] = field(default_factory=dict[int, int])
    last_print: Print | None = None

    def __post_init__(self) -> None:
        for step in range(1, _DEPTH + 1):
            self._put("bid", self.mid - step)
            self._put("ask", self.mid + step)

    def move(self) -> list[Change]:
        """Changes one to four levels, and now and then trades at the touch."""
        changes = [self._change() for _ in range(self.draw.randint(1, 4))]
        self.last_print = None
        if self.draw.random() < 0.3:  # noqa: PLR2004 - a share
            changes.append(self._trade())
        return [change for change in changes if change is not None]

    def levels(self, side: Side) -> list[tuple[int, int]]:
        """Levels of one side, best first."""
        held = self.bids if side == "bid" else self.asks
        return sorted(held.items(), reverse=side == "bid")

    def price(self, ticks: int) -> str:
        """A price as text."""
        return f"{ticks / 10**self.tick_decimals:.{self.tick_decimals}f}"

    def size(self, lots: int) -> str:
        """A size as text."""
        return f"{lots / 10**self.lot_decimals:.{self.lot_decimals}f}"

    def units(self, side: Side, most: int | None = None) -> list[tuple[int, int]]:
        """Levels as `(price_1e9, qty_1e8)`, best first: what a client should hold."""
        price, lot = 10 ** (9 - self.tick_decimals), 10 ** (8 - self.lot_decimals)
        return [(ticks * price, lots * lot) for ticks, lots in self.levels(side)[:most]]

    def _put(self, side: Side, ticks: int) -> None:
        if self.lowest <= ticks <= self.highest:
            held = self.bids if side == "bid" else self.asks
            held[ticks] = self.draw.randint(1, 99_999)

    def _change(self) -> Change | None:
        side: Side = "bid" if self.draw.random() < 0.5 else "ask"  # noqa: PLR2004 - a coin
        held = self.bids if side == "bid" else self.asks
        best_other = min(self.asks) if side == "bid" else max(self.bids)
        away = self.draw.randint(1, _REACH)
        ticks = best_other - away if side == "bid" else best_other + away
        if not self.lowest <= ticks <= self.highest:
            return None
        if ticks in held and len(held) > 5 and self.draw.random() < 0.4:  # noqa: PLR2004
            del held[ticks]
            return side, ticks, 0
        held[ticks] = self.draw.randint(1, 99_999)
        return side, ticks, held[ticks]

    def _trade(self) -> Change:
        side: Side = "bid" if self.draw.random() < 0.5 else "ask"  # noqa: PLR2004 - a coin
        held = self.bids if side == "bid" else self.asks
        ticks = max(held) if side == "bid" else min(held)
        taken = self.draw.randint(1, held[ticks])
        if taken == held[ticks] and len(held) <= 5:  # noqa: PLR2004 - never empty
            taken = held[ticks] - 1 or 1
        left = held[ticks] - taken
        self.last_print = (ticks, taken, "sell" if side == "bid" else "buy")
        if left:
            held[ticks] = left
        else:
            del held[ticks]
        return side, ticks, left


class Shown:
    """The best levels of a book as one client knows them."""

    def __init__(self, book: TrueBook, depth: int) -> None:
        self._book = book
        self._depth = depth
        self._known = self._best()

    def levels(self) -> list[Change]:
        """All that the client knows."""
        return [(side, ticks, lots) for (side, ticks), lots in self._known.items()]

    def changes(self) -> list[Change]:
        """What has changed since the last call, came into the depth or left it."""
        before, self._known = self._known, self._best()
        gone: list[Change] = [
            (side, ticks, 0) for side, ticks in before if (side, ticks) not in self._known
        ]
        return gone + [
            (side, ticks, lots)
            for (side, ticks), lots in self._known.items()
            if before.get((side, ticks)) != lots
        ]

    def _best(self) -> dict[tuple[Side, int], int]:
        sides: tuple[Side, Side] = ("bid", "ask")
        return {
            (side, ticks): lots
            for side in sides
            for ticks, lots in self._book.levels(side)[: self._depth]
        }
