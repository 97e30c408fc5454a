"""Edges that make a paced order smaller."""

from decimal import Decimal

import pytest

from tests.graphs.world import Json, World, e8, edge, node, paced

TWAP = {"uniform": {"num_slices": 4, "interval_ms": 1000}}
VWAP = {"profile": {"weights": [1, 1, 1, 1], "interval_ms": 1000}}


def reduced(world: World, order: Json, by: object = 1) -> None:
    """An order of 4, and one at 2300 whose fills take it down."""
    other = node("other", "buy", 3, price=2300)
    edges = [edge("other", "order", "on_fill", action="reduce")]
    world.submit([order, other], edges)
    world.trade(by, 2299)


@pytest.mark.parametrize("pacing", [TWAP, VWAP])
def test_the_last_slices_go_first(world: World, pacing: Json):
    reduced(world, node("order", "buy", 4, **paced(**pacing)), "1.5")
    assert world.node("order")["qty_1e8"] == e8("2.5")
    assert world.statuses("order.s4") == ["SKIPPED"]
    world.wait(1000)
    world.wait(1000)
    assert world.orders("order.s3") == [(Decimal("0.5"), "FILLED")]
    assert world.statuses("order") == ["FILLED"]
    assert world.filled("order") == [Decimal("2.5")]


def test_what_no_venue_would_take_goes_to_the_slice_before(world: World):
    world.engine.list_market("kraken", "ETH-USD", (None, e8("0.001"), e8("0.5"), None))
    reduced(world, node("order", "buy", 4, **paced(**TWAP)), "0.8")
    world.wait(1000)
    world.wait(1000)
    assert world.statuses("order.s4", "order") == ["SKIPPED", "FILLED"]
    assert world.orders("order.s3") == [(Decimal("1.2"), "FILLED")]
    assert world.filled("order") == [Decimal("3.2")]


@pytest.mark.parametrize(
    "pacing",
    [
        TWAP,
        {"participation": {"rate_bps": 1000, "interval_ms": 1000, "max_ms": 60_000}},
        {"iceberg": {"display_qty_1e8": e8(1)}},
    ],
)
def test_at_nothing_left_it_is_cancelled(world: World, pacing: Json):
    reduced(world, node("order", "buy", 2, price=2200, **paced(**pacing)), 2)
    assert world.statuses("order") == ["CANCELLED"]
    slices = [row["node_id"] for row in world.graph()["nodes"] if row["parent_node"]]
    assert {status for name in slices for _, status in world.orders(name)} <= {"CANCELLED"}
    world.wait(5000)
    assert world.filled("order") == [0]


def test_a_share_of_the_market_stops_at_the_smaller_total(world: World):
    keys = {"rate_bps": 5000, "interval_ms": 1000, "max_ms": 60_000}
    reduced(world, node("order", "buy", 4, **paced(participation=keys)), 1)
    world.trade(50, 2310)
    world.wait(1000)
    assert world.filled("order") == [3]
    assert world.statuses("order") == ["FILLED"]


def test_the_hidden_part_of_an_iceberg_goes_before_the_shown_one(world: World):
    world.hold(10)
    iceberg = paced(iceberg={"display_qty_1e8": e8(2)})
    other = node("other", "buy", 3, price=2300)
    order = node("order", "sell", 3, price=2320, **iceberg)
    world.submit([order, other], [edge("other", "order", "on_fill", action="reduce")])
    world.trade("0.5", 2299)
    assert world.node("order")["hidden_qty_1e8"] == e8("0.5")
    world.trade(1, 2299)
    assert world.orders("order.s1") == [(Decimal("1.5"), "ACCEPTED")]
    world.trade(50, 2321, "buy")
    assert world.statuses("order") == ["FILLED"]
    assert world.filled("order") == [Decimal("1.5")]


def test_before_it_starts_its_size_is_smaller(world: World):
    order = node("order", "buy", 4, **paced(**TWAP))
    other = node("other", "buy", 2, price=2300)
    start = node("first", "buy", 1, price=2290)
    edges = [
        edge("first", "order", "on_full_fill"),
        edge("other", "order", "on_fill", action="reduce"),
    ]
    world.submit([order, other, start], edges)
    world.trade(2, 2299)
    world.trade(2, 2289)
    for _ in range(3):
        world.wait(1000)
    assert world.filled("order") == [2]
    assert world.statuses("order") == ["FILLED"]


def test_a_slice_that_rests_is_made_smaller_and_not_made_up_for():
    world = World()
    keys = {"num_slices": 2, "interval_ms": 1000, "catch_up": "next", "slice_type": "passive"}
    world.hold(5)
    world.book(2309, 2311)
    other = node("other", "buy", 3, price=2300)
    order = node("order", "sell", 2, **paced(uniform=keys))
    world.submit([order, other], [edge("other", "order", "on_fill", action="reduce")])
    world.wait(999)
    world.trade("1.5", 2299)
    assert world.node("order")["qty_1e8"] == e8("0.5")
    assert world.statuses("order.s2") == ["SKIPPED"]
    world.wait(2000)
    assert world.filled("order") == [Decimal("0.5")]
    assert world.status == "RUNNING"


def test_a_fill_that_is_faster_than_a_reduction_stands():
    world = World("realistic")
    world.hold(5)
    world.book(2309, 2321)
    iceberg = paced(iceberg={"display_qty_1e8": e8(2)})
    order = node("order", "sell", 2, price=2320, **iceberg)
    other = node("other", "buy", 3, price=2300)
    world.submit([order, other], [edge("other", "order", "on_fill", action="reduce")])
    world.wait(2000)
    world.trade("0.5", 2299)
    while world.node("order")["qty_1e8"] == e8(2):
        world.wait(1)
    # The reduction is on its way; the venue still has all of it.
    world.trade(50, 2321, "buy")
    world.wait(2000)
    assert world.filled("order") == [2]
    assert world.statuses("order") == ["FILLED"]
    assert world.node("order")["qty_1e8"] == e8(2)
