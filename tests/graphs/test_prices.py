"""Which price a trigger looks at, and when it is to be trusted."""

import pytest

from sequence import _core
from tests.graphs.world import START_NS, Json, World, at, e8, e9, edge, node, paced


def stop(world: World, trigger: Json) -> None:
    world.hold(1)
    world.submit([node("stop", "sell", 1)], [edge("@start", "stop", trigger, edge_id="e")])


@pytest.mark.parametrize(
    ("reference", "bid", "ask", "fires"),
    [
        ("mid", 2198, 2204, False),
        ("mid", 2196, 2204, True),
        ("bid", 2201, 2230, False),
        ("bid", 2200, 2230, True),
        ("ask", 2100, 2201, False),
        ("ask", 2100, 2200, True),
    ],
)
def test_a_side_or_the_middle_of_the_book(
    world: World, reference: str, bid: float, ask: float, fires: bool
):
    stop(world, at(2200, reference=reference))
    world.book(bid, ask)
    assert world.statuses("stop") == ["FILLED" if fires else "WAITING"]


def test_the_last_trade():
    # A restart keeps no trades.
    world = World()
    stop(world, at(2200, reference="last"))
    world.mid(2190)
    assert world.statuses("stop") == ["WAITING"]
    world.trade(1, 2201)
    assert world.statuses("stop") == ["WAITING"]
    world.trade(1, 2200)
    assert world.statuses("stop") == ["FILLED"]


def test_the_mark():
    world = World()
    stop(world, at(2200, reference="mark"))
    world.mid(2201)
    assert world.statuses("stop") == ["WAITING"]
    world.mid(2190)
    assert world.statuses("stop") == ["FILLED"]


def test_one_venue_and_all_of_them(world: World):
    world.book(2309, 2311, venue="coinbase")
    world.hold(1)
    world.submit(
        [node("one", "sell", 1), node("all", "sell", 1)],
        [
            edge("@start", "one", at(2305, venue="coinbase")),
            edge("@start", "all", at(2305)),
        ],
    )
    world.book(2300, 2302, venue="coinbase", size=5)
    # The best bid of all is kraken's, the best ask coinbase's: half way between them is 2305.75.
    assert world.statuses("one", "all") == ["FILLED", "WAITING"]


def test_a_stale_book_fires_nothing_and_spends_nothing():
    world = World()
    world.engine.set_max_age(enabled=True)
    stop(world, at(2400, above=True))
    world.wait(3_600_000)
    assert world.statuses("stop") == ["WAITING"]
    assert world.edge("e")["spent"] is False
    world.mid(2401)
    assert world.statuses("stop") == ["FILLED"]


@pytest.mark.parametrize(("delay_ms", "before"), [(1500, "WAITING"), (-5, "FILLED")])
def test_a_time_of_the_day(world: World, delay_ms: int, before: str):
    trigger = {"at": {"ns": START_NS + delay_ms * 10**6}}
    world.submit([node("order", "buy", 1)], [edge("@start", "order", trigger)])
    assert world.statuses("order") == [before]
    world.wait(1499)
    assert world.statuses("order") == [before]
    world.wait(1)
    assert world.statuses("order") == ["FILLED"]


def test_a_trail_waits_for_its_activation(world: World):
    trail = {"on_trail": {"distance_1e9": e9(10), "side": "above", "activate_1e9": e9(2290)}}
    world.submit([node("order", "buy", 1)], [edge("@start", "order", trail, edge_id="t")])
    for price in (2300, 2311, 2291):
        world.mid(price)
    assert world.edge("t")["best_1e9"] is None
    for price in (2289, 2280, 2289):
        world.mid(price)
        assert world.statuses("order") == ["WAITING"]
    assert world.edge("t")["best_1e9"] == e9(2280)
    world.mid(2290)
    assert world.statuses("order") == ["FILLED"]


