"""One account of the model: rows, orders, locks, cost basis, and what each event does to them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from tests.model.order import Order
from tests.model.terms import (
    INITIAL,
    MAINTENANCE,
    ONE,
    PEGGED,
    PERPS,
    SHARE,
    USD_1E9,
    Key,
    Listing,
    Market,
)

PERP_OF = {Listing(market).held: market for market in PERPS}


@dataclass
class Row:
    """Average cost of one row, without any rounding. `by_hand`: no order changed it yet."""

    entry: Fraction = Fraction(0)
    realized: Fraction = Fraction(0)
    fees: int = 0
    perp: int = 0
    margin: int = 0
    by_hand: bool = False
    value: Fraction | None = None
    claimed: bool = False
    is_foreign: bool = False
    """Paid with what no live book valued then: what it cost in dollars is not followed."""

    def fill(self, held: int, signed: int, price: int, fee: int) -> int:
        """Takes a fill in; returns the size that closed."""
        closed = min(abs(held), abs(signed)) if held * signed < 0 else 0
        direction = 1 if held > 0 else -1
        self.realized += direction * closed * SHARE * (price - self.entry)
        after = held + signed
        if opened := abs(signed) - closed:
            kept = abs(after) - opened
            self.entry = (self.entry * kept + price * opened) / abs(after)
        self.fees += fee
        return closed


class Settled(NamedTuple):
    """What a resolution paid on one row, to be taken back by a correction."""

    qty: int
    entry: Fraction
    paid: int
    gain: Fraction


Price = Callable[["Market", Row], Fraction]
"""What a position counts at."""


@dataclass
class Account:
    """Everything one client has."""

    name: str
    epoch: int = 1
    total: dict[Key, int] = field(default_factory=dict)
    rows: dict[Key, Row] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    taken: dict[tuple[str, str, str], dict[int, int]] = field(default_factory=dict)
    settled: dict[Key, Settled] = field(default_factory=dict)
    rough: set[Key] = field(default_factory=set)

    def row(self, key: Key) -> Row:
        if key not in self.rows:
            entry = Fraction(USD_1E9 if key[1:] in PEGGED else 0)
            self.rows[key] = Row(entry=entry)
        return self.rows[key]

    def look(self, key: Key) -> Row:
        """A row to read: one that is not there is empty, and stays away."""
        return self.rows.get(key) or Row()

    def open_orders(self) -> list[Order]:
        return [order for order in self.orders.values() if order.is_open]

    def held(self, key: Key) -> int:
        return self.look(key).perp if key[1] == "perp" else self.total.get(key, 0) // 10

    def positions(self, cash: Key) -> list[tuple[Market, Row]]:
        """The perpetuals that one cash row stands behind."""
        return [
            (market, self.rows[key])
            for key, market in PERP_OF.items()
            if market.cash == cash and key in self.rows and self.rows[key].perp
        ]

    def locked(self, key: Key) -> int:
        """Reservations of open orders, and margins of positions."""
        orders = sum(order.reserved() for order in self.open_orders() if order.pays_from == key)
        return orders + sum(row.margin for _, row in self.positions(key))

    def locks(self) -> dict[Key, int]:
        """What is locked of every row that has locks."""
        found: dict[Key, int] = {}
        for order in self.open_orders():
            found[order.pays_from] = found.get(order.pays_from, 0) + order.reserved()
        for key, market in PERP_OF.items():
            if key in self.rows:
                found[market.cash] = found.get(market.cash, 0) + self.rows[key].margin
        return found

    def closing(self, listing: Listing, *, only_reducing: bool = True) -> int:
        """How much of a position open orders close, those that only reduce among them or not."""
        found = []
        for side, sign in (("buy", -1), ("sell", 1)):
            exits = sum(
                order.closes()
                for order in self.open_orders()
                if order.listing == listing and order.side == side
                if only_reducing or not order.reduce_only
            )
            found.append(min(exits, max(sign * self.look(listing.held).perp, 0)))
        return max(found)

    def reducible(self, listing: Listing, side: str, *, without: Order | None = None) -> int:
        """How much of a new order closes what no other order is closing yet.

        What only reduces gives way: it is clipped to what is left of the position.
        """
        position = self.look(listing.held).perp
        opposite = -position if side == "buy" else position
        committed = sum(
            order.closes()
            for order in self.open_orders()
            if order.listing == listing
            and order.side == side
            and order is not without
            and not order.reduce_only
        )
        return max(opposite - committed, 0)

    def exit_room(self, listing: Listing, side: str, *, without: Order | None = None) -> int:
        """What a reduce-only order finds to reduce: binance counts the exits that rest."""
        position = self.look(listing.held).perp
        opposite = -position if side == "buy" else position
        if listing.market.venue != "binance":
            return max(opposite, 0)
        committed = sum(
            order.closes()
            for order in self.open_orders()
            if order.listing == listing and order.side == side and order is not without
        )
        return max(opposite - committed, 0)

    def free(self, key: Key, price: Price) -> int:
        """Cash that nothing holds, less what backs a loss or has to; a gain frees nothing."""
        return self.total.get(key, 0) - self.locked(key) - self.loss(key, price) - self.eaten(key)

    def eaten(self, cash: Key) -> int:
        """Initial margin that positions held once: what comes in backs them before all else."""
        held = (row for _, row in self.positions(cash) if not row.by_hand)
        return sum(
            max(floor(INITIAL * abs(row.perp) * SHARE * row.entry) - row.margin, 0) for row in held
        )

    def loss(self, key: Key, price: Price) -> int:
        return max(ceil(-self.gain(key, price)), 0)

    def equity(self, cash: Key, price: Price) -> Fraction:
        return self.total.get(cash, 0) + self.gain(cash, price)

    def gain(self, cash: Key, price: Price) -> Fraction:
        """What the perpetuals would realise at what they count."""
        return sum(
            (
                row.perp * SHARE * (price(market, row) - row.entry)
                for market, row in self.positions(cash)
                if not row.by_hand
            ),
            start=Fraction(0),
        )

    def maintenance(self, cash: Key, price: Price) -> Fraction:
        return sum(
            (
                MAINTENANCE * abs(row.perp) * SHARE * price(market, row)
                for market, row in self.positions(cash)
                if not row.by_hand
            ),
            start=Fraction(0),
        )

    def write(self, key: Key, qty: int, entry: int | None) -> None:
        price = entry if entry is not None else (USD_1E9 if key[1:] in PEGGED else 0)
        is_perp = key[1] == "perp"
        self.rows[key] = Row(Fraction(price), perp=qty if is_perp else 0, by_hand=is_perp)
        self.settled.pop(key, None)
        if not is_perp:
            self.total[key] = qty * 10

    def fill(
        self, order: Order, price: int, qty: int, rate: Fraction, gained: int, worth: int | None
    ) -> int:
        """Books one fill and returns its fee. `gained` is what the engine says it realised, and
        `worth` what a unit of the quote is in dollars, where live books say so."""
        listing, market = order.listing, order.listing.market
        row, held = self.row(listing.held), self.held(listing.held)
        cash = self.row(market.cash)
        if worth is None:
            row.is_foreign = cash.is_foreign = True
            worth = 0
        signed = qty if order.side == "buy" else -qty
        notional, fee = order.charge(price, qty, rate)
        before = floor(row.realized)
        closed = row.fill(held, signed, price * worth // USD_1E9, fee * worth // USD_1E9)
        if not row.is_foreign:
            assert abs(gained - (floor(row.realized) - before)) <= 1, (gained, row, before)
        if market.kind == "perp":
            self._move_margin(row, closed, signed, price)
            self._use_up(order, qty)
            self.pay(market.cash, gained - fee)
            return fee
        paid = -notional if order.side == "buy" else notional
        before_cash = self.held(market.cash)
        self.total[market.cash] = self.total.get(market.cash, 0) + paid - fee
        # What was paid with is sold at its worth, what was earned is bought at it.
        cash.fill(before_cash, self.held(market.cash) - before_cash, worth, 0)
        self.total[listing.held] = self.total.get(listing.held, 0) + signed * 10
        return fee

    def pay(self, cash: Key, change: int) -> None:
        """A gain, or a loss: what the account does not have, the insurance of the venue pays."""
        self.total[cash] = max(self.total.get(cash, 0) + change, 0)

    def shortage(self, cash: Key) -> int:
        """What locks exceed the cash by: margins shrink to what is there."""
        return max(self.locked(cash) - self.total.get(cash, 0), 0)

    @staticmethod
    def _use_up(order: Order, qty: int) -> None:
        form = order.form
        order.form = form._replace(reducing=max(form.reducing - qty, 0))
        if (other := order.waiting) is not None:
            order.waiting = other._replace(reducing=max(other.reducing - qty, 0))

    @staticmethod
    def _move_margin(row: Row, closed: int, signed: int, price: int) -> None:
        size, opened = abs(row.perp), abs(signed) - closed
        kept = ceil(Fraction(row.margin * (size - closed), size)) if size else 0
        row.margin = kept + ceil(price * opened * SHARE * INITIAL)
        row.perp += signed
        row.by_hand = False

    def net_pairs(self, market: Market, bought: Key) -> None:
        """Free pairs of YES and NO become 1 each; what came last leaves at its cost."""
        keys = [Listing(market, no).held for no in (False, True)]
        pairs = min((self.total.get(key, 0) - self.locked(key)) // 10 for key in keys)
        if pairs <= 0:
            return
        gain = USD_1E9 - sum(self.row(key).entry for key in keys)
        earlier = keys[1] if bought == keys[0] else keys[0]
        self.row(earlier).realized += pairs * SHARE * gain
        for key in keys:
            self.total[key] -= pairs * 10
        self.total[market.cash] += pairs * 10

    def settle(self, market: Market, value: Fraction | None) -> tuple[int, int]:
        """Pays one resolution, taking an earlier one back; returns rows and payout."""
        count = payout = 0
        for listing in (Listing(market), Listing(market, is_no=True)):
            row = self.rows.get(listing.held)
            if row is None or row.claimed:
                continue
            before = self.settled.pop(listing.held, None)
            if before is not None:
                self._take_back(listing, before)
            qty = self.held(listing.held)
            if qty == 0:
                continue
            worth = value if value is None or not listing.is_no else 1 - value
            count, payout = count + 1, payout + self._pay(listing, qty, row, worth)
        return count, payout

    def _pay(self, listing: Listing, qty: int, row: Row, worth: Fraction | None) -> int:
        each = row.entry if worth is None else worth * USD_1E9
        paid, row.value = floor(qty * SHARE * each), each
        if listing.market.venue == "kalshi":
            gain = qty * SHARE * (each - row.entry)
            self.settled[listing.held] = Settled(qty, row.entry, paid, gain)
            self.claim(listing, qty, paid)
            row.claimed = False
        return paid

    def claim(self, listing: Listing, qty: int, paid: int) -> None:
        """Contracts of a resolved market become cash."""
        row, cash = self.row(listing.held), listing.market.cash
        self.row(cash)
        assert row.value is not None
        row.realized += qty * SHARE * (row.value - row.entry)
        row.claimed = True
        self.total[listing.held] = 0
        self.total[cash] = self.total.get(cash, 0) + paid

    def _take_back(self, listing: Listing, before: Settled) -> None:
        row, cash = self.row(listing.held), listing.market.cash
        row.realized -= before.gain
        row.entry = before.entry
        self.total[listing.held] = before.qty * 10
        self.pay(cash, -before.paid)


def shown_entry(row: Row) -> int:
    """Half up, as rows show it."""
    return floor(row.entry + Fraction(1, 2))


def whole(units: int) -> int:
    """Cash of 1e-9 as rows show it."""
    return units * ONE // (10 * ONE)
