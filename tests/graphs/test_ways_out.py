"""What undoes a graph gets its way past own orders, and its owner is told what is left."""

from decimal import Decimal

import pytest

from sequence.errors import ValidationError
from sequence.sandbox import Sandbox
from tests.graphs.world import Json, World, e9, edge, node

LOSS = {"max_loss_1e9": e9(100), "on_runtime_breach": "flatten"}


def enter(world: World, side: str = "buy", symbol: str = "ETH-USD") -> None:
    """A graph that holds one unit, with an exit far away."""
    back, price = ("sell", 2_800) if side == "buy" else ("buy", 1_800)
    nodes = [node("in", side, 1, symbol), node("tp", back, 1, symbol, price)]
    world.submit(nodes, [edge("in", "tp", "on_full_fill")], risk=LOSS)


def order_of(world: World, answer: Json) -> tuple[str, str | None]:
    world.recall(answer["graph_id"])
    row = world.engine.order(world.account, answer["orders"][0]["node_order_id"])
    return row["status"], row["done_reason"]


@pytest.mark.parametrize(
    ("side", "price", "symbol"),
    [
        ("buy", 2_205, "ETH-USD"),
        ("buy", 2_205, "ETH-USD-PERP"),
        ("sell", 2_415, "ETH-USD-PERP"),
    ],
)
def test_own_orders_in_the_way_are_cancelled(world: World, side: str, price: int, symbol: str):
    """The graph lost on one side; an order on that side would be met first on the way out."""
    venue = "hyperliquid" if symbol.endswith("-PERP") else "kraken"
    enter(world, side, symbol)
    near = world.order(side, 5, price, symbol, venue)
    far = world.order(side, 5, price - 50 if side == "buy" else price + 50, symbol, venue)
    world.mid(price, symbol)
    world.wait(1500)
    assert (world.status, world.filled("flatten.1")) == ("FAILED", [1])
    assert order_of(world, near) == ("CANCELLED", "SELF_TRADE")
    assert order_of(world, far) == ("ACCEPTED", None)


def test_an_own_order_in_the_way_is_cancelled_where_the_venue_is_far():
    world = World("realistic", restarts=True)
    enter(world)
    near = world.order("buy", 5, 2_205)
    world.wait(1000)
    for _ in range(5):
        world.mid(2205)
        world.wait(1000)
    assert (world.status, world.filled("flatten.1")) == ("FAILED", [1])
    assert order_of(world, near) == ("CANCELLED", "SELF_TRADE")


def test_an_order_of_a_client_still_stops_at_an_own_one(world: World):
    world.hold(1)
    resting = world.order("buy", 5, 2_310)
    taking = world.order("sell", 1)
    assert order_of(world, taking) == ("CANCELLED", "SELF_TRADE")
    assert order_of(world, resting) == ("ACCEPTED", None)


def test_what_could_not_be_undone_is_said(world: World):
    enter(world)
    world.mid(2205, size="0.4")
    world.wait(1500)
    assert (world.status, world.filled("flatten.1")) == ("FAILED", [Decimal("0.4")])
    reason = world.graph()["status_reason"]
    assert reason.startswith("max_loss_usd: -11")
    assert reason.endswith("; flatten.1 left 0.6 ETH-USD")


def test_a_kill_switch_leaves_all_of_it_and_that_is_said(world: World):
    enter(world)
    world.switch(on=True)
    world.mid(2205)
    world.wait(1500)
    assert world.statuses("flatten.1") == ["REJECTED"]
    assert world.graph()["status_reason"].endswith("; flatten.1 left 1 ETH-USD")


def test_no_node_of_a_client_has_the_name_of_what_undoes_a_graph():
    with Sandbox(clock="manual", preset="instant") as sandbox:
        client = sandbox.client()
        rows = [
            {"node_id": name, "instrument": {"symbol": "BTC-USD"}, "side": "buy"}
            | {"quantity": {"fixed": {"qty_1e8": 10**8}}}
            for name in ("flatten.1", "flatten.x")
        ]
        with pytest.raises(ValidationError, match=r"nodes\[0\].node_id: must not be flatten\."):
            client.submit_graph(rows)
