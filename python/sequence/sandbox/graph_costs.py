"""What a graph cost: per node, and how much of it was not hedged for how long."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sequence.sandbox.costs import cost_of

_BPS: Final = 10_000
_QTY: Final = 10**8
_SECOND_NS: Final = 10**9
_PERCENTS: Final = (50, 99)


def node_tca(
    node: Mapping[str, Any],
    fills: list[dict[str, Any]],
    arrival_1e9: int | None,
    market_1e9: int | None,
) -> dict[str, Any]:
    """One node against the market and its average price; `fills` are its own, oldest first."""
    own = cost_of(fills, None)
    report = {} if own is None else own.report
    activated, vwap = report.get("arrival_mid_1e9"), report.get("achieved_vwap_1e9")
    arrival = arrival_1e9 or activated
    sign = 1 if node["side"] == "buy" else -1
    started, ended = node["activated_unix_ns"], node["done_unix_ns"]
    # Basis points are of what was filled at the arrival mid.
    value = 0 if activated is None else activated * report["qty_1e8"] // _QTY
    known = started is not None and fills
    return {
        "node_id": node["node_id"],
        "symbol": node["instrument"]["symbol"],
        "side": node["side"],
        "status": node["status"],
        "qty_1e8": node["qty_1e8"],
        "filled_qty_1e8": node["filled_qty_1e8"],
        "arrival_mid_1e9": arrival,
        "activation_mid_1e9": activated,
        "vwap_1e9": vwap,
        "market_vwap_1e9": market_1e9,
        "shortfall_arrival_bps": _shortfall(vwap, arrival, sign),
        "shortfall_activation_bps": _shortfall(vwap, activated, sign),
        "vs_market_vwap_bps": _shortfall(vwap, market_1e9, sign),
        "spread_cost_usd_1e9": _usd(report.get("spread_cost_bps"), value),
        "impact_usd_1e9": _usd(report.get("market_impact_bps"), value),
        "fees_usd_1e9": node["fees_usd_1e9"],
        "time_to_first_fill_ns": fills[0]["ts_ns"] - started if known else None,
        "time_to_fill_ns": ended - started if known and node["status"] == "FILLED" else None,
    }


def average_of(trades: list[dict[str, Any]]) -> int | None:
    """The volume-weighted price of trades (1e-9); None of none."""
    qty = sum(trade["qty_1e8"] for trade in trades)
    value = sum(trade["price_1e9"] * trade["qty_1e8"] for trade in trades)
    return value // qty if qty else None


def unhedged(
    fills: Iterable[Mapping[str, Any]], base_of: Mapping[str, str], until_ns: int
) -> tuple[list[dict[str, Any]], list[int | None]]:
    """Net quantity per base asset over time, and the median and 99th percentile of hedge lags.

    A lag is the time from a fill to the opposite fill that made up for it, first in, first out; the
    percentiles weigh lags by quantity.
    """
    books: dict[str, _Net] = {}
    for fill in fills:
        asset = base_of[fill["symbol"]]
        books.setdefault(asset, _Net()).add(
            fill["qty_1e8"] if fill["side"] == "buy" else -fill["qty_1e8"], fill["ts_ns"]
        )
    rows = [{"asset": asset} | books[asset].row(until_ns) for asset in sorted(books)]
    lags = sorted(lag for book in books.values() for lag in book.lags)
    return rows, [_percentile(lags, percent) for percent in _PERCENTS]


class _Net:
    """The signed quantity of one asset, and what is not made up for yet."""

    def __init__(self) -> None:
        self.net = self.worst = self.area = self.last_ns = 0
        self.open: deque[tuple[int, int]] = deque()
        self.lags: list[tuple[int, int]] = []

    def add(self, qty: int, ts_ns: int) -> None:
        self.pass_to(ts_ns)
        while qty and self.open and (self.open[0][0] > 0) != (qty > 0):
            held, since_ns = self.open.popleft()
            matched = min(abs(held), abs(qty))
            self.lags.append((ts_ns - since_ns, matched))
            sign = 1 if qty > 0 else -1
            self.net += sign * matched
            qty -= sign * matched
            if abs(held) > matched:
                self.open.appendleft((held + sign * matched, since_ns))
        if qty:
            self.open.append((qty, ts_ns))
            self.net += qty
        if abs(self.net) > abs(self.worst):
            self.worst = self.net

    def pass_to(self, ts_ns: int) -> None:
        self.area += abs(self.net) * max(ts_ns - self.last_ns, 0)
        self.last_ns = max(self.last_ns, ts_ns)

    def row(self, until_ns: int) -> dict[str, Any]:
        self.pass_to(until_ns)
        seconds = self.area / _QTY / _SECOND_NS
        row: dict[str, Any] = {"qty_seconds": round(seconds, 9), "worst_qty_1e8": self.worst}
        return row | {"net_qty_1e8": self.net}


def _shortfall(vwap: int | None, mid: int | None, sign: int) -> float | None:
    if vwap is None or not mid:
        return None
    return round(sign * (vwap - mid) / mid * _BPS, 6)


def _usd(bps: float | None, value_1e9: int) -> int:
    return round((bps or 0.0) * value_1e9 / _BPS)


def _percentile(lags: list[tuple[int, int]], percent: int) -> int | None:
    total, reached = sum(qty for _, qty in lags), 0
    for lag, qty in lags:
        reached += qty
        if reached * 100 >= percent * total:
            return lag
    return None
