"""Orders as the server answers them: rows, pages, cancels, amends, previews."""

from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from sequence.types._base import Wire
from sequence.types._decimal import exact, maybe_exact, share
from sequence.types._number import QueryBool
from sequence.types._query import PageQuery, split
from sequence.types._table import Table, html_of
from sequence.types._words import (
    TERMINAL_ORDER_STATUSES,
    AmendMode,
    GraphStatus,
    InstrumentType,
    OrderStatus,
    OrderType,
    Policy,
    Side,
    TimeInForce,
    Urgency,
)
from sequence.types.common import VenueId
from sequence.types.evidence import WaitEvidence


class Reservation(Wire):
    """What an open order holds of one asset at one venue."""

    asset: str
    qty_1e8: int
    venue: str


class OrderConstraints(Wire):
    """The older echo of an order's limits."""

    max_price_1e9: int | None
    urgency: Urgency
    horizon_ms: int | None
    participation_limit_bps: int | None


class OrderLeg(Wire):
    """The child order at one venue; its limit is on that venue's grid.

    `done_reason` says why it ended, `failure_reason` why its venue refused it: the words of an
    order, for this leg alone.
    """

    venue: str
    qty_1e8: int
    filled_qty_1e8: int
    avg_price_1e9: int | None
    status: str
    limit_price_1e9: int | None = None
    failure_reason: str | None = None
    failure_message: str | None = None
    done_reason: str | None = None


class Outlook(Wire):
    """What is expected of a resting order. An extension of ours: no venue tells it.

    Of orders with as much before them, on markets that traded as much, the share `reached_ppm` was
    reached within `within_ns`, half of them within `wait_ns`. `before_1e8` is what has to trade
    first: levels nearer to the touch, the queue ahead, own orders ahead. The pace is that of
    `prints` trades on its side in the last `window_ns`.
    """

    reached_ppm: int
    within_ns: int
    wait_ns: int | None
    before_1e8: int
    window_ns: int
    prints: int

    @property
    def probability(self) -> float:
        """Share of such orders that were reached in time, 0 to 1."""
        return self.reached_ppm / 1_000_000

    @property
    def wait_seconds(self) -> float | None:
        """Time within which half of them were reached; None where fewer ever were."""
        return None if self.wait_ns is None else self.wait_ns / 1e9


class Order(Wire):
    """One order. Quantities are times 1e8, prices and USD amounts times 1e9.

    `qty_1e8` is the total, the filled part included. `limit_price_1e9` is the price at which the
    order rests, on the grid of its venue; `constraints` repeat what was asked for. `created_seq` is
    the commit number of its creation, which no amend changes, `event_seq` that of its newest
    change. `evidence` says why an open order has not filled yet, `done_reason` why an order ended.
    `tag` is what its sender calls it, for profit and loss by purpose. `ack_ns` is how long it took
    from sending to the first answer of a venue.
    """

    shown_columns: ClassVar[tuple[str, ...]] = (
        *("node_order_id", "side", "symbol", "status", "qty", "filled_qty", "limit_price"),
        *("avg_price", "fees_usd", "tag", "done_reason", "created"),
    )

    node_order_id: str
    graph_id: str
    node_id: str
    seq: int
    symbol: str
    side: Side
    venue: str | None
    instrument_type: InstrumentType
    order_type: OrderType
    limit_price_1e9: int | None
    tif: TimeInForce
    policy: Policy
    urgency: Urgency
    max_slippage_bps: int | None
    horizon_ms: int | None
    qty_1e8: int
    filled_qty_1e8: int
    remaining_qty_1e8: int
    notional_usd_1e9: int | None
    avg_price_1e9: int | None
    filled_notional_usd_1e9: int | None
    fees_usd_1e9: int | None
    reserved: list[Reservation] | None
    status: OrderStatus
    failure_reason: str | None
    failure_message: str | None
    done_reason: str | None
    constraints: OrderConstraints
    legs: list[OrderLeg]
    version: int
    event_seq: int
    evidence: WaitEvidence | None
    is_sandbox: bool
    created_unix_ns: int
    updated_unix_ns: int
    created_seq: int | None = None
    tag: str | None = None
    ack_ns: int | None = None

    @property
    def qty(self) -> Decimal:
        """Total quantity in units of the instrument."""
        return exact(self.qty_1e8, 8)

    @property
    def filled_qty(self) -> Decimal:
        """Filled quantity in units of the instrument."""
        return exact(self.filled_qty_1e8, 8)

    @property
    def avg_price(self) -> Decimal | None:
        """Volume-weighted fill price; None before the first fill."""
        price = self.avg_price_1e9
        return None if price is None else exact(price, 9)

    @property
    def limit_price(self) -> Decimal | None:
        """Limit price in force; None for a market order."""
        price = self.limit_price_1e9
        return None if price is None else exact(price, 9)

    @property
    def fees_usd(self) -> Decimal | None:
        """Fees so far in USD; negative is a rebate, None where nothing values the quote asset."""
        return maybe_exact(self.fees_usd_1e9, 9)

    @property
    def fill_pct(self) -> Decimal:
        """Filled share of the total, 0 to 100."""
        return share(100 * self.filled_qty_1e8, self.qty_1e8)

    @property
    def outlook(self) -> Outlook | None:
        """How likely it is to be reached soon; None while nothing rests, or too little traded."""
        found = None if self.evidence is None else self.evidence.outlook
        return None if found is None else Outlook.model_validate(found)

    @property
    def is_terminal(self) -> bool:
        """True when nothing more can happen to the order."""
        return self.status in TERMINAL_ORDER_STATUSES

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return html_of(type(self), [self])


