"""What edges do: triggers, sizes, joins, prices."""

import json
from decimal import Decimal

import pytest

from sequence import _core
from tests.graphs.world import (
    FROM_EDGE,
    Json,
    World,
    after,
    at,
    e8,
    e9,
    edge,
    gives,
    node,
)


def test_a_ratio_starts_the_hedge_once(world: World):
    world.hold(0)
    world.submit(
        [node("spot", "buy", 200, price=2310), node("hedge", "sell", 200, "ETH-USD-PERP")],
        [edge("spot", "hedge", "on_fill_ratio", condition={"fill_ratio_gte": 0.5}, edge_id="e0")],
    )
    world.trade(40, 2309)
    assert world.statuses("spot", "hedge") == ["WORKING", "WAITING"]
    world.trade(60, 2309)
    assert world.filled("spot", "hedge") == [100, 200]
    world.trade(100, 2309)
    assert world.filled("spot", "hedge") == [200, 200]
    found = world.edge("e0")
    assert (found["fired_count"], found["spent"]) == (1, True)
    assert world.status == "COMPLETED"
    assert world.graph()["node_count"] == 2


def test_a_hedge_follows_every_fill_in_whole_lots(world: World):
    world.engine.list_market("hyperliquid", "BTC-USD-PERP", (None, e8("0.001"), None, None))
    world.submit(
        [
            node("spot", "buy", 1, "BTC-USD", 74_355),
            node("hedge", "sell", FROM_EDGE, "BTC-USD-PERP"),
        ],
        [edge("spot", "hedge", "on_fill", edge_id="e", **gives("from_fill"))],
    )
    for qty, residual, sent in [("0.0004", 40_000, []), ("0.0007", 10_000, ["0.001"])]:
        world.trade(qty, 74_354, symbol="BTC-USD")
        assert world.edge("e")["residual_qty_1e8"] == residual
        assert [order for order, _ in world.orders("hedge")] == [Decimal(size) for size in sent]
    world.trade("0.9989", 74_354, symbol="BTC-USD")
    assert [order for order, _ in world.orders("hedge")] == [Decimal("0.001"), Decimal("0.999")]
    assert world.edge("e")["residual_qty_1e8"] == 0
    assert world.status == "COMPLETED"


def test_a_partial_entry_is_protected_in_proportion(world: World):
    world.submit(
        [
            node("entry", "buy", 1, price=2310),
            node("tp", "sell", FROM_EDGE, price=2400),
            node("sl", "sell", FROM_EDGE),
        ],
        [
            edge("entry", "tp", "on_fill", **gives("from_fill")),
            edge("entry", "tp", at(2200, arm="on_first_fill"), action="cancel", edge_id="stop"),
            edge("tp", "sl", "on_cancel", **gives("remaining")),
        ],
    )
    world.trade("0.25", 2309)
    world.trade("0.75", 2309)
    assert world.orders("tp") == [(Decimal("0.25"), "ACCEPTED"), (Decimal("0.75"), "ACCEPTED")]
    world.mid(2190)
    assert world.statuses("tp", "sl") == ["CANCELLED", "FILLED"]
    assert world.filled("sl") == [1]


def test_a_time_out_goes_to_market(world: World):
    world.submit(
        [node("limit", "buy", 2, price=2300), node("market", "buy", FROM_EDGE)],
        [
            edge("@start", "limit", after(5000), action="cancel", condition={}, edge_id="out"),
            edge("limit", "market", "on_cancel", **gives("remaining")),
        ],
    )
    world.trade("0.5", 2299)
    world.wait(5000)
    assert world.statuses("limit", "market") == ["CANCELLED", "FILLED"]
    assert world.filled("limit", "market") == [Decimal("0.5"), Decimal("1.5")]
    assert world.edge("out")["spent"]


def test_a_time_out_whose_condition_is_false_is_spent(world: World):
    world.submit(
        [
            node("limit", "buy", 2, price=2300),
            node("other", "buy", 1, price=2000),
            node("m", "buy", 1),
        ],
        [edge("limit", "m", after(5000), condition={"fill_ratio_lt": 1}, edge_id="out")],
    )
    world.trade(2, 2299)
    assert world.statuses("limit", "m") == ["FILLED", "WAITING"]
    world.wait(5000)
    found = world.edge("out")
    assert (found["fired_count"], found["spent"]) == (0, True)
    assert world.statuses("m") == ["SKIPPED"]


