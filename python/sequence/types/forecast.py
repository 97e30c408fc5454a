"""What an order would cost and how it could be worked, before it is sent."""

from typing import Literal

from sequence.types._base import Wire
from sequence.types._words import Side, Urgency
from sequence.types.intelligence import RouteQuery

StrategyName = Literal["aggressive", "passive", "split"]


class CostChance(Wire):
    """How likely the whole quantity is filled at a cost of at most so many basis points."""

    cost_bps: float
    probability: float


class CapacityPoint(Wire):
    """What a quantity would cost, in basis points of the mid."""

    qty_1e8: int
    cost_bps: float


class ForecastVenue(Wire):
    """One venue alone, in basis points of the mid: `landed` is the sum of the other three.

    `latency_bps` is the move against the order to expect until it is there, and since the book was
    last heard of. Venues that do not display the whole quantity are left out.
    """

    venue: str
    landed_cost_bps: float
    book_bps: float
    fee_bps: float
    latency_bps: float


class UrgencyPoint(Wire):
    """What the route of one urgency would land at, and when its last part would be at its venue."""

    urgency: Urgency
    cost_bps: float
    time_ms: float


class Forecast(Wire):
    """Answer of `GET /v1/execution/forecast`: what taking a quantity now would cost.

    The route is the router's, if every venue could be paid; costs are in basis points of the mid,
    positive is cost, and include fees. `expected_cost_bps` is the median: the market moves neither
    way until the order is there. `downside_cost_bps` is what nine in ten stay below, from a normal
    move over the delay and the age of the books. Where the books hold less than `qty_1e8`, costs
    are of `fillable_qty_1e8` and `fill_confidence` is empty; of nothing they are null.
    """

    symbol: str
    side: Side
    qty_1e8: int
    fillable_qty_1e8: int
    mid_1e9: int | None
    expected_cost_bps: float | None
    downside_cost_bps: float | None
    fill_confidence: list[CostChance]
    capacity: list[CapacityPoint]
    venues: list[ForecastVenue]
    urgency: list[UrgencyPoint]
    source: Literal["edge_nbbo", "unavailable"]
    ts_ns: int


class Strategy(Wire):
    """One way to work an order.

    `cost_bps` is of what is filled, in basis points of the mid with fees, the delay's risk
    included; `fill_rate` the share that is filled, for what rests within a minute; `time_ms` until
    the last part is at its venue, for what rests until half of such orders were reached. Null is
    not known: too little traded yet, or no book to rest in.
    """

    name: StrategyName
    cost_bps: float | None
    fill_rate: float | None
    venue_count: int
    time_ms: float | None


class ExecutionSimulation(Wire):
    """Answer of `GET /v1/execution/simulate`: three ways side by side, on the books as they are.

    `aggressive` takes everything now, `passive` rests at the best price of its own side, `split`
    takes a quarter, half or three quarters now, by urgency, and rests with what is left. Nothing
    is sent, and no state changes.
    """

    symbol: str
    side: Side
    qty_1e8: int
    strategies: list[Strategy]


class SimulateQuery(RouteQuery):
    """Parameters of `GET /v1/execution/simulate`."""

    urgency: Urgency = "medium"
