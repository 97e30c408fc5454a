"""What an order would cost and how it could be worked, from the books as they are."""

import math
from statistics import NormalDist
from typing import Any, Final, NamedTuple, get_args

from sequence.sandbox.call import Call
from sequence.sandbox.handlers.intelligence import row_of
from sequence.types import ExecutionSimulation, Forecast, RouteQuery, SimulateQuery, Urgency
from sequence.types._decimal import QTY_DECIMALS, decimal_units

_NORMAL: Final = NormalDist()
_MEAN_OF_ADVERSE: Final = 1 / math.sqrt(2 * math.pi)
"""The mean of the adverse half of a normal move, as a share of its deviation: what a risk is."""
_CHANCES: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_DOWNSIDE: Final = 0.9
_CAPACITY: Final = (25, 50, 100, 200, 400, 800)
"""Sizes of the capacity curve, in per cent of the quantity asked for."""
_NOW_PER_CENT: Final = {"low": 25, "medium": 50, "high": 75}
_PPM: Final = 1_000_000
_MS: Final = 1_000_000


class Landed(NamedTuple):
    """What a quantity would land at, in basis points of the mid.

    Attributes:
        filled: What the books hold of it (1e-8).
        book: Price against the mid.
        fee: Fee.
        risk: The move against it to expect: for the delay, whatever the urgency, and the age.
        deviation: Of the move either way.
        delay_ms: Until the last part is at its venue.
        venues: Where it goes.
    """

    filled: int
    book: float
    fee: float
    risk: float
    deviation: float
    delay_ms: float
    venues: frozenset[str]

    @property
    def cost(self) -> float:
        """Everything."""
        return self.book + self.fee + self.risk


def forecast(call: Call[RouteQuery, None]) -> Forecast:
    """``GET /v1/execution/forecast``."""
    query, qty = call.query, decimal_units(call.query.qty, QTY_DECIMALS)
    row, landed = _taken(call, qty)
    names = [listing["venue"] for listing in row_of(call, query.symbol)["venues"]]
    alone = ((name, _taken(call, qty, name)[1]) for name in names)
    whole = {venue: found for venue, found in alone if found is not None and found.filled == qty}
    ways = ((urgency, _taken(call, qty, urgency=urgency)[1]) for urgency in get_args(Urgency))
    median = None if landed is None else landed.book + landed.fee
    return Forecast.trusted(
        {
            "symbol": row["symbol"],
            "side": query.side,
            "qty_1e8": qty,
            "fillable_qty_1e8": 0 if landed is None else landed.filled,
            "mid_1e9": row["mid_1e9"],
            "expected_cost_bps": _rounded(median),
            "downside_cost_bps": None if landed is None else _at(landed, _DOWNSIDE),
            "fill_confidence": _confidence(landed, qty),
            "capacity": _capacity(call, qty),
            "venues": [
                _venue(name, found)
                for name, found in sorted(whole.items(), key=lambda item: (item[1].cost, item[0]))
            ],
            "urgency": [
                {"urgency": name, "cost_bps": _rounded(found.cost), "time_ms": found.delay_ms}
                for name, found in ways
                if found is not None
            ],
            "source": "edge_nbbo" if row["live"] else "unavailable",
            "ts_ns": call.now_ns,
        }
    )


def simulate(call: Call[SimulateQuery, None]) -> ExecutionSimulation:
    """``GET /v1/execution/simulate``."""
    query, qty = call.query, decimal_units(call.query.qty, QTY_DECIMALS)
    row, landed = _taken(call, qty, urgency=query.urgency)
    part = qty * _NOW_PER_CENT[query.urgency] // 100
    now = _taken(call, part, urgency=query.urgency)[1] if part else None
    strategies = [_aggressive(landed, qty), _passive(call, qty), _split(call, now, qty, qty - part)]
    return ExecutionSimulation.trusted(
        {
            "symbol": row["symbol"],
            "side": query.side,
            "qty_1e8": qty,
            "strategies": strategies,
        }
    )


def _taken(
    call: Call[Any, Any], qty: int, venue: str | None = None, urgency: str = "medium"
) -> tuple[dict[str, Any], Landed | None]:
    """The core's answer and what it adds up to; None where the books hold nothing of it."""
    query = call.query
    row_of(call, query.symbol)
    row = call.engine.taking(
        call.account(),
        symbol=query.symbol,
        side=query.side,
        qty_1e8=qty,
        venue=venue,
        urgency=urgency,
    )
    return row, _summed(row["shares"])


