"""What delays cost in the score of a route, and what urgency makes of it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from sequence.sandbox import Sandbox
from sequence.types import RoutingEvent

CASH = {"binance": ("crypto", "USDT"), "okx": ("crypto", "USDT"), "kraken": ("fiat", "USD")}
STEP, LEVELS = 0.5, 80


def _sandbox(preset: str) -> Sandbox:
    sandbox = Sandbox(preset=preset, market="manual", clock="manual", seed=7)
    rows = [
        {"venue": venue, "kind": kind, "symbol": symbol, "qty": 10_000_000}
        for venue, (kind, symbol) in CASH.items()
    ]
    sandbox.client().sandbox.set_positions(rows, replace=True)
    return sandbox


def _book(sandbox: Sandbox, venue: str, first: int, size: str = "0.1") -> None:
    asks = [(first + STEP * level, size) for level in range(LEVELS)]
    bids = [(first - STEP * (level + 1), size) for level in range(LEVELS)]
    sandbox.market.snapshot(venue, "BTC-USD", bids, asks)


def _rough(sandbox: Sandbox) -> None:
    """Three books that jump, and stand where they are compared."""
    for turn in range(40):
        for venue, first in (("binance", 50_000), ("okx", 50_010), ("kraken", 49_860)):
            _book(sandbox, venue, first + 400 * (turn % 2))
        sandbox.clock.advance(ms=200)
    for venue, first in (("binance", 50_000), ("okx", 50_010), ("kraken", 49_860)):
        _book(sandbox, venue, first)


def _route(preset: str, urgency: Any) -> dict[str, Decimal]:
    with _sandbox(preset) as sandbox:
        _rough(sandbox)
        order = sandbox.client().buy("BTC-USD", 7, urgency=urgency)
        legs = order.row.legs
        return {leg.venue: Decimal(leg.qty_1e8) / 10**8 for leg in legs}


@pytest.mark.parametrize("preset", ["optimistic", "realistic", "adversarial"])
def test_urgency_moves_an_order_to_venues_that_are_reached_sooner(preset: str) -> None:
    low, medium, high = (_route(preset, urgency) for urgency in ("low", "medium", "high"))
    slow = [route.get("kraken", Decimal(0)) for route in (low, medium, high)]
    assert slow[0] > slow[1] > slow[2], "kraken is the slowest of the three"
    assert all(sum(route.values()) == 7 for route in (low, medium, high))
    assert medium == _route(preset, "medium"), "the same inputs give the same route"


def test_without_delays_urgency_changes_nothing() -> None:
    assert _route("instant", "low") == _route("instant", "high")


def test_a_preview_shows_the_parts_of_the_score() -> None:
    with _sandbox("realistic") as sandbox:
        _rough(sandbox)
        client = sandbox.client()
        shown = {
            urgency: client.preview("BTC-USD", "buy", 7, urgency=urgency).candidate_venues
            for urgency in ("low", "medium", "high")
        }
        for rows in shown.values():
            assert {row.venue for row in rows} == set(CASH)
            assert [row.score_bps for row in rows] == sorted(row.score_bps for row in rows)
            for row in rows:
                parts = row.cost_bps + row.latency_risk_bps + row.freshness_bps
                assert row.score_bps == pytest.approx(parts, abs=0.001)
        risk = {u: {row.venue: row.latency_risk_bps for row in rows} for u, rows in shown.items()}
        for venue in CASH:
            assert risk["medium"][venue] == pytest.approx(2 * risk["low"][venue], abs=0.001)
            assert risk["high"][venue] == pytest.approx(2 * risk["medium"][venue], abs=0.001)
        high = risk["high"]
        assert high["kraken"] > high["binance"] > 0
        assert high["binance"] == pytest.approx(high["okx"], abs=0.02)


def test_the_route_of_an_order_shows_them_as_well() -> None:
    with _sandbox("realistic") as sandbox:
        _rough(sandbox)
        client = sandbox.client()
        shown = client.preview("BTC-USD", "buy", 7, urgency="high").candidate_venues
        engine = sandbox.runtime.engine
        engine.listen(enabled=True)
        client.buy("BTC-USD", 7, urgency="high")
        frames = [json.loads(row[-1]) for row in engine.take_frames().rows() if row[1] == "routing"]
        told = {leg.venue: leg for leg in RoutingEvent.model_validate(frames[-1]).legs}
        for row in shown:
            if row.chosen:
                leg = told[row.venue]
                assert (leg.score_bps, leg.latency_risk_bps) == (
                    row.score_bps,
                    row.latency_risk_bps,
                )
                assert leg.freshness_bps == row.freshness_bps
        assert set(told) == {row.venue for row in shown if row.chosen}


@pytest.mark.parametrize(("preset", "venue"), [("instant", "binance"), ("realistic", "okx")])
def test_of_two_equal_books_the_fresher_one_is_taken(preset: str, venue: str) -> None:
    with _sandbox(preset) as sandbox:
        _book(sandbox, "binance", 50_000)
        sandbox.clock.advance(ms=3_000)
        _book(sandbox, "okx", 50_000)
        order = sandbox.client().buy("BTC-USD", "0.1")
        assert [leg.venue for leg in order.row.legs] == [venue]


def test_own_impact_counts_where_the_fill_will_meet_it() -> None:
    with _sandbox("realistic") as sandbox:
        client = sandbox.client()
        for venue in ("binance", "okx"):
            _book(sandbox, venue, 50_000)
        client.buy("BTC-USD", 6, venue="binance")
        sandbox.clock.advance(ms=1_000)
        for _ in range(2):
            sandbox.clock.advance(ms=9_000)
            for venue in ("binance", "okx"):
                _book(sandbox, venue, 50_000)
        order = client.buy("BTC-USD", "0.1")
        assert [leg.venue for leg in order.row.legs] == ["okx"]
