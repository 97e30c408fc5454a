"""Execution graphs: read and cancel."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sequence.sandbox.call import Call
from sequence.sandbox.refuse import refused
from sequence.types import Graph, GraphCancelResponse

_SHORTENED_ID: Final = "graph"


def read(call: Call[None, None]) -> Graph:
    """``GET /v1/execution_graphs/{id}``; a node order id names its graph."""
    graph_id = _graph_id(call.path)
    row = call.engine.graph(call.account(), graph_id)
    # The core keeps the metadata as the text it was given, so that its decimals stay exact.
    row["metadata"] = json.loads(row["metadata"], parse_float=Decimal)
    return Graph.trusted(row)


def cancel(call: Call[None, None]) -> GraphCancelResponse:
    """``DELETE /v1/execution_graphs/{id}``; a node order id cancels its whole graph."""
    graph_id = _graph_id(call.path)
    row = call.engine.cancel_graph(call.account(), graph_id, call.now_ns)
    return GraphCancelResponse.trusted(row)


def _graph_id(path: Mapping[str, str]) -> str:
    if path["id"] == _SHORTENED_ID:
        # What some clients make of every node order id: it names no graph, so it cancels none.
        raise refused("NOT_FOUND", "send the graph id: this client shortens order ids")
    return path["id"]
