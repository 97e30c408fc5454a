"""Graphs whose times and prices come while nothing runs."""

from pathlib import Path

import pytest

from sequence import START, Node, Trigger
from sequence.sandbox import Sandbox
from tests.graphs.world import World, after, at, edge, node, paced


def stopped(world: World, ms: float) -> None:
    """The process is gone for so long; the next one has no books."""
    kept, world.books = world.books, []
    world.now_ns += int(ms * 10**6)
    world.again()
    world.books = kept


def test_what_fell_due_is_sent_at_the_start_once_and_in_order():
    world = World(restarts=True)
    world.submit(
        [node("late", "buy", 2), node("early", "buy", 1), node("much", "buy", 3)],
        [
            edge("@start", "late", after(2000)),
            edge("@start", "early", after(1000)),
            edge("@start", "much", after(60_000)),
        ],
    )
    stopped(world, 5000)
    assert world.statuses("late", "early") == ["WAITING", "WAITING"]
    world.mid(2310)
    assert world.statuses("late", "early", "much") == ["FILLED", "FILLED", "WAITING"]
    numbers = [
        world.engine.order(world.account, f"graph:{world.graph_id}:{name}:1")["created_seq"]
        for name in ("early", "late")
    ]
    assert numbers == sorted(numbers)
    world.wait(55_000)
    assert world.status == "COMPLETED"


def test_slices_that_fell_due_wait_for_their_book():
    world = World(restarts=True)
    world.submit([node("order", "buy", 4, **paced(uniform={"num_slices": 4, "interval_ms": 1000}))])
    stopped(world, 2500)
    assert world.filled("order") == [1]
    world.mid(2310)
    assert world.filled("order") == [3]
    world.wait(500)
    assert world.status == "COMPLETED"
    assert world.filled("order") == [4]


def test_a_resting_order_that_fell_due_needs_no_book():
    world = World(restarts=True)
    world.submit([node("order", "buy", 1, price=2000)], [edge("@start", "order", after(1000))])
    stopped(world, 2000)
    world.engine.advance(world.now_ns)
    assert world.statuses("order") == ["WORKING"]


def test_a_book_that_never_comes_is_waited_for_ten_seconds():
    world = World(restarts=True)
    world.submit([node("order", "buy", 1)], [edge("@start", "order", after(1000))])
    stopped(world, 2000)
    world.restarts = False
    world.wait(9_999)
    assert world.statuses("order") == ["WAITING"]
    world.wait(1)
    assert world.statuses("order") == ["REJECTED"]
    assert world.node("order")["failure_reason"] == "STALE_VENUE"


def test_what_is_to_be_flattened_waits_for_its_book():
    world = World(restarts=True)
    risk = {"max_duration_ms": 1000, "on_runtime_breach": "flatten"}
    world.submit(
        [node("in", "buy", 1), node("tp", "sell", 1, price=2500)],
        [edge("in", "tp", "on_full_fill")],
        risk=risk,
    )
    stopped(world, 5000)
    assert world.status == "RUNNING"
    world.mid(2310)
    assert world.status == "FAILED"
    assert world.statuses("tp", "flatten.1") == ["CANCELLED", "FILLED"]


@pytest.mark.parametrize("trail", [False, True])
def test_a_stop_looks_at_the_first_book(tmp_path: Path, trail: bool):
    path = tmp_path / "graphs.db"

    def opened() -> Sandbox:
        return Sandbox(preset="instant", market="manual", clock="manual", store=path)

    def book(sandbox: Sandbox, price: float) -> None:
        sandbox.market.snapshot("kraken", "ETH-USD", [(price - 0.5, 500)], [(price + 0.5, 500)])

    with opened() as sandbox:
        book(sandbox, 2310)
        client = sandbox.client()
        trigger = Trigger.trail_below(bps=100) if trail else Trigger.price_at_most(2200)
        graph = client.graph().node("stop", Node.sell("ETH-USD", 1).venue("kraken"))
        client.buy("ETH-USD", 1, venue="kraken")
        graph_id = graph.edge(START, "stop", trigger).submit().graph_id
        book(sandbox, 2400)
    with opened() as sandbox:
        book(sandbox, 2190)
        assert sandbox.client().graph_status(graph_id).status == "COMPLETED"


