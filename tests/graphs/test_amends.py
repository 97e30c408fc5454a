"""Changes of graphs that run: what nodes send, and what edges wait for."""

import json
from decimal import Decimal
from typing import Any

import pytest

from sequence import _core
from tests.graphs.world import FROM_EDGE, Json, World, after, at, e8, e9, edge, gives, node


def amend_edge(world: World, name: str, **change: Any) -> Json:
    keys = {key: json.dumps(value) for key, value in change.items()}
    world.recall(world.graph_id)
    row = world.engine.amend_edge(world.account, world.graph_id, name, world.now_ns, **keys)
    world.again()
    return row


def amend_node(world: World, name: str, **change: Any) -> Json:
    world.recall(world.graph_id)
    row = world.engine.amend_node(world.account, world.graph_id, name, world.now_ns, **change)
    world.again()
    return row


def test_a_smaller_total_reaches_a_ratio(world: World):
    world.submit(
        [node("spot", "buy", 10, price=2310), node("hedge", "sell", 1, "ETH-USD-PERP")],
        [edge("spot", "hedge", "on_fill_ratio", condition={"fill_ratio_gte": 0.5})],
    )
    world.trade(3, 2309)
    assert world.statuses("spot", "hedge") == ["WORKING", "WAITING"]
    amend_node(world, "spot", new_qty_1e8=e8(6))
    assert world.statuses("spot", "hedge") == ["WORKING", "FILLED"]


def test_a_ratio_that_is_reached_already_fires_at_once(world: World):
    world.submit(
        [node("spot", "buy", 10, price=2310), node("hedge", "sell", 1, "ETH-USD-PERP")],
        [edge("spot", "hedge", "on_full_fill", edge_id="e")],
    )
    world.trade(3, 2309)
    amend_edge(world, "e", trigger="on_fill_ratio", condition={"fill_ratio_gte": 0.5})
    assert world.statuses("hedge") == ["WAITING"]
    amend_edge(world, "e", condition={"fill_ratio_gte": 0.3})
    assert world.statuses("hedge") == ["FILLED"]


@pytest.mark.parametrize("trigger", ["on_accepted", "on_first_fill"])
def test_what_the_source_did_already_counts(world: World, trigger: str):
    world.submit(
        [node("spot", "buy", 10, price=2310), node("hedge", "sell", 1, "ETH-USD-PERP")],
        [edge("spot", "hedge", "on_full_fill", edge_id="e")],
    )
    world.trade(3, 2309)
    amend_edge(world, "e", trigger=trigger)
    assert world.statuses("spot", "hedge") == ["WORKING", "FILLED"]


def test_a_time_that_is_over_fires_at_once(world: World):
    world.submit(
        [node("spot", "buy", 10, price=2310), node("hedge", "sell", 1, "ETH-USD-PERP")],
        [edge("spot", "hedge", after(60_000), edge_id="e")],
    )
    world.wait(5000)
    amend_edge(world, "e", trigger=after(6000))
    assert world.statuses("hedge") == ["WAITING"]
    world.wait(1000)
    assert world.statuses("hedge") == ["FILLED"]


@pytest.mark.parametrize(
    "trigger",
    [{"at": {"ns": 1}}, after(1), at(2400, arm="on_accepted")],
    ids=["at", "timeout", "price"],
)
def test_a_word_becomes_a_time_or_a_price_that_is_there(world: World, trigger: Json):
    world.submit(
        [
            node("spot", "buy", 1),
            node("hold", "buy", 1, price=1900),
            node("exit", "sell", 1),
        ],
        [edge("hold", "exit", "on_cancel")],
    )
    world.wait(10)
    assert world.statuses("exit") == ["WAITING"]
    amend_edge(world, "e_hold_exit", trigger=trigger)
    assert world.statuses("exit") == ["FILLED"]


def test_an_edge_keeps_a_size_that_its_target_can_use(world: World):
    world.submit(
        [node("spot", "buy", 2, price=2310), node("hedge", "sell", FROM_EDGE, "ETH-USD-PERP")],
        [edge("spot", "hedge", "on_fill", edge_id="e")],
    )
    with pytest.raises(_core.Refusal) as refused:
        amend_edge(world, "e", trigger="on_full_fill")
    assert (refused.value.code, refused.value.field) == ("VALIDATION_ERROR", "trigger")
    assert world.edge("e")["version"] == 1
    world.trade(2, 2309)
    assert world.filled("hedge") == [2]


