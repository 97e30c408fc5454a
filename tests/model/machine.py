"""An engine and the model of it, taken through the same commands and compared after each one.

A command is a tuple: a name and plain values. A script is a list of them; it can be printed,
pasted into a test and played again.
"""

import copy
from fractions import Fraction
from typing import Any

from sequence import _core
from sequence.store.base import Batch
from sequence.store.memory import MemoryStore
from tests.model import compare
from tests.model.absorb import Absorber
from tests.model.account import PERP_OF, Account, Row
from tests.model.order import Form, Order
from tests.model.terms import HOUR_NS, ONE, USD_1E9, Key, Listing, Market
from tests.model.world import World

Command = tuple[Any, ...]
START_NS = 1_776_657_000_000_000_000
DAY_NS = 24 * HOUR_NS
STEP_NS = 1_000_000
GTC = "gtc"


class Machine:
    """One run: `play` takes a command to both sides and asks whether they agree."""

    def __init__(self, preset: str = "instant", accounts: int = 2) -> None:
        self.preset = preset
        self.engine = self._engine()
        self.world = World(is_instant=preset == "instant", now=START_NS)
        self.store, self.journal = MemoryStore(), _core.Journal(self.engine)
        self.journal.listen()
        self.absorber = Absorber(self)
        self.copies: list[tuple[Any, World]] = []
        self.orders: list[list[str]] = []
        self.named = [0] * accounts
        self.bodies: list[list[tuple[dict[str, Any], dict[str, Any]]]] = [
            [] for _ in range(accounts)
        ]
        self.agreed: dict[tuple[str, Key], Any] = {}
        for number in range(accounts):
            assert self.engine.account(f"model-{number}") == number
            self.world.accounts.append(Account(f"model-{number}"))
            self.orders.append([])
            self.reset(number, 1_000)
        for market in self.world.markets():
            self.engine.list_market(market.venue, market.symbol, market.grid)

    def _engine(self) -> _core.Engine:
        engine = _core.Engine(seed=7, preset=self.preset)
        engine.set_max_age(enabled=False)
        return engine

    def play(self, command: Command) -> None:
        """Runs one command on both sides and compares what came of it."""
        self.tick(STEP_NS)
        self.absorber.finish()
        getattr(self, command[0])(*command[1:])
        self.absorber.finish()
        compare.everything(self)

    def tick(self, ns: int) -> None:
        self.world.now += ns
        self.engine.advance(self.world.now)
        self.absorber.absorb()

    wait = tick

    def align(self) -> None:
        """The next command happens exactly when funding is due."""
        due = (self.world.now // HOUR_NS + 1) * HOUR_NS
        self.tick(due - STEP_NS - self.world.now if due - self.world.now >= STEP_NS else 0)

    # The market.

    def book(self, index: int, bids: list[tuple[int, int]], asks: list[tuple[int, int]],
             whole: bool = True) -> None:  # fmt: skip
        """Levels are steps from the middle and sizes in the market's own units."""
        market = self.world.markets()[index]
        levels = [
            [
                (market.mid + step * market.step, size * market.lot * market.lots)
                for step, size in side
            ]
            for side in (bids, asks)
        ]
        levels = [[(price, size) for price, size in side if price > 0] for side in levels]
        feed = self.engine.market_snapshot if whole else self.engine.market_delta
        now = self.world.now
        feed(market.venue, market.symbol, levels[0], levels[1], now, now)
        gone = self.world.books[market].show(levels[0], levels[1], whole=whole)
        for account in self.world.accounts:
            self._shrink_taken(account, market, gone)
        self.absorber.absorb()

    def _shrink_taken(self, account: Account, market: Market, gone: dict[str, set[int]]) -> None:
        for side, prices in gone.items():
            taken = account.taken.get((market.venue, market.symbol, side), {})
            for price in [price for price in taken if price in prices]:
                del taken[price]
            for price, level in self.world.books[market].sides[side].items():
                if price in taken:
                    taken[price] = min(taken[price], level.size)

    def trade(self, index: int, step: int, size: int, side: str) -> None:
        market = self.world.markets()[index]
        price, qty = market.mid + step * market.step, size * market.lot * market.lots
        now = self.world.now
        self.engine.market_trade(market.venue, market.symbol, price, qty, side, now, now)
        self.world.books[market].print(price, qty, side)
        self.absorber.printed = (market, price, qty, side)
        self.absorber.absorb()

    def status(self, index: int, status: str) -> None:
        market = self.world.markets()[index]
        self.engine.market_status(market.venue, market.symbol, status, self.world.now)
        book = self.world.books[market]
        book.status = status
        book.remark()
        self.absorber.absorb()

    def stale(self, index: int, held: bool) -> None:
        """A book that is held stale; released, it is live with its next message."""
        market = self.world.markets()[index]
        self.engine.hold_stale(market.venue, market.symbol, held)
        book = self.world.books[market]
        book.held = held
        book.remark()
        self.absorber.absorb()

    def rate(self, index: int, rate_1e9: int) -> None:
        market = self.world.markets()[index]
        self.engine.set_funding_rate(market.venue, market.symbol, rate_1e9, self.world.now)
        self.world.rates[market] = rate_1e9
        self.absorber.absorb()

    # Orders.

    def order(self, who: int, index: int, side: str, lots: int, step: int | None, tif: str,
              reduce_only: bool = False, edge: int | None = None) -> None:  # fmt: skip
        """`step`: the limit's distance from the middle. `edge`: lots around what funds allow."""
        account, listing = self.world.accounts[who], self.world.listings()[index]
        market = listing.market
        limit = None if step is None else self._price(listing, step)
        qty = lots * market.lot * market.lots
        is_perp = market.kind == "perp"
        reduce_only = reduce_only and is_perp
        form = self._draft(account, listing, side, qty, limit, reduce_only)
        if edge is not None and form is not None:
            qty = max(self._most(account, listing, side, form) + edge * market.lot, market.lot)
            form = self._draft(account, listing, side, qty, limit, reduce_only)
        draft = form or Form(qty, limit, limit or 0, 0, 0)
        order = Order(listing, side, draft, tif, reduce_only)
        if tif == "day" and limit is not None:
            order.ends_ns = (self.world.now // DAY_NS + 1) * DAY_NS
        verdict = self.world.verdict(account, order)
        self.absorber.sent = order
        # The same names for every account: they must not meet.
        self.named[who] += 1
        body: dict[str, Any] = {
            "symbol": listing.symbol, "side": side, "qty_1e8": qty, "price_1e9": limit,
            "venue": market.venue, "instrument_type": market.kind,
            "tif": None if limit is None and tif == "ioc" else tif, "reduce_only": reduce_only,
            "graph_id": f"sent-{self.named[who]}",
        }  # fmt: skip
        try:
            answer, replayed = self.engine.submit(who, self.world.now, **body)
        except _core.Refusal as refusal:
            assert verdict.kind == "refused", (verdict, refusal)
            assert refusal.code in verdict.reasons, refusal
            return
        assert verdict.kind != "refused", (verdict, answer)
        assert not replayed
        self.bodies[who].append((body, answer))
        order.name = answer["orders"][0]["node_order_id"]
        self.orders[who].append(order.name)
        self.absorber.arrives(account, order, verdict)
        account.orders[order.name] = order
        self.absorber.absorb()

    def _draft(self, account: Account, listing: Listing, side: str, qty: int, limit: int | None,
               reduce_only: bool) -> Form | None:  # fmt: skip
        return self.world.draft(account, listing, side, qty, limit, reduce_only=reduce_only)

    def again(self, who: int, which: int, changed: bool) -> None:
        """A request that is sent twice has one effect; another body under its name has none."""
        if not self.bodies[who]:
            return
        body, first = self.bodies[who][-1 - which % len(self.bodies[who])]
        seq = self.engine.last_seq
        if changed:
            other = body | {"qty_1e8": body["qty_1e8"] + 10**6}
            try:
                answer, _ = self.engine.submit(who, self.world.now, **other)
            except _core.Refusal as refusal:
                assert refusal.code == "CONFLICT", refusal
            else:
                raise AssertionError(("another body under a known name", answer))
        else:
            answer, replayed = self.engine.submit(who, self.world.now, **body)
            assert replayed
            assert answer == first, (answer, first)
        assert self.engine.last_seq == seq

    @staticmethod
    def _price(listing: Listing, step: int) -> int:
        market = listing.market
        price = market.mid + step * market.step
        price = listing.canonical("buy", price)[1]
        if market.kind == "prediction":
            return min(max(price, market.tick), USD_1E9 - market.tick)
        return max(price, market.step)

    def _most(self, account: Account, listing: Listing, side: str, form: Form) -> int:
        """The largest quantity that the funds allow."""
        order = Order(listing, side, form, GTC)
        funds, lot = self.world.available(account, order.pays_from), listing.market.lot
        free, fits, over = account.reducible(listing, side), 0, 10**13 // lot
        is_perp = listing.market.kind == "perp"
        while over - fits > 1:
            middle = (fits + over) // 2
            qty = middle * lot
            wanted = form._replace(qty=qty, reducing=min(free, qty) if is_perp else 0)
            fits, over = (middle, over) if order.required(wanted) <= funds else (fits, middle)
        return fits * lot

    def _named(self, who: int, which: int) -> Order | None:
        names = self.orders[who]
        return self.world.accounts[who].orders[names[-1 - which % len(names)]] if names else None

    def cancel(self, who: int, which: int) -> None:
        order = self._named(who, which)
        if order is None:
            return
        try:
            answer = self.engine.cancel_order(who, order.name, self.world.now)
        except _core.Refusal as refusal:
            assert order.status in {"FILLED", "REJECTED", "EXPIRED"}, (refusal, order)
            assert refusal.code == "CONFLICT", refusal
            return
        assert order.is_open or order.status == "CANCELLED", (order, answer)
        assert answer["already_terminal"] == (not order.is_open), answer
        order.cancel_sent = True
        self.absorber.absorb()
        if not answer["pending"]:
            assert order.status == "CANCELLED"
        assert answer["filled_qty_1e8"] == order.filled

    def cancel_venue(self, who: int, venue: str) -> None:
        orders = [o for o in self.world.accounts[who].open_orders()
                  if o.listing.market.venue == venue]  # fmt: skip
        answer = self.engine.cancel_venue(who, venue, self.world.now)
        assert set(answer["node_order_ids"]) == {order.name for order in orders}, answer
        for order in orders:
            order.cancel_sent = True
        self.absorber.absorb()

    def amend(self, who: int, which: int, lots: int | None, step: int | None,
              edge: int | None = None) -> None:  # fmt: skip
        order, account = self._named(who, which), self.world.accounts[who]
        if order is None or (lots is None and step is None):
            return
        listing, market = order.listing, order.listing.market
        base = order.waiting or order.form
        qty = base.qty if lots is None else lots * market.lot * market.lots
        limit = base.limit if step is None else self._price(listing, step)
        if edge is not None:
            qty = max(order.filled + edge * market.lot, market.lot)
            lots = 1
        expected = self.absorber.judge_amend(account, order, qty, limit)
        try:
            answer = self.engine.amend_order(
                who, order.name, self.world.now,
                new_qty_1e8=None if lots is None else qty,
                price_1e9=None if step is None else limit,
            )  # fmt: skip
        except _core.Refusal as refusal:
            assert isinstance(expected, str), (expected, refusal)
            assert refusal.code in expected.split("|"), (expected, refusal)
            return
        assert isinstance(expected, Form), (expected, answer)
        self.absorber.amended(account, order, expected, pending=answer["pending"])
        self.absorber.absorb()

    # Rows.

    def write(self, who: int, key: Key, units: int, part: int | None = None,
              replace: bool = False, entry: int | None = None) -> None:  # fmt: skip
        """Writes a row; `part` is the distance of the quantity from what is locked."""
        account = self.world.accounts[who]
        if part is not None and key in account.rough:
            return
        if key[1] == "perp":
            self._write_perp(account, who, key, units, entry, replace=replace)
            return
        locked = account.locked(key)
        qty = units if part is None else max(-(-locked // 10) + part, 0)
        self._write(account, who, (key, qty, entry), qty * 10 < locked, replace=replace)

    def _write_perp(self, account: Account, who: int, key: Key, qty: int, entry: int | None,
                    *, replace: bool) -> None:  # fmt: skip
        """What open orders close stays: no smaller position is written, and none against it."""
        listing = Listing(PERP_OF[key])
        closing, held = account.closing(listing), account.look(key).perp
        is_short = closing > 0 and qty * (1 if held > 0 else -1) < closing
        self._write(account, who, (key, qty, entry), is_short, replace=replace)

    def write_event(self, who: int, venue: str, is_no: bool, lots: int, entry: int | None) -> None:
        """Writes an outcome of the market that is open at a venue."""
        markets = self.world.markets()
        market = next(m for m in markets if m.kind == "prediction" and m.venue == venue)
        key = Listing(market, is_no).held
        self.write(who, key, lots * market.lot * market.lots, entry=entry)

    def _write(self, account: Account, who: int, row: tuple[Key, int, int | None], is_short: bool,
               *, replace: bool) -> None:  # fmt: skip
        key, qty, entry = row
        is_short = is_short and not replace
        stored = len(account.rows)
        rows = [(*key, qty, entry)]
        try:
            answer = self.engine.set_positions(who, rows, replace, self.world.now)
        except _core.Refusal as refusal:
            assert is_short, refusal
            assert refusal.code == "CONFLICT"
            return
        assert not is_short, "a row was written below what is locked"
        assert not replace or answer == (1, stored), (answer, stored)

        def written() -> None:
            if replace:
                account.rows.clear()
                account.total.clear()
                account.settled.clear()
            account.write(key, qty, entry)

        self.absorber.ends, self.absorber.write = "REPLACED" if replace else "", written
        self.absorber.absorb()
        assert self.absorber.write is None

    def reset(self, who: int, usd: int) -> None:
        answer = self.engine.reset(who, usd * ONE, self.world.now)
        assert answer["venues_seeded"] == 9
        before = self.world.accounts[who]
        assert self.engine.orders(who)["total"] == 0, "an order outlived its epoch"
        assert self.engine.fills(who)["total"] == 0, "a fill outlived its epoch"
        for name in self.orders[who][-3:]:
            try:
                found = self.engine.order(who, name)
            except _core.Refusal as refusal:
                assert refusal.code == "NOT_FOUND", refusal
            else:
                raise AssertionError(("an order outlived its epoch", found))
        self.bodies[who].clear()
        self.world.accounts[who] = account = Account(before.name, before.epoch + 1)
        self.orders[who] = []
        for row in compare.positions(self, who):
            key = compare.key_of(row)
            account.rows[key] = Row(Fraction(USD_1E9))
            account.total[key] = usd * ONE * 10
        assert len(account.rows) == 15
        self.absorber.forget()

    def settle(self, venue: str, value_1e9: int | None, again: int | None = None) -> None:
        """Resolves the market of a venue and opens the next, or corrects an earlier one."""
        world = self.world
        if again is None:
            market = next(m for m in world.markets() if m.kind == "prediction" and m.venue == venue)
        else:
            found = [market for market in world.resolved if market.venue == venue]
            if not found:
                return
            market = found[again % len(found)]
        answer = self.engine.settle(venue, market.symbol, value_1e9, world.now)
        self.absorber.ends = "MARKET_CLOSED"
        self.absorber.absorb()
        value = None if value_1e9 is None else Fraction(value_1e9, USD_1E9)
        paid = [account.settle(market, value) for account in world.accounts]
        assert answer == (sum(n for n, _ in paid), sum(p for _, p in paid)), (answer, paid)
        if again is None:
            world.resolved.append(market)
            world.numbers[venue] += 1
            fresh = next(m for m in world.markets() if m not in world.books)
            world.books[fresh] = type(world.books[market])(fresh)
            self.engine.list_market(fresh.venue, fresh.symbol, fresh.grid)
        self.absorber.absorb()

    def redeem(self, who: int, which: int) -> None:
        found = [market for market in self.world.resolved if market.venue == "polymarket"]
        if not found:
            return
        market = found[which % len(found)]
        account, count, payout = self.world.accounts[who], 0, 0
        for is_no in (False, True):
            listing = Listing(market, is_no)
            row = account.rows.get(listing.held)
            if row is None or row.value is None or row.claimed:
                continue
            qty = account.held(listing.held)
            paid = int(qty * row.value / ONE)
            account.claim(listing, qty, paid)
            count, payout = count + 1, payout + paid
        answer = self.engine.redeem(who, "polymarket", market.symbol, self.world.now)
        assert answer == (count, payout)
        self.absorber.absorb()

    # Turning back and starting again.

    def snapshot(self) -> None:
        self.copies.append((self.engine.snapshot(), copy.deepcopy(self.world)))
        del self.copies[:-3]

    def restore(self, which: int) -> None:
        if not self.copies:
            return
        for bodies in self.bodies:
            bodies.clear()
        now, (kept, world) = self.world.now, self.copies[which % len(self.copies)]
        seq = self.engine.last_seq
        self.engine.restore(kept, now)
        self.world = copy.deepcopy(world)
        self.world.now = now
        self.orders = [[name for name in account.orders if name] for account in self.world.accounts]
        self.absorber.forget()
        self.absorber.seq = seq
        self.absorber.absorb()

    def restart(self) -> None:
        """Stores everything, and reads it into an engine that begins with empty books."""
        self.journal.keep_marks()
        taken = self.journal.take()
        if taken is not None:
            self.store.commit(Batch(taken[0], taken[1]))
        loaded = self.store.load()
        assert loaded is not None
        self.engine = self._engine()
        self.journal = _core.Journal(self.engine)
        tables = [(name, list(loaded.rows.get(name, ()))) for name, _ in _core.Journal.tables()]
        self.journal.restore(tables, self.world.now)
        self.journal.listen()
        self.copies.clear()
        for market in self.world.markets():
            self.engine.list_market(market.venue, market.symbol, market.grid)
        for book in self.world.books.values():
            book.forget()
        for number, account in enumerate(self.world.accounts):
            account.taken.clear()
            account.orders = {order.name: order for order in account.open_orders()}
            self.orders[number] = [n for n in self.orders[number] if n in account.orders]
            # What ended is in the archive of the store, behind another door.
            self.bodies[number] = [
                sent
                for sent in self.bodies[number]
                if sent[1]["orders"][0]["node_order_id"] in account.orders
            ]
        self.absorber.forget()
