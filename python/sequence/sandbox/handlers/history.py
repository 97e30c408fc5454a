"""What was: values of an account, prices, and the requests that were answered."""

from typing import Any, Final

from sequence.sandbox.call import Call
from sequence.sandbox.card import card_of
from sequence.sandbox.handlers.intelligence import row_of
from sequence.sandbox.newest import KEPT_TRADES
from sequence.sandbox.refuse import missing, refused
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

_DAY_S: Final = 86_400
_RANGE_S: Final = {"1h": 3_600, "6h": 6 * 3_600, "1d": _DAY_S, "1w": 7 * _DAY_S} | {
    name: days * _DAY_S
    for name, days in (("1m", 30), ("3m", 91), ("6m", 182), ("1y", 365), ("2y", 730), ("5y", 1_826))
}
_NS_PER_S: Final = 10**9
_DAY_NS: Final = _DAY_S * _NS_PER_S
_TAPE: Final = 100
_BARS: Final = 5_000


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
    """``GET /v1/price_history/{symbol}``: bars of what was seen here, or the trades themselves."""
    query = call.query
    row = row_of(call, call.path["symbol"])
    # With its outcome: prices of NO are not those of YES.
    symbol: str = call.engine.depth(call.path["symbol"], 1)["symbol"]
    since_ns, until_ns = _span(query, call.now_ns)
    is_tape = query.fidelity_secs == 0
    if not is_tape and until_ns - since_ns > _DAY_NS and row["instrument_type"] != "prediction":
        if query.venue is None:
            raise refused("INVALID_PARAMS", "is needed for more than a day", field="venue")
        raise missing("price_history", "candles of venues are not part of this server", query.venue)
    limit = query.limit or (_TAPE if is_tape else _BARS)
    if is_tape or query.venue is not None:
        most = min(limit, KEPT_TRADES) if is_tape else KEPT_TRADES
        points = call.engine.trades(symbol, query.venue, since_ns, until_ns, most)
        points = points if is_tape else _bars(points, query.fidelity_secs * _NS_PER_S, limit)
    else:
        points = call.engine.prices(symbol, since_ns, until_ns, query.fidelity_secs, limit)
    return PriceHistory.trusted(
        {"symbol": symbol, "venue": query.venue, "count": len(points), "points": points}
    )


def _span(query: PriceHistoryQuery, now_ns: int) -> tuple[int, int]:
    """From when to when (ns)."""
    until_ns = now_ns if query.end_ts is None else query.end_ts * _NS_PER_S
    if query.start_ts is not None:
        since_ns = query.start_ts * _NS_PER_S
    else:
        seconds = _RANGE_S.get(query.range)
        since_ns = 0 if seconds is None else until_ns - seconds * _NS_PER_S
    if since_ns > until_ns:
        raise refused("VALIDATION_ERROR", "must not be after end_ts", field="start_ts")
    return since_ns, until_ns


def _bars(trades: list[dict[str, Any]], bar_ns: int, limit: int) -> list[dict[str, int]]:
    """The last trade of each bar."""
    last = {trade["ts_ns"] // bar_ns: trade for trade in trades}
    rows = [{name: last[bar][name] for name in ("ts_ns", "price_1e9")} for bar in sorted(last)]
    return rows[-limit:]


def requests(call: Call[RequestRecordsQuery, None]) -> RequestRecords:
    """``GET /v1/sandbox/requests``: those of the caller's client."""
    client_id = call.principal.client.client_id
    rows = call.runtime.requests.rows(client_id, call.query.since_seq, call.query.limit)
    return RequestRecords.trusted({"requests": rows})
