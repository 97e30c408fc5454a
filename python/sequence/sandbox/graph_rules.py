"""Graphs on their way to the core, which has every rule about them."""

from typing import Any

from sequence.types import GraphRequest, SimpleOrderRequest
from sequence.types._base import exact_json


def graph_spec(graph: GraphRequest) -> str:
    """Nodes and edges of a graph as the core takes them: JSON that keeps decimals exact."""
    return exact_json(graph.model_dump(include={"nodes", "edges"}, exclude_none=True))


def paced_spec(order: SimpleOrderRequest) -> str:
    """A simple order with pacing as the graph of one node that it is."""
    quantity = (
        {"fixed": {"qty_1e8": order.qty_1e8}}
        if order.qty_1e8 is not None
        else {"notional": {"usd_1e9": order.notional_1e9}}
    )
    price = order.price_1e9
    execution: dict[str, Any] = {
        "policy": order.policy,
        "urgency": order.urgency,
        "max_slippage_bps": order.max_slippage_bps,
        "horizon_ms": order.horizon_ms,
        "tif": order.tif,
        "reduce_only": order.reduce_only,
        "pacing": None if order.pacing is None else order.pacing.model_dump(exclude_none=True),
    }
    node: dict[str, Any] = {
        "node_id": "order",
        "instrument": {
            "symbol": order.symbol,
            "type": order.instrument_type,
            "venue": order.venue,
        },
        "side": order.side,
        "order_type": "market" if price is None else {"limit": {"price_1e9": price}},
        "quantity": quantity,
        "execution": execution,
    }
    return exact_json({"nodes": [node], "edges": []})
