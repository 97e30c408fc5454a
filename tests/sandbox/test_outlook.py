"""A resting order says how likely it is to be reached, and when; or that it cannot say."""

import pytest

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.types import Outlook

SYMBOL = "BTC-USD"


def trade_for(sandbox, seconds):
    """One coin a second is sold at the bid, and one is added behind."""
    for _ in range(seconds):
        sandbox.clock.advance(seconds=1)
        sandbox.market.trade("kraken", SYMBOL, "100", "1", "sell")
        for left in (49, 50):
            sandbox.market.delta("kraken", SYMBOL, bids=[(100, left)])


@pytest.fixture
def sandbox():
    with Sandbox(clock="manual", market="manual", preset="instant") as made:
        made.market.snapshot("kraken", SYMBOL, bids=[(100, 50), (99, 500)], asks=[(101, 50)])
        yield made


def test_nothing_is_said_before_enough_has_traded(sandbox):
    order = sandbox.client().buy(SYMBOL, 1, limit_price=100)
    trade_for(sandbox, 20)
    assert order.refresh().outlook is None
    assert order.refresh().evidence["outlook"] is None
    assert "such orders" not in order.explain()


def test_an_order_nearer_to_its_turn_is_likelier_and_sooner_reached(sandbox):
    trade_for(sandbox, 60)
    client = sandbox.client()
    near = client.buy(SYMBOL, 1, limit_price=100).refresh().outlook
    far = client.buy(SYMBOL, 1, limit_price=99).refresh().outlook
    assert isinstance(near, Outlook)
    assert isinstance(far, Outlook)
    assert near.probability > far.probability > 0
    assert near.wait_seconds is not None
    assert far.wait_seconds is not None
    assert 0 < near.wait_seconds < far.wait_seconds
    assert near.before_1e8 == 50 * 10**8
    assert far.before_1e8 == 550 * 10**8, "the level before it, and its own"
    assert near.within_ns == 60 * 10**9
    assert near.prints == 60
    assert 55 * 10**9 < near.window_ns <= 60 * 10**9


def test_own_orders_ahead_count(sandbox):
    trade_for(sandbox, 60)
    client = sandbox.client()
    client.buy(SYMBOL, 7, limit_price=100)
    second = client.buy(SYMBOL, 1, limit_price=100).refresh().outlook
    assert second is not None
    assert second.before_1e8 == 57 * 10**8


def test_the_other_side_knows_nothing_of_it(sandbox):
    trade_for(sandbox, 60)
    client = sandbox.client()
    client.buy(SYMBOL, 1).wait()
    order = client.sell(SYMBOL, 1, limit_price=101)
    assert order.refresh().outlook is None


def test_it_is_told_in_words_and_ends_with_the_order(sandbox):
    trade_for(sandbox, 60)
    order = sandbox.client().buy(SYMBOL, 1, limit_price=100)
    found = order.refresh().outlook
    assert found is not None
    told = order.explain()
    assert f"{round(100 * found.probability)} % of such orders were reached within 60 s" in told
    assert "half of them within about " in told
    order.cancel()
    assert order.refresh().outlook is None


def test_asking_changes_nothing(sandbox):
    trade_for(sandbox, 60)
    order = sandbox.client().buy(SYMBOL, 1, limit_price=100)
    assert order.refresh().outlook == order.refresh().outlook
    assert sandbox.check_invariants() == []


MARKETS = [
    ("kraken", SYMBOL, SYMBOL, ("100", "101")),
    ("hyperliquid", "BTC-USD-PERP", "BTC-USD-PERP", ("100", "101")),
    ("kalshi", "KXFOO-BAR", "KXFOO-BAR:YES", ("0.40", "0.45")),
    ("polymarket", "will-it-rain", "will-it-rain:YES", ("0.40", "0.45")),
]


