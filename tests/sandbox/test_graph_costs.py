"""What a graph cost: legs against the market, and how long they were alone."""

import pytest

from sequence import errors
from sequence.sandbox import Sandbox
from sequence.sandbox.graph_costs import unhedged

S = 10**9
BASES = {"ETH-USD": "ETH", "ETH-USD-PERP": "ETH", "BTC-USD": "BTC"}


def fill(seconds, side, qty, symbol="ETH-USD"):
    return {"ts_ns": seconds * S, "side": side, "qty_1e8": qty * 10**8, "symbol": symbol}


def test_a_hedge_that_follows_its_spot_leaves_time_and_quantity_behind():
    # +40, +100, -100, 0, as a hedge of 200 at half of the fills makes it.
    fills = [
        fill(0, "buy", 40),
        fill(10, "buy", 60),
        fill(11, "sell", 200, "ETH-USD-PERP"),
        fill(15, "buy", 100),
    ]
    (row,), (p50, p99) = unhedged(fills, BASES, 100 * S)
    assert row == {
        "asset": "ETH",
        "qty_seconds": 40 * 10 + 100 * 1 + 100 * 4,
        "worst_qty_1e8": 100 * 10**8,
        "net_qty_1e8": 0,
    }
    # 60 were made up for after 1 s, 100 after 4 s, 40 after 11 s.
    assert (p50, p99) == (4 * S, 11 * S)


def test_assets_do_not_hedge_each_other_and_what_is_open_counts_until_now():
    fills = [fill(0, "buy", 1), fill(5, "sell", 3, "BTC-USD")]
    rows, lags = unhedged(fills, BASES, 10 * S)
    assert [(row["asset"], row["qty_seconds"], row["net_qty_1e8"]) for row in rows] == [
        ("BTC", 15.0, -3 * 10**8),
        ("ETH", 10.0, 10**8),
    ]
    assert lags == [None, None]
    assert unhedged([], BASES, S) == ([], [None, None])


def test_a_graph_of_one_node_is_its_order():
    with Sandbox(clock="manual", preset="instant", market="manual") as sandbox:
        sandbox.market.snapshot("kraken", "BTC-USD", [("100", "9")], [("102", "1"), ("103", "9")])
        client = sandbox.client()
        order = client.buy("BTC-USD", 2, venue="kraken")
        tca = client.graph_tca(order.graph_id)
        report = client.execution_review(order.id).tca
        assert report is not None
        (node,) = tca.nodes
        assert (node.vwap_1e9, node.arrival_mid_1e9) == (102_500_000_000, 101 * 10**9)
        assert node.shortfall_arrival_bps == report.implementation_shortfall_bps
        # Of 1.50 above the mid for each of two, 1.00 is the spread and 0.50 the depth.
        assert node.spread_cost_usd_1e9 == pytest.approx(2 * S, abs=100)
        assert node.impact_usd_1e9 == pytest.approx(1 * S, abs=100)
        assert (node.time_to_first_fill_ns, node.time_to_fill_ns) == (0, 0)
        assert tca.fees_usd_1e9 == order.row.fees_usd_1e9
        assert tca.unhedged[0].net_qty_1e8 == 2 * 10**8
        with pytest.raises(errors.NotFoundError):
            client.graph_tca("nothing")


def test_slices_are_compared_with_what_the_market_traded_meanwhile():
    with Sandbox(clock="manual", preset="instant", market="manual") as sandbox:
        sandbox.market.snapshot("kraken", "BTC-USD", [("100", "9")], [("101", "9")])
        client = sandbox.client()
        sandbox.market.trade("kraken", "BTC-USD", "90", "50", side="sell")
        sandbox.clock.advance(seconds=1)
        order = client.twap("BTC-USD", "buy", 2, num_slices=2, interval_ms=1000, venue="kraken")
        for price, qty in (("100", "1"), ("104", "3")):
            sandbox.market.trade("kraken", "BTC-USD", price, qty, side="buy")
        sandbox.clock.advance(seconds=2)
        sandbox.market.trade("kraken", "BTC-USD", "500", "1", side="buy")
        parent, first, second = client.graph_tca(order.graph_id).nodes
        assert (parent.vwap_1e9, parent.market_vwap_1e9) == (101 * 10**9, 103 * 10**9)
        assert parent.vs_market_vwap_bps == pytest.approx(-2 / 103 * 10_000, abs=1e-3)
        assert first.vwap_1e9 == second.vwap_1e9 == 101 * 10**9
        sandbox.clock.advance(seconds=1)
        for _ in range(500):
            sandbox.market.trade("kraken", "BTC-USD", "100", "1", side="buy")
        rest = client.buy("BTC-USD", 1, limit_price=50, venue="kraken")
        [node] = client.graph_tca(rest.graph_id).nodes
        assert (node.market_vwap_1e9, node.vs_market_vwap_bps) == (None, None)
