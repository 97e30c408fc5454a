"""The fast desk and the callbacks of a backtest: the same engine by numbers."""

import json
import random
from contextlib import suppress
from itertools import pairwise

import pytest

from sequence import errors, feeds
from sequence.feeds import Recording
from sequence.sandbox import Sandbox

SECOND = 10**9
START = 1_776_657_000 * SECOND
SYMBOL = "BTC-USD"
ONE = 10**8
PRICE = 10**9


def lines(steps=80):
    """A book that walks, is hit, and stands still for a while, at Kraken; a second one at OKX."""
    for venue in ("kraken", "okx"):
        yield {
            "venue": venue, "ts_ns": START, "type": "snapshot",
            "bids": [["100", "5"], ["99", "9"], ["98", "4"]],
            "asks": [["101", "5"], ["102", "9"], ["103", "4"]],
        }  # fmt: skip
    for at in range(1, steps + 1):
        ts_ns = START + at * 250_000_000
        size = 1 + (at * 7) % 9
        if at % 5 == 0:
            yield {"venue": "kraken", "ts_ns": ts_ns, "type": "trade", "price": "100", "qty": "3",
                   "side": "sell", "more": True}  # fmt: skip
            yield {"venue": "kraken", "ts_ns": ts_ns, "type": "delta", "bids": [["100", "2"]]}
        elif at % 3 == 0:
            yield {"venue": "okx", "ts_ns": ts_ns, "type": "delta", "asks": [["102", f"{size}"]]}
        else:
            # Two messages of one instant: what a call of the first does comes before the second
            # only where the clock says so.
            yield {"venue": "kraken", "ts_ns": ts_ns, "type": "delta", "bids": [["100", f"{size}"]]}
            yield {"venue": "kraken", "ts_ns": ts_ns, "type": "delta", "asks": [["101", f"{size}"]]}


def recording(found=None):
    named = ({"symbol": SYMBOL} | line for line in (found or lines()))
    read = feeds.jsonl.load("\n".join(json.dumps(line) for line in named).encode())
    return Recording(read.instruments, read.records, "hand", "a test")


def sandbox_of(preset="realistic", found=None, **options):
    return Sandbox(clock="replay", market=[recording(found)], preset=preset, seed=11, **options)


