"""What an engine says happened, event by event, judged by the model and booked there."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any

from tests.model import margin
from tests.model.account import Account
from tests.model.order import EDGES, Form, Order
from tests.model.terms import ONE, PERPS, USD_1E9, Key, Listing, Market
from tests.model.world import Verdict, Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.model.machine import Machine

LIMITS_ONLY = frozenset({"gtc", "day", "post_only"})


@dataclass
class Plan:
    """What the model expects of an order in this step. `fills` None: whatever the evidence says."""

    order: Order
    fills: list[tuple[int, int]] | None
    statuses: frozenset[str]
    reasons: frozenset[str]


class Absorber:
    """Books events. One per machine; `finish` ends a step."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine
        self.seq = 0
        self.sent: Order | None = None
        self.printed: tuple[Market, int, int, str] | None = None
        self.ends = ""
        self.plans: list[Plan] = []
        self.got: dict[str, list[dict[str, Any]]] = {}
        self.short: set[Key] = set()
        self.shrunk: set[Key] = set()
        self.ended: list[tuple[int, Order]] = []
        self.after_fill: set[str] = set()
        self.rejected_amends: set[str] = set()
        self.margin = margin.Watch(machine)
        self.write: Callable[[], None] | None = None

    def forget(self) -> None:
        """Events up to now are known: a reset, a restore or a restart was told in one piece."""
        self.seq = self.machine.engine.last_seq
        self.margin.forget()

    def absorb(self) -> None:
        engine = self.machine.engine
        while events := engine.events(self.seq, 500):
            self.seq = events[-1]["seq"]
            fills = self._fills(events)
            for event in events:
                handler = getattr(self, "_" + event["type"], None)
                if handler is not None:
                    self.margin.boundary(event)
                    handler(event, fills)
        self.margin.boundary({"type": "", "ts_ns": self.machine.world.now})

    def _fills(self, events: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
        filled: dict[int, int] = {}
        for event in events:
            if event["type"] == "order_filled":
                filled[event["account"]] = filled.get(event["account"], 0) + 1
        rows = {}
        for who, count in filled.items():
            page = self.machine.engine.fills(who, limit=count)
            rows.update({row["event_seq"]: row for row in page["fills"]})
        return rows

    # Events.

    def _positions_set(self, event: dict[str, Any], fills: Any) -> None:
        """The rows are as written; what that calls comes after it."""
        assert self.write is not None, event
        self.write()
        self.write = None

    def _order_changed(self, event: dict[str, Any], fills: Any) -> None:
        account = self.machine.world.accounts[event["account"]]
        data = event["data"]
        order = self._order(event["account"], account, data["node_order_id"])
        name, status = data["node_order_id"], data["status"]
        assert data["filled_qty_1e8"] == order.filled, (event, order)
        if status == order.status and order.seen:
            if order.waiting is not None and name not in self.after_fill:
                self._amend_arrived(event["account"], order)
        elif order.seen:
            assert status in EDGES.get(order.status, set()), (order.status, event)
            if order.waiting is not None:
                # After a restart both go again, and may be answered at once.
                row = self.machine.engine.order(event["account"], name)
                if row["version"] == data["version"]:
                    self._amend_arrived(event["account"], order)
        self.after_fill.discard(name)
        order.seen.add(data["version"])
        order.status = status
        assert (status == "FILLED") == (order.filled == order.form.qty), (event, order)
        assert status != "REJECTED" or order.filled == 0
        if not order.is_open:
            self.ended.append((event["account"], order))

    def _amend_arrived(self, who: int, order: Order) -> None:
        """An amend reached the venue, in time or after what it wanted to change was filled."""
        row, wanted = self.machine.engine.order(who, order.name), order.waiting
        assert wanted is not None
        if self.machine.engine.amend_state(who, order.name)["pending"]:
            return
        if (row["qty_1e8"], row["limit_price_1e9"]) == (wanted.qty, wanted.limit):
            # What was matched before it may still be told.
            order.past.append(order.form)
            order.form = wanted
        order.waiting = None

    def _order(self, who: int, account: Account, name: str) -> Order:
        if name in account.orders:
            return account.orders[name]
        if self.sent is not None and name == self.sent.name:
            return self.sent
        assert ":liquidation:" in name, name
        row = self.machine.engine.order(who, name)
        market = next(m for m in PERPS if (m.venue, m.symbol) == (row["venue"], row["symbol"]))
        form = Form(row["qty_1e8"], None, 0, 0, row["qty_1e8"])
        order = Order(Listing(market), row["side"], form, "ioc", name=name, is_liquidation=True)
        account.orders[name] = order
        return order

    def _order_filled(self, event: dict[str, Any], fills: dict[int, dict[str, Any]]) -> None:
        account = self.machine.world.accounts[event["account"]]
        row = fills[event["seq"]]
        order = self._order(event["account"], account, row["node_order_id"])
        market = order.listing.market
        price, qty = row["price_1e9"], row["qty_1e8"]
        assert order.is_open, ("a fill after the end", order, row)
        assert 0 < qty <= order.rest, (order, row)
        self._check_price(order, price)
        self._check_cause(order, row)
        if order.reduce_only:
            position = account.look(order.listing.held).perp
            closes = -position if order.side == "buy" else position
            assert qty <= closes, ("a reduce-only order opens", order, row, position)
        if order.is_liquidation:
            self.margin.closing(account, order, price, qty)
        is_maker = row["cause"] not in {"WALK", "LIQUIDATION"}
        assert row["is_maker"] == is_maker
        rate = market.maker if is_maker else market.taker
        if order.is_liquidation:
            rate = Fraction(100 if self.machine.preset == "adversarial" else 50, 10_000)
        is_better = market.kind == "perp" and price > order.form.margin_at
        if is_better and account.loss(market.cash, self.machine.world.counted):
            # What a better sale needs beyond its reservation is taken from cash that backs no loss.
            self.shrunk.add(market.cash)
        gained = row["realized_pnl_usd_1e9"]
        worth = self.machine.world.worth(market.settle)
        fee = account.fill(order, price, qty, rate, gained, worth)
        if worth is not None:
            in_dollars = (price * worth // USD_1E9 * qty // ONE, fee * worth // USD_1E9)
            assert (row["notional_usd_1e9"], row["fee_usd_1e9"]) == in_dollars, (row, worth)
        if market.kind == "perp" and account.shortage(market.cash):
            self.short.add(market.cash)
        assert row["fee_1e9"] == event["data"]["fee_1e9"] == fee, (row, fee)
        self._take(account, order, row)
        if market.venue == "kalshi":
            account.net_pairs(market, order.listing.held if order.side == "buy" else ("", "", ""))
        self.after_fill.add(order.name)
        self.got.setdefault(order.name, []).append(row)

    def _check_price(self, order: Order, price: int) -> None:
        """No price is worse than the limit or the cap, none off the grid, none at zero."""
        forms = [form for form in (order.form, order.waiting, *order.past) if form is not None]
        bounds = [form.bound for form in forms]
        if not order.is_liquidation:
            worst = max(bounds) if order.side == "buy" else min(bounds)
            assert price <= worst if order.side == "buy" else price >= worst, (order, price)
        assert price > 0
        assert price % order.listing.market.tick == 0, (order, price)

    def _check_cause(self, order: Order, row: dict[str, Any]) -> None:
        cause = row["cause"]
        assert (cause == "LIQUIDATION") == order.is_liquidation
        if self.machine.world.is_instant:
            assert self.machine.world.books[order.listing.market].is_live, ("no live book", row)
        if cause in {"QUEUE", "THROUGH"}:
            assert self.printed is not None or not self.machine.world.is_instant, row

    def _take(self, account: Account, order: Order, row: dict[str, Any]) -> None:
        """Displayed size that a fill used up, as its evidence says, in the prices of the book."""
        market = order.listing.market
        canonical, _ = order.listing.canonical(order.side, 0)
        against = "sell" if canonical == "buy" else "buy"
        taken = account.taken.setdefault((market.venue, market.symbol, against), {})
        if row["cause"] in {"WALK", "LIQUIDATION"}:
            _, price = order.listing.canonical(order.side, row["price_1e9"])
            taken[price] = taken.get(price, 0) + row["qty_1e8"]
        elif row["cause"] in {"CROSSING", "RESYNC_CROSS"}:
            for used in row["evidence"]["tape"]:
                taken[used["px_1e9"]] = taken.get(used["px_1e9"], 0) + used["used_1e8"]

    def _funding_paid(self, event: dict[str, Any], fills: Any) -> None:
        self.margin.paid(event)

    def _liquidation_started(self, event: dict[str, Any], fills: Any) -> None:
        self.margin.started(event)

    # What is expected of a submit and of an amend.

    def arrives(self, account: Account, order: Order, verdict: Verdict) -> None:
        world = self.machine.world
        if verdict.kind == "rejected":
            judged_later = verdict.reasons != {"INSUFFICIENT_BALANCE"} or order.tif == "fok"
            if not world.is_instant and judged_later:
                return
            self.plans.append(Plan(order, [], frozenset({"REJECTED"}), verdict.reasons))
        elif world.is_instant:
            self.plans.append(self.plan(account, order))

    def plan(self, account: Account, order: Order) -> Plan:
        """What an order does that arrives now."""
        world, form = self.machine.world, order.form
        accepted = frozenset({"PARTIAL" if order.filled else "ACCEPTED"})
        if not world.books[order.listing.market].is_live:
            return Plan(order, [], accepted, frozenset())
        if order.tif == "post_only":
            if world.crosses(account, order):
                end = "CANCELLED" if order.filled else "REJECTED"
                return Plan(order, [], frozenset({end}), frozenset({"EXCHANGE_REJECT"}))
            return Plan(order, [], accepted, frozenset())
        qty, clipped = form.qty - order.filled, False
        if order.reduce_only:
            position = account.exit_room(order.listing, order.side, without=order)
            clipped, qty = qty > position, min(qty, position)
        walk = world.walk(account, order.listing, order.side, qty, form.bound)
        if clipped:
            return self._clipped(order, walk)
        if order.tif == "fok" and walk.rest:
            return Plan(order, [], frozenset({"REJECTED"}), frozenset({"EXCHANGE_REJECT"}))
        if not walk.rest:
            return Plan(order, walk.fills, frozenset({"FILLED"}), frozenset({"FILLED"}))
        if order.tif in LIMITS_ONLY and walk.stop != "SELF_TRADE":
            partial = frozenset({"PARTIAL"}) if walk.fills else accepted
            return Plan(order, walk.fills, partial, frozenset())
        reason = walk.stop
        if form.limit is not None and reason != "SELF_TRADE":
            reason = "IOC_REMAINDER"
        return Plan(order, walk.fills, frozenset({"CANCELLED"}), frozenset({reason}))

    @staticmethod
    def _clipped(order: Order, walk: Walk) -> Plan:
        """Only the open position is closed; what the order asked beyond it ends with it."""
        statuses = frozenset({"CANCELLED", "ACCEPTED", "PARTIAL", "REJECTED"})
        fills = None if order.tif == "fok" else walk.fills
        return Plan(order, fills, statuses, frozenset())

    def judge_amend(
        self, account: Account, order: Order, qty: int, limit: int | None
    ) -> Form | str:
        """The new form, or the code of the refusal."""
        world, market = self.machine.world, order.listing.market
        if not order.is_open or order.form.limit is None or limit is None:
            return "CONFLICT"
        if qty <= order.filled or order.waiting is not None:
            return "CONFLICT"
        if world.books[market].status == "halted":
            return "CONFLICT"
        free = world.takes_below_minimum(account, order, qty - order.filled)
        if limit * qty // ONE < market.minimum and not free:
            return "VALIDATION_ERROR|CONFLICT"
        if world.is_typing_error(order.listing, order.side, limit):
            return "CONFLICT"
        form = world.draft(account, order.listing, order.side, qty, limit,
                           reduce_only=order.reduce_only, without=order)  # fmt: skip
        assert form is not None
        held = order.reserved()
        needed = order.required(form) if world.is_instant else order.over(order.form, form)
        if needed - held > world.available(account, order.pays_from):
            return "CONFLICT"
        return form

    def amended(self, account: Account, order: Order, form: Form, *, pending: bool) -> None:
        if pending:
            # The change that only says so is absorbed first: the new form is not there yet.
            self.absorb()
            order.waiting = form
            return
        assert self.machine.world.is_instant
        order.form = form
        self.plans.append(self.plan(account, order))

    # The end of a step.

    def finish(self) -> None:
        called = self.margin.finish()
        self.shrunk |= self.short
        for plan in self.plans:
            if plan.order.listing.market.cash not in called:
                self._check_plan(plan)
        for account in self.machine.world.accounts:
            for order in account.open_orders():
                late = order.ends_ns is not None and order.ends_ns < self.machine.world.now
                assert not late, ("open after its end", order)
        for who, order in self.ended:
            self._check_end(who, order, called)
        self.short = set()
        self.sent, self.printed, self.ends = None, None, ""
        self.plans.clear()
        self.got.clear()
        self.ended.clear()
        self.after_fill.clear()

    def _check_plan(self, plan: Plan) -> None:
        order = plan.order
        found = [(row["price_1e9"], row["qty_1e8"]) for row in self.got.get(order.name, [])]
        if order.pays_from in self.short:
            # What was left of it paid for a loss of its own: of a row written by hand, for one.
            assert plan.fills is None or found == plan.fills[: len(found)], (plan, found)
            return
        assert plan.fills is None or found == plan.fills, (plan, found)
        if self.machine.world.is_instant or "REJECTED" in plan.statuses:
            assert order.status in plan.statuses, (plan, order.status)

    def _check_end(self, who: int, order: Order, called: set[Key]) -> None:
        row = self.machine.engine.order(who, order.name)
        reason = row["done_reason"]
        assert row["reserved"] is None, row
        assert reason is not None, row
        planned = [plan for plan in self.plans if plan.order is order and plan.reasons]
        is_called = order.listing.market.cash in called
        # What an order held paid a loss or a charge: its own, or that of another order.
        is_short = order.pays_from in self.short and reason == "INSUFFICIENT_BALANCE"
        for plan in planned:
            is_taken = (is_called and reason == "LIQUIDATED") or is_short
            assert reason in plan.reasons or is_taken, (plan, reason)
        if order.status == "FILLED":
            assert reason == "FILLED", row
        elif reason == "CANCELLED_BY_CLIENT":
            assert order.cancel_sent, row
        elif reason == "LIQUIDATED":
            assert is_called, row
        elif reason in {"REPLACED", "MARKET_CLOSED"}:
            assert reason == self.ends, row
        elif reason in {"SLIPPAGE_CAP", "NO_LIQUIDITY", "MAX_LEVELS"}:
            is_taking = order.form.limit is None or order.is_liquidation or order.reduce_only
            assert is_taking or is_called, row
        elif reason == "EXPIRED":
            assert order.status == "EXPIRED", row
            assert order.ends_ns is not None, row
            assert row["updated_unix_ns"] >= order.ends_ns, row
        elif reason == "IOC_REMAINDER":
            assert order.tif == "ioc", row
        elif reason == "BELOW_LOT":
            assert order.reduce_only, row


def due(position: int, mark: int, rate_1e9: int) -> int:
    """What a boundary brings: the payer's is rounded up, the receiver's down."""
    return floor(Fraction(-position * mark * rate_1e9, 10**17))
