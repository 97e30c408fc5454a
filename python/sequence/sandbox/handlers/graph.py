"""Execution graphs: read and cancel."""

from collections.abc import Mapping
from typing import Any, Final

from sequence.sandbox.keys import Principal
from sequence.sandbox.refuse import refused
from sequence.sandbox.runtime import Runtime
from sequence.types import Graph, GraphCancelResponse

_SHORTENED_ID: Final = "graph"


def read(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: Any, body: Any
) -> Graph:
    """``GET /v1/execution_graphs/{id}``; a node order id names its graph."""
    del query, body
    graph_id = _graph_id(path)
    return Graph.trusted(runtime.engine.graph(runtime.account(principal), graph_id))


def cancel(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: Any, body: Any
) -> GraphCancelResponse:
    """``DELETE /v1/execution_graphs/{id}``; a node order id cancels its whole graph."""
    del query, body
    graph_id = _graph_id(path)
    row = runtime.engine.cancel_graph(runtime.account(principal), graph_id, runtime.now_ns)
    return GraphCancelResponse.trusted(row)


def _graph_id(path: Mapping[str, str]) -> str:
    if path["id"] == _SHORTENED_ID:
        # What some clients make of every node order id: it names no graph, so it cancels none.
        raise refused("NOT_FOUND", "send the graph id: this client shortens order ids")
    return path["id"]
