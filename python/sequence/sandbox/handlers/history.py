"""What was: values of an account, prices, and the requests that were answered."""

from typing import Final

from sequence.sandbox.call import Call
from sequence.types import (
    PortfolioSnapshots,
    PortfolioSnapshotsQuery,
    PriceHistory,
    PriceHistoryQuery,
    RequestRecords,
    RequestRecordsQuery,
)

_RANGE_S: Final = {"1h": 3_600, "6h": 6 * 3_600, "1d": 86_400}


def portfolio(call: Call[PortfolioSnapshotsQuery, None]) -> PortfolioSnapshots:
    """``GET /v1/portfolio/snapshots``; without live adapters the live mode has no history."""
    rows = []
    if call.principal.is_sandbox or call.query.sandbox:
        call.account()
        history = call.runtime.history
        rows = history.values(call.principal.client, call.query.since_ns, call.query.limit)
    return PortfolioSnapshots.trusted({"snapshots": rows})


def prices(call: Call[PriceHistoryQuery, None]) -> PriceHistory:
    """``GET /v1/price_history/{symbol}``."""
    query = call.query
    symbol: str = call.engine.symbol(call.path["symbol"])["symbol"]
    since_ns = call.now_ns - _RANGE_S[query.range] * 10**9
    points = call.runtime.history.prices(symbol, since_ns, query.fidelity_secs, query.limit)
    return PriceHistory.trusted(
        {"symbol": symbol, "venue": None, "count": len(points), "points": points}
    )


def requests(call: Call[RequestRecordsQuery, None]) -> RequestRecords:
    """``GET /v1/sandbox/requests``: those of the caller's client."""
    client_id = call.principal.client.client_id
    rows = call.runtime.requests.rows(client_id, call.query.since_seq, call.query.limit)
    return RequestRecords.trusted({"requests": rows})
