"""A resting order says how likely it is to be reached, and when; or that it cannot say."""

import pytest

from sequence.sandbox import Sandbox
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
