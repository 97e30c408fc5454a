"""What a stream tells: typed events, one class per kind."""

from dataclasses import dataclass
from typing import Any

from sequence import types as t

__all__ = [
    "AlertEvent",
    "BookEvent",
    "DepthEvent",
    "EpochEvent",
    "ErrorEvent",
    "Event",
    "EvidenceEvent",
    "FairPriceEvent",
    "FillEvent",
    "GapEvent",
    "GraphChangeEvent",
    "GraphEvent",
    "MarketResolvedEvent",
    "NewMarketEvent",
    "OrderEvent",
    "PriceEvent",
    "RawEvent",
    "ReconnectedEvent",
    "RejectedEvent",
    "RiskStateEvent",
    "RouteEvent",
    "StaleEvent",
    "TcaEvent",
    "VenuesEvent",
]


@dataclass(frozen=True, slots=True)
class PriceEvent:
    """Best prices of a symbol."""

    symbol: str
    data: "t.PriceTick"


@dataclass(frozen=True, slots=True)
class BookEvent:
    """The whole consolidated book of a symbol."""

    symbol: str
    data: "t.BookFrame"


@dataclass(frozen=True, slots=True)
class DepthEvent:
    """The same, with what each venue shows at every price."""

    symbol: str
    data: "t.DepthFrame"


@dataclass(frozen=True, slots=True)
class VenuesEvent:
    """Best prices of a symbol at each of its venues, and whether they can be traded on."""

    symbol: str
    data: "t.VenuesFrame"


@dataclass(frozen=True, slots=True)
class FairPriceEvent:
    """The reference price of an underlying."""

    underlying: str
    data: "t.FairPrice"


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """An order row after a change.

    Attributes:
        seq: Number within topic and epoch, without gaps.
        ts_ns: When it happened.
        snapshot: The row of an open order after a gap; nothing happened to it just now.
    """

    seq: int
    ts_ns: int
    data: "t.Order"
    snapshot: bool = False


@dataclass(frozen=True, slots=True)
class FillEvent:
    """A fill; ``seq`` has no gaps."""

    seq: int
    ts_ns: int
    data: "t.Fill"


@dataclass(frozen=True, slots=True)
class GraphEvent:
    """A graph after a change of its status; as `OrderEvent`."""

    seq: int
    ts_ns: int
    data: "t.GraphRow"
    snapshot: bool = False


@dataclass(frozen=True, slots=True)
class GraphChangeEvent:
    """A node, an edge or a limit of a graph changed, and why; ``seq`` has no gaps."""

    seq: int
    ts_ns: int
    data: "t.GraphChange"


@dataclass(frozen=True, slots=True)
class RouteEvent:
    """How an order was split over venues; ``seq`` has no gaps."""

    seq: int
    ts_ns: int
    data: "t.RoutingEvent"


@dataclass(frozen=True, slots=True)
class TcaEvent:
    """What an order cost, told once it has ended; orders without a fill cost nothing."""

    seq: int
    ts_ns: int
    data: "t.TcaReport"


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """Something a person should see: a limit of a graph or of a day, a refused order, a switch.

    A number that is left out between two events is an alert that came while nobody listened.
    """

    seq: int
    ts_ns: int
    data: "t.Alert"


@dataclass(frozen=True, slots=True)
class RiskStateEvent:
    """How an account stands, told first as it is and then as it changes."""

    seq: int
    ts_ns: int
    data: "t.RiskState"


@dataclass(frozen=True, slots=True)
class EvidenceEvent:
    """Why an open order has not filled changed: at most twice a second for each order."""

    data: "t.WaitEvidence"


@dataclass(frozen=True, slots=True)
class NewMarketEvent:
    """An event market was listed; a new reader is told the last 128."""

    data: "t.NewMarket"


@dataclass(frozen=True, slots=True)
class MarketResolvedEvent:
    """An event market was resolved; as `NewMarketEvent`."""

    data: "t.ResolvedMarket"


@dataclass(frozen=True, slots=True)
class GapEvent:
    """Events of a topic are lost: ``from_seq`` up to, not including, ``next_seq``."""

    topic: str
    from_seq: int
    next_seq: int


@dataclass(frozen=True, slots=True)
class EpochEvent:
    """The sandbox was reset, or went back to a copy: numbers of private events start again at 1.

    Told while connected, and first after a reconnect when it happened meanwhile; what the new epoch
    told until then follows. Orders and positions are to be read again.
    """

    epoch: int


@dataclass(frozen=True, slots=True)
class StaleEvent:
    """Market data is subscribed, and nothing came for a while or the connection was lost.

    Told once per silence; `ReconnectedEvent` follows when the connection is back.
    """

    silent_s: float


@dataclass(frozen=True, slots=True)
class ReconnectedEvent:
    """The connection was lost and is back; missed private events follow.

    Attributes:
        attempts: Connections that were tried.
        away_s: How long there was none.
    """

    attempts: int
    away_s: float


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    """A topic that the server does not give, and why; ``hint`` is what may have been meant."""

    topic: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """The server could not use a message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event of a channel that this client does not know."""

    channel: str
    data: Any


Event = (
    PriceEvent
    | BookEvent
    | DepthEvent
    | VenuesEvent
    | FairPriceEvent
    | OrderEvent
    | FillEvent
    | GraphEvent
    | GraphChangeEvent
    | RouteEvent
    | TcaEvent
    | AlertEvent
    | RiskStateEvent
    | EvidenceEvent
    | NewMarketEvent
    | MarketResolvedEvent
    | GapEvent
    | EpochEvent
    | StaleEvent
    | ReconnectedEvent
    | RejectedEvent
    | ErrorEvent
    | RawEvent
)
"""Anything that iterating over a stream gives."""
