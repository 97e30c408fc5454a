"""The router against every allocation there is, on books small enough to try them all.

A venue takes a share when its depth inside the limit, its funds and its smallest order allow it.
What some allocation fills in full must be filled in full, and must not cost more than the cheapest.
"""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from random import Random
from typing import Any

import pytest

from sequence import _core
from tests.model import pending
from tests.model.terms import FIAT_USD, ONE, USD_1E9, USDT

SYMBOL, TICK = "BTC-USD", 10_000_000
ROOMY, TIGHT = 10_000, 2_000
"""Units of size: six dollars, so that every share is large enough, and little more than one."""

MID = 60_000 * USD_1E9
MINIMUM = 5 * USD_1E9
FUNDS = (0, 1, 3, 5, 8, 1_000, 1_000) if pending.ROUTER_MINDS_MINIMUMS else (0, 1_000, 1_000)
BOOKS = int(os.environ.get("SEQUENCE_BOOKS", "12000"))
BLOCK = 1_000
NOW = 1_776_657_000_000_000_000
VENUES = {
    # venue: what pays there, maker and taker in bps
    "binance": (USDT, 10, 10),
    "coinbase": (FIAT_USD, 40, 60),
    "kraken": (FIAT_USD, 25, 40),
    "okx": (USDT, 8, 10),
}


@dataclass
class Venue:
    """One side of a book, best price first, and what the account has there."""

    name: str
    levels: list[tuple[int, int]]
    funds: int

    @property
    def taker(self) -> Fraction:
        return Fraction(VENUES[self.name][2], 10_000)

    @property
    def maker(self) -> int:
        return VENUES[self.name][1]


