"""Graphs by name against the engine, in process and over HTTP."""

from collections.abc import Iterator

import pytest

from sequence import Sequence, errors
from sequence.sandbox import Sandbox
from sequence.server import serving

VENUE = {"venue": "kraken"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="manual", preset="instant", market="manual") as made:
        made.market.list("kraken", "ETH-USD", tick="0.01", lot="0.0001")
        quote(made, 2310)
        yield made
        assert made.check_invariants() == []


@pytest.fixture(params=["in process", "HTTP"])
def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Sequence]:
    if request.param == "in process":
        yield sandbox.client()
        return
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as remote:
        yield remote


def quote(sandbox: Sandbox, mid: float) -> None:
    """A book of one unit of distance around a price."""
    sandbox.market.snapshot("kraken", "ETH-USD", [(mid - 1, 100)], [(mid + 1, 100)])


def statuses(graph) -> dict[str, str]:
    return {node.node_id: node.status for node in graph.nodes}


def test_a_bracket_whose_stop_is_hit_sells_at_market(client: Sequence, sandbox: Sandbox):
    trade = client.bracket("ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, **VENUE)
    assert statuses(trade.refresh()) == {
        "entry": "FILLED",
        "take_profit": "WORKING",
        "stop": "WAITING",
    }
    quote(sandbox, 2195)
    graph = trade.refresh()
    assert statuses(graph) == {"entry": "FILLED", "take_profit": "CANCELLED", "stop": "FILLED"}
    assert client.positions(venues=["kraken"]).positions
    bought = sum(fill.qty for fill in client.fills().fills if fill.side == "buy")
    sold = sum(fill.qty for fill in client.fills().fills if fill.side == "sell")
    assert bought == sold == 1


def test_a_bracket_whose_target_is_reached_skips_its_stop(client: Sequence, sandbox: Sandbox):
    trade = client.bracket("ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, **VENUE)
    quote(sandbox, 2405)
    graph = trade.refresh()
    assert statuses(graph) == {"entry": "FILLED", "take_profit": "FILLED", "stop": "SKIPPED"}
    assert trade.is_terminal


def test_a_stop_that_is_moved_beyond_the_market_is_sent_at_once(client: Sequence, sandbox: Sandbox):
    trade = client.bracket("ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, **VENUE)
    quote(sandbox, 2275)
    assert statuses(trade.refresh())["stop"] == "WAITING"
    assert statuses(trade.move_stop(2280))["stop"] == "FILLED"
    with pytest.raises(errors.ConflictError):
        trade.move_stop(2290)


def test_a_stop_sells_what_is_held_when_it_is_reached(client: Sequence, sandbox: Sandbox):
    client.buy("ETH-USD", 3, venue="kraken")
    stop = client.stop("ETH-USD", "sell", stop_price=2200, **VENUE)
    client.sell("ETH-USD", 1, venue="kraken")
    quote(sandbox, 2195)
    assert statuses(stop.refresh()) == {"stop": "FILLED"}
    newest = client.orders(limit=1).orders[0]
    assert (newest.side, newest.filled_qty) == ("sell", 2)


def test_an_oco_does_one_of_two(client: Sequence, sandbox: Sandbox):
    client.buy("ETH-USD", 1, venue="kraken")
    pair = client.oco("ETH-USD", "sell", 1, limit_price=2400, stop_price=2200, **VENUE)
    quote(sandbox, 2195)
    assert statuses(pair.refresh()) == {"take_profit": "CANCELLED", "stop": "FILLED"}


def test_a_trailing_stop_follows_and_never_goes_back(client: Sequence, sandbox: Sandbox):
    client.buy("ETH-USD", 1, venue="kraken")
    stop = client.trailing_stop("ETH-USD", "sell", 1, bps=100, **VENUE)
    for mid in (2400, 2420, 2400):
        quote(sandbox, mid)
        assert statuses(stop.refresh()) == {"stop": "WAITING"}
    # One per cent below 2420 is 2395.80.
    quote(sandbox, 2395)
    assert statuses(stop.refresh()) == {"stop": "FILLED"}


def test_a_twap_trades_slice_by_slice_and_ends_with_its_cancel(client: Sequence, sandbox: Sandbox):
    order = client.twap("ETH-USD", "buy", 3, num_slices=3, interval_ms=1_000, **VENUE)
    sandbox.client().sandbox.advance(seconds=1)
    parent = next(node for node in order.refresh().nodes if node.node_id == "order")
    assert parent.filled_qty_1e8 == 2 * 10**8
    graph = order.cancel()
    assert graph.status == "CANCELLED"
    sandbox.client().sandbox.advance(seconds=5)
    assert sum(fill.qty for fill in client.fills().fills) == 2


def test_a_graph_that_is_cancelled_does_nothing_more(client: Sequence, sandbox: Sandbox):
    trade = client.bracket("ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, **VENUE)
    assert "waits for mid <= 2200" in trade.draw()
    trade.cancel()
    quote(sandbox, 2195)
    assert statuses(trade.refresh())["stop"] != "FILLED"
    assert len(client.orders(open=True).orders) == 0


def test_a_graph_costs_what_its_legs_cost(client: Sequence, sandbox: Sandbox):
    trade = client.bracket("ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, **VENUE)
    sandbox.client().sandbox.advance(seconds=10)
    quote(sandbox, 2195)
    tca = trade.tca()
    rows = {node.node_id: node for node in tca.nodes}
    assert rows["entry"].vwap_1e9 == 2_311 * 10**9
    assert rows["stop"].vwap_1e9 == 2_194 * 10**9
    (row,) = tca.unhedged
    assert (row.qty_seconds, row.net_qty_1e8) == (10.0, 0)
    assert tca.hedge_lag_p50_ns == 10 * 10**9
