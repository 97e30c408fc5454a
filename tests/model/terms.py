"""What is traded in the model, and what trading costs: exact fractions, one formula each.

Prices are integers of 1e-9, quantities of 1e-8, cash of 1e-9 of its asset.
"""

from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

ONE = 10**8
USD_1E9 = 10**9
CENT = 10_000_000
HOUR_NS = 3_600 * 10**9
SHARE = Fraction(1, ONE)
INITIAL = Fraction(1, 10)
MAINTENANCE = Fraction(1, 20)
TARGET = Fraction(11, 10)
"""A liquidation ends when equity is this many times the maintenance margin."""

MOST_ROUNDED = 1_000
"""Fills whose rounding the reservation of an event purchase covers."""

Key = tuple[str, str, str]
"""A row: venue, kind, symbol."""

FIAT_USD = ("fiat", "USD")
USDC = ("crypto", "USDC")
USDT = ("crypto", "USDT")
EUR = ("fiat", "EUR")
BTC = ("crypto", "BTC")
PEGGED = {FIAT_USD, USDC, USDT}


class Market(NamedTuple):
    """One book of one venue. `step` is the distance of the model's prices, `lots` of its sizes."""

    venue: str
    symbol: str
    kind: str
    settle: tuple[str, str]
    mid: int
    tick: int
    step: int
    lot: int
    lots: int
    minimum: int
    maker: Fraction
    taker: Fraction
    fees: str = "bps"

    @property
    def cash(self) -> Key:
        """The row that pays."""
        return (self.venue, *self.settle)

    @property
    def grid(self) -> tuple[int, int, None, int | None]:
        """What its caller says of it: tick and lot; no minimum in dollars where it has none."""
        return (self.tick, self.lot, None, None if self.is_dollar else 0)

    @property
    def is_dollar(self) -> bool:
        """Whether it is priced in dollars, or in what is pegged to one."""
        return self.settle in PEGGED

    @property
    def funding_hours(self) -> int:
        return 1 if self.venue == "hyperliquid" else 8


class Listing(NamedTuple):
    """What an order names: a market, and for an event contract the outcome."""

    market: Market
    is_no: bool = False

    @property
    def symbol(self) -> str:
        market = self.market
        if market.kind != "prediction":
            return market.symbol
        return f"{market.symbol}:{'NO' if self.is_no else 'YES'}"

    @property
    def held(self) -> Key:
        """The row that is bought and sold."""
        market = self.market
        if market.kind == "spot":
            return (market.venue, "crypto", market.symbol.split("-")[0])
        return (market.venue, "perp" if market.kind == "perp" else "event_contract", self.symbol)

    def canonical(self, side: str, price: int) -> tuple[str, int]:
        """Side and price in the one book of a market: a purchase of NO is a sale of YES."""
        if not self.is_no:
            return side, price
        return ("sell" if side == "buy" else "buy"), USD_1E9 - price


def _bps(value: str) -> Fraction:
    return Fraction(value) / 10_000


def _spot(
    venue: str, symbol: str, settle: tuple[str, str], mid: int, lot: int, maker: str, taker: str
) -> Market:
    return Market(
        venue, symbol, "spot", settle, mid * USD_1E9, CENT, 50 * CENT, lot, 40, 5 * USD_1E9,
        _bps(maker), _bps(taker),
    )  # fmt: skip


def _perp(
    venue: str, symbol: str, settle: tuple[str, str], mid: int, tick: int, lot: int, maker: str,
    taker: str,
) -> Market:  # fmt: skip
    step = mid * USD_1E9 // 2_000
    # The smallest order of the on-chain venue is 10 dollars.
    minimum = (10 if venue == "hyperliquid" else 5) * USD_1E9
    return Market(
        venue, symbol, "perp", settle, mid * USD_1E9, tick, step, lot, 100, minimum,
        _bps(maker), _bps(taker),
    )  # fmt: skip


SPOT = [
    _spot("coinbase", "BTC-USD", FIAT_USD, 60_000, 1_000, "40", "60"),
    _spot("kraken", "BTC-USD", FIAT_USD, 60_000, 1_000, "25", "40"),
    _spot("binance", "BTC-USDT", USDT, 60_010, 1_000, "10", "10"),
    _spot("kraken", "ETH-USD", FIAT_USD, 2_000, 10_000, "25", "40"),
]
CROSSES = [
    Market(
        "kraken", "BTC-EUR", "spot", EUR, 55_000 * USD_1E9, CENT, 50 * CENT, 1_000, 40, 0,
        _bps("25"), _bps("40"),
    ),
    Market(
        "kraken", "ETH-BTC", "spot", BTC, 4 * CENT, 1_000, 50_000, 10_000, 40, 0,
        _bps("25"), _bps("40"),
    ),
]  # fmt: skip
"""Pairs in money that is no dollar; what one of them pays with, another trades."""

PERPS = [
    _perp("hyperliquid", "BTC-USD-PERP", USDC, 60_000, CENT * 10, 1_000, "1.5", "4.5"),
    _perp("hyperliquid", "ETH-USD-PERP", USDC, 2_000, CENT, 10_000, "1.5", "4.5"),
    _perp("binance", "BTC-USD-PERP", USDT, 60_000, CENT * 10, 1_000, "2", "5"),
]


def event(venue: str, number: int) -> Market:
    """A fresh event market: what was resolved is not traded again."""
    if venue == "kalshi":
        return Market(
            venue, f"KXMODEL-26DEC31-T{number}", "prediction", FIAT_USD, 410_000_000, CENT, CENT,
            ONE, 1, 0, Fraction(0), Fraction("0.07"), "kalshi",
        )  # fmt: skip
    return Market(
        venue, f"model-market-{number}", "prediction", USDC, 500_000_000, CENT, CENT, ONE // 100,
        500, 0, Fraction(0), Fraction("0.05"), "polymarket",
    )  # fmt: skip


def quadratic(price: int, qty: int, rate: Fraction) -> Fraction:
    """`rate * C * P * (1 - P)` in units of 1e-9."""
    return rate * qty * SHARE * price * (USD_1E9 - price) / USD_1E9


def up(numerator: int, denominator: int) -> int:
    """The quotient rounded up."""
    return -(-numerator // denominator)


def protection(listing: Listing, side: str, touch: int) -> int:
    """Worst price a market order may pay: on the grid, away from the touch."""
    market = listing.market
    is_event = market.kind == "prediction"
    away = Fraction(touch * (1_000 if is_event else 500), 10_000)
    tick = market.tick
    if side == "buy":
        cap = ceil((touch + away) / tick) * tick
        cap = max(cap, touch + 5 * tick) if is_event else cap
    else:
        cap = floor((touch - away) / tick) * tick
        cap = min(cap, touch - 5 * tick) if is_event else cap
    return min(max(cap, tick), USD_1E9 - tick) if is_event else max(cap, tick)
