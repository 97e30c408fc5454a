"""Funding and margin calls: when they must happen, when they must not, and what they close."""

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any

from tests.model.account import Account
from tests.model.order import Order
from tests.model.terms import HOUR_NS, PERPS, TARGET, Key, Listing, Market

if TYPE_CHECKING:
    from tests.model.machine import Machine


class Watch:
    """Follows equity and boundaries of all accounts of a machine."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine
        self.called: set[Key] = set()
        self.calls: set[tuple[int, Key]] = set()
        self.must_end: list[Order] = []
        self.last_ns = machine.world.now
        self.open: dict[tuple[int, Key], int] = {}
        self.at_ns = 0
        self.ids: dict[tuple[int, int], Key] = {}

    def forget(self) -> None:
        # A boundary that is now is still to come.
        self.last_ns = self.machine.world.now - 1
        self.open.clear()
        self.calls.clear()
        self.called.clear()

    # Funding.

    def boundary(self, event: dict[str, Any]) -> None:
        """Opens the boundaries that lie before an event; what an older one owes must be paid."""
        now = event["ts_ns"]
        while (at := self._next()) < now:
            if event["type"] == "funding_paid" and at > event["data"]["boundary_ns"]:
                break
            assert not self.open, ("funding was not paid", self.at_ns, self.open)
            self.last_ns, self.at_ns = at, at
            self._owe(at)
        if event["type"] not in {"funding_paid", "liquidation_started", "order_changed",
                                 "order_filled"}:  # fmt: skip
            assert not self.open, ("funding was not paid", self.at_ns, self.open)

    def _next(self) -> int:
        return (self.last_ns // HOUR_NS + 1) * HOUR_NS

    def _owe(self, at: int) -> None:
        world = self.machine.world
        for market in PERPS:
            if at % (market.funding_hours * HOUR_NS):
                continue
            key, mark = Listing(market).held, world.books[market].mark
            rate = world.rates.get(market, 0)
            for who, account in enumerate(world.accounts):
                held = account.rows[key].perp if key in account.rows else 0
                if held and rate and mark is not None:
                    amount = floor(Fraction(-held * mark * rate, 10**17))
                    self.open[(who, key)] = amount

    def paid(self, event: dict[str, Any]) -> None:
        who, data = event["account"], event["data"]
        assert data["boundary_ns"] == self.at_ns, (data, self.at_ns)
        key = self._key(who, data["row"] + 1)
        amount = self.open.pop((who, key), 0)
        assert amount == data["amount_1e9"], (event, key, amount)
        account = self.machine.world.accounts[who]
        row = account.rows[key]
        row.fees -= amount
        cash = next(market for market in PERPS if Listing(market).held == key).cash
        account.pay(cash, amount)
        if amount < 0 or account.shortage(cash):
            # Open orders pay before the margin of a position does.
            self.machine.absorber.short.add(cash)

    def _key(self, who: int, number: int) -> Key:
        if (who, number) not in self.ids:
            for row in self.machine.engine.positions(who, include_closed=True)["positions"]:
                self.ids[(who, row["id"])] = (
                    row["venue"], row["instrument"]["kind"], row["instrument"]["symbol"],
                )  # fmt: skip
        return self.ids[(who, number)]

    # Margin calls.

    def _is_below(self, account: Account, cash: Key, factor: Fraction) -> bool:
        price = self.machine.world.counted
        return account.equity(cash, price) < factor * account.maintenance(cash, price)

    def started(self, event: dict[str, Any]) -> None:
        account = self.machine.world.accounts[event["account"]]
        cashes = {m.cash for m in PERPS if m.venue == event["data"]["venue"]}
        below = [cash for cash in cashes if self._is_below(account, cash, Fraction(1))]
        assert below, ("a healthy account was called", event)
        for cash in below:
            self.called.add(cash)
            self.calls.add((event["account"], cash))
        self.must_end += [o for o in account.open_orders()
                          if o.listing.market.venue == event["data"]["venue"]]  # fmt: skip

    def closing(self, account: Account, order: Order, price: int, qty: int) -> None:
        """A position is closed by the venue only while equity is short of the target."""
        market = order.listing.market
        who = self.machine.world.accounts.index(account)
        assert (who, market.cash) in self.calls, ("closed without a call", order)
        assert self._is_below(account, market.cash, TARGET), ("closed too much", order)
        position = account.rows[order.listing.held].perp
        assert position, order
        assert (position > 0) == (order.side == "sell"), (order, position)
        assert qty <= abs(position)
        largest = self._largest(account, market.cash)
        assert market == largest or not self._can_close(account, largest), (market, largest)

    def _largest(self, account: Account, cash: Key) -> Market:
        price = self.machine.world.counted
        held = account.positions(cash)
        return max(held, key=lambda pair: abs(pair[1].perp) * price(*pair))[0]

    def _can_close(self, account: Account, market: Market) -> bool:
        world = self.machine.world
        row = account.look(Listing(market).held)
        if row.by_hand or not row.perp or not world.books[market].is_live:
            return False
        side = "sell" if row.perp > 0 else "buy"
        bound = 1 if side == "sell" else 10**18
        return bool(world.walk(account, Listing(market), side, market.lot, bound).fills)

    def finish(self) -> set[Key]:
        """Nobody is below maintenance who could have been called; returns who was."""
        # A call that had to wait goes on with every message, and ends what was ordered meanwhile.
        self.called |= {cash for _, cash in self.calls}
        for who, account in enumerate(self.machine.world.accounts):
            for cash in {market.cash for market in PERPS}:
                self._check(who, account, cash)
        left = [order for order in self.must_end if order.is_open]
        assert not left, ("orders outlived a margin call", left)
        self.must_end.clear()
        called, self.called = self.called, set()
        return called

    def _check(self, who: int, account: Account, cash: Key) -> None:
        held = account.positions(cash)
        if not held or all(row.by_hand for _, row in held):
            self.calls.discard((who, cash))
            return
        is_waiting = (who, cash) in self.calls
        short = self._is_below(account, cash, TARGET if is_waiting else Fraction(1))
        if not short:
            self.calls.discard((who, cash))
            return
        if self.machine.world.is_instant:
            closable = [m for m, _ in held if self._can_close(account, m)]
            assert not closable, ("below maintenance and not closed", account.name, cash, closable)