@dataclass
class Case:
    """A drawn order and the venues it may go to; sizes are in units."""

    side: str
    qty: int
    limit: int | None
    tif: str | None
    venues: list[Venue]
    unit: int

    def inside(self, price: int) -> bool:
        """Whether a price is allowed: a market order may move five percent."""
        if self.limit is None:
            return True
        return price <= self.limit if self.side == "buy" else price >= self.limit

    def most(self, venue: Venue) -> int:
        """The largest share that the depth and the funds of a venue allow."""
        depth = sum(size for price, size in venue.levels if self.inside(price))
        if self.side == "sell":
            return min(depth, venue.funds // self.unit)
        best = max(other.levels[0][0] for other in self.venues)
        cap = self.limit or best * 105 // 100
        each = Fraction(cap * self.unit, ONE) * (1 + venue.taker)
        return min(depth, int(venue.funds * 10 / each))

    def cost(self, venue: Venue, share: int) -> Fraction | None:
        """What a share costs with its fee; None where it is too small for the venue."""
        exact, left = 0, share
        for price, size in venue.levels:
            taken = min(size, left)
            exact += price * taken * self.unit
            left -= taken
        lowest = min(price for price, _ in venue.levels if self.inside(price))
        if share and lowest * share * self.unit < MINIMUM * ONE:
            return None
        fee = exact * venue.taker
        return Fraction(exact + fee if self.side == "buy" else -(exact - fee), ONE)

    def cheapest(self) -> Fraction | None:
        """The cost of the best full allocation; None when there is none."""
        ranges = [range(min(self.most(venue), self.qty) + 1) for venue in self.venues]
        if self.tif == "fok":
            ranges = [range(0, top.stop, self.qty) for top in ranges]
        found: list[Fraction] = []
        for shares in itertools.product(*ranges[:-1]):
            last = self.qty - sum(shares)
            if last not in ranges[-1]:
                continue
            costs = [
                self.cost(venue, share)
                for venue, share in zip(self.venues, (*shares, last), strict=True)
                if share
            ]
            if None not in costs:
                found.append(sum((cost for cost in costs if cost is not None), Fraction(0)))
        return min(found, default=None)


def drawn(draw: Random, unit: int) -> Case:
    side = draw.choice(("buy", "sell"))
    sign = 1 if side == "buy" else -1
    venues = []
    for name in draw.sample(sorted(VENUES), draw.choice((2, 2, 3))):
        first, levels = draw.randint(1, 400), []
        for _ in range(draw.randint(1, 3)):
            levels.append((MID + sign * first * 100 * TICK, draw.choice((1, 2, 4, 5, 9))))
            first += draw.randint(1, 300)
        units = draw.choice(FUNDS)
        funds = units * unit if side == "sell" else units * unit * (MID // ONE) * 107 // 1_000
        venues.append(Venue(name, levels, funds))
    kind = draw.choice(("market", "market", "ioc", "gtc", "fok"))
    limit = None if kind == "market" else MID + sign * draw.randint(100, 900) * 100 * TICK
    return Case(side, draw.randint(3, 14), limit, None if kind == "market" else kind, venues, unit)


def engine_of(case: Case) -> _core.Engine:
    engine = _core.Engine(seed=7, preset="instant")
    engine.set_max_age(enabled=False)
    account = engine.account("router")
    engine.reset(account, 1, NOW)
    rows: list[tuple[str, str, str, int, int | None]] = []
    for venue in case.venues:
        kind, asset = VENUES[venue.name][0]
        rows += [
            (venue.name, kind, asset, venue.funds if case.side == "buy" else 0, None),
            (venue.name, "crypto", "BTC", venue.funds if case.side == "sell" else 0, MID),
        ]
    engine.set_positions(account, rows, True, NOW)
    for venue in case.venues:
        shown = [(price, size * case.unit) for price, size in venue.levels]
        far = [(MID // 2 if case.side == "buy" else MID * 2, case.unit)]
        bids, asks = (far, shown) if case.side == "buy" else (shown, far)
        engine.market_snapshot(venue.name, SYMBOL, bids, asks, NOW, NOW)
    return engine


def submitted(engine: _core.Engine, case: Case) -> dict[str, Any]:
    answer, _ = engine.submit(
        0, NOW, symbol=SYMBOL, side=case.side, qty_1e8=case.qty * case.unit,
        price_1e9=case.limit, tif=case.tif,
    )  # fmt: skip
    row: dict[str, Any] = answer["orders"][0]
    return row


def spent(row: dict[str, Any], case: Case) -> Fraction:
    notional, fee = row["filled_notional_usd_1e9"], row["fees_usd_1e9"]
    return Fraction(notional + fee if case.side == "buy" else -(notional - fee))


def wrong(case: Case) -> str | None:
    """What the router did that some allocation does better."""
    best = case.cheapest()
    if best is None:
        return None
    try:
        row = submitted(engine_of(case), case)
    except _core.Refusal as refusal:
        return f"refused: {refusal}"
    if row["status"] != "FILLED":
        return f"{row['status']} {row['done_reason']} filled {row['filled_qty_1e8'] // case.unit}"
    # A unit of money per leg, rounded against the account.
    over = spent(row, case) - best - 4 * len(case.venues)
    return f"cost {float(over)} more than {float(best)}" if over > 0 else None


def cases(first: int, count: int, unit: int) -> Iterator[tuple[int, Case]]:
    for seed in range(first, first + count):
        yield seed, drawn(Random(seed), unit)  # noqa: S311 - a seed, not a secret


@pytest.mark.full
@pytest.mark.parametrize("unit", [ROOMY, TIGHT] if pending.ROUTER_MINDS_MINIMUMS else [ROOMY])
@pytest.mark.parametrize("block", range(ceil(BOOKS / BLOCK)))
def test_no_allocation_fills_more_or_costs_less(block: int, unit: int) -> None:
    fillable, found = 0, list[str]()
    for seed, case in cases(block * BLOCK, BLOCK, unit):
        fillable += case.cheapest() is not None
        if (text := wrong(case)) is not None:
            found.append(f"seed {seed}: {text}: {case}")
    assert fillable > BLOCK // 5
    assert not found, f"{len(found)} of {fillable}:\n" + "\n".join(found[:5])
