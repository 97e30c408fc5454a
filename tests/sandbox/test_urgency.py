"""What delays cost in the score of a route, and what urgency makes of it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sequence.sandbox import Sandbox
from sequence.sandbox.sim import PRESETS
from sequence.streams import RouteEvent
from tests.doors import DOORS, door

CASH = {"binance": ("crypto", "USDT"), "okx": ("crypto", "USDT"), "kraken": ("fiat", "USD")}
STEP, LEVELS = 0.5, 80
WAIT_S = 10.0


def _sandbox(preset: str, **more: Any) -> Sandbox:
    sandbox = Sandbox(preset=preset, market="manual", clock="manual", seed=7, **more)
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


@pytest.mark.parametrize("kind", DOORS)
def test_a_preview_shows_the_parts_of_the_score(kind: str) -> None:
    with _sandbox("realistic") as sandbox, door(sandbox, kind) as client:
        _rough(sandbox)
        shown = {
            urgency: client.preview("BTC-USD", "buy", 7, urgency=urgency).candidate_venues
            for urgency in ("low", "medium", "high")
        }
        for rows in shown.values():
            assert {row.venue for row in rows} == set(CASH)
            assert [row.score_bps for row in rows] == sorted(row.score_bps for row in rows)
            for row in rows:
                _adds_up(row)
        risk = {u: {row.venue: row.latency_risk_bps for row in rows} for u, rows in shown.items()}
        for venue in CASH:
            assert risk["medium"][venue] == pytest.approx(2 * risk["low"][venue], abs=0.001)
            assert risk["high"][venue] == pytest.approx(2 * risk["medium"][venue], abs=0.001)
        high = risk["high"]
        assert high["kraken"] > high["binance"] > 0
        assert high["binance"] == pytest.approx(high["okx"], abs=0.02)


def _adds_up(row: Any) -> None:
    parts = row.cost_bps + row.latency_risk_bps + row.freshness_bps
    assert row.score_bps == pytest.approx(parts, abs=0.001)


def _parts(row: Any) -> tuple[float, float, float]:
    return row.latency_risk_bps, row.freshness_bps, row.score_bps


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("kind", DOORS)
def test_each_leg_of_a_route_shows_them_as_well(preset: str, kind: str) -> None:
    with (
        _sandbox(preset) as sandbox,
        door(sandbox, kind) as client,
        client.stream("routing") as stream,
    ):
        _rough(sandbox)
        shown = client.preview("BTC-USD", "buy", 7).candidate_venues
        expected = {row.venue: _parts(row) for row in shown if row.chosen}
        assert {leg.venue: _parts(leg) for leg in client.routing("BTC-USD", "buy", 7).legs} == (
            expected
        )
        order = client.buy("BTC-USD", 7)
        event = stream.next(timeout=WAIT_S)
        assert isinstance(event, RouteEvent)
        assert event.data.node_order_id == order.id
        assert {leg.venue: _parts(leg) for leg in event.data.legs} == expected
        for leg in event.data.legs:
            _adds_up(leg)
            delayed = preset != "instant"
            assert (leg.latency_risk_bps > 0) is delayed
            assert (leg.freshness_bps > 0) is False, "each book is of this moment"
        sandbox.clock.advance(ms=3_000)
        later = client.routing("BTC-USD", "buy", 1).legs
        assert all((leg.freshness_bps > 0) is (preset != "instant") for leg in later)


@pytest.mark.parametrize("kind", DOORS)
def test_a_restart_begins_with_what_is_assumed_of_a_market(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "kept.db"
    told = []
    for _ in range(2):
        with _sandbox("realistic", store=file) as sandbox, door(sandbox, kind) as client:
            for venue in CASH:
                _book(sandbox, venue, 50_000)
            first = client.routing("BTC-USD", "buy", 7).legs
            told.append({leg.venue: _parts(leg) for leg in first})
            _rough(sandbox)
            rough = {leg.venue: leg for leg in client.routing("BTC-USD", "buy", 7).legs}
            for leg in first:
                _adds_up(leg)
                assert rough[leg.venue].latency_risk_bps > leg.latency_risk_bps > 0
    assert told[0] == told[1]


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
