"""Small drawn books, and every allocation of an order over them.

Sizes are in units. A venue takes a share when its funds and its smallest order allow it; what it
fills of it is what it shows inside the limit.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import NamedTuple

from tests.model.terms import FIAT_USD, ONE, USD_1E9, USDC, USDT

TICK = 10_000_000
ROOMY, TIGHT = 10_000, 2_000
"""Units of size: six dollars, so that nearly every share is large enough, and little over one."""

MID = 60_000 * USD_1E9
FUNDS = (0, 1, 3, 5, 8, 1_000, 1_000)
RESTS = ("gtc", "day", "post_only")


class Terms(NamedTuple):
    """What pays at a venue, its fees in bps, its smallest order in USD."""

    cash: tuple[str, str]
    maker: int
    taker: int
    minimum: int = 5


BOARDS = {
    "BTC-USD": {
        "binance": Terms(USDT, 10, 10),
        "coinbase": Terms(FIAT_USD, 40, 60),
        "kraken": Terms(FIAT_USD, 25, 40),
        "okx": Terms(USDT, 8, 10),
    },
    "BTC-USD-PERP": {
        "binance": Terms(USDT, 2, 5),
        "bybit": Terms(USDT, 2, 6),
        "hyperliquid": Terms(USDC, 2, 5, 10),
        "okx": Terms(USDT, 2, 5),
    },
}


@dataclass
class Venue:
    """One side of a book, best price first, and what the account has there in units."""

    name: str
    terms: Terms
    levels: list[tuple[int, int]]
    units: int

    def shown(self, case: "Case") -> list[tuple[int, int]]:
        """The levels that the order may take."""
        return [level for level in self.levels if case.inside(level[0])]

    def crosses(self, case: "Case") -> bool:
        return bool(self.shown(case))


class Worth(NamedTuple):
    """What an allocation leaves open, and what it costs; the least is the best."""

    unfilled: int
    cost: Fraction


@dataclass
class Case:
    """A drawn order and the venues it may go to; sizes are in units."""

    symbol: str
    preset: str
    side: str
    qty: int
    limit: int | None
    tif: str | None
    venues: list[Venue]
    unit: int

    @property
    def is_perp(self) -> bool:
        return self.symbol.endswith("-PERP")

    @property
    def rests(self) -> bool:
        return self.tif in RESTS

    def inside(self, price: int) -> bool:
        """Whether a price is allowed: a market order may move five percent."""
        if self.limit is None:
            return True
        return price <= self.limit if self.side == "buy" else price >= self.limit

    def funds(self, venue: Venue) -> int:
        """What the account gets for its units there: cash of 1e-8, or coins."""
        if self.is_perp:
            return venue.units * self.unit * (MID // ONE) * 12 // 1_000
        if self.side == "sell":
            return venue.units * self.unit
        return venue.units * self.unit * (MID // ONE) * 107 // 1_000

    def most(self, venue: Venue) -> int:
        """The largest share that the funds of a venue allow, and never a larger one."""
        if self.side == "sell" and not self.is_perp:
            return venue.units
        best = max(other.levels[0][0] for other in self.venues)
        cap = self.limit or best * 105 // 100
        if self.side == "sell":
            cap = max(cap, best)
        margin = Fraction(1, 10) if self.is_perp else Fraction(1)
        rate = margin + Fraction(max(venue.terms.taker, venue.terms.maker), 10_000)
        return int(self.funds(venue) * 10 / (Fraction(cap * self.unit, ONE) * rate))

    def least(self, venue: Venue) -> int:
        """The smallest share that a venue takes, and never a smaller one."""
        prices = [price for price, _ in venue.shown(self)]
        lowest = min([*prices, self.limit] if self.limit else [*prices, MID])
        return -(-venue.terms.minimum * USD_1E9 * ONE // (lowest * self.unit))

    def takes(self, venue: Venue, share: int) -> tuple[int, Fraction]:
        """How much of a share is filled, and what that costs with its fee."""
        exact, left = 0, share
        for price, size in venue.shown(self):
            taken = min(size, left)
            exact += price * taken * self.unit
            left -= taken
        fee = exact * Fraction(venue.terms.taker, 10_000)
        cost = exact + fee if self.side == "buy" else fee - exact
        return share - left, Fraction(cost, ONE)

    def allocations(self) -> Iterator[Worth]:
        """What every way to place the whole order is worth."""
        dark = not any(venue.crosses(self) for venue in self.venues)
        ranges = []
        for venue in self.venues:
            shares = range(self.least(venue), min(self.most(venue), self.qty) + 1)
            is_used = self.rests or dark or venue.crosses(self)
            ranges.append([0, *shares] if is_used else [0])
        for shares in itertools.product(*ranges):
            if sum(shares) != self.qty or (self.tif == "fok" and max(shares) != self.qty):
                continue
            parts = [self.takes(*pair) for pair in zip(self.venues, shares, strict=True)]
            beyond = [share > part[0] for share, part in zip(shares, parts, strict=True)]
            # What is not taken rests at one venue.
            if not self.rests or sum(beyond) <= 1:
                filled = sum(part[0] for part in parts)
                yield Worth(self.qty - filled, sum((part[1] for part in parts), Fraction(0)))

    def best(self) -> Worth | None:
        """The most filled at the least cost; None where nothing can take the whole order."""
        return min(self.allocations(), default=None)

    def resting_places(self) -> list[Venue]:
        """Venues that can hold the whole order without taking, the cheapest maker first."""
        able = [
            venue
            for venue in self.venues
            if not venue.crosses(self) and self.least(venue) <= self.qty <= self.most(venue)
        ]
        return sorted(able, key=lambda venue: (venue.terms.maker, venue.name))


def drawn(draw: Random, unit: int, preset: str) -> Case:
    """A case; the same draws give the same case."""
    symbol = draw.choice(("BTC-USD", "BTC-USD", "BTC-USD-PERP"))
    side = draw.choice(("buy", "sell"))
    sign = 1 if side == "buy" else -1
    board = BOARDS[symbol]
    venues = []
    for name in draw.sample(sorted(board), draw.choice((2, 2, 3))):
        first, levels = draw.randint(1, 400), []
        for _ in range(draw.randint(1, 3)):
            levels.append((MID + sign * first * 100 * TICK, draw.choice((1, 2, 4, 5, 9))))
            first += draw.randint(1, 300)
        venues.append(Venue(name, board[name], levels, draw.choice(FUNDS)))
    kind = draw.choice(("market", "market", "ioc", "gtc", "day", "fok", "post_only"))
    tif = None if kind == "market" else kind
    reach = draw.randint(-300, 900) if kind in RESTS else draw.randint(100, 900)
    limit = None if kind == "market" else MID + sign * reach * 100 * TICK
    return Case(symbol, preset, side, draw.randint(3, 14), limit, tif, venues, unit)
