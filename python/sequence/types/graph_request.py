"""Bodies about execution graphs: nodes, edges, sizing, triggers, risk."""

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sequence.types._base import Request
from sequence.types._number import Exact, Units
from sequence.types.common import (
    FailureAction,
    HorizonMs,
    InstrumentType,
    OrderQty,
    Side,
    SlippageBps,
    SymbolText,
    Urgency,
    UsdSize,
    VenueId,
)
from sequence.types.order_request import ExecutionKeys, SubmitRequest, conflict

Ratio = Annotated[Decimal, Exact(8, high=100, above_low=True)]
FillRatio = Annotated[Decimal, Exact(8, high=1, above_low=True)]
BasisPoints = Annotated[int, Field(ge=1, le=10_000)]
Milliseconds = Annotated[int, Field(ge=1, le=2_592_000_000)]

_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_SLICE = re.compile(r".*\.s[0-9]+")


def _plain_id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise PydanticCustomError("id", "must be 1 to 128 of A-Z a-z 0-9 . _ -")
    return value


def _node_id(value: str) -> str:
    if _SLICE.fullmatch(value):
        raise PydanticCustomError("id", "must not end in .s and digits: slices are named so")
    return _plain_id(value)


_SHAPE = WithJsonSchema({"type": "string", "pattern": f"^{_ID.pattern}$"})
PlainId = Annotated[str, AfterValidator(_plain_id), _SHAPE]
NodeId = Annotated[str, AfterValidator(_node_id), _SHAPE]


def _form(value: object) -> str:
    return "~text" if isinstance(value, str) else "~object"


class Fixed(Request):
    """Exactly this quantity, times 1e8."""

    qty_1e8: Units


class Notional(Request):
    """A size in USD, times 1e9."""

    usd_1e9: Units


class Share(Request):
    """A share of what the source did; 1 is all of it."""

    ratio: Ratio


class NoKeys(Request):
    """An object without keys."""


class _OneOf(Request):
    @model_validator(mode="after")
    def _exactly_one_key(self) -> "_OneOf":
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise conflict("needs exactly one of " + ", ".join(type(self).model_fields))
        return self


class Quantity(_OneOf):
    """Size of a node: a fixed quantity, a USD size, or what the activating edge gives."""

    fixed: Fixed | None = None
    notional: Notional | None = None
    from_edge: NoKeys | None = None


class SizingRule(_OneOf):
    """What an edge gives its target."""

    from_fill: Share | None = None
    from_fill_notional: Share | None = None
    from_filled: Share | None = None
    remaining: Share | None = None
    fixed: Fixed | None = None
    notional: Notional | None = None


Sizing = Annotated[
    Annotated[Literal["target"], Tag("~text")] | Annotated[SizingRule, Tag("~object")],
    Discriminator(_form),
]


class Limit(Request):
    """A limit price, times 1e9."""

    price_1e9: Units


class LimitType(Request):
    """The limit form of a node's order type."""

    limit: Limit


NodeOrderType = Annotated[
    Annotated[Literal["market"], Tag("~text")] | Annotated[LimitType, Tag("~object")],
    Discriminator(_form),
]


class NodeInstrument(Request):
    """What a node trades, and where; `type` is a hint, the symbol decides."""

    symbol: SymbolText
    type: InstrumentType = "spot"
    venue: VenueId | None = None


class Execution(ExecutionKeys):
    """How a node executes."""


class Node(Request):
    """One order of a graph."""

    node_id: NodeId
    instrument: NodeInstrument
    side: Side
    order_type: NodeOrderType = "market"
    quantity: Quantity
    execution: Execution = Execution()
    activation: Literal["root", "wait"] | None = None
    join: Literal["any", "all"] = "any"


class AfterMs(Request):
    """A time after the source's activation, in milliseconds."""

    ms: int = Field(ge=0, le=2_592_000_000)


class PriceBound(_OneOf):
    """A bound on the NBBO mid of the target's symbol, times 1e9."""

    lte_1e9: Units | None = None
    gte_1e9: Units | None = None


class TriggerRule(_OneOf):
    """A trigger with a value."""

    on_timeout: AfterMs | None = None
    on_price: PriceBound | None = None


TriggerWord = Literal[
    "on_accepted",
    "on_first_fill",
    "on_fill",
    "on_full_fill",
    "on_fill_ratio",
    "on_cancel",
    "on_reject",
    "on_expire",
    "on_done",
]
Trigger = Annotated[
    Annotated[TriggerWord, Tag("~text")] | Annotated[TriggerRule, Tag("~object")],
    Discriminator(_form),
]


class Condition(Request):
    """What must hold when the trigger fires."""

    fill_ratio_gte: FillRatio | None = None
    fill_ratio_lt: FillRatio | None = None
    price_gte_1e9: Units | None = None
    price_lte_1e9: Units | None = None
    spread_bps_lte: BasisPoints | None = None


class GraphEdgeRequest(Request):
    """One edge: when the source does this, the target is activated or cancelled."""

    edge_id: PlainId | None = None
    from_node: PlainId
    to_node: PlainId
    trigger: Trigger
    condition: Condition = Condition()
    sizing: Sizing | None = None
    action: Literal["activate", "cancel"] = "activate"

    @model_validator(mode="after")
    def _ratio_trigger_has_a_ratio(self) -> "GraphEdgeRequest":
        if self.trigger == "on_fill_ratio" and self.condition.fill_ratio_gte is None:
            raise conflict("on_fill_ratio needs condition.fill_ratio_gte")
        return self


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
    """Checked while the graph runs."""

    max_loss_usd: UsdSize | None = None
    max_unhedged_qty: OrderQty | None = None
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


class GraphRequest(SubmitRequest):
    """The graph form of `POST /v1/orders`."""

    nodes: list[Node] = Field(min_length=1, max_length=100)
    edges: list[GraphEdgeRequest] = Field(default=[], max_length=300)
    risk: Risk = Risk()


class NodeConstraints(Request):
    """New limits of a node."""

    max_price_1e9: Units | None = None
    max_slippage_bps: SlippageBps | None = None
    horizon_ms: HorizonMs | None = None
    urgency: Urgency | None = None


class NodeAmendRequest(Request):
    """Body of `PATCH /v1/execution_graphs/{id}/nodes/{node_id}`."""

    new_qty_1e8: Units | None = None
    new_constraints: NodeConstraints | None = None
    expected_version: int | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "NodeAmendRequest":
        limits = self.new_constraints
        given = limits is not None and bool(limits.model_dump(exclude_none=True))
        if self.new_qty_1e8 is None and not given:
            raise conflict("amend with no fields: send new_qty_1e8 or new_constraints")
        return self
