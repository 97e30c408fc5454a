"""What fell due, and what was on its way, goes on after a restart in the order that it would have
had without one."""

from typing import Any

import pytest

from tests.graphs.test_after_restart import stopped
from tests.graphs.world import World, after, e9, edge, node, paced


def row_of(world: World, graph_id: str, name: str = "order") -> dict[str, Any]:
    world.recall(graph_id)
    return world.engine.order(world.account, f"graph:{graph_id}:{name}:1")


def stand_or_run(world: World, ms: float) -> None:
    """The time passes while nothing runs, where the world restarts at all."""
    if world.restarts:
        stopped(world, ms)
        world.mid(2310)
    else:
        world.wait(ms)


def test_several_graphs_wake_in_the_order_of_their_times():
    timers = {
        "a": {"late": 2000, "last": 4000},
        "b": {"early": 1000, "middle": 3000},
        "c": {"first": 500, "later": 2500},
    }

    def life(*, restarts: bool) -> list[str]:
        world = World(restarts=restarts)
        for graph_id, times in timers.items():
            nodes = [node(name, "buy", 1) for name in times]
            edges = [edge("@start", name, after(ms)) for name, ms in times.items()]
            world.submit(nodes, edges, graph_id=graph_id)
        stand_or_run(world, 5000)
        made = [
            (row_of(world, graph_id, name)["created_seq"], name)
            for graph_id, times in timers.items()
            for name in times
        ]
        return [name for _, name in sorted(made)]

    expected = ["first", "early", "late", "later", "middle", "last"]
    assert life(restarts=False) == expected
    assert life(restarts=True) == expected


def test_an_order_that_ran_out_meanwhile_ends_in_its_turn():
    def life(*, restarts: bool) -> list[str]:
        world = World(restarts=restarts)
        world.engine.reset(world.account, 2_500 * 10**8, world.now_ns)
        rests = node("order", "buy", 1, price=2000, execution={"horizon_ms": 1500})
        world.submit([rests], graph_id="holds")
        for graph_id, ms in (("late", 2000), ("early", 1000)):
            takes = node("order", "buy", 1, price=2200)
            world.submit([takes], [edge("@start", "order", after(ms))], graph_id=graph_id)
        stand_or_run(world, 5000)
        return [row_of(world, graph_id)["status"] for graph_id in ("early", "holds", "late")]

    # The early one comes while the money is held, the late one after.
    expected = ["REJECTED", "EXPIRED", "ACCEPTED"]
    assert life(restarts=False) == expected
    assert life(restarts=True) == expected


def test_a_limit_that_broke_meanwhile_stops_what_came_after_it():
    def life(*, restarts: bool) -> tuple[str, list[str], int]:
        world = World(restarts=restarts)
        slices = paced(uniform={"num_slices": 4, "interval_ms": 500})
        world.submit([node("order", "buy", 4, **slices)], risk={"max_duration_ms": 1200})
        stand_or_run(world, 5000)
        return world.status, world.statuses("order"), int(world.filled("order")[0])

    expected = ("FAILED", ["CANCELLED"], 3)
    assert life(restarts=False) == expected
    assert life(restarts=True) == expected


MARKETS = [("ETH-USD", 2000), ("ETH-USD-PERP", 2001), ("BTC-USD", 60_000), ("ETH-USD", 2002)]


def sent(preset: str, *, restarts: bool, **overrides: str) -> World:
    """Four resting orders at three venues, all on their way."""
    world = World(preset, restarts=restarts, **overrides)
    for number, (symbol, price) in enumerate(MARKETS):
        world.submit([node("order", "buy", 1, symbol, price)], graph_id=f"g{number}")
    return world


@pytest.mark.parametrize("preset", ["optimistic", "realistic", "adversarial"])
@pytest.mark.parametrize("every_ms", [13, 40])
def test_what_is_on_its_way_arrives_as_it_would_have(preset: str, every_ms: int):
    def life(*, restarts: bool) -> list[tuple[int, str, str]]:
        world = sent(preset, restarts=restarts)
        seen: list[tuple[int, str, str]] = []
        known = dict.fromkeys((f"g{number}" for number in range(len(MARKETS))), "PENDING")
        for step in range(0, 2000, every_ms):
            world.wait(every_ms)
            for graph_id, before in known.items():
                status = row_of(world, graph_id)["status"]
                if status != before:
                    seen.append((step, graph_id, status))
                    known[graph_id] = status
        assert set(known.values()) == {"ACCEPTED"}
        return seen

    assert life(restarts=True) == life(restarts=False)


@pytest.mark.parametrize("preset", ["optimistic", "realistic", "adversarial"])
@pytest.mark.parametrize("gap", ["atomic", "pipelined", "sequential"])
def test_cancels_and_changes_on_their_way_arrive_as_they_would_have(preset: str, gap: str):
    def life(*, restarts: bool) -> list[tuple[int, str, str, int]]:
        world = sent(preset, restarts=restarts, **{"amend.replace_gap": gap})
        world.wait(2000)
        for number in range(len(MARKETS)):
            order_id = f"graph:g{number}:order:1"
            if number % 2:
                world.engine.cancel_order(world.account, order_id, world.now_ns)
            else:
                price = e9(MARKETS[number][1] - 1)
                world.engine.amend_order(world.account, order_id, world.now_ns, price_1e9=price)
            world.wait(1)
        seen: list[tuple[int, str, str, int]] = []
        for step in range(0, 2000, 23):
            world.wait(23)
            for number in range(len(MARKETS)):
                row = row_of(world, f"g{number}")
                found = (f"g{number}", row["status"], row["limit_price_1e9"])
                if found not in [said[1:] for said in seen]:
                    seen.append((step, *found))
        assert {said[2] for said in seen} >= {"ACCEPTED", "CANCELLED"}
        return seen

    assert life(restarts=True) == life(restarts=False)


def test_what_was_on_its_way_has_as_far_to_go_as_before():
    def life(gone_ms: int) -> list[int]:
        world = sent("realistic", restarts=True)
        world.wait(3)
        stopped(world, gone_ms)
        since_ns = world.now_ns
        world.restarts = False
        world.wait(2000)
        rows = [row_of(world, f"g{number}") for number in range(len(MARKETS))]
        assert {row["status"] for row in rows} == {"ACCEPTED"}
        return [row["updated_unix_ns"] - since_ns for row in rows]

    assert life(60_000) == life(0)
