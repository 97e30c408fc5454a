"""A book as the model is fed it, and what one account of preset `instant` may take of it."""

from dataclasses import dataclass, field

from tests.model.terms import Market

Levels = list[tuple[int, int]]


@dataclass
class Level:
    """A recorded size, and the prints that no depth message has shown yet."""

    size: int
    printed: int = 0

    @property
    def left(self) -> int:
        return max(self.size - self.printed, 0)


@dataclass
class Book:
    """Both sides of a market by price, its status and its last good mark."""

    market: Market
    sides: dict[str, dict[int, Level]] = field(default_factory=lambda: {"buy": {}, "sell": {}})
    status: str = "open"
    held: bool = False
    mark: int | None = None
    was_live: bool = False
    """It had a mark since the last restart."""
    version: int = 0

    def best(self, side: str) -> int | None:
        """The best price of a side: `buy` is the bids."""
        prices = self.sides[side]
        if not prices:
            return None
        return max(prices) if side == "buy" else min(prices)

    @property
    def is_crossed(self) -> bool:
        bid, ask = self.best("buy"), self.best("sell")
        return bid is not None and ask is not None and bid >= ask

    @property
    def is_live(self) -> bool:
        """Whether orders may be filled here."""
        return self.status == "open" and not self.held and not self.is_crossed and self.version > 0

    def show(self, bids: Levels, asks: Levels, *, whole: bool) -> dict[str, set[int]]:
        """A snapshot or a delta; returns the levels that are gone. A delta to nothing is lost."""
        gone: dict[str, set[int]] = {"buy": set(), "sell": set()}
        if not whole and self.version == 0:
            return gone
        for side, levels in (("buy", bids), ("sell", asks)):
            shown = dict(levels)
            held = self.sides[side]
            if whole:
                gone[side] = set(held) - set(shown)
            for price, size in shown.items():
                if size == 0:
                    gone[side].add(price)
                else:
                    held[price] = Level(size)
            for price in gone[side]:
                held.pop(price, None)
        self.version += 1
        self.remark()
        return gone

    def remark(self) -> None:
        """The middle of a live book with two sides; else the last one stays."""
        bid, ask = self.best("buy"), self.best("sell")
        if self.is_live and bid is not None and ask is not None:
            self.mark, self.was_live = (bid + ask) // 2, True

    def print(self, price: int, size: int, side: str) -> None:
        """A trade: what stood at its price on the other side has that much less."""
        if self.version == 0:
            return
        level = self.sides["sell" if side == "buy" else "buy"].get(price)
        if level is not None:
            level.printed += size
        self.version += 1

    def forget(self) -> None:
        """A restart: the levels are gone, the mark stays."""
        self.sides = {"buy": {}, "sell": {}}
        self.status, self.held, self.version = "open", False, 0
        self.was_live = False
