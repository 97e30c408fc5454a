"""How orders of the caller went, from their rows and fills alone."""

from collections.abc import Mapping
from typing import Any, Final

from sequence.sandbox.call import Call
from sequence.sandbox.costs import ROUTING_VERSION, Cost, averages, cost_of, percentiles
from sequence.sandbox.graph_costs import average_of, node_tca, unhedged
from sequence.sandbox.handlers.intelligence import row_of
from sequence.sandbox.newest import KEPT_TRADES, fills_of, newest
from sequence.sandbox.refuse import refused
from sequence.sandbox.traces import traces_of
from sequence.types import (
    TERMINAL_ORDER_STATUSES,
    ExecutionLive,
    ExecutionReview,
    ExecutionSummary,
    GraphTca,
    ModeQuery,
    PositionsSync,
    Tca,
    TcaQuery,
    Traces,
    TracesQuery,
)
from sequence.types._decimal import known_sum
from sequence.types._iso import ns_of_iso

_NS_PER_MS: Final = 10**6
_STEPS: Final = 500
_BPS: Final = 10_000


def live(call: Call[None, None]) -> ExecutionLive:
    """``GET /v1/execution/live/{id}``: an order against its arrival."""
    row = _order(call, call.path["id"])
    fills = _fills_of(call, row["node_order_id"])
    arrival = _arrival(call, row["node_order_id"], fills)
    vwap = row["avg_price_1e9"]
    slippage = None
    if vwap is not None and arrival:
        sign = 1 if row["side"] == "buy" else -1
        slippage = round(sign * (vwap - arrival) / arrival * _BPS, 6)
    ended = row["status"] in TERMINAL_ORDER_STATUSES
    until_ns = row["updated_unix_ns"] if ended else call.now_ns
    return ExecutionLive.trusted(
        {
            "order": row,
            "elapsed_ms": (until_ns - row["created_unix_ns"]) // _NS_PER_MS,
            "filled_ratio": row["filled_qty_1e8"] / row["qty_1e8"] if row["qty_1e8"] else 0.0,
            "arrival_mid_1e9": arrival,
            "vwap_1e9": vwap,
            "slippage_bps": slippage,
            "open_legs": sum(leg["status"] not in TERMINAL_ORDER_STATUSES for leg in row["legs"]),
            "ts_ns": call.now_ns,
        }
    )


def review(call: Call[None, None]) -> ExecutionReview:
    """``GET /v1/execution/review/{id}``: costs, fills and steps of an order."""
    row = _order(call, call.path["id"])
    fills = _fills_of(call, row["node_order_id"])
    cost = cost_of(fills, call.runtime.arrivals.mid(row["node_order_id"]))
    steps = traces_of(row, fills)
    report = None if cost is None else cost.report
    return ExecutionReview.trusted(
        {"order": row, "tca": report, "fills": fills, "traces": steps[-_STEPS:]}
    )


def summary(call: Call[ModeQuery, None]) -> ExecutionSummary:
    """``GET /v1/execution/summary``: the newest orders of the account in short."""
    rows = list(newest(call.runtime, call.account(), "orders")) if is_paper(call) else []
    ended = [row for row in rows if row["status"] in TERMINAL_ORDER_STATUSES]
    filled = sum(row["status"] == "FILLED" for row in rows)
    means = averages(costs_of(call, {})) if is_paper(call) else None
    return ExecutionSummary.trusted(
        {
            "orders": len(rows),
            "filled": filled,
            "cancelled": sum(row["status"] == "CANCELLED" for row in rows),
            "rejected": sum(row["status"] == "REJECTED" for row in rows),
            "fill_rate": round(filled / len(ended), 6) if ended else None,
            "avg_slippage_bps": means and means["implementation_shortfall_bps"],
            "fees_usd_1e9": known_sum(row["fees_usd_1e9"] for row in rows),
            "since_ns": rows[-1]["created_unix_ns"] if rows else None,
            "until_ns": rows[0]["created_unix_ns"] if rows else None,
        }
    )


def tca(call: Call[TcaQuery, None]) -> Tca:
    """``GET /v1/tca``: what the caller's orders cost."""
    costs = asked_costs(call)
    times = [cost.report["ts_ns"] for cost in costs]
    won = sum(cost.report["savings_usd"] >= 0 for cost in costs)
    return Tca.trusted(
        {
            "count": len(costs),
            "averages": averages(costs),
            "percentiles": percentiles(costs),
            "savings_usd": round(sum(cost.report["savings_usd"] for cost in costs), 6),
            "win_rate": round(won / len(costs), 6) if costs else None,
            "provenance": {
                "source": "sandbox",
                "since_ns": min(times, default=None),
                "until_ns": max(times, default=None),
                "routing_versions": [ROUTING_VERSION] if costs else [],
            },
        }
    )


def traces(call: Call[TracesQuery, None]) -> Traces:
    """``GET /v1/traces``: the way of an order to its venues and back."""
    row = _order(call, call.query.node_order_id)
    steps = traces_of(row, _fills_of(call, row["node_order_id"]))
    return Traces.trusted({"traces": steps[-call.query.limit :]})


def sync(call: Call[None, None]) -> PositionsSync:
    """``POST /v1/positions/sync``: paper positions have no venue to be read from again."""
    call.account()
    return PositionsSync.trusted({"synced": True, "rows_changed": 0})


