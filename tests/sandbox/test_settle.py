"""Event markets ended by hand, and funding, through the embedded sandbox."""

import pytest

from sequence.errors import UnprocessableError
from sequence.sandbox import Sandbox

TICKER = "KXFOO-26DEC31"


@pytest.fixture
def sandbox():
    with Sandbox(clock="manual", market="manual", preset="instant") as sandbox:
        yield sandbox
        assert sandbox.check_invariants() == []


def hold(client, symbol, qty, entry, *, venue="kalshi", kind="event_contract"):
    row = {"venue": venue, "kind": kind, "symbol": symbol, "qty": qty, "entry_price_usd": entry}
    client.sandbox.set_positions([row])


def state(client, symbol):
    rows = client.positions(include_closed=True).positions
    return next(row for row in rows if row.instrument.symbol == symbol)


def test_a_market_that_was_only_written_by_hand_settles(sandbox):
    client = sandbox.client()
    hold(client, f"{TICKER}:YES", 10, "0.40")
    assert sandbox.market.settle("kalshi", TICKER, 1) == (1, 10_000_000_000)
    assert state(client, f"{TICKER}:YES").lifecycle.state == "redeemed"
    assert sandbox.market.settle("kalshi", TICKER, void=True) == (1, 4_000_000_000)


def test_polymarket_holdings_wait_to_be_redeemed(sandbox):
    client = sandbox.client()
    hold(client, "some-market:NO", 10, "0.40", venue="polymarket")
    answer = sandbox.market.settle("polymarket", "some-market", "0.25")
    assert answer.payout_usd_1e9 == 7_500_000_000
    row = state(client, "some-market:NO")
    assert (row.lifecycle.state, row.settled_mark_usd_1e9) == ("resolved", 750_000_000)
    assert sandbox.market.redeem("some-market") == (1, 7_500_000_000)
    assert state(client, "some-market:NO").lifecycle.state == "redeemed"
    assert sandbox.market.redeem("some-market") == (0, 0)


@pytest.mark.parametrize("ends", [{}, {"value": 1, "void": True}])
def test_a_market_ends_in_exactly_one_way(sandbox, ends):
    with pytest.raises(ValueError, match="exactly one of value and void"):
        sandbox.market.settle("kalshi", TICKER, **ends)


def test_what_nobody_knows_cannot_be_settled(sandbox):
    with pytest.raises(UnprocessableError, match="has no event market"):
        sandbox.market.settle("kalshi", TICKER, 1)


def test_the_demo_market_can_be_settled_too():
    with Sandbox(clock="manual", preset="instant") as sandbox:
        client = sandbox.client()
        client.buy("KXBTCZ-26DEC31-T99000", 10)
        sandbox.market.settle("kalshi", "KXBTCZ-26DEC31-T99000", 0)
        sandbox.clock.advance(seconds=5)
        row = state(client, "KXBTCZ-26DEC31-T99000:YES")
        assert (row.lifecycle.state, row.realized_pnl_usd_1e9 < 0) == ("redeemed", True)
        assert sandbox.check_invariants() == []


def test_demo_perpetuals_pay_funding():
    with Sandbox(clock="manual", preset="instant") as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD-PERP", 1, venue="hyperliquid")
        bought = state(client, "BTC-USD-PERP").fees_usd_1e9
        sandbox.market.funding_rate("hyperliquid", "BTC-USD-PERP", "0.0001")
        sandbox.clock.advance(seconds=3600)
        paid = state(client, "BTC-USD-PERP").fees_usd_1e9 - bought
        assert 5 < paid / 10**9 < 10
        with pytest.raises(UnprocessableError, match="not a perpetual"):
            sandbox.market.funding_rate("kraken", "BTC-USD", 0)
        assert sandbox.check_invariants() == []
