"""Keywords of the calls that build a graph, without anything that a graph is built of."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from sequence.types._words import TimeInForce, Urgency

if TYPE_CHECKING:
    from sequence._client.ask.graph_risk import Risk

PriceReference = Literal["mid", "bid", "ask", "last", "mark"]
"""Which price a trigger looks at: the middle, the best bid or ask, the newest trade, the mark."""


class RecipeOptions(TypedDict, total=False):
    """Keyword arguments that `bracket`, `oco`, `stop`, `twap` and the others share.

    Attributes:
        venue: Venue to stay on; by default the router chooses.
        perp: Read a pair as its perpetual.
        urgency: Weight of speed against cost in routing.
        max_slippage_bps: Worst price of a market order against the best opposite one.
        horizon_ms: Life of the first order in milliseconds.
        tif: Time in force of the first order.
        reduce_only: Only reduce a perp position.
        risk: Limits of the whole graph.
        metadata: Free JSON that comes back with the graph.
        sandbox: As in `buy`.
        graph_id: Idempotency key; made when not given.
    """

    venue: str | None
    perp: bool
    urgency: Urgency | None
    max_slippage_bps: int | None
    horizon_ms: int | None
    tif: TimeInForce | None
    reduce_only: bool
    risk: "Risk | None"
    metadata: Mapping[str, Any] | None
    sandbox: bool | None
    graph_id: str | None
