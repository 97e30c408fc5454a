"""Orders: submit, preview, read, amend, cancel."""

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from sequence import _core
from sequence.sandbox.call import Call, Pending, Written
from sequence.sandbox.graph_rules import graph_spec, paced_spec
from sequence.sandbox.refuse import named, refused
from sequence.sandbox.risk import risk_keys
from sequence.types import (
    VENUES,
    AmendRequest,
    AmendResponse,
    GraphCancelResponse,
    GraphRequest,
    NodeAmendRequest,
    Order,
    OrderCancelResponse,
    OrdersPage,
    OrdersQuery,
    PreviewRequest,
    PreviewResponse,
    Risk,
    SimpleOrderRequest,
    SubmitResponse,
    VenueCancelAll,
)
from sequence.types._late import LateSubmit
from sequence.types._words import TERMINAL_ORDER_STATUSES
from sequence.types.common import unknown_venue

LIVE_REFUSAL: Final = (
    "live routing is not available on this server: "
    'send "sandbox": true with the order, or use a seq_test_ key'
)
_NO_RISK: Final = Risk()
_NO_VERSION: Final = 2**32 - 1

WaitingT = TypeVar("WaitingT", OrderCancelResponse, GraphCancelResponse, AmendResponse)


class Replay(NamedTuple):
    """The first answer to a ``graph_id``, given again."""

    response: SubmitResponse | Written


def submit(
    call: Call[None, SimpleOrderRequest | GraphRequest | _core.OrderBody],
) -> SubmitResponse | Written | Replay:
    """``POST /v1/orders``: mode, known ``graph_id``, kill switch, then the core decides."""
    body, principal = call.body, call.principal
    if not (principal.is_sandbox or body.wants_sandbox):
        raise refused("FORBIDDEN", LIVE_REFUSAL)
    account = call.account()
    call.runtime.recall(account, body.graph_id)
    if isinstance(body, _core.OrderBody):
        found = call.engine.submit_body(account, call.now_ns, body, principal.mode)
        return _written(call, *found)
    row: dict[str, Any] | str
    if isinstance(body, SimpleOrderRequest) and body.pacing is None:
        order = _simple_order(call, account, body)
        if call.form != "model":
            return _late(call, order)
        row, replayed = call.engine.submit(*order, form="row")
    else:
        spec, risk = _spec_and_risk(body)
        row, replayed = call.engine.submit_graph(
            account,
            call.now_ns,
            spec,
            graph_id=body.graph_id,
            metadata=body.metadata_json,
            wallet=body.wallet_id,
            risk=risk,
            by=principal.mode,
        )
    # The first answer of a graph of several orders is kept as the text that it was.
    answer: dict[str, Any] = json.loads(row) if isinstance(row, str) else row
    if not replayed:
        rows = (row for row in answer["orders"] if row["status"] not in TERMINAL_ORDER_STATUSES)
        open_orders = ((row["node_order_id"], row["symbol"]) for row in rows)
        call.runtime.arrivals.note(call.engine, open_orders)
    response = SubmitResponse.trusted(answer)
    return Replay(response) if replayed else response


def _late(call: Call[None, Any], order: "_Ordered") -> SubmitResponse | Written | Replay:
    """The same for who wants no model now: the core writes the text, or keeps what may be asked."""
    if call.form == "text":
        (text, opened), replayed = call.engine.submit(*order, form="text")
        return _written(call, text, opened, replayed)
    answer, replayed = call.engine.submit(*order, form="late")
    response = LateSubmit.of(answer)
    if replayed:
        return Replay(response)
    call.runtime.arrivals.note(call.engine, answer.open())
    return response


def _written(
    call: Call[None, Any],
    text: bytes,
    opened: tuple[str, str] | None,
    replayed: bool,  # noqa: FBT001 - as the core says it
) -> Written | Replay:
    response = Written(text)
    if replayed:
        return Replay(response)
    if opened is not None:
        call.runtime.arrivals.note(call.engine, (opened,))
    return response


