"""Orders: submit, preview, read, cancel."""

from typing import Any, Final, NamedTuple

from sequence import _core
from sequence.sandbox.call import Call
from sequence.sandbox.graph_rules import check_structure
from sequence.sandbox.keys import Principal
from sequence.sandbox.refuse import missing, refused
from sequence.sandbox.runtime import Runtime
from sequence.types import (
    GraphRequest,
    LimitType,
    Order,
    OrderCancelResponse,
    OrdersPage,
    OrdersQuery,
    PreviewRequest,
    PreviewResponse,
    Risk,
    SimpleOrderRequest,
    SubmitResponse,
)

LIVE_REFUSAL: Final = (
    "live routing is not available on this server: "
    'send "sandbox": true with the order, or use a seq_test_ key'
)
_NO_RISK: Final = Risk()


class Replay(NamedTuple):
    """The first answer to a ``graph_id``, given again."""

    response: SubmitResponse


def submit(call: Call[None, SimpleOrderRequest | GraphRequest]) -> SubmitResponse | Replay:
    """``POST /v1/orders``: mode, known ``graph_id``, kill switch, then the core decides."""
    body, principal = call.body, call.principal
    if not (principal.is_sandbox or body.wants_sandbox):
        raise refused("FORBIDDEN", LIVE_REFUSAL)
    order = _simple_order(body) if isinstance(body, SimpleOrderRequest) else _node_order(body)
    account = call.account()
    if _is_halted(principal) and not _is_known(call.runtime, account, body.graph_id):
        raise refused("CONFLICT", "the kill switch is engaged: no new orders until it is cleared")
    row, replayed = call.engine.submit(account, call.now_ns, graph_id=body.graph_id, **order)
    response = SubmitResponse.trusted(row)
    return Replay(response) if replayed else response


def preview(call: Call[None, PreviewRequest]) -> PreviewResponse:
    """``POST /v1/orders/preview``: nothing is reserved or stored."""
    body = call.body
    row = call.engine.preview(
        call.account(),
        symbol=body.symbol,
        side=body.side,
        qty_1e8=body.qty_1e8,
        notional_1e9=body.notional_1e9,
        price_1e9=body.price_1e9,
        venue=body.venue,
        instrument_type=body.instrument_type,
    )
    return PreviewResponse.trusted(row)


def orders(call: Call[OrdersQuery, None]) -> OrdersPage:
    """``GET /v1/orders``, newest first."""
    query = call.query
    if not (call.principal.is_sandbox or query.sandbox):
        return OrdersPage.trusted(
            {
                "orders": [],
                "total": 0,
                "limit": query.limit,
                "offset": query.offset,
                "has_more": False,
            }
        )
    page = call.engine.orders(
        call.account(),
        limit=query.limit,
        offset=query.offset,
        symbol=query.symbol,
        node_order_id=query.node_order_id,
        graph_id=query.graph_id,
        venue=query.venue,
        side=query.side,
        statuses=None if query.status is None else list(query.status),
        open_only=query.open,
        before_seq=query.before_seq,
    )
    return OrdersPage.trusted(page)


def order(call: Call[None, None]) -> Order:
    """``GET /v1/orders/{node_order_id}``: the bare row."""
    account = call.account()
    return Order.trusted(call.engine.order(account, call.path["node_order_id"]))


def cancel(call: Call[None, None]) -> OrderCancelResponse:
    """``DELETE /v1/orders/{node_order_id}``; a graph id cancels the graph."""
    account = call.account()
    row = call.engine.cancel_order(account, call.path["node_order_id"], call.now_ns)
    return OrderCancelResponse.trusted(row)


def _simple_order(body: SimpleOrderRequest) -> dict[str, Any]:
    if body.pacing is not None:
        raise missing("pacing")
    return {
        "symbol": body.symbol,
        "side": body.side,
        "qty_1e8": body.qty_1e8,
        "notional_1e9": body.notional_1e9,
        "price_1e9": body.price_1e9,
        "venue": body.venue,
        "instrument_type": body.instrument_type,
        "policy": body.policy,
        "urgency": body.urgency,
        "max_slippage_bps": body.max_slippage_bps,
        "horizon_ms": body.horizon_ms,
        "tif": body.tif,
        "reduce_only": body.reduce_only,
        "metadata": body.metadata_json,
    }


def _node_order(body: GraphRequest) -> dict[str, Any]:
    """The one node of a graph, as the order it is."""
    check_structure(body)
    node = body.nodes[0]
    if len(body.nodes) > 1 or body.edges:
        raise missing("graph")
    if node.execution.pacing is not None:
        raise missing("pacing")
    if body.risk != _NO_RISK:
        raise missing("graph_risk")
    size, keys, instrument = node.quantity, node.execution, node.instrument
    return {
        "node_id": node.node_id,
        "symbol": instrument.symbol,
        "side": node.side,
        "qty_1e8": None if size.fixed is None else size.fixed.qty_1e8,
        "notional_1e9": None if size.notional is None else size.notional.usd_1e9,
        "price_1e9": _limit_price(node.order_type),
        "venue": instrument.venue,
        "instrument_type": instrument.type,
        "policy": keys.policy,
        "urgency": keys.urgency,
        "max_slippage_bps": keys.max_slippage_bps,
        "horizon_ms": keys.horizon_ms,
        "tif": keys.tif,
        "reduce_only": keys.reduce_only,
        "metadata": body.metadata_json,
    }


def _limit_price(order_type: str | LimitType) -> int | None:
    return None if isinstance(order_type, str) else order_type.limit.price_1e9


def _is_halted(principal: Principal) -> bool:
    switches = principal.client.kill_switches
    if principal.is_sandbox:
        return switches["sandbox"].engaged
    # A live key's sandbox order is stopped by the switch of either mode.
    return switches["sandbox"].engaged or switches["live"].engaged


def _is_known(runtime: Runtime, account: int, graph_id: str | None) -> bool:
    """True when a submit with this id is answered from what happened already."""
    if graph_id is None:
        return False
    try:
        runtime.engine.graph(account, graph_id)
    except _core.Refusal:
        return False
    return True