def test_slices_come_early_or_late_by_the_jitter_and_the_same_each_time():
    times: list[list[int]] = []
    for _ in range(2):
        world = World()
        keys = {"num_slices": 20, "interval_ms": 1000, "jitter_pct": 50}
        world.submit([node("order", "buy", 20, **paced(uniform=keys))], graph_id="same")
        world.wait(30_000)
        rows = [row for row in world.graph()["nodes"] if row["parent_node"]]
        times.append([row["activated_unix_ns"] - START_NS for row in rows])
        assert world.status == "COMPLETED"
    assert times[0] == times[1]
    off = [at_ns - number * 10**9 for number, at_ns in enumerate(times[0])]
    assert off[0] == 0
    assert max(map(abs, off)) <= 500 * 10**6
    assert len(set(off)) > 10
    assert times[0] == sorted(times[0])


def test_a_passive_slice_rests_then_crosses(world: World):
    keys = {"num_slices": 2, "interval_ms": 2000, "slice_type": "passive", "passive_ms": 500}
    world.submit([node("order", "buy", 2, **paced(uniform=keys))])
    assert world.orders("order.s1") == [(1, "ACCEPTED")]
    world.wait(499)
    assert world.filled("order") == [0]
    world.wait(1)
    assert world.orders("order.s1") == [(1, "CANCELLED"), (1, "FILLED")]
    assert world.statuses("order.s1") == ["FILLED"]
    world.wait(1500)
    world.trade(5, 2309)
    assert world.orders("order.s2") == [(1, "FILLED")]
    assert world.status == "COMPLETED"


def test_a_slice_that_chases_takes_the_best_price_again_and_again():
    world = World()
    world.book(2309, 2310, size="0.4")
    keys = paced(uniform={"num_slices": 2, "interval_ms": 2000})
    keys["execution"]["policy"] = "aggressive_chase"
    world.submit([node("order", "buy", 2, **keys)])
    for step, filled in enumerate(("0.4", "0.8", "1"), start=1):
        assert world.node("order")["filled_qty_1e8"] == e8(filled)
        world.book(2309, 2310 + step, size="0.4")
        world.wait(250)
    assert world.statuses("order.s1") == ["FILLED"]


def test_a_price_off_the_grid_of_its_venue_is_refused_and_nothing_is_kept(world: World):
    world.engine.list_market("kraken", "ETH-USD", (e9("0.01"), None, None, None))
    with pytest.raises(_core.Refusal) as refused:
        world.submit(
            [node("a", "buy", 1), node("b", "sell", 1, price="2400.001")],
            [edge("a", "b", "on_full_fill")],
        )
    assert refused.value.field == "nodes[1].order_type.limit.price_1e9"
    assert world.engine.graphs(world.account)["total"] == 0


def test_a_worst_price_of_a_peg_is_on_the_grid_of_its_venue(world: World):
    peg = {"order_type": {"peg": {"to": "bid", "limit_1e9": e9(2300) + 1}}}
    first = node("first", "buy", 1, price=2000)
    for nodes, edges in (
        ([node("a", "buy", 1, **peg)], []),
        ([first, node("a", "buy", 1, **peg)], [edge("first", "a", "on_full_fill")]),
    ):
        with pytest.raises(_core.Refusal) as refused:
            world.submit(nodes, edges)
        assert refused.value.field == f"nodes[{len(nodes) - 1}].order_type.peg.limit_1e9"
        assert "tick" in refused.value.message
    assert world.engine.graphs(world.account)["total"] == 0


def test_a_lone_node_that_waits_for_nothing_is_refused(world: World):
    with pytest.raises(_core.Refusal) as refused:
        world.submit([node("a", "buy", 1, activation="wait")])
    assert refused.value.field == "nodes[0].activation"


def test_an_edge_that_gives_less_than_a_lot_once_is_refused(world: World):
    target = node("b", "sell", {"from_edge": {}})
    gives = {"sizing": {"fixed": {"qty_1e8": 1}}}
    with pytest.raises(_core.Refusal) as refused:
        world.submit([node("a", "buy", 1), target], [edge("a", "b", "on_full_fill", **gives)])
    assert refused.value.field == "edges[0].sizing.fixed.qty_1e8"
    assert "lot" in refused.value.message
    assert world.engine.graphs(world.account)["total"] == 0
