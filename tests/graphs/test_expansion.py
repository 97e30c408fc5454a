"""A paced order does what its slices do when they are written by hand."""

from itertools import pairwise

import pytest

from tests.graphs.world import Json, World, after, edge, node, paced


def fills_of(world: World) -> list[tuple[int, int, int]]:
    rows = world.engine.fills(world.account, limit=500)["fills"]
    return [(row["ts_ns"], row["price_1e9"], row["qty_1e8"]) for row in rows]


def market(world: World) -> list[tuple[int, int, int]]:
    for step in range(12):
        world.mid(2310 + step % 5)
        world.wait(400)
    assert world.status == "COMPLETED"
    return fills_of(world)


@pytest.mark.parametrize(
    ("pacing", "sizes"),
    [
        ({"uniform": {"num_slices": 4, "interval_ms": 1000}}, [1, 1, 1, 1]),
        ({"profile": {"weights": [1, 2, 1], "interval_ms": 1500}}, [1, 2, 1]),
    ],
)
@pytest.mark.parametrize("preset", ["instant", "realistic"])
def test_slices_are_a_chain_of_nodes(preset: str, pacing: Json, sizes: list[int]):
    paced_world, by_hand = World(preset), World(preset)
    paced_world.submit([node("order", "buy", 4, **paced(**pacing))], graph_id="g")
    [keys] = pacing.values()
    names = [f"n{number}" for number in range(len(sizes))]
    nodes = [node(name, "buy", size) for name, size in zip(names, sizes, strict=True)]
    wait = after(keys["interval_ms"])
    edges = [edge(before, name, wait) for before, name in pairwise(names)]
    by_hand.submit(nodes, edges, graph_id="g")
    assert market(paced_world) == market(by_hand)
