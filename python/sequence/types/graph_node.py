"""Nodes of a graph as a request has them: what they trade, how much, and how."""

import re
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from sequence.types._base import Request
from sequence.types._decimal import MAX_UNITS
from sequence.types._number import Exact, Units
from sequence.types._rules import OneOf, form
from sequence.types._words import InstrumentType, Side
from sequence.types.common import SymbolText, VenueId
from sequence.types.order_request import ExecutionKeys

Ratio = Annotated[Decimal, Exact(8, high=100, above_low=True)]
FillRatio = Annotated[Decimal, Exact(8, high=1, above_low=True)]

_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_SLICE = re.compile(r".*\.s[0-9]+")
_UNDOES = re.compile(r"flatten\.[0-9]+")


def plain_id(value: str) -> str:
    """Checks the id of a node or an edge.

    Raises:
        PydanticCustomError: It has other characters, or too many.
    """
    if not _ID.fullmatch(value):
        raise PydanticCustomError("id", "must be 1 to 128 of A-Z a-z 0-9 . _ -")
    return value


def _node_id(value: str) -> str:
    if _SLICE.fullmatch(value):
        raise PydanticCustomError("id", "must not end in .s and digits: slices are named so")
    if _UNDOES.fullmatch(value):
        raise PydanticCustomError("id", "must not be flatten. and digits: what undoes is named so")
    return plain_id(value)


_SHAPE = WithJsonSchema({"type": "string", "pattern": f"^{_ID.pattern}$"})
PlainId = Annotated[str, AfterValidator(plain_id), _SHAPE]
NodeId = Annotated[str, AfterValidator(_node_id), _SHAPE]


class Fixed(Request):
    """Exactly this quantity, times 1e8."""

    qty_1e8: Units


class Notional(Request):
    """A size in USD, times 1e9."""

    usd_1e9: Units


class Share(Request):
    """A share of what the source did; 1 is all of it."""

    ratio: Ratio


class PositionShare(Request):
    """A share of the position that is held, at most all of it."""

    ratio: FillRatio


class NoKeys(Request):
    """An object without keys."""


class Quantity(OneOf):
    """Size of a node.

    A fixed quantity, a USD size, what the activating edge gives, or a share of the position that
    is held at activation, which the order only reduces.
    """

    fixed: Fixed | None = None
    notional: Notional | None = None
    from_edge: NoKeys | None = None
    position: PositionShare | None = None


class SizingRule(OneOf):
    """What an edge gives its target."""

    from_fill: Share | None = None
    from_fill_notional: Share | None = None
    from_filled: Share | None = None
    remaining: Share | None = None
    fixed: Fixed | None = None
    notional: Notional | None = None


Sizing = Annotated[
    Annotated[Literal["target"], Tag("~text")] | Annotated[SizingRule, Tag("~object")],
    Discriminator(form),
]


class Limit(Request):
    """A limit price, times 1e9."""

    price_1e9: Units


class Peg(Request):
    """A price that follows the market: `to` plus `offset_1e9`, never beyond `limit_1e9`."""

    to: Literal["bid", "ask", "mid"]
    offset_1e9: int = Field(default=0, ge=-MAX_UNITS, le=MAX_UNITS)
    limit_1e9: Units | None = None


class PricedType(OneOf):
    """The order types of a node that have a price."""

    _one_of: ClassVar[tuple[str, ...]] = ("limit", "peg")

    limit: Limit | None = None
    peg: Peg | None = None


NodeOrderType = Annotated[
    Annotated[Literal["market"], Tag("~text")] | Annotated[PricedType, Tag("~object")],
    Discriminator(form),
]


class NodeInstrument(Request):
    """What a node trades, and where; `type` is a hint, the symbol decides."""

    symbol: SymbolText
    type: InstrumentType = "spot"
    venue: VenueId | None = None


class Execution(ExecutionKeys):
    """How a node executes.

    `reserve` says when a waiting node reserves what it may cost: at its activation, or already
    with the roots, so that it cannot fail for cash.
    """

    reserve: Literal["at_activation", "at_submit"] = "at_activation"


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