@pytest.mark.parametrize(("venue", "market", "symbol", "touch"), MARKETS)
def test_each_side_of_each_kind_knows_its_own_pace(venue, market, symbol, touch):
    bid, ask = touch
    with Sandbox(clock="manual", market="manual", preset="instant") as sandbox:
        sandbox.market.snapshot(venue, market, [(bid, 50)], [(ask, 50)])
        for second in range(180):
            sandbox.clock.advance(seconds=1)
            # Three times as much is sold at the bid as is bought at the ask.
            sides = [("bids", bid, "sell")] + [("asks", ask, "buy")] * (second % 3 == 0)
            for side, price, aggressor in sides:
                sandbox.market.trade(venue, market, price, 1, aggressor)
                for left in (49, 50):
                    sandbox.market.delta(venue, market, **{side: [(price, left)]})
        client = sandbox.client()
        bids = client.buy(symbol, 1, limit_price=bid, venue=venue)
        if ":" in symbol:
            # Buying NO for 55 cents is selling YES at 45.
            no = symbol.replace(":YES", ":NO")
            asks = client.buy(no, 1, limit_price="0.55", venue=venue)
        else:
            if venue == "kraken":
                client.buy(symbol, 2, venue=venue).wait()
            asks = client.sell(symbol, 1, limit_price=ask, venue=venue)
        likely, rare = bids.refresh().outlook, asks.refresh().outlook
        assert (likely.prints, rare.prints) == (180, 60)
        assert likely.probability > rare.probability
        assert likely.wait_ns < rare.wait_ns


def test_it_is_the_same_in_process_and_over_http_and_follows_the_order(sandbox):
    trade_for(sandbox, 60)
    client = sandbox.client()
    order = client.buy(SYMBOL, 60, limit_price=100)
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as remote:

        def told():
            here, there = client.order(order.id), remote.order(order.id)
            assert here.outlook == there.outlook
            wire = there.evidence.outlook
            assert wire is None or there.outlook.reached_ppm == wire["reached_ppm"]
            return here.outlook

        first = told()
        # A trade uses up what stood before it, and five of its own sixty.
        sandbox.market.trade("kraken", SYMBOL, "100", "55", "sell")
        assert client.order(order.id).status == "PARTIAL"
        assert told().before_1e8 == 0
        assert told().probability > first.probability
        client.amend(order.id, new_price=99)
        assert told().before_1e8 >= 500 * 10**8
        assert told().probability < first.probability


def test_it_says_nothing_while_the_book_cannot_be_used_nor_after_a_restart(tmp_path):
    store = str(tmp_path / "sandbox.db")
    levels = {"bids": [(100, 50), (99, 500)], "asks": [(101, 50)]}

    def opened():
        return Sandbox(clock="manual", market="manual", preset="instant", store=store)

    with opened() as sandbox:
        sandbox.market.snapshot("kraken", SYMBOL, **levels)
        trade_for(sandbox, 60)
        order = sandbox.client().buy(SYMBOL, 1, limit_price=99)
        for status in ("resync", "halted", "down"):
            sandbox.market.status("kraken", SYMBOL, status)
            assert order.refresh().outlook is None, status
            sandbox.market.status("kraken", SYMBOL, "open")
            sandbox.market.snapshot("kraken", SYMBOL, **levels)
            assert order.refresh().outlook is not None, status
    with opened() as again:
        again.market.snapshot("kraken", SYMBOL, **levels)
        row = again.client().order(order.id)
        assert (row.status, row.outlook) == ("ACCEPTED", None)
        trade_for(again, 61)
        assert again.client().order(order.id).outlook is not None


@pytest.mark.parametrize("how", ["down", "halted", "silent"])
def test_time_without_a_usable_book_is_no_time_without_trade(sandbox, how):
    trade_for(sandbox, 60)
    order = sandbox.client().buy(SYMBOL, 1, limit_price=100)
    before = order.refresh().outlook
    if how == "silent":
        sandbox.market.set_max_age("kraken", SYMBOL, 5)
    else:
        sandbox.market.status("kraken", SYMBOL, how)
        # A print that is heard meanwhile is not of the time that counts.
        sandbox.market.trade("kraken", SYMBOL, "100", "7", "sell")
    sandbox.clock.advance(seconds=3_600)
    assert order.refresh().outlook is None
    sandbox.market.status("kraken", SYMBOL, "open")
    sandbox.market.snapshot("kraken", SYMBOL, bids=[(100, 50), (99, 500)], asks=[(101, 50)])
    after = order.refresh().outlook
    assert (after.window_ns, after.prints) == (before.window_ns, before.prints)
    sandbox.clock.advance(seconds=300)
    quiet = order.refresh().outlook
    assert quiet is None or quiet.window_ns >= before.window_ns + 300 * 10**9
