"""The risk limits of a graph as a request has them."""

from typing import Annotated

from pydantic import Field

from sequence.types._base import Request
from sequence.types._words import FailureAction
from sequence.types.common import OrderQty, UsdSize, VenueId
from sequence.types.graph_edge import BasisPoints

Milliseconds = Annotated[int, Field(ge=1, le=2_592_000_000)]


class AdmissionRisk(Request):
    """Checked at submit."""

    max_notional_usd: UsdSize | None = None
    max_order_notional_usd: UsdSize | None = None
    allowed_venues: list[VenueId] | None = None


class PreTradeRisk(Request):
    """Checked before each order of the graph."""

    max_order_notional_usd: UsdSize | None = None
    max_price_deviation_bps: BasisPoints | None = None
    max_spread_bps: BasisPoints | None = None
    max_quote_age_ms: Milliseconds | None = None
    max_position_qty: OrderQty | None = None


class RuntimeRisk(Request):
    """Checked while the graph runs.

    `max_unhedged_qty` is broken when it is exceeded for `unhedged_grace_ms` without a break.
    """

    max_loss_usd: UsdSize | None = None
    max_unhedged_qty: OrderQty | None = None
    unhedged_grace_ms: int = Field(default=1_000, ge=0, le=600_000)
    max_duration_ms: Milliseconds | None = None


class OnFailure(Request):
    """What a breach and a rejected node do."""

    on_runtime_breach: FailureAction = "cancel_all"
    on_node_reject: FailureAction = "continue"


class Risk(Request):
    """The four layers of a graph's risk."""

    admission: AdmissionRisk = AdmissionRisk()
    pre_trade: PreTradeRisk = PreTradeRisk()
    runtime: RuntimeRisk = RuntimeRisk()
    on_failure: OnFailure = OnFailure()