def test_a_waiting_node_sends_what_it_was_changed_to(world: World):
    world.submit(
        [node("entry", "buy", 1, price=2000), node("exit", "sell", 1, price=2500)],
        [edge("entry", "exit", "on_full_fill")],
    )
    row = amend_node(world, "exit", new_qty_1e8=e8("0.5"), price_1e9=e9(2600), expected_version=1)
    assert row["version"] == 2
    with pytest.raises(_core.Refusal, match="version"):
        amend_node(world, "exit", new_qty_1e8=e8("0.4"), expected_version=1)
    world.book(1990, 1995)
    assert world.orders("exit") == [(Decimal("0.5"), "ACCEPTED")]
    amend_node(world, "exit", price_1e9=e9(1990))
    assert world.statuses("exit") == ["FILLED"]
    with pytest.raises(_core.Refusal) as refused:
        amend_node(world, "exit", new_qty_1e8=e8(1))
    assert refused.value.code == "CONFLICT"


@pytest.mark.parametrize(
    "pacing",
    [
        {"uniform": {"num_slices": 2, "interval_ms": 1000}},
        {"profile": {"weights": [1, 1], "interval_ms": 1000}},
        {"participation": {"rate_bps": 100, "interval_ms": 1000, "max_ms": 9000}},
        {"iceberg": {"display_qty_1e8": e8(1)}},
        {"aggressive_chase": {}},
    ],
)
@pytest.mark.parametrize("waits", [False, True])
def test_a_paced_node_is_not_amended(world: World, pacing: Json, waits: bool):
    world.book(2309, 2311, ask_size=1)
    paced = node("order", "buy", 4, price=2311, execution={"pacing": pacing})
    first = [node("first", "buy", 1, price=2000)] if waits else []
    edges = [edge("first", "order", "on_full_fill")] if waits else []
    world.submit([paced, *first], edges)
    with pytest.raises(_core.Refusal) as refused:
        amend_node(world, "order", new_qty_1e8=e8(3))
    assert refused.value.code == "CONFLICT"
    assert world.node("order")["version"] == 1


def test_a_slice_that_waits_is_what_its_parent_makes_of_it(world: World):
    keys = {"num_slices": 2, "interval_ms": 1000}
    world.submit([node("order", "buy", 4, execution={"pacing": {"uniform": keys}})])
    with pytest.raises(_core.Refusal) as refused:
        amend_node(world, "order.s2", new_qty_1e8=e8(3))
    assert refused.value.code == "CONFLICT"
    world.wait(1000)
    assert world.filled("order") == [4]


def test_an_edge_of_a_finished_graph_is_not_changed(world: World):
    world.submit(
        [node("a", "buy", 1, price=2000), node("b", "sell", 1)],
        [edge("a", "b", "on_full_fill", edge_id="e")],
    )
    world.cancel()
    with pytest.raises(_core.Refusal) as refused:
        amend_edge(world, "e", trigger="on_done")
    assert refused.value.code == "CONFLICT"


def test_a_joined_node_gets_what_its_edges_give_together(world: World):
    world.submit(
        [
            node("a", "buy", 1, price=2100),
            node("b", "buy", 2, price=2000),
            node("hedge", "sell", FROM_EDGE, "ETH-USD-PERP", join="all"),
        ],
        [
            edge("a", "hedge", "on_full_fill", **gives("from_filled")),
            edge("b", "hedge", "on_full_fill", **gives("from_filled")),
        ],
    )
    world.book(2040, 2050)
    assert world.statuses("a", "b", "hedge") == ["FILLED", "WORKING", "WAITING"]
    world.book(1940, 1950)
    assert world.filled("hedge") == [3]


def test_a_join_of_one_moment_gives_everything(world: World):
    world.submit(
        [
            node("a", "buy", 1, price=2100),
            node("b", "buy", 2, price=2000),
            node("hedge", "sell", {"fixed": {"qty_1e8": e8("2.5")}}, "ETH-USD-PERP", join="all"),
        ],
        [
            edge("a", "hedge", "on_done", **gives("from_filled")),
            edge("b", "hedge", "on_done", **gives("from_filled")),
        ],
    )
    world.book(1940, 1950)
    assert world.filled("hedge") == [Decimal("2.5")]


def test_a_join_that_never_comes_together_is_skipped(world: World):
    world.submit(
        [
            node("a", "buy", 1, price=2100),
            node("b", "buy", 2, price=2000),
            node("hedge", "sell", FROM_EDGE, "ETH-USD-PERP", join="all"),
        ],
        [
            edge("a", "hedge", "on_full_fill", **gives("from_filled")),
            edge("b", "hedge", "on_full_fill", **gives("from_filled")),
        ],
    )
    world.book(2040, 2050)
    world.cancel_order("b")
    assert world.statuses("a", "b", "hedge") == ["FILLED", "CANCELLED", "SKIPPED"]