class Fast:
    """A strategy on the desk."""

    def __init__(self, sandbox):
        self.desk = sandbox.desk()

    def rest(self, price):
        market = self.desk.market(SYMBOL, "kraken")
        return self.desk.buy(market, ONE, price * PRICE)

    def take(self):
        return self.desk.sell(self.desk.market(SYMBOL, "kraken"), ONE // 2)

    def cancel(self, order):
        return self.desk.cancel(order)

    def amend(self, order):
        return self.desk.amend(order, qty=2 * ONE)

    def held(self):
        return self.desk.position(self.desk.market(SYMBOL, "kraken"))


class Typed:
    """The same with the client."""

    def __init__(self, sandbox):
        self.client = sandbox.client()
        self.client.positions()

    def rest(self, price):
        return self.client.buy(SYMBOL, 1, limit_price=price, venue="kraken").id

    def take(self):
        return self.client.sell(SYMBOL, "0.5", venue="kraken").id

    def cancel(self, order):
        return self.client.cancel(order)

    def amend(self, order):
        return self.client.amend(order, new_qty=2)

    def held(self):
        return sum(row.qty_1e8 for row in self.client.positions().positions
                   if (row.instrument.symbol, row.venue) == ("BTC", "kraken"))  # fmt: skip


def strategy(trader, counts):
    """Rests, amends, cancels and takes, by the calls of the book; every tenth and so on."""
    orders = []

    def on_book(book):
        counts.append((book.venue, book.now_ns, book.bid, book.bid_qty, book.ask, book.ask_qty))
        turn = len(counts)
        if turn % 9 == 1:
            orders.append(trader.rest(100))
        elif turn % 9 in (4, 7):
            # What ended before is refused by both: by its client with an exception.
            with suppress(errors.ConflictError):
                (trader.amend if turn % 9 == 4 else trader.cancel)(orders[-1])
        elif turn % 25 == 0 and trader.held() > ONE:
            trader.take()

    return on_book


@pytest.mark.parametrize("preset", ["instant", "realistic", "optimistic", "adversarial"])
@pytest.mark.parametrize("every", ["touch", "message", 1, 0.25])
def test_a_strategy_on_the_desk_and_on_the_client_does_the_same(preset, every):
    ends = []
    for kind in (Fast, Typed):
        counts = []
        with sandbox_of(preset) as sandbox:
            trader = kind(sandbox)
            result = sandbox.replay(on_book=strategy(trader, counts), every=every)
            ends.append((result.event_hash, sandbox.state_hash(), trader.held(), counts))
            assert sandbox.check_invariants() == []
            assert sandbox.runtime.engine.last_seq > 10
    assert ends[0] == ends[1]


def test_how_often_a_book_is_told_follows_every():
    told = {}
    for every in ("message", "touch", 1.0, 5):
        seen = []
        with sandbox_of() as sandbox:
            sandbox.replay(on_book=lambda book, seen=seen: seen.append(book.now_ns), every=every)
        told[every] = seen
    assert told[5] == sorted(told[5])
    assert len(told["message"]) > len(told["touch"]) > len(told[1.0]) > len(told[5]) > 3
    with sandbox_of() as sandbox:
        kraken = [START]
        result = sandbox.replay(
            on_book=lambda book: book.venue == "kraken" and kraken.append(book.now_ns), every=1.0
        )
    steps = [later - before for before, later in pairwise(kraken[1:])]
    assert min(steps) >= SECOND
    assert result.stops == len(told[1.0])


def test_the_default_tells_changes_of_the_touch_alone():
    found = [
        {"venue": "kraken", "ts_ns": START, "type": "snapshot", "bids": [["100", "1"], ["99", "1"]],
         "asks": [["101", "1"]]},
        {"venue": "kraken", "ts_ns": START + 1, "type": "delta", "bids": [["99", "7"]]},
        {"venue": "kraken", "ts_ns": START + 2, "type": "delta", "bids": [["100", "2"]]},
        {"venue": "kraken", "ts_ns": START + 3, "type": "delta", "asks": [["100.5", "3"]]},
        {"venue": "kraken", "ts_ns": START + 4, "type": "delta", "asks": [["100.5", "3"]]},
    ]  # fmt: skip
    seen = []
    with sandbox_of(found=found) as sandbox:
        sandbox.replay(on_book=lambda book: seen.append((book.now_ns - START, *book.touch())))
    assert seen == [
        (0, 100 * PRICE, ONE, 101 * PRICE, ONE),
        (2, 100 * PRICE, 2 * ONE, 101 * PRICE, ONE),
        (3, 100 * PRICE, 2 * ONE, 100_500_000_000, 3 * ONE),
    ]


def test_a_book_is_read_by_depth_and_says_when_nothing_is_there():
    with sandbox_of() as sandbox:
        desk = sandbox.desk()
        sandbox.clock.advance(ns=1)
        book = desk.book(desk.market(SYMBOL, "kraken"))
        assert (book.venue, book.symbol, book.live) == ("kraken", "BTC-USD", True)
        assert (book.bids, book.asks) == (3, 3)
        assert book.bid_at(1) == (99 * PRICE, 9 * ONE)
        assert book.ask_at(2) == (103 * PRICE, 4 * ONE)
        assert book.ask_at(3) is None
        assert book.market == desk.market(SYMBOL, "kraken")
        assert repr(book) == "<Book kraken BTC-USD>"
        assert (book.bid, book.bid_qty, book.ask, book.ask_qty) == book.touch()


def test_trades_are_told_with_side_price_and_size():
    seen = []
    with sandbox_of() as sandbox:
        sandbox.replay(on_trade=lambda book, *trade: seen.append((book.venue, *trade)))
    assert seen == [("kraken", "sell", 100 * PRICE, 3 * ONE)] * 16


def test_events_of_orders_are_tuples_at_the_time_of_the_event():
    rows = []
    with sandbox_of("instant") as sandbox:
        desk = sandbox.desk()
        order = desk.buy(desk.market(SYMBOL, "kraken"), ONE, 100 * PRICE)
        events = []

        def on_order(row):
            rows.append(row)
            assert row[2] == sandbox.clock.now_ns

        result = sandbox.replay(on_order=on_order, on_event=events.append)
        assert desk.order(order)[:3] == ("FILLED", ONE, ONE)
        fills = [row for row in rows if row[0] == "fill"]
        assert sum(row[4] for row in fills) == ONE
        assert {row[1] for row in rows} == {order}
        assert rows[-1][:2] + rows[-1][3:] == ("order", order, "FILLED", ONE)
        assert len(rows) == len(events)
        assert result.stops == len(rows) + len(events)
        assert desk.name(order) == events[-1].node_order_id
        assert sandbox.client().order(desk.name(order)).status == "FILLED"


def test_client_and_desk_may_be_used_in_turn():
    with sandbox_of("instant") as sandbox:
        client, desk = sandbox.client(), sandbox.desk()
        sandbox.clock.advance(ns=1)
        market = desk.market(SYMBOL, "kraken")
        mine = desk.buy(market, ONE, 99 * PRICE)
        theirs = client.buy(SYMBOL, 1, limit_price=98, venue="kraken")
        assert [desk.name(order) for order in desk.open_orders()] == [desk.name(mine), theirs.id]
        client.cancel(desk.name(mine))
        assert desk.cancel(mine) is False
        assert desk.cancel(desk.open_orders()[0]) is True
        assert theirs.refresh().status == "CANCELLED"
        assert desk.open_orders() == []


def test_position_and_cash_are_those_of_the_client():
    with sandbox_of("instant") as sandbox:
        client, desk = sandbox.client(), sandbox.desk()
        sandbox.clock.advance(ns=1)
        market = desk.market(SYMBOL, "kraken")
        before = desk.cash(market)
        assert desk.position(market) == 0
        desk.buy(market, ONE + 1_000)
        rows = {(row.instrument.symbol, row.venue): row for row in client.positions().positions}
        assert desk.position(market) == rows["BTC", "kraken"].qty_1e8 == ONE + 1_000
        paid = sum(fill.price_1e9 * fill.qty_1e8 for fill in client.fills().fills)
        fees = sum(fill.fee_usd_1e9 for fill in client.fills().fills)
        assert before - desk.cash(market) == paid // ONE + (paid % ONE > 0) + fees


@pytest.mark.parametrize("callback", ["on_book", "on_trade", "on_order", "on_event", "on_time"])
def test_a_callback_that_raises_ends_the_replay_and_says_when_and_with_what(callback):
    with sandbox_of("instant") as sandbox:
        desk = sandbox.desk()
        desk.buy(desk.market(SYMBOL, "kraken"), ONE, 100 * PRICE)

        def broken(*_):
            raise KeyError("a bug of the bot")

        with pytest.raises(KeyError, match="a bug of the bot") as caught:
            sandbox.replay(**{callback: broken}, at=[START + SECOND])
        names = [entry.name for entry in caught.traceback]
        assert names[-1] == "broken"
        now_ns = sandbox.clock.now_ns
        assert now_ns < START + 20 * SECOND
        assert caught.value.__notes__[0].startswith(f"raised in {callback} of a replay at 2026-")
        assert f"({now_ns} ns)" in caught.value.__notes__[0]
        # What is left can be looked at, and goes on.
        assert sandbox.check_invariants() == []
        assert sandbox.replay().to_ns == START + 20 * SECOND


def test_an_order_from_an_old_view_is_judged_by_the_book_it_meets():
    with sandbox_of("instant") as sandbox:
        desk = sandbox.desk()
        sandbox.clock.advance(ns=1)
        book = desk.book(desk.market(SYMBOL, "kraken"))
        old_ask = book.ask
        sandbox.clock.advance(seconds=10)
        order = desk.buy(book.market, ONE, old_ask)
        assert desk.order(order)[3] == old_ask
        assert book.ask == old_ask


def test_a_bad_item_of_a_batch_is_refused_alone_and_named():
    with sandbox_of("instant") as sandbox:
        desk = sandbox.desk()
        sandbox.clock.advance(ns=1)
        market = desk.market(SYMBOL, "kraken")
        answers = desk.submit_many(
            [
                (market, "buy", ONE, 99 * PRICE, None),
                (market, "buy", -ONE, 99 * PRICE, None),
                (999, "buy", ONE, 99 * PRICE, None),
                (market, "hold", ONE, 99 * PRICE, None),
                (market, "buy", 0.5, None, None),
                (market, "buy", ONE, 99 * PRICE, "soon"),
                (market, "buy", ONE, 98 * PRICE, "post_only"),
            ]
        )
        good = [answers[0], answers[6]]
        assert good == desk.open_orders()
        assert [type(row).__name__ for row in answers[1:6]] == [
            "UnprocessableError", "NotFoundError", "UnprocessableError",
            "ValidationError", "UnprocessableError",
        ]  # fmt: skip
        with pytest.raises(errors.ValidationError):
            desk.buy(market, 0.5)
        assert type(desk.cancel_many(["one"])[0]) is errors.ValidationError
        for at, row in enumerate(answers[1:6], start=1):
            assert f"item {at}: " in str(row)
        assert desk.cancel_many([good[0], 12345, good[0]])[::2] == [True, False]
        assert "item 1: " in str(desk.cancel_many([good[0], 12345])[1])
        assert desk.open_orders() == good[1:]


@pytest.mark.parametrize(
    "option",
    [
        {"max_slippage_bps": 0}, {"max_slippage_bps": 10_001},
        {"horizon_ms": 0}, {"horizon_ms": 2_592_000_001},
    ],
    ids=str,
)  # fmt: skip
def test_an_option_that_the_client_refuses_is_refused_by_the_desk(option):
    [(name, _)] = option.items()
    with sandbox_of("instant") as sandbox:
        desk, client = sandbox.desk(), sandbox.client()
        sandbox.clock.advance(ns=1)
        with pytest.raises(errors.SequenceError, match=f"{name}: must be from 1 to"):
            client.buy(SYMBOL, 1, limit_price=99, venue="kraken", **option)
        with pytest.raises(errors.SequenceError, match=f"{name}: must be from 1 to"):
            desk.buy(desk.market(SYMBOL, "kraken"), ONE, 99 * PRICE, **option)


def test_a_batch_does_what_single_calls_do():
    ends = []
    for batch in (True, False):
        with sandbox_of() as sandbox:
            desk = sandbox.desk()
            sandbox.clock.advance(seconds=1)
            market = desk.market(SYMBOL, "kraken")
            orders = [(market, "buy", ONE, (100 - at) * PRICE, None) for at in range(3)]
            if batch:
                numbers = desk.submit_many(orders)
                assert desk.cancel_many(numbers[1:]) == [True, True]
            else:
                numbers = [desk.buy(*order[:1], *order[2:4]) for order in orders]
                assert [desk.cancel(order) for order in numbers[1:]] == [True, True]
            ends.append(sandbox.replay().event_hash)
    assert ends[0] == ends[1]


def drawn(seed, market):
    """Orders of every kind, bad ones among them."""
    draws = random.Random(seed)  # noqa: S311 - orders that repeat
    for _ in range(25):
        price = draws.choice([None, 97, 98, 99, 100, 101, 102, 103])
        yield (
            draws.choice([market] * 12 + [77]),
            draws.choice(["buy", "sell"]),
            draws.choice([ONE // 3, ONE, 7 * ONE, 0, 10**13]),
            None if price is None else price * PRICE,
            draws.choice([None, None, None, "gtc", "ioc", "fok", "post_only", "day", "soon"]),
        )


def placed(desk):
    """What places an item of a batch by a call of its own."""

    def call(order):
        market, side, qty, price, tif = order
        return getattr(desk, side)(market, qty, price, tif=tif)

    return call


def one_by_one(items, call):
    """What a call for each item returned, or what it raised."""
    for at, item in enumerate(items):
        try:
            yield call(item)
        except errors.SequenceError as error:
            yield type(error), f"item {at}: {error.message}"


def told(answers):
    for answer in answers:
        yield (type(answer), answer.message) if isinstance(answer, Exception) else answer


@pytest.mark.parametrize("preset", ["instant", "realistic"])
@pytest.mark.parametrize("seed", range(6))
def test_each_item_of_a_batch_is_answered_as_a_call_of_its_own(preset, seed):
    ends = []
    for batch in (True, False):
        with sandbox_of(preset) as sandbox:
            desk, answers = sandbox.desk(), []
            market = desk.market(SYMBOL, "kraken")
            for turn in range(4):
                sandbox.clock.advance(ns=1 + turn * SECOND)
                orders = list(drawn(100 * seed + turn, market))
                many = told(desk.submit_many(orders)) if batch else one_by_one(orders, placed(desk))
                made = list(many)
                numbers = [number for number in made if type(number) is int]
                wanted = [*numbers[::2], 12_345, *numbers[:3]]
                gone = told(desk.cancel_many(wanted)) if batch else one_by_one(wanted, desk.cancel)
                answers += made, list(gone)
            assert any(type(answer) is int for answer in answers[0])
            assert any(type(answer) is tuple for answer in answers[0])
            assert not sandbox.check_invariants()
            ends.append((answers, sandbox.replay().event_hash))
    assert ends[0] == ends[1]


def test_what_the_desk_cannot_do_is_refused_as_elsewhere():
    with sandbox_of("instant") as sandbox:
        desk, client = sandbox.desk(), sandbox.client(account="other")
        sandbox.clock.advance(ns=1)
        market = desk.market(SYMBOL, "kraken")
        with pytest.raises(errors.NotFoundError, match="not listed at binance"):
            desk.market(SYMBOL, "binance")
        for call in (desk.buy, desk.sell):
            with pytest.raises(errors.UnprocessableError, match="qty"):
                call(market, 0)
            with pytest.raises(errors.NotFoundError, match="no market 77"):
                call(77, ONE)
        for call in (desk.position, desk.cash, desk.book):
            with pytest.raises(errors.NotFoundError, match="no market 77"):
                call(77)
        client.buy(SYMBOL, 1, limit_price=99, venue="kraken")
        for call in (desk.cancel, lambda order: desk.amend(order, ONE), desk.order, desk.name):
            with pytest.raises(errors.NotFoundError, match="there is no order 0"):
                call(0)
        mine = desk.buy(market, ONE, 99 * PRICE)
        with pytest.raises(errors.ValidationError, match="no fields"):
            desk.amend(mine)
        desk.cancel(mine)
        with pytest.raises(errors.ConflictError):
            desk.amend(mine, qty=2 * ONE)
        # The other account's order is its own.
        theirs = sandbox.desk(account="other")
        assert theirs.cancel(theirs.open_orders()[0]) is True


@pytest.mark.parametrize("number", [2**70, -(2**70), 1.5, None, "1", True])
def test_numbers_that_are_none_are_refused_before_anything_is_sent(number):
    with sandbox_of("instant") as sandbox:
        desk = sandbox.desk()
        sandbox.clock.advance(ns=1)
        market = desk.market(SYMBOL, "kraken")
        order = desk.buy(market, ONE, 99 * PRICE)
        before = sandbox.state_hash()
        for call in (
            lambda: desk.buy(market, number),
            lambda: desk.sell(market, number, PRICE),
            lambda: desk.amend(order, qty=number, price=number),
            lambda: desk.cancel(-1 if number is True else number),
        ):
            with pytest.raises((errors.ValidationError, errors.UnprocessableError)):
                call()
        assert sandbox.state_hash() == before


def test_the_desk_refuses_clocks_that_run_and_state_in_a_file(tmp_path):
    with Sandbox() as sandbox, pytest.raises(ValueError, match="clock='manual'"):
        sandbox.desk()
    path = tmp_path / "s.db"
    stored = Sandbox(clock="manual", market="manual", store=path)
    with stored as sandbox, pytest.raises(ValueError, match="store='memory'"):
        sandbox.desk()


@pytest.mark.parametrize("every", ["often", 0, -1])
def test_a_pace_that_is_none_is_refused(every):
    with sandbox_of() as sandbox, pytest.raises(ValueError, match="every is a time in seconds"):
        sandbox.replay(on_book=print, every=every)


def test_outcomes_are_markets_of_their_own():
    with Sandbox(clock="manual", preset="instant", market="manual") as sandbox:
        levels = {"bids": [("0.40", 100)], "asks": [("0.42", 100)]}
        sandbox.market.snapshot("kalshi", "KXFOO-BAR", **levels)
        desk = sandbox.desk()
        yes, no = desk.market("KXFOO-BAR", "kalshi"), desk.market("KXFOO-BAR:NO", "kalshi")
        desk.buy(yes, 3 * ONE)
        assert (desk.position(yes), desk.position(no)) == (3 * ONE, 0)
        desk.sell(yes, 3 * ONE)
        desk.buy(no, 2 * ONE)
        assert (desk.position(yes), desk.position(no)) == (0, 2 * ONE)
        assert desk.book(no).bid == desk.book(yes).bid == 400_000_000
