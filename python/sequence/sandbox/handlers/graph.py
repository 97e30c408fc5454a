"""Execution graphs: read, cancel, resume, amend a node."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from sequence.sandbox.call import Call, Pending
from sequence.sandbox.handlers.order import changed_keys, pending, version_of, with_cursor
from sequence.sandbox.refuse import named, refused
from sequence.types import (
    EdgeAmendRequest,
    Graph,
    GraphCancelResponse,
    GraphEdge,
    GraphNode,
    GraphsPage,
    GraphsQuery,
    NodeAmendRequest,
    NodeConstraints,
)
from sequence.types._base import exact_json

_SHORTENED_ID: Final = "graph"


def listed(call: Call[GraphsQuery, None]) -> GraphsPage:
    """``GET /v1/execution_graphs``, newest first."""
    query = call.query
    if not (call.principal.is_sandbox or query.sandbox):
        return GraphsPage.trusted(
            {
                "graphs": [],
                "total": 0,
                "limit": query.limit,
                "offset": query.offset,
                "has_more": False,
            }
        )
    page = call.runtime.graphs(
        call.account(),
        limit=query.limit,
        offset=query.offset,
        statuses=None if query.status is None else list(query.status),
        open_only=query.open,
        before_seq=query.before_seq,
    )
    for row in page["graphs"]:
        row["metadata"] = _metadata(row)
    return GraphsPage.trusted(with_cursor(page, "graphs", "created_seq"))


def read(call: Call[None, None]) -> Graph:
    """``GET /v1/execution_graphs/{id}``; a node order id names its graph."""
    graph_id = _graph_id(call.path)
    row = call.engine.graph(_recalled(call, graph_id), graph_id)
    return _graph(row)


def cancel(call: Call[None, None]) -> GraphCancelResponse | Pending:
    """``DELETE /v1/execution_graphs/{id}``; a node order id cancels its whole graph."""
    graph_id = _graph_id(call.path)
    row = call.engine.cancel_graph(_recalled(call, graph_id), graph_id, call.now_ns)
    return pending(call, GraphCancelResponse.trusted(row), lambda again: _cancelled(again, row))


def _cancelled(call: Call[None, None], first: dict[str, Any]) -> GraphCancelResponse | None:
    """What became of a cancel that was on its way; None while it still is."""
    account, graph_id = call.account(), _graph_id(call.path)
    if not call.engine.is_terminal(account, graph_id):
        return None
    row = call.engine.cancel_graph(account, graph_id, call.now_ns)
    kept = {"cancelled_orders": first["cancelled_orders"], "already_terminal": False}
    return GraphCancelResponse.trusted(row | kept)


def resume(call: Call[None, None]) -> Graph:
    """``POST /v1/execution_graphs/{id}/resume``: 409 unless the graph is PAUSED."""
    graph_id = _graph_id(call.path)
    row = call.engine.resume_graph(
        _recalled(call, graph_id), graph_id, call.now_ns, call.principal.mode
    )
    return _graph(row)


def amend_node(call: Call[None, NodeAmendRequest]) -> GraphNode:
    """``PATCH /v1/execution_graphs/{id}/nodes/{node_id}``: the node with the mode of the change."""
    body, limits = call.body, call.body.new_constraints or NodeConstraints()
    graph_id = _graph_id(call.path)
    with named(changed_keys(body)):
        row = call.engine.amend_node(
            _recalled(call, graph_id),
            graph_id,
            call.path["node_id"],
            call.now_ns,
            new_qty_1e8=body.new_qty_1e8,
            price_1e9=limits.max_price_1e9,
            max_slippage_bps=limits.max_slippage_bps,
            horizon_ms=limits.horizon_ms,
            urgency=limits.urgency,
            expected_version=version_of(body.expected_version),
            by=call.principal.mode,
        )
    return GraphNode.trusted(row)


def amend_edge(call: Call[None, EdgeAmendRequest]) -> GraphEdge:
    """``PATCH /v1/execution_graphs/{id}/edges/{edge_id}``: 409 once the edge has fired."""
    body, graph_id = call.body, _graph_id(call.path)
    row = call.engine.amend_edge(
        _recalled(call, graph_id),
        graph_id,
        call.path["edge_id"],
        call.now_ns,
        trigger=_json(body.trigger),
        condition=_json(body.condition),
        expected_version=version_of(body.expected_version),
        by=call.principal.mode,
    )
    return GraphEdge.trusted(row)


def _json(value: BaseModel | str | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, BaseModel):
        return exact_json(value.model_dump(exclude_none=True))
    return exact_json(value)


def _graph(row: dict[str, Any]) -> Graph:
    row["metadata"] = _metadata(row)
    return Graph.trusted(row)


def _metadata(row: dict[str, Any]) -> dict[str, Any]:
    """The core keeps it as the text that it was given, so that its decimals stay exact."""
    found: dict[str, Any] = json.loads(row["metadata"], parse_float=Decimal)
    return found


def _recalled(call: Call[Any, Any], graph_id: str) -> int:
    """The account of the caller, with the graph in memory."""
    account = call.account()
    call.runtime.recall(account, graph_id)
    return account


def _graph_id(path: Mapping[str, str]) -> str:
    if path["id"] == _SHORTENED_ID:
        # What some clients make of every node order id: it names no graph, so it cancels none.
        raise refused("NOT_FOUND", "send the graph id: this client shortens order ids")
    return path["id"]
