"""Orders that take the best opposite price again and again."""

from decimal import Decimal

import pytest

from sequence import _core
from tests.graphs.world import World, e8, edge, node, paced

CHASE = paced(aggressive_chase={"interval_ms": 500})


def keys(**execution: object) -> dict[str, object]:
    return {"execution": CHASE["execution"] | execution}


def test_each_slice_takes_the_best_price_of_its_moment(world: World):
    world.book(2309, 2310, ask_size=1)
    world.submit([node("order", "buy", 3, **CHASE)])
    assert world.orders("order.s1") == [(3, "CANCELLED")]
    assert world.filled("order", "order.s1") == [1, 1]
    world.book(2310, 2311, ask_size="1.5")
    assert world.filled("order") == [1]
    world.wait(500)
    assert world.filled("order") == [Decimal("2.5")]
    world.book(2311, 2312, ask_size=9)
    world.wait(499)
    assert world.filled("order") == [Decimal("2.5")]
    world.wait(1)
    assert world.statuses("order") == ["FILLED"]
    assert world.status == "COMPLETED"
    paid = 2310 + Decimal("1.5") * 2311 + Decimal("0.5") * 2312
    assert world.node("order")["avg_price_1e9"] == int(paid / 3 * 10**9)
    assert world.node("order")["node_order_ids"] == []


def test_it_looks_every_quarter_of_a_second_by_default(world: World):
    world.book(2309, 2310, ask_size=1)
    world.submit([node("order", "buy", 2, **paced(aggressive_chase={}))])
    pacing = world.node("order")["execution"]["pacing"]
    assert pacing == {"aggressive_chase": {"interval_ms": 250}}
    world.book(2309, 2310, ask_size=4)
    world.wait(250)
    assert world.filled("order") == [2]


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("bound", ["limit", "slippage"])
def test_it_ends_where_the_market_leaves_its_bound(world: World, side: str, bound: str):
    world.hold(5)
    world.book(2310, 2310.5, size=1)
    far = 2311 if side == "buy" else 2309
    order = keys(max_slippage_bps=4) if bound == "slippage" else CHASE | {"price": far}
    world.submit([node("order", side, 3, **order)])
    assert world.filled("order") == [1]
    away = 5 if side == "buy" else -5
    world.book(2310 + away, 2310.5 + away)
    world.wait(500)
    assert world.status == "COMPLETED"
    assert world.statuses("order") == ["CANCELLED"]
    assert world.filled("order") == [1]


def test_its_time_ends_it():
    world = World()
    world.book(2309, 2310, ask_size=1)
    world.submit([node("order", "buy", 3, **keys(horizon_ms=1200))])
    for _ in range(3):
        world.wait(500)
    assert world.statuses("order") == ["EXPIRED"]
    assert world.filled("order") == [1]


def test_a_stale_book_is_waited_for():
    world = World()
    world.engine.set_max_age(enabled=True)
    world.book(2309, 2310, ask_size=1)
    world.submit([node("order", "buy", 2, **CHASE)])
    world.wait(60_000)
    assert world.statuses("order") == ["WORKING"]
    world.mid(2312)
    world.wait(500)
    assert world.statuses("order") == ["FILLED"]


def test_a_rest_that_no_venue_takes_ends_it(world: World):
    world.engine.list_market("kraken", "ETH-USD", (None, e8("0.001"), e8("0.5"), None))
    world.book(2309, 2310, ask_size="0.8")
    world.submit([node("order", "buy", 1, **CHASE)])
    assert world.statuses("order") == ["WORKING"]
    world.book(2309, 2310, ask_size=5)
    world.wait(500)
    assert world.statuses("order") == ["CANCELLED"]
    assert world.filled("order") == [Decimal("0.8")]


def test_a_slice_that_is_rejected_ends_it(world: World):
    world.book(2309, 2310, ask_size=1)
    world.submit([node("order", "buy", 2, **CHASE)])
    world.reject_next()
    world.wait(500)
    assert world.statuses("order", "order.s2") == ["CANCELLED", "REJECTED"]
    assert world.node("order")["failure_reason"] == "STALE_VENUE"


def test_slices_on_the_way_are_not_sent_twice():
    world = World("adversarial")
    world.submit([node("order", "buy", 1, **paced(aggressive_chase={"interval_ms": 100}))])
    for _ in range(60):
        world.wait(20)
        asked = [world.orders(row["node_id"]) for row in world.graph()["nodes"][1:]]
        alive = [qty for rows in asked for qty, status in rows if status in ("NEW", "ACCEPTED")]
        assert sum(alive) + world.filled("order")[0] <= 1
    assert world.filled("order") == [1]


def test_its_edges_see_the_sums_of_its_slices(world: World):
    world.book(2309, 2310, ask_size=1)
    hedge = node("hedge", "sell", {"from_edge": {}}, "ETH-USD-PERP")
    world.submit([node("order", "buy", 2, **CHASE), hedge], [edge("order", "hedge", "on_fill")])
    world.book(2309, 2311, ask_size=1)
    world.wait(500)
    assert world.orders("hedge") == [(1, "FILLED"), (1, "FILLED")]
    assert world.status == "COMPLETED"


@pytest.mark.parametrize("tif", ["fok", "post_only"])
def test_a_time_in_force_that_cannot_be_is_refused(world: World, tif: str):
    with pytest.raises(_core.Refusal) as refused:
        world.submit([node("order", "buy", 1, price=2300, **keys(tif=tif))])
    assert refused.value.field == "nodes[0].execution.tif"
    assert world.engine.graphs(world.account)["total"] == 0


def test_without_a_book_there_is_nothing_to_chase(world: World):
    world.engine.list_market("kraken", "SOL-USD", (None, e8("0.01"), None, None))
    world.submit(
        [node("late", "buy", 1, "SOL-USD", **CHASE), node("first", "buy", 1)],
        [edge("first", "late", "on_full_fill")],
    )
    assert world.node("late")["failure_reason"] == "STALE_VENUE"
