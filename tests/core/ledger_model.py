"""The slow obvious model of one account's money: exact fractions, recomputed from seeds and fills.

It knows no book and no queue. It is told which fills happened and says what they cost: charges,
fees of three kinds of venue, reservations, margin, cost basis and P&L.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

ONE = 10**8
CENT = 10_000_000
MOST_ROUNDED = 1_000
"""Fills whose rounding the reservation of a purchase covers."""

SHARE = Fraction(1, 10**8)
USD = ("fiat", "USD")
USDC = ("crypto", "USDC")
USDT = ("crypto", "USDT")
PEGGED = {USD, USDC, USDT}

Key = tuple[str, str, str]


class Terms(NamedTuple):
    """What is traded where, and what it costs there."""

    symbol: str
    venue: str
    kind: str
    held: tuple[str, str]
    settle: tuple[str, str]
    mid: int
    tick: int
    lot: int
    maker: Fraction
    taker: Fraction
    fees: str = "bps"


def bps(value: str) -> Fraction:
    return Fraction(value) / 10_000


KALSHI, POLYMARKET = "KXMODEL-26DEC31", "7" * 40
MARKETS = [
    Terms("BTC-USD", "coinbase", "spot", ("crypto", "BTC"), USD, 74_349 * 10**9, CENT, 1_000,
          bps("40"), bps("60")),
    Terms("BTC-USDT", "binance", "spot", ("crypto", "BTC"), USDT, 74_351 * 10**9, CENT, 1_000,
          bps("10"), bps("10")),
    Terms("BTC-USD-PERP", "hyperliquid", "perp", ("perp", "BTC-USD-PERP"), USDC, 74_360 * 10**9,
          10 * CENT, 1_000, bps("1.5"), bps("4.5")),
    Terms(f"{KALSHI}:YES", "kalshi", "prediction", ("event_contract", f"{KALSHI}:YES"), USD,
          410_000_000, CENT, ONE, Fraction(0), Fraction("0.07"), "kalshi"),
    Terms(f"{KALSHI}:NO", "kalshi", "prediction", ("event_contract", f"{KALSHI}:NO"), USD,
          590_000_000, CENT, ONE, Fraction(0), Fraction("0.07"), "kalshi"),
    Terms(POLYMARKET, "polymarket", "prediction", ("event_contract", POLYMARKET), USDC,
          500_000_000, CENT, ONE // 100, Fraction(0), Fraction("0.05"), "polymarket"),
]  # fmt: skip
BOOKS = [terms for terms in MARKETS if not terms.symbol.endswith(":NO")]


@dataclass
class Order:
    """Sums of one order, as the venue keeps them."""

    terms: Terms
    side: str
    qty: int
    bound: int
    margin_at: int
    reducing: int
    is_limit: bool
    filled: int = 0
    exact: int = 0
    booked: int = 0
    due: Fraction = Fraction(0)
    paid: int = 0
    acc: int = 0
    over_paid: Fraction = Fraction(0)
    is_open: bool = True

    @property
    def rest(self) -> int:
        return self.qty - self.filled

    def charge(self, price: int, qty: int, *, maker: bool) -> tuple[int, int]:
        """Books a fill; returns (notional, fee) in units of 1e-9."""
        self.filled += qty
        self.exact += price * qty
        rounded = ceil if self.side == "buy" else floor
        notional = rounded(Fraction(self.exact, ONE)) - self.booked
        self.booked += notional
        rate = self.terms.maker if maker else self.terms.taker
        fee = getattr(self, f"_{self.terms.fees}")(price, qty, rate, notional)
        self.paid += fee
        return notional, fee

    def _bps(self, price: int, qty: int, rate: Fraction, notional: int) -> int:
        self.due += Fraction(price * qty, ONE) * rate
        fee = ceil(self.due) - self.paid
        return min(fee, notional) if self.side == "sell" else fee

    def _joins(self) -> bool:
        """A purchase that leaves a thousand lots open is rounded together with its next fill."""
        return self.side == "buy" and self.rest >= MOST_ROUNDED * self.terms.lot

    def _kalshi(self, price: int, qty: int, rate: Fraction, notional: int) -> int:
        step = 100_000
        exact = quadratic(price, qty, rate) - self.over_paid
        fee = max(ceil(exact / step), 0) * step
        if self.side == "sell":
            fee = min(fee, notional // step * step)
        self.over_paid = fee - exact if self._joins() else Fraction(0)
        change = (notional if self.side == "sell" else -notional) - fee
        rounding = change % CENT
        rebate = max(ceil(Fraction(self.acc + rounding, CENT)) - 1, 0) * CENT
        self.acc += rounding - rebate
        return fee + rounding - rebate

    def _polymarket(self, price: int, qty: int, rate: Fraction, notional: int) -> int:
        step = 10_000
        exact = (quadratic(price, qty, rate) - self.over_paid) / step
        fee = floor(exact + Fraction(1, 2)) * step if exact >= 1 else 0
        self.over_paid = fee - exact * step if self._joins() else Fraction(0)
        return min(fee, notional) if self.side == "sell" else fee

    def reserved(self) -> int:
        """What the rest can still cost at most (L4)."""
        terms, rest = self.terms, self.rest
        if rest == 0 or not self.is_open:
            return 0
        if terms.kind == "perp":
            return self._margin_and_fee(max(rest - self.reducing, 0))
        if self.side == "sell":
            return rest * 10
        rate = max(terms.maker, terms.taker)
        worst = Fraction(self.exact + self.bound * rest, ONE)
        fills = min(ceil(Fraction(rest, terms.lot)), MOST_ROUNDED)
        fee = quadratic(self.bound, rest, rate) - self.over_paid
        if terms.fees == "bps":
            due = self.due + Fraction(self.bound * rest, ONE) * rate
            return ceil(worst) - self.booked + ceil(due) - self.paid
        if terms.fees == "kalshi":
            steps = fills * 100_000
            total = ceil(worst) - self.booked + ceil(fee) + steps + CENT - self.acc
            return ceil(Fraction(total, CENT)) * CENT
        return ceil(worst + fee) - self.booked + fills * 5_000

    def _margin_and_fee(self, opening: int) -> int:
        if opening == 0:
            return 0
        notional = Fraction(self.margin_at * opening, ONE)
        rate = max(self.terms.maker, self.terms.taker)
        return ceil(notional / 10) + ceil(self.due + notional * rate) - self.paid


def quadratic(price: int, qty: int, rate: Fraction) -> Fraction:
    return rate * qty * SHARE * price * (10**9 - price) / 10**9


@dataclass
class Row:
    """Average cost of one row, without any rounding."""

    entry: Fraction = Fraction(0)
    realized: Fraction = Fraction(0)
    fees: int = 0
    perp: int = 0
    margin: int = 0
    traded: bool = False

    def fill(self, held: int, signed: int, price: int, fee: int) -> int:
        """Takes a fill in; returns the size that closed."""
        closed = min(abs(held), abs(signed)) if held * signed < 0 else 0
        direction = 1 if held > 0 else -1
        self.realized += Fraction(direction * closed, ONE) * (price - self.entry)
        after = held + signed
        if opened := abs(signed) - closed:
            kept = abs(after) - opened
            self.entry = Fraction(self.entry * kept + price * opened) / abs(after)
        self.fees += fee
        return closed


@dataclass
class Model:
    """Everything one account has, recomputed from seeds and fills."""

    total: dict[Key, int] = field(default_factory=dict)
    rows: dict[Key, Row] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    mark: int | None = None
    """Of the perpetual: the middle of its last book with two sides."""

    def row(self, key: Key) -> Row:
        if key not in self.rows:
            self.rows[key] = Row(entry=Fraction(10**9 if key[1:] in PEGGED else 0))
        return self.rows[key]

    def locked(self, key: Key) -> int:
        orders = sum(o.reserved() for o in self.orders.values() if funding(o) == key)
        margins = sum(
            self.row((m.venue, *m.held)).margin
            for m in MARKETS
            if m.kind == "perp" and (m.venue, *m.settle) == key
        )
        return orders + margins

    def available(self, key: Key) -> int:
        """Free cash less what backs a loss at the mark, or has to back a position."""
        free = self.total.get(key, 0) - self.locked(key)
        return max(free - self.loss(key) - self.eaten(key), 0)

    def traded(self, key: Key) -> list["Row"]:
        """Perps that settle in this cash and that an order changed."""
        perps = [m for m in MARKETS if m.kind == "perp" and (m.venue, *m.settle) == key]
        rows = [self.row((m.venue, *m.held)) for m in perps]
        return [row for row in rows if row.traded]

    def loss(self, key: Key) -> int:
        if self.mark is None:
            return 0
        gains = (Fraction(row.perp, ONE) * (self.mark - row.entry) for row in self.traded(key))
        return ceil(max(-sum(gains, Fraction(0)), Fraction(0)))

    def eaten(self, key: Key) -> int:
        """Initial margin that positions lack: cash that comes later backs them before all else."""
        rows = self.traded(key)
        needed = (floor(Fraction(abs(row.perp), 10 * ONE) * row.entry) for row in rows)
        return sum(max(due - row.margin, 0) for row, due in zip(rows, needed, strict=True))

    def held(self, key: Key) -> int:
        return self.row(key).perp if key[1] == "perp" else self.total.get(key, 0) // 10

    def write(self, key: Key, qty: int, entry: int | None) -> None:
        price = entry if entry is not None else (10**9 if key[1:] in PEGGED else 0)
        self.rows[key] = Row(entry=Fraction(price), perp=qty if key[1] == "perp" else 0)
        if key[1] != "perp":
            self.total[key] = qty * 10

    def exits(self, terms: Terms, side: str) -> int:
        """What open orders of a side reduce."""
        orders = (o for o in self.orders.values() if o.terms == terms and o.side == side)
        return sum(min(o.reducing, o.rest) for o in orders if o.is_open)

    def reducible(self, terms: Terms, side: str) -> int:
        position = self.row((terms.venue, *terms.held)).perp
        opposite = -position if side == "buy" else position
        left = opposite - self.exits(terms, side)
        return max(left, 0) if terms.kind == "perp" else 0

    def closing(self, terms: Terms) -> int:
        """What open orders close of a position: no less of it can be written."""
        position = self.row((terms.venue, *terms.held)).perp
        return min(self.exits(terms, "sell" if position > 0 else "buy"), abs(position))

    def fill(self, order: Order, fill: dict[str, Any]) -> None:
        """Books one fill, and checks its fee and realised P&L."""
        terms, price, qty = order.terms, fill["price_1e9"], fill["qty_1e8"]
        key, cash = (terms.venue, *terms.held), (terms.venue, *terms.settle)
        row, held = self.row(key), self.held(key)
        self.row(cash)
        signed = qty if order.side == "buy" else -qty
        notional, fee = order.charge(price, qty, maker=fill["is_maker"])
        before = floor(row.realized)
        closed = row.fill(held, signed, price, fee)
        gain = floor(row.realized) - before
        assert fill["fee_1e9"] == fee, fill
        assert abs(fill["realized_pnl_usd_1e9"] - gain) <= 1, fill
        if terms.kind == "perp":
            self._move_margin(row, closed, signed, price)
            order.reducing = max(order.reducing - qty, 0)
            # Open orders end and margins shrink before anybody else pays: the account pays all
            # that it has, and the venue only what is beyond that.
            change = fill["realized_pnl_usd_1e9"] - fee
            self.total[cash] = max(self.total.get(cash, 0) + change, 0)
            row.margin = min(row.margin, self.total[cash])
            return
        paid = -notional if order.side == "buy" else notional
        self.total[cash] = self.total.get(cash, 0) + paid - fee
        self.total[key] = self.total.get(key, 0) + signed * 10
        if terms.venue == "kalshi":
            self._net_pairs(terms, bought=key if order.side == "buy" else None)

    def _net_pairs(self, terms: Terms, *, bought: Key | None) -> None:
        """Free pairs of YES and NO become 1 each; what came last leaves at its cost."""
        keys = [(terms.venue, "event_contract", f"{KALSHI}:{side}") for side in ("YES", "NO")]
        pairs = min(self.available(key) // 10 for key in keys)
        if pairs <= 0:
            return
        gain = 10**9 - sum(self.row(key).entry for key in keys)
        earlier = keys[1] if bought == keys[0] else keys[0]
        self.row(earlier).realized += Fraction(pairs, ONE) * gain
        for key in keys:
            self.total[key] -= pairs * 10
        self.total[(terms.venue, *terms.settle)] += pairs * 10

    def is_below_liquidation_target(self, terms: Terms, mark: int) -> bool:
        """Equity below 1.1 times maintenance: where closing by the venue ends."""
        row = self.row((terms.venue, *terms.held))
        cash = self.total.get((terms.venue, *terms.settle), 0)
        equity = cash + Fraction(row.perp, ONE) * (mark - row.entry)
        return equity < Fraction(11, 10) * Fraction(5, 100) * Fraction(abs(row.perp), ONE) * mark

    @staticmethod
    def _move_margin(row: Row, closed: int, signed: int, price: int) -> None:
        row.traded = True
        size, opened = abs(row.perp), abs(signed) - closed
        kept = ceil(Fraction(row.margin * (size - closed), size)) if size else 0
        row.margin = kept + ceil(Fraction(price * opened, 10 * ONE))
        row.perp += signed


def funding(order: Order) -> Key:
    terms = order.terms
    is_sale = order.side == "sell" and terms.kind != "perp"
    return (terms.venue, *(terms.held if is_sale else terms.settle))


def key_of(row: dict[str, Any]) -> Key:
    return (row["venue"], row["instrument"]["kind"], row["instrument"]["symbol"])


def protection(terms: Terms, side: str, touch: int) -> int:
    """Worst price a market order may pay: on the grid, away from the touch."""
    is_event = terms.kind == "prediction"
    away = Fraction(touch * (1_000 if is_event else 500), 10_000)
    if side == "buy":
        cap = ceil((touch + away) / terms.tick) * terms.tick
        cap = max(cap, touch + 5 * terms.tick) if is_event else cap
    else:
        cap = floor((touch - away) / terms.tick) * terms.tick
        cap = min(cap, touch - 5 * terms.tick) if is_event else cap
    return min(max(cap, terms.tick), 10**9 - terms.tick) if is_event else max(cap, terms.tick)