def _spec_and_risk(body: SimpleOrderRequest | GraphRequest) -> tuple[str, dict[str, Any] | None]:
    if isinstance(body, SimpleOrderRequest):
        return paced_spec(body), None
    return graph_spec(body), None if body.risk == _NO_RISK else risk_keys(body.risk)


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
        urgency=body.urgency,
        by=call.principal.mode,
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
    page = call.runtime.orders(
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
    return OrdersPage.trusted(with_cursor(page, "orders", "created_seq"))


def with_cursor(page: dict[str, Any], rows: str, number: str) -> dict[str, Any]:
    """A page with what to ask for the one after it."""
    page["next"] = page[rows][-1][number] if page["has_more"] and page[rows] else None
    return page


def order(call: Call[None, None]) -> Order:
    """``GET /v1/orders/{node_order_id}``: the bare row."""
    account = _recalled(call)
    return Order.trusted(call.engine.order(account, call.path["node_order_id"]))


def cancel(call: Call[None, None]) -> OrderCancelResponse | Written | Pending:
    """``DELETE /v1/orders/{node_order_id}``; a graph id cancels the graph."""
    account, name = _recalled(call), call.path["node_order_id"]
    row = call.engine.cancel_order(account, name, call.now_ns, text=call.form == "text")
    if isinstance(row, bytes):
        return Written(row)
    return pending(call, OrderCancelResponse.trusted(row), _cancelled)


def _recalled(call: Call[Any, Any]) -> int:
    """The account of the caller, with the order that the path names in memory."""
    account = call.account()
    call.runtime.recall(account, call.path["node_order_id"])
    return account


def _cancelled(call: Call[None, None]) -> OrderCancelResponse | None:
    """What became of a cancel that was on its way; None while it still is."""
    account, name = call.account(), call.path["node_order_id"]
    if not call.engine.is_terminal(account, name):
        return None
    # A second cancel says it: 200 for what it cancelled, 409 for what a fill or an end was first.
    row = call.engine.cancel_order(account, name, call.now_ns)
    return OrderCancelResponse.trusted(row | {"already_terminal": False})


def amend(
    call: Call[None, AmendRequest | _core.AmendBody],
) -> AmendResponse | Written | Pending:
    """``PATCH /v1/orders/{node_order_id}``."""
    body = call.body
    with named(changed_keys(body), {"reduce_by_1e8": "the new total "}):
        row = call.engine.amend_order(
            _recalled(call),
            call.path["node_order_id"],
            call.now_ns,
            new_qty_1e8=body.new_qty_1e8,
            reduce_by_1e8=body.reduce_by_1e8,
            price_1e9=body.price_1e9,
            expected_version=version_of(body.expected_version),
            by=call.principal.mode,
            text=call.form == "text",
        )
    if isinstance(row, bytes):
        return Written(row)
    answer = AmendResponse.trusted(row)
    if not answer.pending:
        return answer
    total = body.new_qty_1e8 or answer.qty_1e8 - (body.reduce_by_1e8 or 0)
    wanted = total, body.price_1e9 or _asked_price(call)
    return pending(call, answer, lambda again: _amended(again, answer, wanted))


def changed_keys(body: AmendRequest | NodeAmendRequest | _core.AmendBody) -> dict[str, str]:
    """The keys of a change, by what the core calls these fields of an order."""
    limits = None if isinstance(body, _core.AmendBody) else body.new_constraints
    keys = (
        {}
        if limits is None
        else {name: f"new_constraints.{name}" for name in limits.model_fields_set}
    )
    if body.new_qty_1e8 is not None:
        keys["qty"] = "new_qty_1e8"
    elif not isinstance(body, NodeAmendRequest) and body.reduce_by_1e8 is not None:
        keys["qty"] = "reduce_by_1e8"
    return keys | {"price": "new_constraints.max_price_1e9"}


def _amended(
    call: Call[None, AmendRequest | _core.AmendBody],
    first: AmendResponse,
    wanted: tuple[int, int | None],
) -> AmendResponse | None:
    """What became of an amend that was on its way; None while it still is."""
    row = call.engine.amend_state(call.account(), call.path["node_order_id"])
    if row["pending"]:
        return None
    if (row["qty_1e8"], _asked_price(call)) == wanted:
        return AmendResponse.trusted(row | {"mode": first.mode})
    if row["status"] in TERMINAL_ORDER_STATUSES:
        raise refused("CONFLICT", f"order is {row['status']}")
    raise refused("CONFLICT", "the amend came too late: the order is as it was before")


def _asked_price(call: Call[None, AmendRequest | _core.AmendBody]) -> int | None:
    """The limit as its client sent it; the venue's grid may have moved it."""
    order = call.engine.order(call.account(), call.path["node_order_id"])
    price: int | None = order["constraints"]["max_price_1e9"]
    return price


def cancel_venue(call: Call[None, None]) -> VenueCancelAll:
    """``POST /v1/venue_cancel_all/{venue}``, in the mode of the key."""
    venue = call.path["venue"]
    if venue not in VENUES:
        raise refused("VALIDATION_ERROR", unknown_venue(venue))
    if not call.principal.is_sandbox:
        return VenueCancelAll.trusted({"venue": venue, "cancelled": 0, "node_order_ids": []})
    return VenueCancelAll.trusted(call.engine.cancel_venue(call.account(), venue, call.now_ns))


def version_of(expected: int | None) -> int | None:
    """A version as the core takes it; what no row can have stays what no row has."""
    return None if expected is None else min(max(expected, 0), _NO_VERSION)


def pending(
    call: Call[Any, Any],
    answer: WaitingT,
    look: Callable[[Call[Any, Any]], WaitingT | None],
) -> WaitingT | Pending:
    """The answer; on a clock that runs by itself it waits until ``look`` finds one."""
    if not answer.pending or call.runtime.clock.kind != "wall":
        return answer

    def again(later: Call[Any, Any]) -> WaitingT | Pending:
        found = look(later)
        return Pending(answer, again) if found is None else found

    return Pending(answer, again)


_Ordered = tuple[
    int, int, str, str, int | None, int | None, int | None, str | None, str | None, str, str, str,
    str, int | None, int | None, str | None, bool, str, str | None, dict[str, Any] | None, str,
]  # fmt: skip
"""The arguments of the core's `submit`: by place, since a name takes longer to find than to use."""


def _simple_order(call: Call[Any, Any], account: int, body: SimpleOrderRequest) -> _Ordered:
    return (
        account, call.now_ns, body.symbol, body.side, body.qty_1e8, body.notional_1e9,
        body.price_1e9, body.venue, body.graph_id, "order", body.instrument_type, body.policy,
        body.urgency, body.max_slippage_bps, body.horizon_ms, body.tif, body.reduce_only,
        body.metadata_json, body.wallet_id, None, call.principal.mode,
    )  # fmt: skip