def test_a_breakout_takes_one_side_only(world: World):
    world.submit(
        [node("up", "buy", 1), node("down", "sell", 1, "ETH-USD-PERP")],
        [
            edge("@start", "up", at(2350, above=True)),
            edge("@start", "down", at(2250)),
            edge("up", "down", "on_accepted", action="cancel", edge_id="x"),
            edge("down", "up", "on_accepted", action="cancel", edge_id="y"),
        ],
    )
    assert world.status == "ACCEPTED"
    assert world.statuses("up", "down") == ["WAITING", "WAITING"]
    world.mid(2351)
    assert world.statuses("up", "down") == ["FILLED", "SKIPPED"]
    assert world.status == "COMPLETED"


def test_a_stop_sells_what_is_held_then(world: World):
    world.hold(3)
    world.submit(
        [node("stop", "sell", {"position": {"ratio": 1}})], [edge("@start", "stop", at(2200))]
    )
    world.order("sell", 1)
    world.mid(2199)
    assert world.filled("stop") == [2]


def test_a_trailing_stop_follows_the_best_price(world: World):
    trail = {"on_trail": {"distance_bps": 100, "side": "below"}}
    world.submit(
        [node("in", "buy", 1), node("out", "sell", 1)], [edge("in", "out", trail, edge_id="t")]
    )
    for price in (2400, 2420, 2396):
        world.mid(price)
        assert world.statuses("out") == ["WAITING"]
    assert world.edge("t")["best_1e9"] == e9(2420)
    world.mid(2395)
    assert world.statuses("out") == ["FILLED"]


def test_moving_a_stop_onto_the_price_fires_it(world: World):
    world.hold(1)
    world.submit([node("stop", "sell", 1)], [edge("@start", "stop", at(2200), edge_id="s")])
    world.mid(2275)
    row = world.engine.amend_edge(
        world.account,
        world.graph_id,
        "s",
        world.now_ns,
        trigger=json.dumps(at(2280)),
        expected_version=1,
    )
    world.again()
    assert row["version"] == 2
    assert world.statuses("stop") == ["FILLED"]
    with pytest.raises(_core.Refusal, match=r"COMPLETED|fired"):
        world.engine.amend_edge(world.account, world.graph_id, "s", world.now_ns, condition="{}")


def test_a_pegged_order_follows_the_bid(world: World):
    peg: Json = {"order_type": {"peg": {"to": "bid", "limit_1e9": e9(2320)}}}
    world.submit([node("order", "buy", 1, **peg)])

    def price() -> int:
        row = world.engine.order(world.account, f"graph:{world.graph_id}:order:1")
        found: int = row["limit_price_1e9"]
        return found

    assert price() == e9("2309.5")
    world.wait(300)
    world.mid(2315)
    assert price() == e9("2314.5")
    world.mid(2316)
    assert price() == e9("2314.5")
    world.wait(300)
    assert price() == e9("2315.5")
    world.wait(300)
    world.mid(2400)
    assert price() == e9(2320)


def test_one_that_fills_takes_off_the_other(world: World):
    world.hold(2)
    world.submit(
        [node("a", "sell", 1, price=2400), node("b", "sell", 1, price=2500)],
        [edge("a", "b", "on_fill", action="reduce", edge_id="r")],
    )
    world.book(2399, 2401)
    world.trade("0.4", 2400, "buy")
    assert world.orders("b") == [(Decimal("0.6"), "ACCEPTED")]
    world.trade(5, 2401, "buy")
    assert world.statuses("a", "b") == ["FILLED", "CANCELLED"]


def test_a_join_waits_for_every_edge(world: World):
    world.submit(
        [
            node("a", "buy", 1, price=2000),
            node("b", "buy", 1, price=2100),
            node("c", "buy", 1, join="all"),
        ],
        [edge("a", "c", "on_full_fill"), edge("b", "c", "on_full_fill")],
    )
    world.book(2040, 2050)
    assert world.statuses("a", "b", "c") == ["WORKING", "FILLED", "WAITING"]
    world.book(1940, 1950)
    assert world.statuses("a", "b", "c") == ["FILLED", "FILLED", "FILLED"]


def test_a_join_that_cannot_be_complete_is_skipped(world: World):
    world.submit(
        [
            node("a", "buy", 1, price=2000),
            node("b", "buy", 1, price=2100),
            node("c", "buy", 1, join="all"),
        ],
        [edge("a", "c", "on_full_fill"), edge("b", "c", "on_full_fill")],
    )
    world.book(2040, 2050)
    world.cancel_order("a")
    assert world.statuses("a", "b", "c") == ["CANCELLED", "FILLED", "SKIPPED"]
