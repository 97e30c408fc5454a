"""Event markets ended by hand, and funding, through the embedded sandbox."""

import pytest

from sequence.errors import SequenceError, UnprocessableError
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


@pytest.mark.parametrize("slug", ["MARKET-SLUG", "not-listed-anywhere"])
@pytest.mark.parametrize("venue", ["kalshi", "polymarket"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_bare_slug_is_the_yes_of_its_market(slug: str, venue: str, first: int):
    """One row under both spellings, whichever was written first, listed or not."""
    with Sandbox(clock="manual", preset="instant", market="manual") as sandbox:
        if slug.isupper():
            sandbox.market.snapshot(venue, slug, [("0.40", 100)], [("0.44", 100)])
        client = sandbox.client()
        spellings = [slug, f"{slug}:YES"]
        hold(client, spellings[first], "10", "0.4", venue=venue)
        hold(client, spellings[1 - first], "12", "0.4", venue=venue)
        rows = client.positions().positions
        (held,) = [row for row in rows if row.instrument.kind == "event_contract"]
        named = held.instrument.market_slug, held.instrument.outcome, held.instrument.token_id
        assert (named, held.qty_1e8) == ((slug, "YES", None), 12 * 10**8)
        row = {"venue": venue, "kind": "event_contract", "qty": "1"}
        with pytest.raises(SequenceError, match="name the same"):
            client.sandbox.set_positions([row | {"symbol": text} for text in spellings])
        assert sandbox.market.settle(venue, slug, 1).payout_usd_1e9 == 12 * 10**9