def _summed(shares: list[dict[str, Any]]) -> Landed | None:
    """Shares weighted by size."""
    filled = sum(share["filled_1e8"] for share in shares)
    if not filled:
        return None
    book = fee = risk = deviation = 0.0
    for share in shares:
        part = share["filled_1e8"] / filled
        latency, age = float(share["latency_risk_bps"]), float(share["freshness_bps"])
        book += part * float(share["book_bps"])
        fee += part * float(share["fee_bps"])
        risk += part * (latency + age)
        # Venues move together, so deviations add up; delay and age of one follow each other.
        deviation += part * math.hypot(latency, age) / _MEAN_OF_ADVERSE
    delay_ms = max(share["delay_ns"] for share in shares) / _MS
    venues = frozenset(share["venue"] for share in shares)
    return Landed(filled, book, fee, risk, deviation, delay_ms, venues)


def _at(landed: Landed, chance: float) -> float:
    """The cost that this share of orders stays at or below."""
    move = landed.deviation * _NORMAL.inv_cdf(chance)
    return round(landed.book + landed.fee + move, 6)


def _confidence(landed: Landed | None, qty: int) -> list[dict[str, float]]:
    if landed is None or landed.filled < qty:
        return []
    if not landed.deviation:
        # Without delay and age the cost is what the books say.
        return [{"cost_bps": _at(landed, 0.5), "probability": 1.0}]
    return [{"cost_bps": _at(landed, chance), "probability": chance} for chance in _CHANCES]


def _capacity(call: Call[Any, Any], qty: int) -> list[dict[str, Any]]:
    """What sizes that the books hold in full would cost."""
    sizes = [max(1, qty * percent // 100) for percent in _CAPACITY]
    found = ((size, _taken(call, size)[1]) for size in sizes)
    return [
        {"qty_1e8": size, "cost_bps": round(row.cost, 6)}
        for size, row in found
        if row is not None and row.filled == size
    ]


def _venue(name: str, landed: Landed) -> dict[str, Any]:
    book, fee, risk = (round(part, 6) for part in (landed.book, landed.fee, landed.risk))
    return {
        "venue": name,
        "landed_cost_bps": round(book + fee + risk, 6),
        "book_bps": book,
        "fee_bps": fee,
        "latency_bps": risk,
    }


def _aggressive(landed: Landed | None, qty: int) -> dict[str, Any]:
    return {
        "name": "aggressive",
        "cost_bps": None if landed is None else _rounded(landed.cost),
        "fill_rate": 0.0 if landed is None else round(landed.filled / qty, 6),
        "venue_count": 0 if landed is None else len(landed.venues),
        "time_ms": None if landed is None else landed.delay_ms,
    }


def _passive(call: Call[Any, Any], qty: int) -> dict[str, Any]:
    row = _resting(call, qty)
    return {
        "name": "passive",
        "cost_bps": None if row is None else _resting_cost(row),
        "fill_rate": None if row is None else _share(row),
        "venue_count": 0 if row is None else 1,
        "time_ms": None if row is None or row["wait_ns"] is None else row["wait_ns"] / _MS,
    }


def _split(call: Call[Any, Any], now: Landed | None, qty: int, rest: int) -> dict[str, Any]:
    row = _resting(call, rest)
    share = None if row is None else _share(row)
    taken = 0 if now is None else now.filled
    rested = None if share is None else rest * share
    filled = None if rested is None else taken + rested
    cost = None
    if row is not None and rested is not None and filled:
        paid = 0.0 if now is None else now.cost * taken
        cost = round((paid + _resting_cost(row) * rested) / filled, 6)
    venues = frozenset[str]() if now is None else now.venues
    at: frozenset[str] = frozenset() if row is None else frozenset([row["venue"]])
    return {
        "name": "split",
        "cost_bps": cost,
        "fill_rate": None if filled is None else round(filled / qty, 6),
        "venue_count": len(venues | at),
        "time_ms": None if row is None or row["wait_ns"] is None else row["wait_ns"] / _MS,
    }


def _resting(call: Call[Any, Any], qty: int) -> dict[str, Any] | None:
    query = call.query
    return call.engine.resting(call.account(), symbol=query.symbol, side=query.side, qty_1e8=qty)


def _resting_cost(row: dict[str, Any]) -> float:
    """What rests is filled at its own price: below the mid, that is a gain."""
    return round(float(row["book_bps"]) + float(row["fee_bps"]), 6)


def _share(row: dict[str, Any]) -> float | None:
    return None if row["reached_ppm"] is None else row["reached_ppm"] / _PPM


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
