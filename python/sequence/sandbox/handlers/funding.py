"""Funding of perpetuals: what is paid now, and what was set before."""

from typing import Any, Final

from sequence.sandbox.call import Call
from sequence.sandbox.handlers.intelligence import row_of
from sequence.sandbox.refuse import refused
from sequence.types import (
    FundingHistory,
    FundingHistoryQuery,
    FundingRates,
    FundingRatesQuery,
)

_HOUR_NS: Final = 3_600 * 10**9
_SECOND_NS: Final = 10**9
_NS_PER_MS: Final = 10**6
_MOST: Final = 10_000
_DAYS: Final = {
    "1d": 1,
    "1w": 7,
    "1m": 30,
    "3m": 91,
    "6m": 182,
    "1y": 365,
    "2y": 730,
    "5y": 1_826,
}


def rates(call: Call[FundingRatesQuery, None]) -> FundingRates:
    """``GET /v1/market/funding-rates``: per hour, whatever the venue's interval is."""
    query = call.query
    wanted = None if query.symbol is None else _symbol(call, query.symbol)
    rows = [
        _rate(row)
        for row in call.engine.funding_rates()
        if wanted in (None, row["symbol"]) and query.venue in (None, row["venue"])
    ]
    return FundingRates.trusted({"unit": "bps_per_hour", "rates": rows})


def history(call: Call[FundingHistoryQuery, None]) -> FundingHistory:
    """``GET /v1/funding_history/{symbol}``: the rates that were set, with their times."""
    query = call.query
    symbol = _symbol(call, call.path["symbol"])
    until_ns = call.now_ns if query.end_ts is None else query.end_ts * _SECOND_NS
    if query.start_ts is not None:
        since_ns = query.start_ts * _SECOND_NS
    else:
        days = _DAYS.get(query.range)
        since_ns = 0 if days is None else until_ns - days * 24 * _HOUR_NS
    if since_ns > until_ns:
        raise refused("VALIDATION_ERROR", "must not be after end_ts", field="start_ts")
    row = call.engine.funding_history(symbol, query.venue, since_ns, until_ns, _MOST)
    points = row["points"]
    return FundingHistory.trusted(
        {
            "symbol": row["symbol"],
            "venue": query.venue,
            "count": len(points),
            "points": points,
        }
    )


def _symbol(call: Call[Any, Any], text: str) -> str:
    """The perpetual of a name; a pair means its perpetual."""
    row = row_of(call, text)
    if row["instrument_type"] != "perp":
        row = row_of(call, f"{row['symbol']}-PERP")
    symbol: str = row["symbol"]
    return symbol


def _rate(row: dict[str, Any]) -> dict[str, Any]:
    # A share at 1e-9 per interval, in basis points per hour.
    per_hour = round(row["rate_1e9"] * _HOUR_NS / row["interval_ns"] / 10**5, 9)
    return {
        "venue": row["venue"],
        "symbol": row["symbol"],
        "rate_bps_per_hour": per_hour,
        "predicted_rate_bps_per_hour": per_hour,
        "mark_price_1e9": row["mark_1e9"],
        "open_interest_1e8": None,
        "next_settlement_ns": row["next_ns"],
        "snapshot_age_ms": None if row["age_ns"] is None else row["age_ns"] // _NS_PER_MS,
    }
