"""Rows of graphs as a server answers them."""

from typing import Any


def edge_row(edge_id, source, target, trigger, **more) -> dict[str, Any]:
    row = {"edge_id": edge_id, "from_node": source, "to_node": target, "trigger": trigger}
    row |= {"condition": {}, "sizing": "target", "action": "activate", "fired_count": 0}
    return row | {"spent": False, "residual_qty_1e8": 0, "last_fired_unix_ns": None} | more


def node_row(node_id, status="WORKING", orders=(), **more) -> dict[str, Any]:
    row = {"node_id": node_id, "kind": "order", "parent_node": None, "status": status}
    row |= {"instrument": {"symbol": "ETH-USD", "type": "spot", "venue": None}, "side": "buy"}
    row |= {"order_type": "market", "quantity": {"fixed": {"qty_1e8": 10**8}}, "execution": {}}
    row |= {"activation": "root", "join": "any", "activations": 0, "qty_1e8": 10**8}
    row |= {"filled_qty_1e8": 0, "avg_price_1e9": None, "fees_usd_1e9": 0, "failure_reason": None}
    row |= {"node_order_ids": list(orders), "activated_unix_ns": None, "done_unix_ns": None}
    return row | more


def graph_row(nodes, edges=(), status="RUNNING", reason=None) -> dict[str, Any]:
    row = {"graph_id": "g", "status": status, "status_reason": reason, "is_sandbox": True}
    row |= {"node_count": len(nodes), "edge_count": len(edges), "nodes": nodes}
    row |= {"edges": list(edges), "risk": {}, "pnl_usd_1e9": 0, "fees_usd_1e9": 0}
    return row | {"metadata": {}, "created_unix_ns": 0, "updated_unix_ns": 0}
