"""What orders cost, from their fills: the arithmetic of transaction cost analysis."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sequence.types._decimal import known_sum

_BPS: Final = 10_000
_QTY: Final = 10**8
_USD: Final = 10**9
ROUTING_VERSION: Final = 1
"""The router's version on this server."""


class Cost(NamedTuple):
    """Costs of one order; basis points of its arrival mid, positive is cost."""

    report: dict[str, Any]
    value_1e9: int


def cost_of(fills: Iterable[Mapping[str, Any]], arrival_1e9: int | None) -> Cost | None:
    """What the fills of one order cost, oldest first; None when no book is known to compare with.

    Args:
        fills: Rows as the core answers them, of one order.
        arrival_1e9: The mid when it was placed; None takes the one that its first fill met.
    """
    rows = list(fills)
    books = [_book_of(row) for row in rows]
    if not rows or any(book is None for book in books):
        return None
    met = [book for book in books if book is not None]
    arrival = sum(met[0]) / 2 if arrival_1e9 is None else arrival_1e9
    first, sign = rows[0], 1 if rows[0]["side"] == "buy" else -1
    qty = sum(row["qty_1e8"] for row in rows)
    value = sum(row["price_1e9"] * row["qty_1e8"] for row in rows)
    touch = sum(_touch(row, book) * row["qty_1e8"] for row, book in zip(rows, met, strict=True))
    spread = impact = 0.0
    for row, (bid, ask) in zip(rows, met, strict=True):
        price, mid = row["price_1e9"], (bid + ask) / 2
        edge = price if row["is_maker"] else _touch(row, (bid, ask))
        spread += sign * (edge - mid) * row["qty_1e8"]
        impact += sign * (price - edge) * row["qty_1e8"]
    fees = known_sum(row["fee_usd_1e9"] for row in rows)
    notional = known_sum(row["notional_usd_1e9"] for row in rows)
    saved = sign * (touch - value)
    per = arrival * qty
    report = {
        "node_order_id": first["node_order_id"],
        "graph_id": first["graph_id"],
        "symbol": first["symbol"],
        "side": first["side"],
        "qty_1e8": qty,
        "achieved_vwap_1e9": value // qty,
        "benchmark_vwap_1e9": touch // qty,
        "arrival_mid_1e9": int(arrival),
        "implementation_shortfall_bps": _rounded(sign * (value - per) / per * _BPS),
        "spread_cost_bps": _rounded(spread / per * _BPS),
        "market_impact_bps": _rounded(impact / per * _BPS),
        "fee_bps": _rounded(_fee_share(rows) * _BPS),
        "fees_usd_1e9": fees,
        "savings_vs_benchmark_bps": _rounded(saved / touch * _BPS),
        "savings_usd": _rounded(saved / _QTY / _USD),
        "venue_mix": _mix(rows, qty),
        "routing_version": ROUTING_VERSION,
        "is_prediction": first["is_prediction"],
        "is_sandbox": first["is_sandbox"],
        "ts_ns": max(row["ts_ns"] for row in rows),
    }
    if first["is_prediction"]:
        report |= _contract_of(first) | {"edge_vs_mid_1e9": int(sign * (arrival - value // qty))}
    # What nobody can value weighs nothing in an average.
    return Cost(report, notional or 0)


_AVERAGED: Final = (
    "implementation_shortfall_bps",
    "spread_cost_bps",
    "fee_bps",
    "market_impact_bps",
    "savings_vs_benchmark_bps",
)


def _contract_of(fill: Mapping[str, Any]) -> dict[str, str]:
    """Market and outcome of a fill of an event contract."""
    slug, _, outcome = fill["symbol"].rpartition(":")
    if outcome in ("YES", "NO"):
        return {"outcome": outcome, "market_slug": slug}
    return {"outcome": fill["evidence"].get("outcome") or "YES", "market_slug": fill["symbol"]}


def averages(costs: list[Cost]) -> dict[str, float] | None:
    """Means weighted by value; None of nothing."""
    total = sum(cost.value_1e9 for cost in costs)
    if not total:
        return None
    return {
        name: _rounded(sum(cost.report[name] * cost.value_1e9 for cost in costs) / total)
        for name in _AVERAGED
    }


def percentiles(costs: list[Cost]) -> dict[str, float] | None:
    """Shortfalls that 50, 75, 95 and 99 % of the value stayed at or below; None of nothing."""
    total = sum(cost.value_1e9 for cost in costs)
    if not total:
        return None
    ordered = sorted(costs, key=lambda cost: cost.report["implementation_shortfall_bps"])
    found: dict[str, float] = {}
    for percent in (50, 75, 95, 99):
        reached = 0
        for cost in ordered:
            reached += cost.value_1e9
            found[f"p{percent}"] = cost.report["implementation_shortfall_bps"]
            if reached * 100 >= percent * total:
                break
    return found


def _fee_share(rows: list[Mapping[str, Any]]) -> float:
    """Fees as a share of what was traded, both in the quote asset."""
    traded = sum(row["price_1e9"] * row["qty_1e8"] for row in rows)
    return sum(row["fee_1e9"] for row in rows) * _QTY / traded if traded else 0.0


def _book_of(row: Mapping[str, Any]) -> tuple[int, int] | None:
    """Best bid and offer that a fill met, as its order saw them; None when a side was empty."""
    book: Mapping[str, Any] = row["evidence"].get("book") or {}
    bid, ask = book.get("best_bid_1e9") or 0, book.get("best_ask_1e9") or 0
    if bid <= 0 or ask <= 0:
        return None
    # The book of an event market is that of YES: an offer of YES is a bid for NO.
    return (_USD - ask, _USD - bid) if row["evidence"].get("outcome") == "NO" else (bid, ask)


def _touch(row: Mapping[str, Any], book: tuple[int, int]) -> int:
    return book[1] if row["side"] == "buy" else book[0]


def _mix(rows: list[Mapping[str, Any]], qty: int) -> list[dict[str, Any]]:
    parts: dict[str, int] = {}
    for row in rows:
        parts[row["venue"]] = parts.get(row["venue"], 0) + row["qty_1e8"]
    return [{"venue": venue, "share": _rounded(parts[venue] / qty)} for venue in sorted(parts)]


def _rounded(value: float) -> float:
    return round(value, 6)