class SubmitResponse(Wire):
    """Answer of `POST /v1/orders`; counts are after expansion."""

    graph_id: str
    status: GraphStatus
    node_count: int
    edge_count: int
    is_sandbox: bool
    orders: list[Order]

    def of_first(self, name: str) -> Any:  # noqa: ANN401 - the field says which
        """A field of the first order, by its name on the wire."""
        return getattr(self.orders[0], name)


class OrdersPage(Wire, Table):
    """Answer of `GET /v1/orders`, newest first.

    `next` is the `before_seq` of the page after this one, null when there is none: rows that are
    added or amended meanwhile move nothing.
    """

    rows_field: ClassVar[str] = "orders"

    orders: list[Order]
    total: int
    limit: int
    offset: int
    has_more: bool
    next: int | None = None


class OrderCancelResponse(Wire):
    """Answer of a cancel; `pending` when a simulated cancel is still on its way.

    For a graph id `node_order_id` is None and `status` is that of the graph. `exchange_ns` is when
    the order was over: before the cancel came, if a fill was faster.
    """

    node_order_id: str | None
    graph_id: str
    status: OrderStatus | GraphStatus
    filled_qty_1e8: int
    already_terminal: bool
    pending: bool
    exchange_ns: int | None = None


class AmendResponse(Wire):
    """Answer of an amend; with `cancel_replace` the order went to the back of the queue."""

    node_order_id: str
    graph_id: str
    status: OrderStatus
    mode: AmendMode
    qty_1e8: int
    limit_price_1e9: int | None
    version: int
    pending: bool


class WouldFail(Wire):
    """The refusal that a submit would get now."""

    http_status: int
    code: str
    message: str


class CandidateVenue(Wire):
    """What one venue would cost, in basis points of the price.

    `cost_bps` is what is paid: fee and distance from the mid. The router compares `score_bps`: the
    cost, what the market may move against the order on its way (weighted by its urgency), and what
    it may have moved since the book was last heard of.
    """

    venue: str
    qty_1e8: int
    avg_price_1e9: int
    est_fee_usd_1e9: int | None
    cost_bps: float
    latency_risk_bps: float
    freshness_bps: float
    score_bps: float
    age_ms: int
    chosen: bool


class PreviewResponse(Wire):
    """Answer of `POST /v1/orders/preview`; nothing was reserved or stored.

    Slippage is against the mid, positive is cost. The total of a buy includes the fee, that of a
    sell is after it.
    """

    symbol: str
    side: Side
    order_type: OrderType
    source: str
    qty_1e8: int
    fillable_qty_1e8: int
    reference_mid_1e9: int | None
    est_avg_price_1e9: int | None
    est_notional_usd_1e9: int | None
    est_fee_usd_1e9: int | None
    est_fee_bps: int | float
    est_slippage_bps: int | float
    est_total_cost_usd_1e9: int | None
    est_margin_usd_1e9: int | None
    would_fail: WouldFail | None
    candidate_venues: list[CandidateVenue]


class VenueCancelAll(Wire):
    """Answer of `POST /v1/venue_cancel_all/{venue}`."""

    venue: str
    cancelled: int
    node_order_ids: list[str]


class OrdersQuery(PageQuery):
    """Filters of `GET /v1/orders`."""

    symbol: str | None = None
    node_order_id: str | None = None
    graph_id: str | None = None
    venue: VenueId | None = None
    side: Side | None = None
    status: Annotated[tuple[OrderStatus, ...], BeforeValidator(split)] | None = None
    open: QueryBool = False
