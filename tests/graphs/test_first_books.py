"""A restart and a gap have no book: what is set off then waits for the next one."""

import pytest

from sequence.sandbox import Sandbox
from tests.graphs.test_after_restart import stopped
from tests.graphs.world import FROM_EDGE, World, after, at, e9, edge, gives, node


def hedged(world: World) -> None:
    nodes = [node("spot", "buy", 2, price=2300), node("hedge", "sell", FROM_EDGE, "ETH-USD-PERP")]
    world.submit(nodes, [edge("spot", "hedge", "on_fill", **gives("from_fill"))])
    stopped(world, 1000)
    world.books = []


@pytest.mark.parametrize("again", [False, True])
def test_a_hedge_waits_for_the_first_book_of_its_venue(again: bool):
    world = World(restarts=True)
    hedged(world)
    world.restarts = again
    world.book(2290, 2291)
    assert (world.filled("spot"), world.statuses("hedge")) == ([2], ["WAITING"])
    world.wait(3_000)
    assert world.statuses("hedge") == ["WAITING"]
    world.book(2290, 2291, "ETH-USD-PERP")
    assert (world.filled("hedge"), world.status) == ([2], "COMPLETED")


def test_a_hedge_whose_book_never_comes_is_rejected_after_ten_seconds():
    world = World(restarts=True)
    hedged(world)
    world.restarts = False
    world.book(2290, 2291)
    world.wait(9_999)
    assert world.statuses("hedge") == ["WAITING"]
    world.wait(1)
    assert world.statuses("hedge") == ["REJECTED"]
    assert world.node("hedge")["failure_reason"] == "STALE_VENUE"


def test_a_hedge_that_waits_ends_with_its_graph():
    world = World(restarts=True)
    hedged(world)
    world.restarts = False
    world.book(2290, 2291)
    world.cancel()
    world.book(2290, 2291, "ETH-USD-PERP")
    assert world.statuses("spot", "hedge") == ["FILLED", "SKIPPED"]
    assert world.engine.check_invariants() == []


STOP = [
    edge("entry", "tp", "on_full_fill", **gives("from_filled")),
    edge("entry", "tp", at(2280), action="cancel", edge_id="hit"),
    edge(
        "tp",
        "stop",
        "on_cancel",
        condition={"price_lte_1e9": e9(2_340)},
        **gives("remaining"),
    ),
]


def being_stopped() -> World:
    """The take-profit of a bracket is being cancelled, for its stop was reached."""
    world = World("realistic", restarts=True)
    world.restarts = False
    nodes = [
        node("entry", "buy", 1),
        node("tp", "sell", FROM_EDGE, price=2400),
        node("stop", "sell", FROM_EDGE),
    ]
    world.submit(nodes, STOP)
    for _ in range(5):
        world.wait(500)
        world.mid(2310)
    assert world.statuses("entry", "tp") == ["FILLED", "WORKING"]
    world.mid(2270)
    assert world.statuses("tp") == ["WORKING"]
    return world


def test_a_stop_is_not_lost_to_a_restart_while_the_take_profit_is_being_cancelled():
    world = being_stopped()
    world.restarts = True
    stopped(world, 100)
    world.books = []
    world.wait(2_000)
    assert world.statuses("tp", "stop") == ["CANCELLED", "WAITING"]
    world.restarts = False
    for _ in range(3):
        world.mid(2270)
        world.wait(500)
    assert (world.filled("stop"), world.status) == ([1], "COMPLETED")


@pytest.mark.parametrize(("price", "sold"), [(2_270, 1), (2_390, 0)])
def test_a_stop_is_not_lost_to_a_gap_of_the_feed(price: int, sold: int):
    """The next book decides: a take-profit that is cancelled near its price stops nothing."""
    world = being_stopped()
    world.engine.market_status("kraken", "ETH-USD", "resync", world.now_ns)
    world.wait(2_000)
    assert world.statuses("tp", "stop") == ["CANCELLED", "WAITING"]
    assert world.edge("e_tp_stop")["armed"]
    for _ in range(3):
        world.mid(price)
        world.wait(500)
    assert (world.filled("stop"), world.status) == ([sold], "COMPLETED")


def test_a_stop_that_waits_for_a_book_ends_with_its_graph():
    world = being_stopped()
    world.engine.market_status("kraken", "ETH-USD", "resync", world.now_ns)
    world.wait(2_000)
    world.cancel()
    world.mid(2270)
    assert world.statuses("stop") == ["SKIPPED"]
    assert world.engine.check_invariants() == []


def test_a_time_that_came_without_a_book_waits_for_its_condition(world: World):
    tight = {"spread_bps_lte": 10}
    world.submit([node("a", "buy", 1)], [edge("@start", "a", after(1000), condition=tight)])
    world.engine.market_status("kraken", "ETH-USD", "resync", world.now_ns)
    world.books = [row for row in world.books if row[1] != "ETH-USD"]
    world.wait(60_000)
    assert world.statuses("a") == ["WAITING"]
    world.mid(2310)
    assert world.statuses("a") == ["FILLED"]


@pytest.mark.parametrize("waits", [False, True])
def test_a_stop_in_a_market_that_is_settled_waits_for_nothing(waits: bool):
    with Sandbox(seed=7, clock="manual", preset="realistic", market="manual") as sandbox:
        client = sandbox.client()
        book = ("kalshi", "KXTEST-A:YES", [("0.50", 900)], [("0.51", 900)])
        sandbox.market.snapshot(*book)
        trade = client.bracket(
            "KXTEST-A:YES", "buy", 10, take_profit="0.80", stop_loss="0.40", venue="kalshi"
        )
        sandbox.clock.advance(seconds=2)
        sandbox.market.snapshot(*book)
        sandbox.clock.advance(seconds=2)
        sandbox.market.snapshot("kalshi", "KXTEST-A:YES", [("0.38", 900)], [("0.39", 900)])
        if waits:
            sandbox.market.status("kalshi", "KXTEST-A:YES", "resync")
            sandbox.clock.advance(seconds=2)
            assert trade.refresh().nodes[2].status == "WAITING"
        client.sandbox.settle("kalshi", "KXTEST-A", 1)
        sandbox.clock.advance(seconds=2)
        assert trade.refresh().status == "COMPLETED"
        assert [row.status for row in trade.refresh().nodes] == ["FILLED", "CANCELLED", "SKIPPED"]
