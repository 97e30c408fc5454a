"""What the market of a symbol offers: depth by venue, cost by size, routes, venues."""

from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from sequence.types._base import Query, Wire
from sequence.types._number import QueryInt
from sequence.types._query import split
from sequence.types._words import Side
from sequence.types.common import QueryQty, VenueId
from sequence.types.quote import Nbbo

MAX_LEVELS = 1_000
"""Levels of one side that a depth may have."""

SpreadRegime = Literal["tight", "normal", "wide"]
"""At most 2 basis points, at most 20, more."""


class DepthLevel(Wire):
    """One level of one venue's live book; price times 1e9, quantity times 1e8."""

    price_1e9: int
    qty_1e8: int
    venue: str


class Depth(Wire):
    """Answer of `GET /v1/intelligence/depth`: best first, equal prices by venue."""

    symbol: str
    bids: list[DepthLevel]
    asks: list[DepthLevel]
    ts_ns: int


class DepthQuery(Query):
    """Parameters of `GET /v1/intelligence/depth`."""

    symbol: str
    limit: QueryInt = Field(default=100, ge=1, le=MAX_LEVELS)


class SlippagePoint(Wire):
    """What a market order of one size in USD would pay, without fees.

    `slippage_bps` is against the mid, positive is cost. Where the books do not hold that much,
    `fillable` is false and the other two are of what they hold; null of nothing.
    """

    notional_usd: int
    slippage_bps: float | None
    avg_price_1e9: int | None
    fillable: bool


class SlippageCurve(Wire):
    """Answer of `GET /v1/intelligence/slippage`, in the order of the sizes asked for."""

    symbol: str
    side: Side
    curve: list[SlippagePoint]


_LARGEST_USD = 10**9
_MOST_SIZES = 50


def _sizes(value: object) -> tuple[int, ...]:
    """Whole USD of a comma list, or of a list."""
    given = split(value)
    texts = tuple(map(str, cast("tuple[object, ...]", given)))
    for text in texts:
        if not (text.isascii() and text.isdigit() and 0 < int(text[:20]) <= _LARGEST_USD):
            raise PydanticCustomError("size", "must be whole USD from 1 to 1000000000")
    if not 0 < len(texts) <= _MOST_SIZES:
        raise PydanticCustomError("size", "must be 1 to 50 sizes")
    return tuple(map(int, texts))


_SIZES = WithJsonSchema(
    {"type": "array", "items": {"type": "string", "pattern": "[1-9][0-9]{0,8}"}}
)
"""A list of 51 sizes is refused too, which a pattern cannot say."""


class SlippageQuery(Query):
    """Parameters of `GET /v1/intelligence/slippage`; `sizes` in whole USD."""

    symbol: str
    side: Side = "buy"
    sizes: Annotated[tuple[int, ...], BeforeValidator(_sizes), _SIZES] = (
        1_000,
        10_000,
        100_000,
        1_000_000,
    )


class RouteLeg(Wire):
    """What one venue would get.

    `cost_bps` is fee and slippage; the router compares `score_bps`, which adds the risk of the
    venue's delay at medium urgency and the age of its book.
    """

    venue: str
    qty_1e8: int
    est_price_1e9: int
    cost_bps: float
    latency_risk_bps: float
    freshness_bps: float
    score_bps: float


class Route(Wire):
    """Answer of `GET /v1/intelligence/routing`: how a market order would be split now.

    The code is that of the router, with the funds of the caller.
    """

    symbol: str
    side: Side
    qty_1e8: int
    legs: list[RouteLeg]
    est_cost_bps: float | None


class RouteQuery(Query):
    """Parameters of the reads about an order that is not sent."""

    symbol: str
    side: Side = "buy"
    qty: QueryQty


class VenueShare(Wire):
    """One venue of a symbol.

    `market_share` is its share of the displayed quantity within 50 basis points of the mid, 0 to 1.
    Toxicity and the ratio of quotes to trades are null: this server counts no trades of venues.
    """

    venue: str
    market_share: float
    toxicity_score: float | None
    quote_to_trade_ratio: float | None


class VenueIntel(Wire):
    """Answer of `GET /v1/intelligence/venues`; without a two-sided book the regime is null."""

    symbol: str
    spread_regime: SpreadRegime | None
    venues: list[VenueShare]


class SymbolQuery(Query):
    """A symbol as the only parameter."""

    symbol: str


class SideDepth(Wire):
    """Displayed quantity of each side, times 1e8."""

    bid_qty_1e8: int
    ask_qty_1e8: int


class MarketVenue(Wire):
    """Top of one venue's book, for display; 0 where a side is empty."""

    venue: str
    bid: float
    ask: float
    bid_size: float
    ask_size: float


class MarketAnalytics(Wire):
    """Answer of `GET /v1/analytics/market/{symbol}`.

    `imbalance` is (bids - asks) / (bids + asks) of the first 1,000 levels, -1 to 1; 0 of nothing.
    """

    symbol: str
    nbbo: Nbbo
    depth: SideDepth
    imbalance: float
    venues: list[MarketVenue]


class FundingRate(Wire):
    """Funding of one perpetual, in basis points per hour, positive where longs pay.

    The rate in force is also the next one until it is set anew. Open interest is not known here.
    """

    venue: str
    symbol: str
    rate_bps_per_hour: float
    predicted_rate_bps_per_hour: float
    mark_price_1e9: int | None
    open_interest_1e8: int | None
    next_settlement_ns: int
    snapshot_age_ms: int | None


class FundingRates(Wire):
    """Answer of `GET /v1/market/funding-rates`, by symbol and venue."""

    unit: Literal["bps_per_hour"]
    rates: list[FundingRate]


class FundingRatesQuery(Query):
    """Parameters of `GET /v1/market/funding-rates`."""

    venue: VenueId | None = None
    symbol: str | None = None


class FundingPoint(Wire):
    """A rate from the time it was set, as a share of the value (1e-9) per boundary."""

    ts_ns: int
    rate_1e9: int
    mark_price_1e9: int | None = None


class FundingHistory(Wire):
    """Answer of `GET /v1/funding_history/{symbol}`, oldest first, at most 10,000."""

    symbol: str
    venue: str
    count: int
    points: list[FundingPoint]


FundingRange = Literal["1d", "1w", "1m", "3m", "6m", "1y", "2y", "5y", "max"]


class FundingHistoryQuery(Query):
    """Parameters of `GET /v1/funding_history/{symbol}`; times in seconds since the Unix epoch."""

    venue: VenueId
    range: FundingRange = "1m"
    start_ts: Annotated[QueryInt, Field(ge=0, le=7_258_118_400)] | None = None
    end_ts: Annotated[QueryInt, Field(ge=0, le=7_258_118_400)] | None = None
