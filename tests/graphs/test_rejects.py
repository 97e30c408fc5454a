"""What a graph's owner wants of a rejected order: go on, end all, or undo what was filled."""

from decimal import Decimal

import pytest

from tests.graphs.world import Json, World, after, edge, node, paced


def entered(world: World, action: str, **target: object) -> None:
    """Long 1 with a take-profit at rest; a second order comes a second later and is rejected."""
    nodes = [
        node("in", "buy", 1),
        node("tp", "sell", 1, price=2400),
        node("late", "buy", 2, **target),
    ]
    edges = [edge("in", "tp", "on_full_fill"), edge("in", "late", after(1000))]
    world.submit(nodes, edges, risk={"on_node_reject": action})
    assert world.statuses("in", "tp", "late") == ["FILLED", "WORKING", "WAITING"]
    world.reject_next()
    world.wait(1000)
    assert world.node("late")["failure_reason"] == "STALE_VENUE"


def names(world: World) -> list[str]:
    return [row["node_id"] for row in world.graph()["nodes"]]


def test_a_rejected_order_ends_the_others_and_keeps_what_was_filled(world: World):
    entered(world, "cancel_all")
    assert world.status == "FAILED"
    assert world.graph()["status_reason"] == "on_node_reject: late STALE_VENUE"
    assert world.statuses("in", "tp", "late") == ["FILLED", "CANCELLED", "REJECTED"]
    assert names(world) == ["in", "tp", "late"]
    # What the take-profit held is free again.
    assert world.free("ETH") == 1


def test_a_rejected_order_flattens_what_was_filled(world: World):
    entered(world, "flatten")
    assert world.status == "FAILED"
    assert world.graph()["status_reason"] == "on_node_reject: late STALE_VENUE"
    assert world.statuses("in", "tp", "late") == ["FILLED", "CANCELLED", "REJECTED"]
    assert names(world)[3:] == ["flatten.1"]
    assert world.node("flatten.1")["side"] == "sell"
    assert world.filled("flatten.1") == [1]


def test_a_rejected_order_is_let_go_where_the_graph_goes_on(world: World):
    entered(world, "continue")
    assert (world.status, world.statuses("tp")) == ("RUNNING", ["WORKING"])


@pytest.mark.parametrize("action", ["cancel_all", "flatten"])
def test_nothing_filled_leaves_nothing_to_flatten(world: World, action: str):
    nodes = [node("rest", "buy", 1, price=2000), node("late", "buy", 1)]
    edges = [edge("@start", "late", after(1000))]
    world.submit(nodes, edges, risk={"on_node_reject": action})
    world.reject_next()
    world.wait(1000)
    assert (world.status, names(world)) == ("FAILED", ["rest", "late"])
    assert world.statuses("rest", "late") == ["CANCELLED", "REJECTED"]


@pytest.mark.parametrize(("action", "undone"), [("cancel_all", 0), ("flatten", 3)])
def test_a_rejected_slice_is_a_rejected_order(world: World, action: str, undone: int):
    keys = {"num_slices": 7, "interval_ms": 1000}
    world.submit([node("order", "buy", 7, **paced(uniform=keys))], risk={"on_node_reject": action})
    world.wait(2000)
    world.reject_next()
    world.wait(1000)
    world.wait(5000)
    assert (world.status, world.filled("order")) == ("FAILED", [3])
    assert world.graph()["status_reason"] == "on_node_reject: order.s4 STALE_VENUE"
    flat = [row for row in world.graph()["nodes"] if row["node_id"].startswith("flatten")]
    assert sum(row["filled_qty_1e8"] for row in flat) == undone * 10**8


def test_what_fills_while_it_is_cancelled_is_flattened_too():
    world = World("realistic")
    nodes: list[Json] = [
        node("in", "buy", 1),
        node("rest", "buy", 2, price=2300),
        node("late", "buy", 1),
    ]
    edges = [edge("in", "late", after(10_000))]
    world.submit(nodes, edges, risk={"on_node_reject": "flatten"})
    for _ in range(8):
        world.wait(500)
    assert world.statuses("in", "rest") == ["FILLED", "WORKING"]
    world.reject_next()
    while world.node("late")["status"] == "WAITING":
        world.wait(100)
    world.book(2298, 2299, ask_size="0.5")
    for _ in range(10):
        world.wait(500)
    [bought, more] = world.filled("in", "rest")
    assert (world.status, bought) == ("FAILED", Decimal(1))
    assert more < 2
    assert world.filled("flatten.1") == [bought + more]


@pytest.mark.parametrize("at_once", [False, True])
def test_what_a_pause_kept_ends_with_the_graph(world: World, at_once: bool):
    world.submit(
        [node("late", "buy", 1), node("a", "buy", 1, price=2300), node("b", "buy", 1, price=2290)],
        [edge("@start", "late", after(1000)), edge("a", "b", "on_full_fill", action="cancel")],
        risk={"on_node_reject": "pause"},
    )
    world.reject_next()
    world.wait(1000)
    assert world.status == "PAUSED"
    if not at_once:
        world.trade(5, 2295)
        assert world.statuses("a", "b") == ["FILLED", "WORKING"]
    world.trade(5, 2280)
    assert world.statuses("a", "b") == ["FILLED", "FILLED"]
    assert world.status == "COMPLETED"


def test_a_pause_in_which_nothing_fell_due_changes_nothing(world: World):
    ends: list[list[Json]] = []
    for action in ("pause", "continue"):
        life = World(restarts=world.restarts)
        life.submit(
            [
                node("late", "buy", 1),
                node("order", "buy", 4, **paced(uniform={"num_slices": 4, "interval_ms": 1000})),
                node("tp", "sell", {"from_edge": {}}, price=2400),
            ],
            [edge("@start", "late", after(500)), edge("order", "tp", "on_fill")],
            risk={"on_node_reject": action},
            graph_id="g",
        )
        life.reject_next()
        life.wait(500)
        assert life.statuses("late") == ["REJECTED"]
        life.wait(300)
        if action == "pause":
            assert life.status == "PAUSED"
            life.resume()
        for _ in range(3):
            life.wait(1000)
        life.trade(50, 2401, "buy")
        assert life.status == "COMPLETED"
        ends.append(
            [{k: v for k, v in row.items() if k != "version"} for row in life.graph()["nodes"]]
        )
    assert ends[0] == ends[1]
