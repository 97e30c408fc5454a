"""The engine's money against a slow model in exact fractions.

The engine decides what fills; the model takes those fills and recomputes everything they cost:
charges, fees, reservations, margin, cost basis and P&L. After every step each number of each
position row must be the model's, and the engine's own laws must hold.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sequence import _core

ONE = 10**8
CENT = 10_000_000
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

    def _kalshi(self, price: int, qty: int, rate: Fraction, notional: int) -> int:
        step = 100_000
        fee = ceil(quadratic(price, qty, rate) / step) * step
        if self.side == "sell":
            fee = min(fee, notional // step * step)
        change = (notional if self.side == "sell" else -notional) - fee
        rounding = change % CENT
        rebate = max(ceil(Fraction(self.acc + rounding, CENT)) - 1, 0) * CENT
        self.acc += rounding - rebate
        return fee + rounding - rebate

    def _polymarket(self, price: int, qty: int, rate: Fraction, notional: int) -> int:
        step = 10_000
        exact = quadratic(price, qty, rate) / step
        fee = floor(exact + Fraction(1, 2)) * step if exact >= 1 else 0
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
        fills = ceil(Fraction(rest, terms.lot))
        fee = quadratic(self.bound, rest, rate)
        if terms.fees == "bps":
            due = self.due + Fraction(self.bound * rest, ONE) * rate
            return ceil(worst) - self.booked + ceil(due) - self.paid
        if terms.fees == "kalshi":
            total = ceil(worst) - self.booked + ceil(fee) + fills * 100_000 + CENT - self.acc
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
        return self.total.get(key, 0) - self.locked(key)

    def held(self, key: Key) -> int:
        return self.row(key).perp if key[1] == "perp" else self.total.get(key, 0) // 10

    def write(self, key: Key, qty: int, entry: int | None) -> None:
        price = entry if entry is not None else (10**9 if key[1:] in PEGGED else 0)
        self.rows[key] = Row(entry=Fraction(price), perp=qty if key[1] == "perp" else 0)
        if key[1] != "perp":
            self.total[key] = qty * 10

    def reducible(self, terms: Terms, side: str) -> int:
        position = self.row((terms.venue, *terms.held)).perp
        opposite = -position if side == "buy" else position
        others = (o for o in self.orders.values() if o.terms == terms and o.side == side)
        committed = sum(min(o.reducing, o.rest) for o in others if o.is_open)
        return max(opposite - committed, 0) if terms.kind == "perp" else 0

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
            short = fee - fill["realized_pnl_usd_1e9"] - self.available(cash)
            change = fill["realized_pnl_usd_1e9"] - fee + max(short, 0)
            self.total[cash] = self.total.get(cash, 0) + change
            return
        paid = -notional if order.side == "buy" else notional
        self.total[cash] = self.total.get(cash, 0) + paid - fee
        self.total[key] = self.total.get(key, 0) + signed * 10

    @staticmethod
    def _move_margin(row: Row, closed: int, signed: int, price: int) -> None:
        size, opened = abs(row.perp), abs(signed) - closed
        kept = ceil(Fraction(row.margin * (size - closed), size)) if size else 0
        row.margin = kept + ceil(Fraction(price * opened, 10 * ONE))
        row.perp += signed


def funding(order: Order) -> Key:
    terms = order.terms
    is_sale = order.side == "sell" and terms.kind != "perp"
    return (terms.venue, *(terms.held if is_sale else terms.settle))


quantities = st.integers(1, 6) | st.integers(7, 60)
offsets = st.integers(-4, 4)
markets = st.sampled_from(MARKETS)
sides = st.sampled_from(["buy", "sell"])


class LedgerMachine(RuleBasedStateMachine):
    """Drives one account through every way money can move."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = _core.Engine(seed=7, preset="instant")
        self.engine.set_max_age(False)
        self.now = 1_776_657_000_000_000_000
        self.account = self.engine.account("model")
        self.model = Model()
        self.seen: set[str] = set()
        self.touch: dict[str, tuple[int | None, int | None]] = {}

    def tick(self) -> int:
        self.now += 1_000_000
        return self.now

    @initialize(usd=st.sampled_from([20, 400, 400, 100_000, 10**9]), lots=st.integers(0, 300))
    def seed(self, usd: int, lots: int) -> None:
        self.reset(usd)
        for terms in BOOKS:
            self.engine.list_market(terms.venue, terms.symbol)
            self.show_book(terms, 0, [30, 30, 9, 9, 1, 1])
            self.write((terms.venue, *terms.held), lots * terms.lot, terms.mid)

    @rule(usd=st.sampled_from([1, 20, 400, 100_000]))
    def reset(self, usd: int) -> None:
        answer = self.engine.reset(self.account, usd * ONE, self.tick())
        assert answer["venues_seeded"] == 9
        self.model = Model()
        self.seen.clear()
        for row in self.positions():
            self.model.write(key_of(row), usd * ONE, 10**9)
        assert len(self.model.rows) == 15

    @rule(terms=st.sampled_from(BOOKS), move=offsets, sizes=st.lists(quantities, max_size=6))
    def show_book(self, terms: Terms, move: int, sizes: list[int]) -> None:
        mid = terms.mid + move * terms.tick
        bids = [(mid - (n + 1) * terms.tick, s * terms.lot) for n, s in enumerate(sizes[::2])]
        asks = [(mid + (n + 1) * terms.tick, s * terms.lot) for n, s in enumerate(sizes[1::2])]
        now = self.tick()
        self.engine.market_snapshot(terms.venue, terms.symbol, bids, asks, now, now)
        self.touch[terms.symbol] = (
            bids[0][0] if bids else None,
            asks[0][0] if asks else None,
        )

    @rule(terms=st.sampled_from(BOOKS), move=offsets, size=quantities, side=sides)
    def trade(self, terms: Terms, move: int, size: int, side: str) -> None:
        now, price = self.tick(), terms.mid + move * terms.tick
        qty = size * terms.lot
        self.engine.market_trade(terms.venue, terms.symbol, price, qty, side, now, now)

    @rule(
        terms=markets,
        side=sides,
        lots=quantities,
        move=offsets,
        edge=st.sampled_from([None, None, 0, 1, -1]),
        style=st.sampled_from(["market", "gtc", "gtc", "gtc", "ioc"]),
    )
    def order(
        self, *, terms: Terms, side: str, lots: int, move: int, edge: int | None, style: str
    ) -> None:
        limit = None if style == "market" else terms.mid + move * terms.tick
        # Five contracts at least: the smallest order of every event venue.
        qty = lots * (5 * ONE if terms.kind == "prediction" else terms.lot)
        draft = self.draft(terms, side, qty, limit)
        if edge is not None and draft is not None:
            qty = max(self.most(draft) + edge * terms.lot, terms.lot)
            draft = self.draft(terms, side, qty, limit)
        tif = None if style == "market" else style
        if draft is None or self.is_dust(draft):
            with pytest.raises(_core.Refusal) as refused:
                self.submit(terms, side, qty, limit, tif)
            assert refused.value.code == "VALIDATION_ERROR"
            return
        answer, replayed = self.submit(terms, side, qty, limit, tif)
        assert not replayed
        self.judge(answer["orders"][0], draft, style)

    def submit(
        self, terms: Terms, side: str, qty: int, limit: int | None, tif: str | None
    ) -> tuple[dict[str, Any], bool]:
        return self.engine.submit(
            self.account, self.tick(), symbol=terms.symbol, side=side, qty_1e8=qty,
            notional_1e9=None, price_1e9=limit, venue=terms.venue,
            instrument_type=terms.kind, tif=tif,
        )  # fmt: skip

    def is_dust(self, draft: Order) -> bool:
        """Below 5 USD at the limit, else at the touch; event markets have no such minimum."""
        touch = self.opposite(draft.terms, draft.side) or 0
        price = draft.bound if draft.is_limit else touch
        return draft.terms.kind != "prediction" and price * draft.qty // ONE < 5 * 10**9

    def draft(self, terms: Terms, side: str, qty: int, limit: int | None) -> Order | None:
        """The order as its venue would see it; None for a market order without a touch."""
        touch = self.opposite(terms, side)
        if limit is None and touch is None:
            return None
        bound = limit if limit is not None else protection(terms, side, touch or 0)
        margin_at = max(bound, touch or 0) if side == "sell" else bound
        reducing = min(self.model.reducible(terms, side), qty)
        return Order(terms, side, qty, bound, margin_at, reducing, limit is not None)

    def opposite(self, terms: Terms, side: str) -> int | None:
        bid, ask = self.touch.get(terms.symbol.replace(":NO", ":YES"), (None, None))
        if terms.symbol.endswith(":NO"):
            bid, ask = (None if price is None else 10**9 - price for price in (ask, bid))
        return ask if side == "buy" else bid

    def most(self, draft: Order) -> int:
        """The largest quantity that the funds allow: the edge orders are put on."""
        funds, lot = self.model.available(funding(draft)), draft.terms.lot
        fits, over = 0, 10**12 // lot
        while over - fits > 1:
            middle = (fits + over) // 2
            needed = replace(draft, qty=middle * lot).reserved()
            fits, over = (middle, over) if needed <= funds else (fits, middle)
        return fits * lot

    def judge(self, row: dict[str, Any], draft: Order, style: str) -> None:
        """Books what the submit filled, then asks whether the status is the right one."""
        short = draft.reserved() > self.model.available(funding(draft))
        assert (row["failure_reason"] == "INSUFFICIENT_BALANCE") == short, row
        self.model.orders[row["node_order_id"]] = draft
        if short:
            assert row["status"] == "REJECTED"
            draft.is_open = False
        self.book_fills()
        filled = draft.filled == draft.qty
        assert row["filled_qty_1e8"] == draft.filled
        assert (row["status"] == "FILLED") == filled
        if style != "gtc" and not filled:
            assert row["status"] in {"CANCELLED", "REJECTED"}
        assert row["status"] != "REJECTED" or draft.filled == 0

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.model.orders)))
        status = self.engine.order(self.account, name)["status"]
        if status in {"FILLED", "REJECTED", "EXPIRED"}:
            with pytest.raises(_core.Refusal, match=f"order is {status}") as refused:
                self.engine.cancel_order(self.account, name, self.tick())
            assert refused.value.code == "CONFLICT"
            return
        answer = self.engine.cancel_order(self.account, name, self.tick())
        assert answer["status"] == "CANCELLED"
        assert answer["already_terminal"] == (status == "CANCELLED")
        assert answer["filled_qty_1e8"] == self.model.orders[name].filled

    @rule(
        terms=markets,
        cash=st.booleans(),
        lots=st.integers(0, 60),
        part=st.sampled_from([None, None, 0, -1]),
        swap=st.booleans(),
        short=st.booleans(),
    )
    def write_row(
        self, terms: Terms, lots: int, part: int | None, *, cash: bool, swap: bool, short: bool
    ) -> None:
        kind, symbol = terms.settle if cash else terms.held
        key = (terms.venue, kind, symbol)
        qty = lots * (ONE * 50 if cash else terms.lot) * (-1 if short and kind == "perp" else 1)
        if part is not None and kind != "perp":
            qty = max(ceil(Fraction(self.model.locked(key), 10)) + part, 0)
        entry = None if cash else terms.mid
        locked = 0 if swap else self.model.locked(key)
        if kind != "perp" and qty * 10 < locked:
            with pytest.raises(_core.Refusal) as refused:
                self.write(key, qty, entry, swap=swap)
            assert refused.value.code == "CONFLICT"
            return
        self.write(key, qty, entry, swap=swap)

    def write(self, key: Key, qty: int, entry: int | None, *, swap: bool = False) -> None:
        stored = len(self.positions())
        rows = [(*key, qty, entry)]
        written, deleted = self.engine.set_positions(self.account, rows, swap, self.tick())
        assert (written, deleted) == (1, stored if swap else 0)
        if swap:
            self.model = Model(orders=self.model.orders)
        self.model.write(key, qty, entry)

    def book_fills(self) -> None:
        page = self.engine.fills(self.account, limit=1_000, offset=0)
        for fill in sorted(page["fills"], key=lambda fill: fill["event_seq"]):
            if fill["fill_id"] not in self.seen:
                self.seen.add(fill["fill_id"])
                order = self.model.orders[fill["node_order_id"]]
                inside = order.bound - fill["price_1e9"]
                assert inside >= 0 if order.side == "buy" else inside <= 0
                self.model.fill(order, fill)
                order.is_open = order.rest > 0

    def positions(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.engine.positions(self.account, include_closed=True)[
            "positions"
        ]
        return rows

    @invariant()
    def every_number_is_the_models(self) -> None:
        assert self.engine.check_invariants() == []
        self.book_fills()
        for name, order in self.model.orders.items():
            row = self.engine.order(self.account, name)
            order.is_open = row["status"] in {"NEW", "ACCEPTED", "PARTIAL"}
            assert row["filled_qty_1e8"] == order.filled
            assert row["fees_usd_1e9"] == order.paid
            self.check_reserved(row, order)
        rows = {key_of(row): row for row in self.positions()}
        assert all(self.model.total.get(key, 0) == 0 for key in self.model.rows if key not in rows)
        for key, row in rows.items():
            self.check_row(key, row)

    def check_reserved(self, row: dict[str, Any], order: Order) -> None:
        shown = sum(part["qty_1e8"] for part in row["reserved"] or [])
        assert abs(10 * shown - order.reserved()) < 10, (row, order)

    def check_row(self, key: Key, row: dict[str, Any]) -> None:
        model, held = self.model.row(key), self.model.held(key)
        assert row["qty_1e8"] == held, key
        if key[1] != "perp":
            available = self.model.available(key) // 10
            found = (row["available_qty_1e8"], row["locked_qty_1e8"])
            assert found == (available, held - available), key
        assert row["margin_locked_1e8"] == model.margin // 10, key
        assert abs(row["entry_price_usd_1e9"] - floor(model.entry + Fraction(1, 2))) <= 1, key
        assert abs(row["realized_pnl_usd_1e9"] - floor(model.realized)) <= 1, key
        assert row["fees_usd_1e9"] == model.fees, key
        gain = (row["current_price_usd_1e9"] - model.entry) * held / ONE
        assert abs(row["unrealized_pnl_usd_1e9"] - int(gain)) <= 1, key
        assert (row["lifecycle"]["state"] == "closed") == (held == 0), key


def key_of(row: dict[str, Any]) -> Key:
    return (row["venue"], row["instrument"]["kind"], row["instrument"]["symbol"])


def protection(terms: Terms, side: str, touch: int) -> int:
    """Worst price a market order may pay: on the grid, toward the touch."""
    is_event = terms.kind == "prediction"
    away = Fraction(touch * (1_000 if is_event else 500), 10_000)
    if side == "buy":
        cap = floor((touch + away) / terms.tick) * terms.tick
        cap = max(cap, touch + 5 * terms.tick) if is_event else cap
    else:
        cap = ceil((touch - away) / terms.tick) * terms.tick
        cap = min(cap, touch - 5 * terms.tick) if is_event else cap
    return min(max(cap, terms.tick), 10**9 - terms.tick) if is_event else max(cap, terms.tick)


def test_every_balance_and_gain_is_what_exact_fractions_say() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
