"""The ticket of the WebSocket, and the payloads of its topics."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field

from sequence.types._base import Wire
from sequence.types._words import MarketStatus, Mode, Side


class Ticket(Wire):
    """Answer of `GET /v1/ws/ticket`: good for one connection within 30 seconds."""

    ticket: str = Field(repr=False)
    expires_at_ns: int


class PriceTick(Wire):
    """Payload of `prices:{symbol}`."""

    bid: float
    ask: float
    mid: float
    spread_bps: float
    bid_sz: float
    ask_sz: float
    ts_ns: int


class BookFrame(Wire):
    """Payload of `book:{symbol}`: a full snapshot, each level `[price, size]`."""

    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    ts_ns: int


class DepthFrame(Wire):
    """Payload of `depth:{symbol}`: as `book`, each level `[price, size, {venue: size}]`."""

    bids: list[tuple[float, float, dict[str, float]]]
    asks: list[tuple[float, float, dict[str, float]]]
    ts_ns: int


class VenueTop(Wire):
    """One venue of `venues:{symbol}`: its best prices, and whether they can be traded on.

    The same as in a quote, but for the age, which follows from `last_update_ns`.
    """

    bid: float
    ask: float
    bid_size: float
    ask_size: float
    status: MarketStatus
    reason: str | None
    since_ns: int | None
    last_update_ns: int | None
    stale_after_ms: int | None
    gaps: int


class VenuesFrame(Wire):
    """Payload of `venues:{symbol}`: every venue that lists it, when one of them changes."""

    venues: dict[str, VenueTop]
    ts_ns: int


class RoutingLeg(Wire):
    """One venue of a route, in basis points of the price.

    `cost_bps` is fee and distance from the mid; the router compares `score_bps`, which adds the
    risk of the venue's delay and the age of its book.
    """

    venue: str
    qty_1e8: int
    est_price_1e9: int
    cost_bps: float
    latency_risk_bps: float
    freshness_bps: float
    score_bps: float


class RoutingEvent(Wire):
    """Payload of `routing`: how an order was split."""

    node_order_id: str
    symbol: str
    side: Side
    qty_1e8: int
    legs: list[RoutingLeg]
    est_cost_bps: float
    chosen: list[str]
    ts_ns: int


class GraphChange(Wire):
    """Payload of `graphs.detail`: one change inside a graph, and the event that caused it.

    A node goes `from` one status `to` another; an edge from `armed` or `waiting` to `fired` or
    `spent`; risk from `ok` to the limit that was broken. `cause_seq` is the number of the event of
    the account (`GET /v1/sandbox/events`) that made it.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    graph_id: str
    event: Literal["node", "edge", "risk"]
    node_id: str | None = None
    edge_id: str | None = None
    from_: str = Field(alias="from")
    to: str
    cause_seq: int
    ts_ns: int

    @classmethod
    def trusted(cls, row: dict[str, Any]) -> Self:
        """As in `Wire`; what the wire calls `from` is no name in Python."""
        row["from_"] = row.pop("from")
        return super().trusted(row)


class RiskState(Wire):
    """Event `risk_state` of `GET /v1/risk/stream`."""

    client_id: str
    mode: Mode
    kill_switch: bool
    open_orders: int
    daily_pnl_usd_1e9: int | None
    daily_loss_limit_usd_1e9: int | None
    nav_usd_1e9: int | None
    nav_usd: str | None
    breached: list[str]
    ts_ns: int


class Alert(Wire):
    """Event `alert` of `GET /v1/alerts/stream`."""

    alert_id: str
    kind: str
    severity: Literal["info", "warning", "critical"]
    message: str
    venue: str | None
    edge_id: str | None
    node_order_id: str | None
    graph_id: str | None
    ts_ns: int
