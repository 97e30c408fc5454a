"""Fills."""

from sequence.sandbox.call import Call
from sequence.sandbox.handlers.order import with_cursor
from sequence.sandbox.refuse import refused
from sequence.types import FillsPage, FillsQuery


def fills(call: Call[FillsQuery, None]) -> FillsPage:
    """``GET /v1/fills``, newest first."""
    query = call.query
    since_ns, until_ns = query.since_ns, query.until_ns
    if since_ns is not None and until_ns is not None and since_ns > until_ns:
        text = "must not be after until_ns (both are nanoseconds)"
        raise refused("INVALID_PARAMS", text, field="since_ns")
    if not (call.principal.is_sandbox or query.sandbox):
        return FillsPage.trusted(
            {
                "fills": [],
                "total": 0,
                "limit": query.limit,
                "offset": query.offset,
                "has_more": False,
            }
        )
    page = call.runtime.fills(
        call.account(),
        limit=query.limit,
        offset=query.offset,
        symbol=query.symbol,
        node_order_id=query.node_order_id,
        graph_id=query.graph_id,
        venue=query.venue,
        since_ns=since_ns,
        until_ns=until_ns,
        before_seq=query.before_seq,
    )
    return FillsPage.trusted(with_cursor(page, "fills", "event_seq"))
