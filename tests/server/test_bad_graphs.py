"""Graphs that break a rule are refused with its field, and nothing of them is kept."""

import copy
import json
from typing import Any

import pytest

from tests.server.conftest import Api

Json = dict[str, Any]


def node(name: str, **more: Any) -> Json:
    found: Json = {
        "node_id": name,
        "instrument": {"symbol": "ETH-USD", "venue": "kraken"},
        "side": "buy",
        "quantity": {"fixed": {"qty_1e8": 10**8}},
    }
    return found | more


def edge(source: str, target: str, trigger: Any = "on_full_fill", **more: Any) -> Json:
    return {"from_node": source, "to_node": target, "trigger": trigger} | more


def paced(**kind: Any) -> Json:
    return {"execution": {"pacing": kind}}


SMALL = {"quantity": {"fixed": {"qty_1e8": 200_000}}}
TWAP = {"num_slices": 3, "interval_ms": 1_000}
OFF_GRID = {"order_type": {"limit": {"price_1e9": 2_000_000_000_001}}}
PAIR = [node("a"), node("b")]

BROKEN: dict[str, tuple[list[Json], list[Json], str]] = {
    "a cycle": (PAIR, [edge("a", "b"), edge("b", "a")], "edges"),
    "a node that leads to itself": (PAIR, [edge("a", "b"), edge("b", "b")], "edges[1].to_node"),
    "an unknown source": (PAIR, [edge("c", "b")], "edges[0].from_node"),
    "an unknown target": (PAIR, [edge("a", "c")], "edges[0].to_node"),
    "an unknown trigger": (PAIR, [edge("a", "b", "on_moon")], "edges[0].trigger"),
    "a name twice": ([node("a"), node("a")], [], "nodes[1].node_id"),
    "no node": ([], [], "nodes"),
    "too many nodes": ([node(f"n{number}") for number in range(101)], [], "nodes"),
    "too many edges": (PAIR, [edge("a", "b")] * 301, "edges"),
    "a ratio of nothing": (
        PAIR,
        [edge("a", "b", "on_fill_ratio", condition={"fill_ratio_gte": 0})],
        "edges[0].condition.fill_ratio_gte",
    ),
    "a ratio above the whole": (
        PAIR,
        [edge("a", "b", "on_fill_ratio", condition={"fill_ratio_gte": 1.5})],
        "edges[0].condition.fill_ratio_gte",
    ),
    "a price off the grid": ([node("a", **OFF_GRID)], [], "nodes[0].order_type.limit.price_1e9"),
    "a size below the minimum": (
        [node("a", quantity={"fixed": {"qty_1e8": 1}})],
        [],
        "nodes[0].quantity.fixed.qty_1e8",
    ),
    "a slice below the minimum": (
        [node("a", **SMALL, **paced(uniform=TWAP))],
        [],
        "nodes[0].execution.pacing",
    ),
    "one slice": (
        [node("a", **paced(uniform=TWAP | {"num_slices": 1}))],
        [],
        "nodes[0].execution.pacing.uniform.num_slices",
    ),
    "two paces": (
        [node("a", **paced(uniform=TWAP, profile={"weights": [1, 2], "interval_ms": 1_000}))],
        [],
        "nodes[0].execution.pacing",
    ),
    "a share of all and more": (
        [node("a", **paced(participation={"rate_bps": 5_001, "interval_ms": 1, "max_ms": 2}))],
        [],
        "nodes[0].execution.pacing.participation.rate_bps",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_graph_names_its_field_and_leaves_nothing(fresh: Api, what: str) -> None:
    nodes, edges, field = copy.deepcopy(BROKEN[what])
    fresh("GET", "/v1/positions")
    before = fresh.state
    answer = fresh("POST", "/v1/orders", json.dumps({"nodes": nodes, "edges": edges}))
    assert answer.status == 422, answer.body
    error = answer.json["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert any(row["field"].startswith(field) for row in error["details"]), error
    assert error["message"]
    assert fresh.state == before
    assert fresh("GET", "/v1/execution_graphs").json["total"] == 0


def test_an_edge_of_a_finished_graph_is_a_conflict(fresh: Api) -> None:
    graph = {"nodes": [node("a", side="buy"), node("b", side="sell")], "graph_id": "done"}
    graph["edges"] = [edge("a", "b", edge_id="e")]
    assert fresh("POST", "/v1/orders", json.dumps(graph)).status == 200
    assert fresh("DELETE", "/v1/execution_graphs/done").status in (200, 204, 409)
    answer = fresh("PATCH", "/v1/execution_graphs/done/edges/e", '{"trigger":"on_done"}')
    assert (answer.status, answer.json["error"]["code"]) == (409, "CONFLICT")
