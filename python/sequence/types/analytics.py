"""Reports on an account: what it holds, how its orders went, what its venues did for it.

They are of the newest 2,000 orders and fills. Rates and shares are from 0 to 1, null of nothing.
"""

from pydantic import Field

from sequence.types._base import Wire
from sequence.types._number import QueryInt
from sequence.types.execution import TcaAverages, TcaQuery, TcaReport


class HoldingShare(Wire):
    """A symbol's share of everything held, by the size of its value."""

    symbol: str
    share: float


class HoldingValue(Wire):
    """What is held of a symbol over all venues, and its profit; null where nothing values it."""

    symbol: str
    value_usd_1e9: int | None
    pnl_usd_1e9: int | None


class PortfolioAnalytics(Wire):
    """Answer of `GET /v1/analytics/portfolio`, the largest holding first.

    Profit is realized and unrealized together, before fees. A perpetual counts in a share with its
    notional, and in `value_usd_1e9` of the whole with its unrealized profit.
    """

    value_usd_1e9: int | None
    pnl_usd_1e9: int | None
    fees_usd_1e9: int | None
    concentration: list[HoldingShare]
    symbols: list[HoldingValue]


class OrderCounts(Wire):
    """Orders by what became of them.

    `fill_rate` is the share of ended orders that were filled in full, `reject_rate` that of
    rejected ones; `rejected_for` counts those by reason.
    """

    total: int
    open: int
    filled: int
    cancelled: int
    rejected: int
    expired: int
    rejected_for: dict[str, int]
    fill_rate: float | None
    reject_rate: float | None


class FillSums(Wire):
    """Sums over fills; `maker_share` is of their value."""

    count: int
    notional_usd_1e9: int | None
    fees_usd_1e9: int | None
    maker_share: float | None


class LatencyTimes(Wire):
    """Milliseconds of simulated time: to the venue, and from there until the order is told."""

    inbound_p50_ms: float | None
    inbound_p99_ms: float | None
    fill_p50_ms: float | None
    fill_p99_ms: float | None


class ExecutionQuality(Wire):
    """What orders cost, weighted by their value; basis points as in `TcaReport`."""

    implementation_shortfall_bps: float | None
    spread_cost_bps: float | None
    fee_bps: float | None
    market_impact_bps: float | None
    savings_vs_benchmark_bps: float | None
    win_rate: float | None


class ExecutionAnalytics(Wire):
    """Answer of `GET /v1/analytics/execution`."""

    orders: OrderCounts
    fills: FillSums
    latency: LatencyTimes
    execution_quality: ExecutionQuality


class SizeBuckets(Wire):
    """Share of the quantity that was filled, by the value of the whole order in USD."""

    small: float | None
    medium: float | None
    large: float | None


class VenueQuality(Wire):
    """What a venue did with the parts of orders that went there.

    `fill_rate` is the filled share of the quantity of ended parts, `ack_latency_ms` the median time
    of an order to the venue and its answer back, and `quality_score` what was filled of what was
    not rejected, 0 to 1.
    """

    venue: str
    sent: int
    acked: int
    filled: int
    rejected: int
    fill_rate: float | None
    reject_rate: float | None
    ack_latency_ms: float | None
    quality_score: float | None
    buckets: SizeBuckets


class VenueAnalytics(Wire):
    """Answer of `GET /v1/analytics/venues`, by name."""

    venues: list[VenueQuality]


class TcaReports(Wire):
    """Answer of `GET /v1/analytics/tca/report`: one report per order, newest first."""

    rows: list[TcaReport]


class TcaPoint(Wire):
    """Mean costs of the orders whose last fill lies in one interval, which begins at `ts_ns`."""

    ts_ns: int
    averages: TcaAverages


class TcaTimeseries(Wire):
    """Answer of `GET /v1/analytics/tca/timeseries`, oldest first; empty intervals are left out."""

    points: list[TcaPoint]


class TcaTimeseriesQuery(TcaQuery):
    """Filters as of `GET /v1/tca`, and the length of an interval in seconds."""

    interval_secs: QueryInt = Field(default=3_600, ge=1, le=86_400 * 366)


class VenueCost(Wire):
    """Mean costs of the parts of orders that one venue filled."""

    venue: str
    averages: TcaAverages


class TcaVenues(Wire):
    """Answer of `GET /v1/analytics/tca/venues`, by name."""

    venues: list[VenueCost]


class TcaQuality(Wire):
    """Answer of `GET /v1/analytics/tca/quality`: the mean of its components, each 0 to 1.

    `price` is the share of orders that did not cost more than the benchmark, `shortfall` that of
    orders within ten basis points of their arrival mid, `fill` that of ended orders which were
    filled in full. What nothing is known of is left out.
    """

    score: float | None
    components: dict[str, float]


class RoutingVariant(Wire):
    """Mean costs of the orders that one version of the router sent."""

    routing_version: int
    averages: TcaAverages
    count: int


class AbReport(Wire):
    """Answer of `GET /v1/analytics/ab_report`: this server has one version of the router."""

    variants: list[RoutingVariant]
