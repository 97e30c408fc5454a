"""Reports on the account of the caller, from its rows, its fills and what they cost."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sequence.sandbox.call import Call
from sequence.sandbox.costs import ROUTING_VERSION, Cost, averages
from sequence.sandbox.handlers.execution import asked_costs, costs_of, is_paper
from sequence.sandbox.newest import newest
from sequence.types import (
    TERMINAL_ORDER_STATUSES,
    AbReport,
    ExecutionAnalytics,
    ModeQuery,
    PortfolioAnalytics,
    TcaQuality,
    TcaQuery,
    TcaReports,
    TcaTimeseries,
    TcaTimeseriesQuery,
    TcaVenues,
    VenueAnalytics,
)
from sequence.types._decimal import known_sum

_NS_PER_S: Final = 10**9
_NS_PER_MS: Final = 10**6
_USD: Final = 10**9
_NEAR_BPS: Final = 10
_LARGEST: Final = {"small": 1_000 * _USD, "medium": 10_000 * _USD, "large": None}
_QUALITY: Final = (
    "implementation_shortfall_bps",
    "spread_cost_bps",
    "fee_bps",
    "market_impact_bps",
    "savings_vs_benchmark_bps",
)


def portfolio(call: Call[ModeQuery, None]) -> PortfolioAnalytics:
    """``GET /v1/analytics/portfolio``: what is held, and how much of it is of one symbol."""
    if not is_paper(call):
        return PortfolioAnalytics.trusted(_sums_of({}) | {"concentration": [], "symbols": []})
    found = call.engine.positions(call.account(), include_closed=True)
    held: dict[str, list[Mapping[str, Any]]] = {}
    for row in found["positions"]:
        held.setdefault(_symbol_of(row["instrument"]), []).append(row)
    values = {
        name: known_sum(row["current_value_usd_1e9"] for row in rows) for name, rows in held.items()
    }
    weight = {name: abs(value) for name, value in values.items() if value}
    whole = sum(weight.values())
    largest = sorted(held, key=lambda name: (-weight.get(name, 0), name))
    return PortfolioAnalytics.trusted(
        _sums_of(found["totals"])
        | {
            "concentration": [
                {"symbol": name, "share": round(weight[name] / whole, 6)}
                for name in largest
                if name in weight
            ],
            "symbols": [
                {
                    "symbol": name,
                    "value_usd_1e9": values[name],
                    "pnl_usd_1e9": known_sum(
                        row[key]
                        for row in held[name]
                        for key in ("realized_pnl_usd_1e9", "unrealized_pnl_usd_1e9")
                    ),
                }
                for name in largest
            ],
        }
    )


def execution(call: Call[ModeQuery, None]) -> ExecutionAnalytics:
    """``GET /v1/analytics/execution``: orders, fills, times and costs in short."""
    orders, fills = _orders(call), _fills(call)
    statuses = [row["status"] for row in orders]
    ended = [status for status in statuses if status in TERMINAL_ORDER_STATUSES]
    value = known_sum(fill["notional_usd_1e9"] for fill in fills)
    made = known_sum(fill["notional_usd_1e9"] for fill in fills if fill["is_maker"])
    ways = list(_ways(fills))
    costs = costs_of(call, {}) if is_paper(call) else []
    means: Mapping[str, float] = averages(costs) or {}
    return ExecutionAnalytics.trusted(
        {
            "orders": {
                "total": len(orders),
                "open": len(statuses) - len(ended),
                "filled": statuses.count("FILLED"),
                "cancelled": statuses.count("CANCELLED"),
                "rejected": statuses.count("REJECTED"),
                "expired": statuses.count("EXPIRED"),
                "rejected_for": _reasons(orders),
                "fill_rate": _rate(statuses.count("FILLED"), len(ended)),
                "reject_rate": _rate(statuses.count("REJECTED"), len(ended)),
            },
            "fills": {
                "count": len(fills),
                "notional_usd_1e9": value,
                "fees_usd_1e9": known_sum(fill["fee_usd_1e9"] for fill in fills),
                "maker_share": None if made is None else _rate(made, value or 0),
            },
            "latency": {
                "inbound_p50_ms": _percentile([there for there, _ in ways], 50),
                "inbound_p99_ms": _percentile([there for there, _ in ways], 99),
                "fill_p50_ms": _percentile([back for _, back in ways], 50),
                "fill_p99_ms": _percentile([back for _, back in ways], 99),
            },
            "execution_quality": {name: means.get(name) for name in _QUALITY}
            | {"win_rate": _win_rate(costs)},
        }
    )


def venues(call: Call[ModeQuery, None]) -> VenueAnalytics:
    """``GET /v1/analytics/venues``: what each venue did with what it was sent."""
    sent: dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = {}
    for order in _orders(call):
        for leg in order["legs"]:
            sent.setdefault(leg["venue"], []).append((order, leg))
    ways: dict[str, list[float]] = {}
    for fill in _fills(call):
        for there, back in _ways([fill]):
            ways.setdefault(fill["venue"], []).append(there + back)
    rows = [_venue(name, sent[name], ways.get(name, [])) for name in sorted(sent)]
    return VenueAnalytics.trusted({"venues": rows})


def tca_report(call: Call[TcaQuery, None]) -> TcaReports:
    """``GET /v1/analytics/tca/report``."""
    return TcaReports.trusted({"rows": [cost.report for cost in asked_costs(call)]})


def tca_timeseries(call: Call[TcaTimeseriesQuery, None]) -> TcaTimeseries:
    """``GET /v1/analytics/tca/timeseries``."""
    length = call.query.interval_secs * _NS_PER_S
    parts: dict[int, list[Cost]] = {}
    for cost in asked_costs(call):
        parts.setdefault(cost.report["ts_ns"] // length * length, []).append(cost)
    means = ((ts_ns, averages(parts[ts_ns])) for ts_ns in sorted(parts))
    points = [{"ts_ns": ts_ns, "averages": mean} for ts_ns, mean in means if mean is not None]
    return TcaTimeseries.trusted({"points": points})


def tca_venues(call: Call[TcaQuery, None]) -> TcaVenues:
    """``GET /v1/analytics/tca/venues``: each venue's parts of orders as orders of their own."""
    parts: dict[str, list[Cost]] = {}
    for cost in asked_costs(call, by_venue=True):
        parts.setdefault(cost.report["venue_mix"][0]["venue"], []).append(cost)
    means = ((venue, averages(parts[venue])) for venue in sorted(parts))
    rows = [{"venue": venue, "averages": mean} for venue, mean in means if mean is not None]
    return TcaVenues.trusted({"venues": rows})


