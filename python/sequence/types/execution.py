"""How orders went: costs against the market, their way to the venue and back, sums."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from sequence.types._base import Query, Wire
from sequence.types._iso import ns_of_iso
from sequence.types._number import QueryInt
from sequence.types._query import ModeQuery
from sequence.types._words import Side
from sequence.types.common import VenueId
from sequence.types.fill import Fill
from sequence.types.order import Order

TraceStage = Literal[
    "submitted", "sent", "arrived", "matched", "filled", "cancelled", "rejected", "expired"
]


def _absent(value: object) -> bool:
    return value is None


class VenuePart(Wire):
    """A venue's share of what was filled, 0 to 1."""

    venue: str
    share: float


class TcaReport(Wire):
    """What one order cost, from its fills.

    `arrival_mid_1e9` is the mid when the order was placed; after a restart, and of orders that a
    graph sent, the mid of the book that its first fill met. Basis points are of that mid, positive
    is cost:

    * implementation shortfall: achieved price against the arrival mid, without fees;
    * spread cost: from the mid that each fill met to the best opposite price, negative for a maker;
    * market impact: from there to the price of the fill, deeper in the book;
    * the rest of the shortfall is how the mid moved until the fill.

    The benchmark is what the best opposite price of each fill would have cost for its whole size.
    Reports on event markets have three keys more: the outcome, the market, and how much better than
    the arrival mid the achieved price is.
    """

    node_order_id: str
    graph_id: str
    symbol: str
    side: Side
    qty_1e8: int
    achieved_vwap_1e9: int
    benchmark_vwap_1e9: int
    arrival_mid_1e9: int
    implementation_shortfall_bps: float
    spread_cost_bps: float
    market_impact_bps: float
    fee_bps: float
    fees_usd_1e9: int | None
    savings_vs_benchmark_bps: float
    savings_usd: float
    venue_mix: list[VenuePart]
    routing_version: int
    is_prediction: bool
    is_sandbox: bool
    ts_ns: int
    outcome: Literal["YES", "NO"] | None = Field(default=None, exclude_if=_absent)
    market_slug: str | None = Field(default=None, exclude_if=_absent)
    edge_vs_mid_1e9: int | None = Field(default=None, exclude_if=_absent)


class TcaAverages(Wire):
    """Means over orders, weighted by their value; basis points as in `TcaReport`."""

    implementation_shortfall_bps: float
    spread_cost_bps: float
    fee_bps: float
    market_impact_bps: float
    savings_vs_benchmark_bps: float


class TcaPercentiles(Wire):
    """Implementation shortfall that so much of the value stayed at or below, in basis points."""

    p50: float
    p75: float
    p95: float
    p99: float


class TcaProvenance(Wire):
    """Which orders were counted; the times are of the fills."""

    source: Literal["sandbox"]
    since_ns: int | None
    until_ns: int | None
    routing_versions: list[int]


class Tca(Wire):
    """Answer of `GET /v1/tca`: the newest fills, 2,000 at most; null of no order.

    `win_rate` is the share of orders that did not cost more than the benchmark.
    """

    count: int
    averages: TcaAverages | None
    percentiles: TcaPercentiles | None
    savings_usd: float
    win_rate: float | None
    provenance: TcaProvenance


def _iso(value: str) -> str:
    try:
        ns_of_iso(value)
    except ValueError:
        raise PydanticCustomError("iso", "must be a time such as 2026-04-20T12:00:00Z") from None
    return value


IsoTime = Annotated[
    str, AfterValidator(_iso), WithJsonSchema({"type": "string", "format": "date-time"})
]


class TcaQuery(ModeQuery):
    """Filters of `GET /v1/tca`; times as in ISO 8601, UTC where they do not say."""

    symbol: str | None = None
    since: IsoTime | None = None
    until: IsoTime | None = None
    venue: VenueId | None = None
    routing_version: Annotated[QueryInt, Field(ge=1, le=3)] | None = None


class Trace(Wire):
    """One step of an order; `detail` is for people."""

    ts_ns: int
    stage: TraceStage
    node_order_id: str
    venue: str | None
    detail: str


class Traces(Wire):
    """Answer of `GET /v1/traces`, in order of time; the newest `limit` steps."""

    traces: list[Trace]


class TracesQuery(Query):
    """Parameters of `GET /v1/traces`."""

    node_order_id: str
    limit: QueryInt = Field(default=100, ge=1, le=1_000)


class ExecutionLive(Wire):
    """Answer of `GET /v1/execution/live/{id}`: an order against its arrival.

    `slippage_bps` is the achieved price against the arrival mid, positive is cost.
    """

    order: Order
    elapsed_ms: int
    filled_ratio: float
    arrival_mid_1e9: int | None
    vwap_1e9: int | None
    slippage_bps: float | None
    open_legs: int
    ts_ns: int


class ExecutionReview(Wire):
    """Answer of `GET /v1/execution/review/{id}`; without a fill there is no cost to report."""

    order: Order
    tca: TcaReport | None
    fills: list[Fill]
    traces: list[Trace]


class ExecutionSummary(Wire):
    """Answer of `GET /v1/execution/summary`: the newest 2,000 orders of the account.

    `fill_rate` is the share of ended orders that were filled in full; `avg_slippage_bps` the mean
    implementation shortfall of the newest fills, weighted by value.
    """

    orders: int
    filled: int
    cancelled: int
    rejected: int
    fill_rate: float | None
    avg_slippage_bps: float | None
    fees_usd_1e9: int | None
    since_ns: int | None
    until_ns: int | None


class PositionsSync(Wire):
    """Answer of `POST /v1/positions/sync`; a sandbox has nothing to read again."""

    synced: bool
    rows_changed: int
