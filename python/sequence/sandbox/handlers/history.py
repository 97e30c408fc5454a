"""What was: values of an account, prices, and the requests that were answered."""

from typing import Final

from sequence.sandbox.call import Call
from sequence.sandbox.card import card_of
from sequence.types import (
    FillMarks,
    FillMarksQuery,
    PortfolioSnapshots,
    PortfolioSnapshotsQuery,
    PriceHistory,
    PriceHistoryQuery,
    RequestRecords,
    RequestRecordsQuery,
    RunCard,
)

_RANGE_S: Final = {"1h": 3_600, "6h": 6 * 3_600, "1d": 86_400}


def portfolio(call: Call[PortfolioSnapshotsQuery, None]) -> PortfolioSnapshots:
    """``GET /v1/portfolio/snapshots``; without live adapters the live mode has no history."""
    if not (call.principal.is_sandbox or call.query.sandbox):
        return PortfolioSnapshots.trusted({"snapshots": []})
    call.account()
    query, history = call.query, call.runtime.history
    found = history.values(call.principal.client, query.since_ns, query.limit)
    return PortfolioSnapshots.trusted(found)


def marks(call: Call[FillMarksQuery, None]) -> FillMarks:
    """``GET /v1/sandbox/marks``: prices around fills, newest first."""
    query = call.query
    rows = call.engine.marks(call.account(), query.limit + 1, query.before_seq)
    more = len(rows) > query.limit
    del rows[query.limit :]
    return FillMarks.trusted({"marks": rows, "next": rows[-1]["event_seq"] if more else None})


def run(call: Call[None, None]) -> RunCard:
    """``GET /v1/sandbox/run``."""
    return RunCard.trusted(card_of(call.runtime, call.runtime.played))


def prices(call: Call[PriceHistoryQuery, None]) -> PriceHistory:
    """``GET /v1/price_history/{symbol}``."""
    query = call.query
    symbol: str = call.engine.symbol(call.path["symbol"])["symbol"]
    since_ns = call.now_ns - _RANGE_S[query.range] * 10**9
    points = call.engine.prices(symbol, since_ns, query.fidelity_secs, query.limit)
    return PriceHistory.trusted(
        {"symbol": symbol, "venue": None, "count": len(points), "points": points}
    )


def requests(call: Call[RequestRecordsQuery, None]) -> RequestRecords:
    """``GET /v1/sandbox/requests``: those of the caller's client."""
    client_id = call.principal.client.client_id
    rows = call.runtime.requests.rows(client_id, call.query.since_seq, call.query.limit)
    return RequestRecords.trusted({"requests": rows})
