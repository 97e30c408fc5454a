"""Graphs whose orders and cancels are under way when something else happens."""

from decimal import Decimal

import pytest

from tests.graphs.world import FROM_EDGE, Json, World, at, e8, e9, edge, gives, node, paced


def bracket(**entry: object) -> tuple[list[Json], list[Json]]:
    """What `client.bracket` sends for an entry at a limit price."""
    nodes = [
        node("entry", "buy", 1, **entry),
        node("tp", "sell", FROM_EDGE, price=2400),
        node("sl", "sell", FROM_EDGE),
    ]
    armed = at(2200, arm="on_first_fill")
    near = {"price_lte_1e9": e9(2300)}
    edges = [
        edge("entry", "tp", "on_fill", edge_id="arm", **gives("from_fill")),
        edge("@start", "entry", at(2200), action="cancel", edge_id="stop_entry"),
        edge("entry", "tp", armed, action="cancel", edge_id="stop_hit"),
        edge("tp", "sl", "on_cancel", condition=near, **gives("remaining")),
    ]
    return nodes, edges


def until_quiet(world: World) -> None:
    for _ in range(8):
        world.wait(500)


def test_a_fill_that_beats_the_cancel_of_its_entry_is_stopped_out_too():
    world = World("realistic")
    world.submit(*bracket(price=2300))
    until_quiet(world)
    world.book(2299, 2301)
    world.trade("0.5", 2299)
    until_quiet(world)
    assert world.orders("tp") == [(Decimal("0.5"), "ACCEPTED")]
    # The stop is reached; before the venue hears of it, the entry fills some more.
    world.book(2194, 2196, ask_size="0.3")
    until_quiet(world)
    assert world.statuses("entry", "tp") == ["CANCELLED", "CANCELLED"]
    [bought, sold, stopped] = world.filled("entry", "tp", "sl")
    assert bought == Decimal("0.8")
    assert sold + stopped == bought


def test_an_entry_that_fills_beyond_its_stop_is_stopped_out(world: World):
    world.submit(*bracket(price=2300))
    world.mid(2190)
    assert world.filled("entry", "tp", "sl") == [1, 0, 1]
    assert world.statuses("tp", "sl") == ["CANCELLED", "FILLED"]
    assert world.status == "COMPLETED"


@pytest.mark.parametrize("by_edge", [False, True])
def test_a_share_of_the_market_that_is_cancelled_sends_nothing_more(by_edge: bool):
    world = World("realistic")
    keys = {"rate_bps": 5000, "interval_ms": 100, "max_ms": 60_000}
    nodes = [node("order", "buy", 100, **paced(participation=keys))]
    edges = []
    if by_edge:
        edges.append(edge("@start", "order", at(2200), action="cancel"))
    world.submit(nodes, edges)
    world.trade(5, 2309)
    world.wait(101)
    count = world.graph()["node_count"]
    assert count > 1
    assert world.orders("order.s1")[0][1] not in ("FILLED", "CANCELLED")
    if by_edge:
        world.mid(2199)
    else:
        world.cancel()
    world.trade(5, 2309)
    for _ in range(30):
        world.wait(100)
    assert world.graph()["node_count"] == count
    assert world.statuses("order")[0] in ("CANCELLED", "FILLED")


def test_who_cancels_a_graph_that_is_flattened_leaves_no_position():
    world = World("realistic")
    risk = {"max_duration_ms": 10_000, "on_runtime_breach": "flatten"}
    world.submit(
        [node("in", "buy", 1), node("rest", "buy", 1, price=2000)],
        [edge("in", "rest", "on_full_fill")],
        risk=risk,
    )
    until_quiet(world)
    assert world.statuses("in", "rest") == ["FILLED", "WORKING"]
    world.wait(6000)
    assert world.graph()["status_reason"] == "max_duration_ms"
    assert world.status == "RUNNING"
    world.cancel()
    until_quiet(world)
    assert world.status == "FAILED"
    assert world.filled("flatten.1") == [1]


def test_a_market_entry_whose_stop_is_met_on_the_way_is_stopped_out():
    world = World("realistic")
    nodes = [
        node("entry", "buy", 1),
        node("tp", "sell", FROM_EDGE, price=2400),
        node("sl", "sell", FROM_EDGE),
    ]
    edges = [
        edge("entry", "tp", "on_done", edge_id="arm", **gives("from_filled")),
        edge("@start", "entry", at(2250), action="cancel", edge_id="stop_entry"),
        edge("entry", "tp", at(2250, arm="on_first_fill"), action="cancel", edge_id="stop_hit"),
        edge("tp", "sl", "on_cancel", condition={"price_lte_1e9": e9(2300)}, **gives("remaining")),
    ]
    world.submit(nodes, edges)
    world.mid(2240)
    until_quiet(world)
    [bought, sold, stopped] = world.filled("entry", "tp", "sl")
    assert sold + stopped == bought
    assert e8(bought) == sum(row["filled_qty_1e8"] for row in world.graph()["nodes"][:1])
