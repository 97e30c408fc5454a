"""Orders that are spread over time."""

from decimal import Decimal

import pytest

from sequence import _core
from tests.graphs.world import (
    World,
    e8,
    e9,
    node,
    paced,
)


def test_time_slices_are_equal_lots_and_the_last_takes_the_rest(world: World):
    answer = world.submit(
        [
            node(
                "order",
                "buy",
                1,
                "BTC-USD",
                **paced(uniform={"num_slices": 3, "interval_ms": 1000}),
            )
        ]
    )
    assert (answer["node_count"], answer["edge_count"]) == (4, 3)
    assert [row["node_id"] for row in answer["orders"]] == ["order.s1"]
    world.wait(1000)
    world.wait(1000)
    sizes = [world.orders(f"order.s{number}")[0][0] for number in (1, 2, 3)]
    assert sum(sizes) == 1
    assert sizes[0] == sizes[1] <= sizes[2]
    assert world.node("order")["node_order_ids"] == []
    assert world.node("order")["kind"] == "pacing_parent"
    assert world.statuses("order", "order.s3") == ["FILLED", "FILLED"]
    assert world.status == "COMPLETED"


@pytest.mark.parametrize(("catch_up", "last"), [("none", 1), ("next", 2), ("spread", 2)])
def test_a_missed_slice_is_made_up_as_asked(world: World, catch_up: str, last: int):
    keys = {"num_slices": 3, "interval_ms": 1000, "catch_up": catch_up}
    world.submit([node("order", "buy", 3, **paced(uniform=keys))])
    world.reject_next()
    world.now_ns += 10**9
    world.engine.advance(world.now_ns)
    world.again()
    assert world.node("order.s2")["status"] == "REJECTED"
    world.wait(1000)
    assert world.orders("order.s3") == [(last, "FILLED")]
    parent = world.node("order")
    assert parent["failure_reason"] == "STALE_VENUE"
    assert parent["status"] == ("CANCELLED" if last == 1 else "FILLED")
    assert world.status == "COMPLETED"


def test_a_paced_graph_is_cancelled_between_slices(world: World):
    before = world.free()
    world.submit([node("order", "buy", 3, **paced(uniform={"num_slices": 3, "interval_ms": 1000}))])
    world.wait(1500)
    answer = world.cancel()
    assert (answer["status"], answer["already_terminal"]) == ("CANCELLED", False)
    assert world.statuses("order", "order.s2", "order.s3") == ["CANCELLED", "FILLED", "SKIPPED"]
    assert world.cancel()["already_terminal"]
    world.wait(5000)
    assert world.filled("order") == [2]
    assert before - world.free() > 2 * 2310


def test_participation_takes_its_share_of_what_trades(world: World):
    keys = {"rate_bps": 1000, "interval_ms": 1000, "max_ms": 60_000}
    world.submit([node("order", "buy", 4, "BTC-USD", **paced(participation=keys))])
    sent: list[Decimal] = []
    for volume in (12, 3, 30):
        world.trade(volume, 74_355, symbol="BTC-USD")
        world.wait(1000)
        sent.append(world.filled("order")[0])
    assert abs(sent[0] - Decimal("1.33333")) < Decimal("0.001")
    assert abs(sent[1] - Decimal("1.66666")) < Decimal("0.001")
    assert sent[2] == 4
    assert world.statuses("order") == ["FILLED"]


@pytest.mark.parametrize("finish", [False, True])
def test_participation_ends_with_its_time(world: World, finish: bool):
    keys = {"rate_bps": 1000, "interval_ms": 1000, "max_ms": 2500, "finish": finish}
    world.submit([node("order", "buy", 4, **paced(participation=keys))])
    world.trade(9, 2310)
    world.wait(3000)
    assert world.filled("order") == [4 if finish else 1]
    assert world.status == "COMPLETED"
    assert world.statuses("order") == ["FILLED" if finish else "EXPIRED"]


def test_a_profile_splits_by_cumulative_floors(world: World):
    world.submit(
        [node("order", "buy", 4, **paced(profile={"weights": [1, 2, 1], "interval_ms": 60_000}))]
    )
    world.wait(120_000)
    assert [world.filled(f"order.s{number}")[0] for number in (1, 2, 3)] == [1, 2, 1]


def test_a_slice_below_the_minimum_is_refused_and_named(world: World):
    world.engine.list_market("kraken", "ETH-USD", (None, e8("0.0001"), None, e9(5)))
    with pytest.raises(_core.Refusal) as refused:
        world.submit(
            [
                node(
                    "order",
                    "buy",
                    "0.001",
                    **paced(profile={"weights": [1, 2, 1], "interval_ms": 60_000}),
                )
            ]
        )
    assert refused.value.field == "nodes[0].execution.pacing"
    assert "slice 1" in refused.value.message
    assert world.engine.graphs(world.account)["total"] == 0


def test_an_iceberg_shows_a_piece_at_a_time():
    world = World()
    world.hold(10)
    world.book(2309, 2320, size=6)
    world.submit(
        [node("order", "sell", 10, price=2320, **paced(iceberg={"display_qty_1e8": e8(2)}))]
    )
    for size in (2, 2, 1):
        world.trade(size, 2320, "buy")
    assert world.filled("order") == [0]
    world.trade(3, 2320, "buy")
    assert world.filled("order") == [2]
    assert world.orders("order.s1") == [(2, "FILLED")]
    assert world.orders("order.s2") == [(2, "ACCEPTED")]
    assert world.node("order")["hidden_qty_1e8"] == e8(6)


def test_the_kill_switch_rejects_slices_one_by_one(world: World):
    keys = {"num_slices": 5, "interval_ms": 1000}
    world.submit([node("order", "buy", 5, **paced(uniform=keys))])
    world.wait(1000)
    world.switch(on=True)
    world.wait(1000)
    world.wait(1000)
    assert [world.node(f"order.s{n}")["failure_reason"] for n in (3, 4)] == ["KILL_SWITCH"] * 2
    world.switch(on=False)
    world.wait(1000)
    assert world.statuses("order.s4", "order.s5") == ["REJECTED", "FILLED"]
    assert world.filled("order") == [3]


def test_a_pause_keeps_what_falls_due_and_a_resume_sends_it(world: World):
    keys = {"num_slices": 7, "interval_ms": 1000}
    risk = {"on_node_reject": "pause"}
    world.submit([node("order", "buy", 7, **paced(uniform=keys))], risk=risk)
    world.wait(2000)
    world.reject_next()
    world.now_ns += 10**9
    world.engine.advance(world.now_ns)
    world.again()
    assert world.status == "PAUSED"
    assert "on_node_reject" in world.graph()["status_reason"]
    world.wait(1000)
    world.wait(1000)
    assert world.filled("order") == [3]
    world.wait(1000)
    world.resume()
    assert world.status == "COMPLETED"
    assert world.filled("order") == [6]