def test_an_iceberg_goes_on_piece_by_piece(world: World):
    world.hold(5)
    iceberg = {"display_qty_1e8": 200_000_000}
    world.submit([node("order", "sell", 5, price=2320, **paced(iceberg=iceberg))])
    for filled in (2, 4, 5):
        world.trade(50, 2321, "buy")
        assert world.filled("order") == [filled]
    assert world.status == "COMPLETED"


def test_a_price_that_is_there_already_fires_at_once(world: World):
    world.hold(1)
    world.submit([node("stop", "sell", 1)], [edge("@start", "stop", at(2400))])
    assert world.statuses("stop") == ["FILLED"]


def test_what_is_being_flattened_when_the_process_ends_waits_for_its_book():
    world = World("realistic", restarts=True)
    world.restarts = False
    risk = {"on_node_reject": "flatten"}
    nodes = [node("in", "buy", 1), node("rest", "buy", 1, price=2300), node("late", "buy", 1)]
    world.submit(nodes, [edge("in", "late", after(2000))], risk=risk)
    world.wait(1500)
    assert world.filled("in") == [1]
    world.reject_next()
    world.wait(501)
    # The resting order is being cancelled; its venue has not answered yet.
    assert world.statuses("late", "rest") == ["REJECTED", "WORKING"]
    world.restarts = True
    stopped(world, 3000)
    world.restarts = False
    world.wait(4000)
    assert world.statuses("rest") == ["CANCELLED"]
    assert world.status == "RUNNING"
    world.mid(2310)
    world.wait(2000)
    assert world.status == "FAILED"
    assert world.statuses("flatten.1") == ["FILLED"]


def test_a_book_that_never_comes_leaves_what_was_to_be_flattened_rejected():
    world = World(restarts=True)
    risk = {"max_duration_ms": 1000, "on_runtime_breach": "flatten"}
    world.submit([node("in", "buy", 1), node("rest", "buy", 1, price=2200)], risk=risk)
    stopped(world, 5000)
    world.restarts = False
    world.wait(9_999)
    assert world.status == "RUNNING"
    world.wait(1)
    assert world.status == "FAILED"
    assert world.node("flatten.1")["failure_reason"] == "STALE_VENUE"


def test_a_share_of_the_market_that_is_to_be_finished_waits_for_its_book():
    world = World(restarts=True)
    keys = {"rate_bps": 1000, "interval_ms": 1000, "max_ms": 3000, "finish": True}
    world.submit([node("order", "buy", 2, **paced(participation=keys))])
    stopped(world, 5000)
    assert world.statuses("order") == ["WORKING"]
    world.mid(2310)
    assert world.statuses("order") == ["FILLED"]


def test_an_order_that_chases_goes_on_within_the_bound_of_its_start():
    world = World(restarts=True)
    world.book(2310, 2310.5, size=1)
    chase = {"pacing": {"aggressive_chase": {}}, "max_slippage_bps": 10}
    world.submit([node("order", "buy", 3, execution=chase)])
    stopped(world, 5000)
    assert world.statuses("order") == ["WORKING"]
    world.books.clear()
    world.book(2311, 2311.5, size=1)
    world.wait(250)
    assert world.filled("order") == [2]
    world.book(2313, 2313.5, size=5)
    world.wait(250)
    assert world.statuses("order") == ["CANCELLED"]


def test_what_is_due_at_one_instant_goes_by_what_it_is_about():
    def life(*, restarts: bool) -> int:
        world = World(restarts=restarts)
        world.submit([node("late", "buy", 1)], [edge("@start", "late", after(1000))])
        rests = node("rest", "buy", 1, price=2000, execution={"horizon_ms": 1000})
        world.submit([rests], graph_id="rest")
        world.wait(1000)
        assert world.statuses("rest") == ["EXPIRED"]
        return world.engine.state_hash()

    assert life(restarts=True) == life(restarts=False)


def test_open_orders_end_by_their_age():
    def life(*, restarts: bool) -> int:
        world = World(restarts=restarts)
        world.submit(
            [node("in", "buy", 3, price=2300), node("out", "sell", {"from_edge": {}}, price=2400)],
            [edge("in", "out", "on_fill")],
        )
        for _ in range(3):
            world.trade(1, 2299)
        world.cancel_order("out", 1)
        world.cancel()
        assert world.orders("out") == [(1, "CANCELLED")] * 3
        return world.engine.state_hash()

    assert life(restarts=True) == life(restarts=False)