def tca_quality(call: Call[TcaQuery, None]) -> TcaQuality:
    """``GET /v1/analytics/tca/quality``."""
    costs = asked_costs(call)
    near = sum(cost.report["implementation_shortfall_bps"] <= _NEAR_BPS for cost in costs)
    given = {"symbol": call.query.symbol, "venue": call.query.venue}
    ended = [
        row["status"] for row in _orders(call, given) if row["status"] in TERMINAL_ORDER_STATUSES
    ]
    known = {
        "price": _win_rate(costs),
        "shortfall": _rate(near, len(costs)),
        "fill": _rate(ended.count("FILLED"), len(ended)),
    }
    components = {name: value for name, value in known.items() if value is not None}
    score = round(sum(components.values()) / len(components), 6) if components else None
    return TcaQuality.trusted({"score": score, "components": components})


def ab_report(call: Call[TcaQuery, None]) -> AbReport:
    """``GET /v1/analytics/ab_report``: one variant, the router that this server has."""
    costs = asked_costs(call)
    means = averages(costs)
    row = {"routing_version": ROUTING_VERSION, "averages": means, "count": len(costs)}
    return AbReport.trusted({"variants": [row] if means is not None else []})


def _reasons(orders: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many were rejected for each reason, the most frequent first."""
    rejected = (row["failure_reason"] for row in orders if row["status"] == "REJECTED")
    return dict(Counter(map(str, rejected)).most_common())


def _orders(
    call: Call[Any, Any], given: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    if not is_paper(call):
        return []
    return list(newest(call.runtime, call.account(), "orders", **(given or {})))


def _fills(call: Call[Any, Any]) -> list[dict[str, Any]]:
    return list(newest(call.runtime, call.account(), "fills")) if is_paper(call) else []


def _venue(
    name: str, parts: list[tuple[Mapping[str, Any], Mapping[str, Any]]], ways: list[float]
) -> dict[str, Any]:
    legs = [leg for _, leg in parts]
    statuses = [leg["status"] for leg in legs]
    rejected = statuses.count("REJECTED")
    ended = [leg for leg in legs if leg["status"] in TERMINAL_ORDER_STATUSES]
    taken = [leg for leg in ended if leg["status"] != "REJECTED"]
    return {
        "venue": name,
        "sent": len(legs),
        "acked": len(legs) - rejected - statuses.count("NEW"),
        "filled": statuses.count("FILLED"),
        "rejected": rejected,
        "fill_rate": _filled_share(ended),
        "reject_rate": _rate(rejected, len(ended)),
        "ack_latency_ms": _percentile(ways, 50),
        "quality_score": _filled_share(taken),
        "buckets": _buckets(parts),
    }


def _buckets(parts: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, float | None]:
    """Filled shares by what the whole order was worth at the prices it had."""
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in _LARGEST}
    for order, leg in parts:
        price = order["avg_price_1e9"] or order["limit_price_1e9"]
        if price is None or leg["status"] not in TERMINAL_ORDER_STATUSES:
            continue
        value = order["qty_1e8"] * price // 10**8
        fits = (name for name, most in _LARGEST.items() if most is None or value < most)
        found[next(fits)].append(leg)
    return {name: _filled_share(legs) for name, legs in found.items()}


def _filled_share(legs: list[Mapping[str, Any]]) -> float | None:
    asked = sum(leg["qty_1e8"] for leg in legs)
    return _rate(sum(leg["filled_qty_1e8"] for leg in legs), asked)


def _ways(fills: Iterable[Mapping[str, Any]]) -> Iterable[tuple[float, float]]:
    """Milliseconds to the venue, and from the match there until the fill was told."""
    for fill in fills:
        time: Mapping[str, int] = fill["evidence"].get("time") or {}
        sent, arrived = time.get("submit_local_ns"), time.get("arrive_venue_ns")
        if sent and arrived:
            told = fill["ts_ns"] - (time.get("match_at_ns") or arrived)
            yield (arrived - sent) / _NS_PER_MS, max(told, 0) / _NS_PER_MS


def _percentile(values: list[float], percent: int) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[max(-(-len(ordered) * percent // 100) - 1, 0)], 6)


def _win_rate(costs: list[Cost]) -> float | None:
    return _rate(sum(cost.report["savings_usd"] >= 0 for cost in costs), len(costs))


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _symbol_of(instrument: Mapping[str, Any]) -> str:
    """The name of what a row holds: a code, a symbol, or a market and its outcome."""
    if instrument["market_slug"] is not None:
        return f"{instrument['market_slug']}:{instrument['outcome']}"
    symbol: str = instrument["symbol"]
    return symbol


def _sums_of(totals: Mapping[str, Any]) -> dict[str, Any]:
    if not totals:
        return {"value_usd_1e9": 0, "pnl_usd_1e9": 0, "fees_usd_1e9": 0}
    parts = (totals["realized_pnl_usd_1e9"], totals["unrealized_pnl_usd_1e9"])
    return {
        "value_usd_1e9": totals["nav_usd_1e9"],
        "pnl_usd_1e9": known_sum(parts),
        "fees_usd_1e9": totals["fees_usd_1e9"],
    }
