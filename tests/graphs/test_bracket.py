"""A bracket from its entry to its end, an id sent again, and what a reset leaves."""

from decimal import Decimal
from typing import Any

import pytest

from sequence import _core
from tests.graphs.world import (
    FROM_EDGE,
    Json,
    World,
    at,
    e8,
    e9,
    edge,
    gives,
    node,
)


def bracket(**entry: Any) -> tuple[list[Json], list[Json]]:
    nodes = [
        node("entry", "buy", 1, **entry),
        node("tp", "sell", 1, price=2400),
        node("sl", "sell", FROM_EDGE),
    ]
    edges = [
        edge("entry", "tp", "on_full_fill", edge_id="arm"),
        edge("entry", "tp", at(2200), action="cancel", edge_id="stop_cancels_tp"),
        edge("tp", "sl", "on_cancel", condition={"price_lte_1e9": e9(2200)}, **gives("remaining")),
    ]
    return nodes, edges


def test_a_bracket_stops_first(world: World):
    world.submit(*bracket())
    assert world.statuses("entry", "tp", "sl") == ["FILLED", "WORKING", "WAITING"]
    world.mid(2195)
    assert world.statuses("entry", "tp", "sl") == ["FILLED", "CANCELLED", "FILLED"]
    tp = world.engine.order(world.account, f"graph:{world.graph_id}:tp:1")
    assert tp["done_reason"] == "GRAPH_CANCELLED"
    assert world.status == "COMPLETED"


def test_a_bracket_sells_what_the_profit_left(world: World):
    world.submit(*bracket())
    world.book(2390, 2410)
    world.trade("0.4", 2400, "buy")
    assert world.filled("tp") == [Decimal("0.4")]
    world.mid(2199)
    assert world.filled("tp", "sl") == [Decimal("0.4"), Decimal("0.6")]


def test_a_hand_made_cancel_sells_nothing(world: World):
    world.submit(*bracket())
    world.cancel_order("tp")
    assert world.statuses("tp", "sl") == ["CANCELLED", "SKIPPED"]
    assert world.status == "CANCELLED"


def test_a_fill_that_beats_the_cancel_skips_the_stop():
    world = World("realistic")
    world.submit(*bracket())
    world.wait(3000)
    assert world.statuses("entry", "tp") == ["FILLED", "WORKING"]
    world.book(2390, 2410, size="0.0001")
    world.wait(1000)
    world.mid(2195)
    world.book(2401, 2410)
    world.trade(5, 2401, "buy")
    world.wait(5000)
    assert world.statuses("tp", "sl") == ["FILLED", "SKIPPED"]
    assert world.status == "COMPLETED"


def test_a_known_id_gives_the_first_answer(world: World):
    nodes, edges = bracket()
    first = world.submit(nodes, edges, graph_id="mine")
    world.mid(2195)
    assert world.submit(nodes, edges, graph_id="mine") == first
    with pytest.raises(_core.Refusal, match="graph_id"):
        world.submit(nodes[:2], edges[:1], graph_id="mine")
    assert world.engine.graphs(world.account)["total"] == 1


def test_a_reset_ends_graphs_and_starts_nothing(world: World):
    world.submit(*bracket())
    world.engine.reset(world.account, e8(1_000), world.now_ns)
    world.again()
    with pytest.raises(_core.Refusal, match="no order or graph"):
        world.graph()
    world.mid(2195)
    assert world.engine.fills(world.account)["total"] == 0
