"""What the market of a symbol offers; every number is of the books as they are."""

from collections.abc import Iterator
from typing import Any, Final

from sequence import _core
from sequence.sandbox.call import Call
from sequence.sandbox.refuse import refused
from sequence.types import (
    Depth,
    DepthQuery,
    MarketAnalytics,
    Route,
    RouteQuery,
    SlippageCurve,
    SlippageQuery,
    SymbolQuery,
    VenueIntel,
)
from sequence.types._decimal import QTY_DECIMALS, decimal_units
from sequence.types._names import did_you_mean
from sequence.types.intelligence import MAX_LEVELS

_BPS: Final = 10_000
_QTY: Final = 10**8
_USD: Final = 10**9
_PARTS: Final = ("cost_bps", "latency_risk_bps", "freshness_bps", "score_bps")
_NEAR_BPS: Final = 50
_TIGHT_BPS: Final = 2
_NORMAL_BPS: Final = 20


def depth(call: Call[DepthQuery, None]) -> Depth:
    """``GET /v1/intelligence/depth``."""
    return Depth.trusted(depth_of(call, call.query.symbol, call.query.limit))


def slippage(call: Call[SlippageQuery, None]) -> SlippageCurve:
    """``GET /v1/intelligence/slippage``: sizes in USD against the books, without fees."""
    query = call.query
    found = depth_of(call, query.symbol, MAX_LEVELS)
    levels = found["asks"] if query.side == "buy" else found["bids"]
    mid = mid_of(found)
    sign = 1 if query.side == "buy" else -1
    curve = [_point(size, levels, mid, sign) for size in query.sizes]
    return SlippageCurve.trusted({"symbol": found["symbol"], "side": query.side, "curve": curve})


def routing(call: Call[RouteQuery, None]) -> Route:
    """``GET /v1/intelligence/routing``: the legs that a market order would get now."""
    query = call.query
    qty_1e8 = decimal_units(query.qty, QTY_DECIMALS)
    row = preview_of(call, query.symbol, query.side, qty_1e8)
    chosen = [venue for venue in row["candidate_venues"] if venue["chosen"]]
    legs = [
        {
            "venue": venue["venue"],
            "qty_1e8": venue["qty_1e8"],
            "est_price_1e9": venue["avg_price_1e9"],
            **{part: float(venue[part]) for part in _PARTS},
        }
        for venue in chosen
    ]
    total = sum(leg["qty_1e8"] for leg in legs)
    cost = sum(leg["cost_bps"] * leg["qty_1e8"] for leg in legs)
    return Route.trusted(
        {
            "symbol": row["symbol"],
            "side": query.side,
            "qty_1e8": qty_1e8,
            "legs": legs,
            "est_cost_bps": round(cost / total, 6) if total else None,
        }
    )


def venues(call: Call[SymbolQuery, None]) -> VenueIntel:
    """``GET /v1/intelligence/venues``: what each venue shows near the mid."""
    found = depth_of(call, call.query.symbol, MAX_LEVELS)
    mid = mid_of(found)
    shown: dict[str, int] = {}
    for level in (*found["bids"], *found["asks"]):
        near = mid is None or abs(level["price_1e9"] - mid) * _BPS <= _NEAR_BPS * mid
        shown[level["venue"]] = shown.get(level["venue"], 0) + near * level["qty_1e8"]
    total = sum(shown.values())
    rows = [
        {
            "venue": venue,
            "market_share": round(shown[venue] / total, 6) if total else 0.0,
            "toxicity_score": None,
            "quote_to_trade_ratio": None,
        }
        for venue in sorted(shown)
    ]
    return VenueIntel.trusted(
        {"symbol": found["symbol"], "spread_regime": _regime(found), "venues": rows}
    )


def market(call: Call[None, None]) -> MarketAnalytics:
    """``GET /v1/analytics/market/{symbol}``."""
    found = depth_of(call, call.path["symbol"], MAX_LEVELS)
    quote = call.engine.quote(found["symbol"], 1)
    bids, asks = (sum(level["qty_1e8"] for level in found[side]) for side in ("bids", "asks"))
    names = ("bid", "ask", "bid_size", "ask_size")
    rows = [
        {"venue": venue} | {name: row[name] for name in names}
        for venue, row in sorted(quote["venues"].items())
    ]
    return MarketAnalytics.trusted(
        {
            "symbol": found["symbol"],
            "nbbo": quote["nbbo"],
            "depth": {"bid_qty_1e8": bids, "ask_qty_1e8": asks},
            "imbalance": round((bids - asks) / (bids + asks), 6) if bids + asks else 0.0,
            "venues": rows,
        }
    )


def depth_of(call: Call[Any, Any], symbol: str, limit: int) -> dict[str, Any]:
    """The live levels of a symbol; errors as `row_of`."""
    row_of(call, symbol)
    return call.engine.depth(symbol, limit)


def preview_of(call: Call[Any, Any], symbol: str, side: str, qty_1e8: int) -> dict[str, Any]:
    """What a market order would do now; errors as `row_of`."""
    row_of(call, symbol)
    return call.engine.preview(
        call.account(), symbol=symbol, side=side, qty_1e8=qty_1e8, by=call.principal.mode
    )


def row_of(call: Call[Any, Any], symbol: str) -> dict[str, Any]:
    """The row of a symbol.

    Raises:
        sequence.errors.NotFoundError: There is no such symbol; the message shows the nearest.
    """
    try:
        return call.engine.symbol(symbol)
    except _core.Refusal as refusal:
        text = refusal.message
        if "did you mean" not in text:
            text += did_you_mean(symbol, [row["symbol"] for row in call.engine.symbols()])
        raise refused(refusal.code, text) from None


def mid_of(depth: dict[str, Any]) -> float | None:
    """The middle of the best levels (1e-9); None without both sides."""
    if not depth["bids"] or not depth["asks"]:
        return None
    best: float = (depth["bids"][0]["price_1e9"] + depth["asks"][0]["price_1e9"]) / 2
    return best


def _point(
    size_usd: int, levels: list[dict[str, Any]], mid: float | None, sign: int
) -> dict[str, Any]:
    """The price of one size, taken from the best level on."""
    left = size_usd * _USD * _QTY
    qty = value = 0
    for price, available in _steps(levels):
        taken = min(available, left // price)
        qty, value, left = qty + taken, value + taken * price, left - taken * price
        if taken < available:
            break
    else:
        # Nothing is left in the book; a rest below one unit at the last price is none.
        last = levels[-1]["price_1e9"] if levels else 0
        if not levels or left >= last:
            return _row(size_usd, qty, value, mid, sign, fillable=False)
    return _row(size_usd, qty, value, mid, sign, fillable=True)


def _steps(levels: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    for level in levels:
        yield level["price_1e9"], level["qty_1e8"]


def _row(
    size_usd: int, qty: int, value: int, mid: float | None, sign: int, *, fillable: bool
) -> dict[str, Any]:
    cost = None if mid is None or not qty else sign * (value / qty - mid) / mid * _BPS
    return {
        "notional_usd": size_usd,
        "slippage_bps": None if cost is None else round(cost, 6),
        "avg_price_1e9": value // qty if qty else None,
        "fillable": fillable,
    }


def _regime(depth: dict[str, Any]) -> str | None:
    mid = mid_of(depth)
    if mid is None:
        return None
    spread = (depth["asks"][0]["price_1e9"] - depth["bids"][0]["price_1e9"]) / mid * _BPS
    return "tight" if spread <= _TIGHT_BPS else "normal" if spread <= _NORMAL_BPS else "wide"
