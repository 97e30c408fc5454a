"""What graphs reserve and what stops them."""

import pytest

from tests.graphs.world import (
    World,
    e8,
    e9,
    edge,
    node,
)


def test_roots_reserve_together_or_not_at_all(world: World):
    before = world.free()
    answer = world.submit([node("a", "buy", 1, price=2000), node("b", "buy", 9_000, price=2000)])
    assert answer["status"] == "REJECTED"
    rows = {row["node_id"]: row for row in answer["orders"]}
    assert (rows["b"]["status"], rows["b"]["failure_reason"]) == (
        "REJECTED",
        "INSUFFICIENT_BALANCE",
    )
    assert (rows["a"]["status"], rows["a"]["done_reason"]) == ("CANCELLED", "ROOT_REJECTED")
    assert "root b" in rows["a"]["failure_message"]
    assert world.free() == before


def test_a_wait_node_reserves_with_the_roots(world: World):
    before = world.free()
    hedge = node("hedge", "buy", 1, price=2000, execution={"reserve": "at_submit"})
    world.submit(
        [node("root", "buy", 1, price=1900), hedge], [edge("root", "hedge", "on_full_fill")]
    )
    held = before - world.free()
    assert held > 1900 + 2000
    world.book(1880, 1890)
    assert world.statuses("root", "hedge") == ["FILLED", "FILLED"]


def test_a_cancel_frees_what_a_waiting_node_holds(world: World):
    before = world.free()
    hedge = node("hedge", "buy", 1, price=2000, execution={"reserve": "at_submit"})
    world.submit(
        [node("root", "buy", 1, price=1900), hedge], [edge("root", "hedge", "on_full_fill")]
    )
    world.cancel()
    assert world.free() == before
    assert world.statuses("root", "hedge") == ["CANCELLED", "SKIPPED"]


def test_a_loss_is_stopped_and_flattened(world: World):
    risk = {"max_loss_1e9": e9(100), "on_runtime_breach": "flatten"}
    world.submit(
        [node("in", "buy", 1), node("tp", "sell", 1, price=2400)],
        [edge("in", "tp", "on_full_fill")],
        risk=risk,
    )
    world.mid("2290")
    assert world.status == "RUNNING"
    world.wait(1500)
    world.mid("2200")
    world.wait(1000)
    assert world.status == "FAILED"
    assert world.graph()["status_reason"].startswith("max_loss_usd: -1")
    assert world.statuses("tp", "flatten.1") == ["CANCELLED", "FILLED"]
    assert world.node("flatten.1")["side"] == "sell"


def test_a_graph_lives_as_long_as_it_may(world: World):
    world.submit([node("order", "buy", 1, price=2000)], risk={"max_duration_ms": 1000})
    world.wait(999)
    assert world.status == "RUNNING"
    world.wait(1)
    assert world.status == "FAILED"
    assert world.graph()["status_reason"] == "max_duration_ms"
    assert world.statuses("order") == ["CANCELLED"]


@pytest.mark.parametrize(("grace_ms", "status"), [(0, "FAILED"), (1000, "COMPLETED")])
def test_a_hedge_has_a_moment_before_the_limit_counts(world: World, grace_ms: int, status: str):
    risk = {"max_unhedged_1e8": e8("0.5"), "unhedged_grace_ms": grace_ms}
    world.submit(
        [node("spot", "buy", 1), node("hedge", "sell", 1, "ETH-USD-PERP", price=2311)],
        [edge("spot", "hedge", "on_full_fill")],
        risk=risk,
    )
    if grace_ms:
        world.book(2311, 2312, "ETH-USD-PERP")
        world.trade(5, 2312, "buy", "ETH-USD-PERP")
        world.wait(2000)
    assert world.status == status


def test_what_stays_unhedged_ends_the_graph_after_its_grace(world: World):
    world.submit(
        [node("spot", "buy", 1), node("hedge", "sell", 1, "ETH-USD-PERP", price=2400)],
        [edge("spot", "hedge", "on_full_fill")],
        risk={"max_unhedged_1e8": e8("0.5"), "unhedged_grace_ms": 1000},
    )
    world.wait(999)
    assert world.status == "RUNNING"
    world.wait(1)
    assert world.status == "FAILED"
    assert world.graph()["status_reason"] == "max_unhedged_qty: 1 ETH"
