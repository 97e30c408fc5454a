"""Rules about whole graphs, each with a graph that breaks it."""

import pytest

from sequence.errors import UnprocessableError
from sequence.types import GraphRequest
from tests.graphs.taken import check_taken


def node(name, **more):
    base = {
        "node_id": name,
        "instrument": {"symbol": "BTC-USD"},
        "side": "buy",
        "quantity": {"fixed": {"qty_1e8": 1_000_000}},
    }
    return base | more


def edge(source, target, **more):
    return {"from_node": source, "to_node": target, "trigger": "on_full_fill"} | more


def graph(nodes, edges=()):
    return GraphRequest.model_validate({"nodes": nodes, "edges": list(edges)})


PEG = {"peg": {"to": "mid"}}
LIMIT = {"limit": {"price_1e9": 1_000_000_000_000}}
PASSIVE = {"uniform": {"num_slices": 2, "interval_ms": 1000, "slice_type": "passive"}}
ICEBERG = {"iceberg": {"display_qty_1e8": 1}}
AT_2200 = {"on_price": {"lte_1e9": 2_200_000_000_000}}
FROM_EDGE = {"quantity": {"from_edge": {}}}


@pytest.mark.parametrize(
    ("nodes", "edges", "field", "says"),
    [
        ([node("a"), node("a")], [], "nodes[1].node_id", "same node_id"),
        ([node("a")], [edge("a", "b")], "edges[0].to_node", "no node 'b'"),
        ([node("a")], [edge("z", "a")], "edges[0].from_node", "no node 'z'"),
        ([node("a")], [edge("a", "a")], "edges[0].to_node", "own source"),
        (
            [node("a"), node("b")],
            [edge("a", "b"), edge("a", "b")],
            "edges[1].edge_id",
            "same edge_id",
        ),
        (
            [node("a"), node("b", activation="root")],
            [edge("a", "b")],
            "nodes[1].activation",
            "e_a_b leads here",
        ),
        ([node("a", activation="wait")], [], "nodes[0].activation", "needs an edge"),
        ([node("a"), node("b", **FROM_EDGE)], [], "nodes[1].quantity.from_edge", "sizing"),
        (
            [node("a"), node("b", **FROM_EDGE)],
            [edge("a", "b")],
            "nodes[1].quantity.from_edge",
            "sizing",
        ),
        (
            [node("a"), node("b")],
            [edge("a", "b"), edge("b", "a")],
            "edges",
            "a -> b -> a",
        ),
        (
            [node("r"), node("a"), node("b"), node("c")],
            [edge("r", "a"), edge("a", "b"), edge("b", "c"), edge("c", "a")],
            "edges",
            "a -> b -> c -> a",
        ),
        (
            [node("a", execution={"tif": "post_only"})],
            [],
            "nodes[0].execution.tif",
            "post_only",
        ),
        (
            [node("a", order_type=PEG, execution={"tif": "ioc"})],
            [],
            "nodes[0].execution.tif",
            "peg",
        ),
        (
            [node("a", order_type=PEG, execution={"policy": "aggressive_chase"})],
            [],
            "nodes[0].execution.policy",
            "pegged",
        ),
        (
            [node("a", execution={"reserve": "at_submit"})],
            [],
            "nodes[0].execution.reserve",
            "limit price",
        ),
        (
            [node("a", execution={"pacing": ICEBERG})],
            [],
            "nodes[0].execution.pacing.iceberg",
            "limit price",
        ),
        (
            [
                node(
                    "a",
                    order_type=LIMIT,
                    execution={"pacing": ICEBERG, "policy": "aggressive_chase"},
                )
            ],
            [],
            "nodes[0].execution.policy",
            "chase",
        ),
        (
            [node("a", order_type=LIMIT, execution={"pacing": PASSIVE, "tif": "ioc"})],
            [],
            "nodes[0].execution.tif",
            "rest",
        ),
        (
            [node("a", order_type=LIMIT, execution={"pacing": ICEBERG, "tif": "fok"})],
            [],
            "nodes[0].execution.tif",
            "rest",
        ),
        (
            [node("a")],
            [edge("@start", "a", trigger="on_cancel")],
            "edges[0].trigger",
            "never comes",
        ),
        (
            [node("a", **FROM_EDGE)],
            [edge("@start", "a", sizing={"remaining": {"ratio": 1}})],
            "edges[0].sizing",
            "fills nothing",
        ),
        (
            [node("a"), node("b")],
            [edge("a", "b", sizing={"from_fill": {"ratio": 1}})],
            "edges[0].sizing",
            "on_fill",
        ),
        (
            [node("a"), node("b")],
            [edge("a", "b", action="reduce")],
            "edges[0].sizing",
            "give a size",
        ),
        ([node("a")], [edge("@start", "a"), edge("a", "a")], "edges[1].to_node", "own source"),
    ],
)
def test_a_broken_rule_names_its_field(nodes, edges, field, says):
    with pytest.raises(UnprocessableError, match=":") as caught:
        check_taken(graph(nodes, edges))
    assert caught.value.details[0]["field"] == field
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("nodes", "edges"),
    [
        ([node("a")], []),
        ([node("a"), node("b")], [edge("a", "b")]),
        ([node("a"), node("b", **FROM_EDGE)], [edge("a", "b", trigger="on_fill")]),
        ([node("a"), node("b")], [edge("a", "b"), edge("b", "a", action="cancel")]),
        ([node("a")], [edge("@start", "a", trigger=AT_2200)]),
        ([node("a"), node("b")], [edge("@start", "a"), edge("a", "b")]),
        ([node("a"), node("b")], [edge("a", "b", trigger="on_fill", action="reduce")]),
        (
            [node("a", side="sell", quantity={"position": {"ratio": 1}})],
            [edge("@start", "a", trigger=AT_2200)],
        ),
        (
            [node("a"), node("b", order_type=LIMIT, execution={"reserve": "at_submit"})],
            [edge("a", "b")],
        ),
        (
            [node("a"), node("b"), node("c"), node("d")],
            [edge("a", "b"), edge("a", "c"), edge("b", "d"), edge("c", "d")],
        ),
    ],
)
def test_sound_graphs_pass(nodes, edges):
    check_taken(graph(nodes, edges))


def test_a_long_chain_is_checked_without_recursion():
    nodes = [node(f"n{i}") for i in range(100)]
    edges = [edge(f"n{i}", f"n{i + 1}") for i in range(99)]
    check_taken(graph(nodes, edges))
    with pytest.raises(UnprocessableError, match="cycle"):
        check_taken(graph(nodes, [*edges, edge("n99", "n1")]))
