"""The engine's money against a slow model in exact fractions.

The engine decides what fills; the model takes those fills and recomputes everything they cost.
After every step each number of each position row must be the model's, and the engine's own laws
must hold.
"""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import Any, ClassVar

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
from tests.core.ledger_model import (
    BOOKS,
    MARKETS,
    ONE,
    Key,
    Model,
    Order,
    Terms,
    bps,
    funding,
    key_of,
    protection,
)

quantities = st.integers(1, 6) | st.integers(7, 60)
offsets = st.integers(-4, 4)
markets = st.sampled_from(MARKETS)
sides = st.sampled_from(["buy", "sell"])


PERP = next(terms for terms in MARKETS if terms.kind == "perp")


def smallest(terms: Terms) -> int:
    """A step of sizes; five contracts are the smallest order that every event venue takes."""
    return 5 * ONE if terms.kind == "prediction" else terms.lot


class LedgerMachine(RuleBasedStateMachine):
    """Drives one account through every way money can move."""

    reached: ClassVar[Counter[str]] = Counter()

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

    @initialize(
        usd=st.sampled_from([20, 400, 400, 100_000, 10**9]), lots=st.sampled_from([0, 50, 300])
    )
    def seed(self, usd: int, lots: int) -> None:
        self.reset(usd)
        for terms in BOOKS:
            least = None if terms.kind == "prediction" else 5 * 10**9
            given = (terms.tick, terms.lot, None, least)
            self.engine.list_market(terms.venue, terms.symbol, given)
            self.show_book(terms, 0, [60, 60, 30, 30, 9, 9])
        for terms in MARKETS:
            self.write((terms.venue, *terms.held), lots * smallest(terms), terms.mid)

    @rule(usd=st.sampled_from([1, 20, 400, 100_000]))
    def reset(self, usd: int) -> None:
        answer = self.engine.reset(self.account, usd * ONE, self.tick())
        assert answer["venues_seeded"] == 9
        self.model = Model(mark=self.model.mark)
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
        if terms == PERP and bids and asks:
            self.model.mark = (bids[0][0] + asks[0][0]) // 2

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
        qty = lots * smallest(terms)
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

    @rule(terms=markets, side=sides, lots=quantities)
    def take(self, terms: Terms, side: str, lots: int) -> None:
        self.order(terms=terms, side=side, lots=lots, move=0, edge=None, style="market")

    @rule(
        side=sides,
        lots=quantities,
        move=st.sampled_from([-90_000, -50_000, 50_000, 90_000]),
        sizes=st.lists(quantities, min_size=2, max_size=6),
    )
    def squeeze(self, side: str, lots: int, move: int, sizes: list[int]) -> None:
        """A position with nothing but its margin, and a market that jumps: margin is called."""
        self.take(PERP, side, lots)
        self.every_number_is_the_models()
        key = (PERP.venue, *PERP.settle)
        self.write(key, ceil(Fraction(self.model.locked(key), 10)), None)
        # The write alone may call margin, at the mark of before.
        self.every_number_is_the_models()
        self.show_book(PERP, move, sizes)

    def submit(
        self, terms: Terms, side: str, qty: int, limit: int | None, tif: str | None
    ) -> tuple[dict[str, Any], bool]:
        return self.engine.submit(
            self.account, self.tick(), symbol=terms.symbol, side=side, qty_1e8=qty,
            notional_1e9=None, price_1e9=limit, venue=terms.venue,
            instrument_type=terms.kind, tif=tif,
        )  # fmt: skip

    def is_dust(self, draft: Order) -> bool:
        """Below the minimum at the limit, else at the touch.

        Event markets have none of these, and what only closes a perp is free of it.
        """
        if draft.terms.kind == "perp":
            position = self.model.held((draft.terms.venue, *draft.terms.held))
            if draft.qty <= (-position if draft.side == "buy" else position):
                return False
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
        too_small = qty * 10 < locked
        if kind == "perp":
            closing = 0 if swap else self.model.closing(terms)
            too_small = closing > 0 and qty * (1 if self.model.held(key) > 0 else -1) < closing
        if too_small:
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
            self.model = Model(orders=self.model.orders, mark=self.model.mark)
        self.model.write(key, qty, entry)

    def book_fills(self) -> None:
        page = self.engine.fills(self.account, limit=1_000, offset=0)
        for fill in sorted(page["fills"], key=lambda fill: fill["event_seq"]):
            if fill["fill_id"] not in self.seen:
                self.seen.add(fill["fill_id"])
                order = self.order_of(fill)
                inside = order.bound - fill["price_1e9"]
                assert inside >= 0 if order.side == "buy" else inside <= 0
                self.model.fill(order, fill)
                self.reached[order.terms.kind] += 1
                self.reached[fill["cause"]] += 1
                order.is_open = order.rest > 0

    def order_of(self, fill: dict[str, Any]) -> Order:
        """The order of a fill; one that the model does not know was made to liquidate."""
        name = fill["node_order_id"]
        if fill["cause"] == "LIQUIDATION":
            mark = self.model.mark
            assert mark is not None
            assert self.model.is_below_liquidation_target(PERP, mark), fill
            if name not in self.model.orders:
                row = self.engine.order(self.account, name)
                worst = 10**18 if row["side"] == "buy" else 1
                paying = PERP._replace(maker=bps("50"), taker=bps("50"))
                self.model.orders[name] = Order(
                    paying, row["side"], row["qty_1e8"], worst, worst, row["qty_1e8"], False
                )
        return self.model.orders[name]

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


def test_every_balance_and_gain_is_what_exact_fractions_say() -> None:
    LedgerMachine.reached.clear()
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=200,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    kinds = {terms.kind for terms in MARKETS}
    assert set(LedgerMachine.reached) >= kinds, "what never happened was not checked"


@pytest.mark.parametrize(("side", "move"), [("buy", -90_000), ("sell", 90_000)])
@pytest.mark.parametrize("sizes", [[60] * 6, [9, 9]])
def test_a_called_margin_costs_what_exact_fractions_say(side: str, move: int, sizes: list[int]):
    """The same machine, by hand: drawn histories reach a liquidation only by chance."""
    machine = LedgerMachine()
    before = LedgerMachine.reached["LIQUIDATION"]
    machine.seed(usd=100_000, lots=0)
    machine.squeeze(side=side, lots=60, move=move, sizes=sizes)
    machine.every_number_is_the_models()
    assert LedgerMachine.reached["LIQUIDATION"] > before
    machine.show_book(PERP, move, [60] * 6)
    machine.every_number_is_the_models()
