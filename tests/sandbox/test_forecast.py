"""What an order would cost before it is sent: from the router, and without changing anything."""

from collections.abc import Iterator
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import NotFoundError, ValidationError
from sequence.sandbox import Sandbox
from sequence.server import serving


@pytest.fixture
def instant() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", clock="manual") as made:
        yield made


def two_venues(**given: Any) -> Sandbox:
    """Binance shows 1 at 101 and 9 at 102, kraken 5 at 101; bids are one lower on both."""
    made = Sandbox(clock="manual", market="manual", **given)
    books = {"binance": [("101", "1"), ("102", "9")], "kraken": [("101", "5")]}
    for venue, asks in books.items():
        made.market.snapshot(venue, "BTC-USD", [("99", "4")], asks)
    return made


def test_it_says_what_a_preview_says_where_funds_do_not_matter(instant: Sandbox):
    client = instant.client()
    for side in ("buy", "sell"):
        for qty in ("0.3", "2", "7"):
            row, preview = (
                client.forecast("BTC-USD", side, qty),
                client.preview("BTC-USD", side, qty),
            )
            if preview.would_fail is not None:
                continue
            expected = float(preview.est_slippage_bps) + float(preview.est_fee_bps)
            assert row.expected_cost_bps == pytest.approx(expected, abs=2e-3)
            assert row.fillable_qty_1e8 == preview.fillable_qty_1e8 == row.qty_1e8
            assert row.mid_1e9 == preview.reference_mid_1e9


def test_venues_alone_are_sorted_by_what_they_land_at():
    with two_venues(preset="instant") as sandbox:
        row = sandbox.client().forecast("BTC-USD", "buy", 4)
        assert [venue.venue for venue in row.venues] == ["kraken", "binance"]
        kraken, binance = row.venues
        assert (kraken.book_bps, kraken.fee_bps) == (100, pytest.approx(40.4))
        assert binance.book_bps == 175
        for venue in row.venues:
            parts = venue.book_bps + venue.fee_bps + venue.latency_bps
            assert venue.landed_cost_bps == pytest.approx(parts)
        assert [venue.venue for venue in sandbox.client().forecast("BTC-USD", "buy", 9).venues] == [
            "binance"
        ], "kraken does not hold so much"


def test_what_the_books_do_not_hold_is_said():
    with two_venues(preset="instant") as sandbox:
        client = sandbox.client()
        row = client.forecast("BTC-USD", "buy", 40)
        assert (row.fillable_qty_1e8, row.fill_confidence, row.venues) == (15 * 10**8, [], [])
        assert row.expected_cost_bps is not None
        assert [point.qty_1e8 for point in row.capacity] == [10 * 10**8]
        strategies = {
            way.name: way for way in client.execution_simulate("BTC-USD", "buy", 40).strategies
        }
        assert strategies["aggressive"].fill_rate == 0.375
        assert strategies["passive"].fill_rate is None, "nothing traded yet"
        assert strategies["passive"].cost_bps < 0
    with Sandbox(clock="manual", market="manual", preset="instant") as sandbox:
        client = sandbox.client()
        sandbox.market.snapshot("kraken", "BTC-USD", [("99", "4")], [])
        row = client.forecast("BTC-USD", "buy", 1)
        assert (row.expected_cost_bps, row.fillable_qty_1e8, row.capacity) == (None, 0, [])
        assert (row.mid_1e9, row.urgency) == (None, [])


def test_delay_makes_the_worse_cost_worse_and_urgency_buys_time():
    with Sandbox(clock="manual") as sandbox:
        sandbox.clock.advance(seconds=30)
        row = sandbox.client().forecast("BTC-USD", "sell", 3)
        assert row.expected_cost_bps < row.downside_cost_bps
        costs = [chance.cost_bps for chance in row.fill_confidence]
        assert costs == sorted(costs)
        chances = {chance.probability: chance.cost_bps for chance in row.fill_confidence}
        assert (chances[0.5], chances[0.9]) == (row.expected_cost_bps, row.downside_cost_bps)
        assert all(venue.latency_bps > 0 for venue in row.venues)
        times = [point.time_ms for point in row.urgency]
        assert [point.urgency for point in row.urgency] == ["low", "medium", "high"]
        assert times == sorted(times, reverse=True)
        medium = row.urgency[1].cost_bps
        assert all(point.cost_bps >= medium - 1e-3 for point in row.urgency), "the fair weight"


def test_more_urgency_takes_more_at_once():
    with two_venues(preset="instant") as sandbox:
        client = sandbox.client()
        costs = {}
        for urgency in ("low", "medium", "high"):
            ways = client.execution_simulate("BTC-USD", "sell", 4, urgency=urgency).strategies
            assert [way.name for way in ways] == ["aggressive", "passive", "split"]
            costs[urgency] = [way.cost_bps for way in ways]
            assert ways[0].fill_rate == 1
            assert ways[1].cost_bps < ways[0].cost_bps
        assert costs["low"][:2] == costs["high"][:2]


def test_nothing_changes_and_both_doors_say_the_same():
    with Sandbox(clock="manual") as sandbox:
        client = sandbox.client()
        client.positions()
        sandbox.clock.advance(seconds=5)
        before = sandbox.world_hash()
        with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as far:
            for side in ("buy", "sell"):
                assert far.forecast("ETH-USD", side, 3) == client.forecast("ETH-USD", side, 3)
                ways = far.execution_simulate("ETH-USD", side, 3, urgency="low")
                assert ways == client.execution_simulate("ETH-USD", side, 3, urgency="low")
        assert sandbox.world_hash() == before
        with pytest.raises(NotFoundError, match="did you mean BTC-USD"):
            client.forecast("BTC-USDD", "buy", 1)
        for wrong in ({"qty": 0}, {"side": "hold"}):
            with pytest.raises(ValidationError, match=next(iter(wrong))):
                client.forecast("BTC-USD", **{"side": "buy", "qty": 1} | wrong)


def test_an_outcome_is_priced_as_it_is_named(instant: Sandbox):
    client = instant.client()
    slug = client.markets().markets[0].slug
    for outcome in ("YES", "NO"):
        row = client.forecast(f"{slug}:{outcome}", "buy", 10)
        preview = client.preview(f"{slug}:{outcome}", "buy", 10)
        expected = float(preview.est_slippage_bps) + float(preview.est_fee_bps)
        assert row.expected_cost_bps == pytest.approx(expected, rel=0.03, abs=0.5)
        assert row.symbol == preview.symbol