def is_paper(call: Call[Any, Any]) -> bool:
    """True of the mode that has orders: the live one has none without adapters."""
    return bool(call.principal.is_sandbox or call.query.sandbox)


def _order(call: Call[Any, Any], order_id: str) -> dict[str, Any]:
    account = call.account()
    call.runtime.recall(account, order_id)
    return call.engine.order(account, order_id)


def _fills_of(call: Call[Any, Any], order_id: str) -> list[dict[str, Any]]:
    return fills_of(call.runtime, call.account(), order_id)


def filters_of(call: Call[Any, None]) -> dict[str, Any]:
    """Which fills a read of costs is about.

    Raises:
        sequence.errors.ValidationError: The times are in the wrong order.
        sequence.errors.NotFoundError: There is no such symbol.
    """
    query: TcaQuery = call.query
    since = None if query.since is None else ns_of_iso(query.since)
    until = None if query.until is None else ns_of_iso(query.until)
    if since is not None and until is not None and since > until:
        raise refused("VALIDATION_ERROR", "must not be after until", field="since")
    if query.symbol is not None:
        row_of(call, query.symbol)
    given = {"symbol": query.symbol, "venue": query.venue}
    return given | {"since_ns": since, "until_ns": until}


def asked_costs(call: Call[Any, None], *, by_venue: bool = False) -> list[Cost]:
    """Costs of what a read of costs is about; none of another version of the router."""
    given = filters_of(call)
    if not is_paper(call) or call.query.routing_version not in (None, ROUTING_VERSION):
        return []
    return costs_of(call, given, by_venue=by_venue)


def costs_of(
    call: Call[Any, Any], given: Mapping[str, object], *, by_venue: bool = False
) -> list[Cost]:
    """Costs of the orders that the newest fills belong to, or of each venue's part of them."""
    by_order: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for fill in newest(call.runtime, call.account(), "fills", **given):
        part = fill["venue"] if by_venue else ""
        by_order.setdefault((fill["node_order_id"], part), []).append(fill)
    arrivals = call.runtime.arrivals
    costs = (cost_of(rows[::-1], arrivals.mid(name)) for (name, _), rows in by_order.items())
    return [cost for cost in costs if cost is not None]


def _arrival(call: Call[Any, Any], order_id: str, fills: list[dict[str, Any]]) -> int | None:
    noted = call.runtime.arrivals.mid(order_id)
    cost = cost_of(fills[:1], noted)
    return noted if cost is None else cost.report["arrival_mid_1e9"]


def graph_tca(call: Call[None, None]) -> GraphTca:
    """``GET /v1/execution_graphs/{id}/tca``: what a graph cost, of its newest 2,000 fills."""
    account = call.account()
    call.runtime.recall(account, call.path["id"])
    graph = call.engine.graph(account, call.path["id"])
    fills = list(newest(call.runtime, call.account(), "fills", graph_id=graph["graph_id"]))[::-1]
    parents = {node["node_id"]: node["parent_node"] for node in graph["nodes"]}
    by_node: dict[str, list[dict[str, Any]]] = {}
    for fill in fills:
        # A paced order is what its slices are together.
        for name in {fill["node_id"], parents[fill["node_id"]]} - {None}:
            by_node.setdefault(name, []).append(fill)
    bases = {symbol: _base(call, symbol) for symbol in {fill["symbol"] for fill in fills}}
    ended = max((node["done_unix_ns"] or call.now_ns for node in graph["nodes"]), default=0)
    open_graph = any(node["done_unix_ns"] is None for node in graph["nodes"])
    rows, (p50, p99) = unhedged(fills, bases, call.now_ns if open_graph else ended)
    nodes = [
        node_tca(
            node,
            by_node.get(node["node_id"], []),
            _first_arrival(call, node),
            _market_vwap(call, node),
        )
        for node in graph["nodes"]
    ]
    return GraphTca.trusted(
        {
            "graph_id": graph["graph_id"],
            "status": graph["status"],
            "is_sandbox": graph["is_sandbox"],
            "nodes": nodes,
            "unhedged": rows,
            "hedge_lag_p50_ns": p50,
            "hedge_lag_p99_ns": p99,
            "fees_usd_1e9": graph["fees_usd_1e9"],
            "pnl_usd_1e9": graph["pnl_usd_1e9"],
            "ts_ns": call.now_ns,
        }
    )


def _market_vwap(call: Call[Any, Any], node: dict[str, Any]) -> int | None:
    """What others paid while a node was at work; None where not all of their trades are kept."""
    if node["activated_unix_ns"] is None:
        return None
    span = node["activated_unix_ns"], node["done_unix_ns"] or call.now_ns
    where = node["instrument"]
    trades = call.engine.trades(where["symbol"], where["venue"], *span, KEPT_TRADES)
    return average_of(trades) if len(trades) < KEPT_TRADES else None


def _first_arrival(call: Call[Any, Any], node: dict[str, Any]) -> int | None:
    ids = node["node_order_ids"]
    return call.runtime.arrivals.mid(ids[0]) if ids else None


def _base(call: Call[Any, Any], symbol: str) -> str:
    """What a symbol holds: the base of a pair or perpetual, an event contract itself."""
    base: str | None = call.engine.symbol(symbol)["base"]
    return base or symbol
