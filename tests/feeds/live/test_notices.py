"""What befalls a market while it is listened to: heard at once, not with the next list."""

import json

import pytest

from sequence import _core
from tests.feeds.live.conftest import CASES, World, status_of, until

MARKETS = ("kalshi", "polymarket")
NOW_NS = 1_785_000_000 * 10**9


@pytest.mark.parametrize("name", MARKETS)
def test_orders_of_a_market_that_is_resolved_are_refused_at_once(world: World, name: str) -> None:
    fake, symbol = world.fake(name), CASES[name].symbols[0]
    sandbox = world.sandbox()
    until(lambda: status_of(sandbox, name).is_live, "live")
    with sandbox.client() as client:

        def answer() -> str:
            placed = client.buy(symbol, qty="5", limit_price="0.02")
            return str(client.order(placed.id))

        assert "REJECTED" not in answer()
        fake.notices.append(("end", symbol))
        until(lambda: "the market is closed" in answer(), answer())
    assert fake.refused == []
    assert status_of(sandbox, name).is_live, "no connection was lost over it"


@pytest.mark.parametrize("name", MARKETS)
def test_a_finer_grid_holds_as_soon_as_it_is_told(world: World, name: str) -> None:
    fake, symbol = world.fake(name), CASES[name].symbols[0]
    sandbox = world.sandbox()
    status = status_of(sandbox, name)
    until(lambda: status.is_live, "live")

    def tick() -> tuple[str, int | None]:
        with sandbox.client() as client:
            row = next(row for row in client.symbols() if row.symbol == symbol).venues[0]
        assert row.grid is not None
        return row.grid.sources.tick, row.tick_1e9

    until(lambda: tick() == ("venue", 10**7), "the list has come")
    fake.notices.append(("grid", symbol))
    until(lambda: tick() == ("venue", 10**6), "the new tick")
    until(lambda: status.is_live, "and a book of it")


@pytest.mark.parametrize("name", MARKETS)
def test_what_befalls_markets_of_others_leaves_no_trace(name: str) -> None:
    engine = _core.Engine()
    feed = engine.open_feed(name)
    frames = {
        "kalshi": {
            "type": "market_lifecycle_v2",
            "sid": 1,
            "msg": {"market_ticker": "KXOTHER-1", "event_type": "determined"},
        },
        "polymarket": {"event_type": "market_resolved", "assets_ids": ["7" * 76]},
    }
    frame = json.dumps(frames[name]).encode()
    assert engine.live_frame(feed, frame, NOW_NS) == ([], None)
    assert engine.market_count == 0
