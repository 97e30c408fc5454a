"""Edges of a graph as a request has them: triggers, conditions, sizing, action."""

from typing import Annotated, ClassVar, Final, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sequence.types._base import Request
from sequence.types._names import did_you_mean
from sequence.types._number import Units
from sequence.types._rules import OneOf, conflict, form
from sequence.types.common import NsUnits, VenueId
from sequence.types.graph_node import FillRatio, PlainId, Sizing, plain_id

START: Final = "@start"
"""Stands for the graph's acceptance as the source of an edge: accepted and filled, quantity 0."""

BasisPoints = Annotated[int, Field(ge=1, le=10_000)]
PriceReference = Literal["mid", "bid", "ask", "last", "mark"]
"""Which price of the target's symbol a trigger looks at."""

ArmedBy = Literal["on_full_fill", "on_first_fill", "on_accepted"]
"""What the source has to do before a trigger looks at prices."""

EdgeAction = Literal["activate", "cancel", "reduce"]


def _source(value: str) -> str:
    return value if value == START else plain_id(value)


SourceId = Annotated[
    str,
    AfterValidator(_source),
    WithJsonSchema({"type": "string", "pattern": "^(@start|[A-Za-z0-9._-]{1,128})$"}),
]
"""The source of an edge: a node, or `@start`."""


class AfterMs(Request):
    """A time after the source's activation, in milliseconds."""

    ms: int = Field(ge=0, le=2_592_000_000)


class AtNs(Request):
    """A time of day, in nanoseconds since the Unix epoch; one that is past fires at once."""

    ns: NsUnits


class PriceBound(OneOf):
    """A bound on a price of the target's symbol, times 1e9.

    `venue` is where the price is looked at, by default all venues together.
    """

    _one_of: ClassVar[tuple[str, ...]] = ("lte_1e9", "gte_1e9")

    lte_1e9: Units | None = None
    gte_1e9: Units | None = None
    reference: PriceReference = "mid"
    venue: VenueId | None = None
    arm: ArmedBy = "on_full_fill"


class Trail(OneOf):
    """A distance from the best price since arming, or since `activate_1e9` was reached.

    `side` says where the trigger lies: `below` the highest price, or `above` the lowest.
    """

    _one_of: ClassVar[tuple[str, ...]] = ("distance_1e9", "distance_bps")

    distance_1e9: Units | None = None
    distance_bps: BasisPoints | None = None
    side: Literal["below", "above"]
    activate_1e9: Units | None = None
    reference: PriceReference = "mid"
    venue: VenueId | None = None
    arm: ArmedBy = "on_full_fill"


class TriggerRule(OneOf):
    """A trigger with a value."""

    on_timeout: AfterMs | None = None
    on_price: PriceBound | None = None
    on_trail: Trail | None = None
    at: AtNs | None = None


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


def _trigger_word(value: str) -> str:
    words, rules = get_args(TriggerWord), tuple(TriggerRule.model_fields)
    if value in words:
        return value
    text = f"must be one of {', '.join(words)}, or an object with one of {', '.join(rules)}"
    near = did_you_mean(value, [*words, *rules])
    raise PydanticCustomError("trigger", "{text}", {"text": text + near})


Trigger = Annotated[
    Annotated[TriggerWord, BeforeValidator(_trigger_word), Tag("~text")]
    | Annotated[TriggerRule, Tag("~object")],
    Discriminator(form),
]


class Condition(Request):
    """What must hold when the trigger fires."""

    fill_ratio_gte: FillRatio | None = None
    fill_ratio_lt: FillRatio | None = None
    price_gte_1e9: Units | None = None
    price_lte_1e9: Units | None = None
    spread_bps_lte: BasisPoints | None = None


class GraphEdgeRequest(Request):
    """One edge: when the source does this, the target is activated, cancelled or reduced."""

    edge_id: PlainId | None = None
    from_node: SourceId
    to_node: PlainId
    trigger: Trigger
    condition: Condition = Condition()
    sizing: Sizing | None = None
    action: EdgeAction = "activate"

    @model_validator(mode="after")
    def _ratio_trigger_has_a_ratio(self) -> Self:
        if self.trigger == "on_fill_ratio" and self.condition.fill_ratio_gte is None:
            ratio = "condition.fill_ratio_gte"
            raise conflict(f"on_fill_ratio needs {ratio}", of=ratio)
        return self


class EdgeAmendRequest(Request):
    """Body of `PATCH /v1/execution_graphs/{id}/edges/{edge_id}`: what an edge waits for."""

    trigger: Trigger | None = None
    condition: Condition | None = None
    expected_version: int | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.trigger is None and self.condition is None:
            raise conflict("amend with no fields: send trigger or condition")
        return self
